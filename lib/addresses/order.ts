import type { Address } from './answer-cache.js';

/** What decides about the order of a name's addresses, besides the order they came in. */
interface OrderInputs {
  /** A number of [0, 1); `undefined` = addresses keep the order they came in. */
  readonly random: (() => number) | undefined;
  /** The lower, the earlier an address is tried within its family. */
  readonly rankOf: (address: Address) => number;
  /** Whether a request wants to go elsewhere. */
  readonly isAvoided: (address: Address) => boolean;
}

/**
 * The order in which a new connection tries addresses.
 *
 * The order of families is that of the answer, which is the system's (RFC 6724) or the caller's, and Node tries them in
 * turn (RFC 8305); a family of which every address is to be avoided goes last. Within a family the rank decides, and
 * chance among equals, so that the connections of many clients are spread over all addresses.
 */
export function inOrder(
  addresses: readonly Address[],
  { random, rankOf, isAvoided }: OrderInputs,
): Address[] {
  const families = stableSorted(familiesOf(addresses), (family) => Number(family.every(isAvoided)));
  return families.flatMap((family) =>
    stableSorted(random === undefined ? family : shuffled(family, random), rankOf),
  );
}

/** Addresses by family, in the order in which the families appear. */
function familiesOf(addresses: readonly Address[]): Address[][] {
  const families = new Map<number, Address[]>();
  for (const one of addresses) {
    const family = families.get(one.family);
    if (family === undefined) families.set(one.family, [one]);
    else family.push(one);
  }
  return [...families.values()];
}

function stableSorted<T>(items: readonly T[], keyOf: (item: T) => number): T[] {
  return [...items].sort((a, b) => keyOf(a) - keyOf(b));
}

/** Fisher and Yates' shuffle. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}
