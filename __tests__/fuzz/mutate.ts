/** Bytes with something wrong in them, as chance has it. */

export type Random = () => number;

export function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}

export function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)] as T;
}

/** What parsers stumble over. */
const TOKENS = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  ':',
  ',',
  ';',
  '0',
  '-1',
  '99999999',
  '\xff',
  '\t',
];

type Mutation = (bytes: Buffer, at: number, random: Random) => Buffer;

const replace = (bytes: Buffer, from: number, to: number, by: Buffer | string) =>
  Buffer.concat([bytes.subarray(0, from), Buffer.from(by as string, 'latin1'), bytes.subarray(to)]);

const MUTATIONS: readonly Mutation[] = [
  (bytes, at, random) => replace(bytes, at, at + 1, Buffer.from([below(random, 256)])),
  (bytes, at, random) => replace(bytes, at, at, oneOf(random, TOKENS)),
  (bytes, at, random) => replace(bytes, at, at + 1 + below(random, 12), ''),
  (bytes, at, random) => replace(bytes, at, at, bytes.subarray(at, at + 1 + below(random, 40))),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, random) => replace(bytes, at, at, Buffer.alloc(1 + below(random, 20_000), 'x')),
];

/** None to three mutations, more often in the first bytes, where heads are. */
export function mutate(original: Buffer, random: Random): Buffer {
  let bytes = original;
  for (let left = below(random, 4); left > 0; left -= 1) {
    const reach = random() < 0.7 ? Math.min(bytes.length, 200) : bytes.length;
    bytes = oneOf(random, MUTATIONS)(bytes, below(random, reach + 1), random);
  }
  return bytes;
}

/** The bytes in pieces, cut anywhere. */
export function* pieces(bytes: Buffer, random: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + below(random, random() < 0.5 ? 20 : bytes.length);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
