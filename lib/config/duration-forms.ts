/** Lengths of time that are no numbers: objects of units, and texts, with advice on texts of other notations. */
import { DurationError, NS_PER_MS, parseDuration, UNIT_PROPERTIES } from './duration-grammar.js';
import { renderValue } from './render.js';

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function amountToNs(name: string, amount: unknown, ns: bigint): bigint {
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
    const message = `its ${name} are ${renderValue(amount)}, not a finite number of at least 0`;
    throw new DurationError('NotADuration', message);
  }
  if (Number.isInteger(amount)) return BigInt(amount) * ns;
  // 16.1 × 10^9 is 16100000000.000002 in floating point: round, but never a positive length to nothing.
  return BigInt(Math.max(1, Math.round(amount * Number(ns))));
}

function unitsToNs(value: object): bigint {
  // A Temporal.Duration has its units as getters of the prototype, and may have properties of its own.
  const unknown = isPlainObject(value) && Object.keys(value).find((key) => !UNIT_PROPERTIES.has(key));
  if (typeof unknown === 'string') {
    const known = [...UNIT_PROPERTIES.keys()].join(' ');
    throw new DurationError('NotADuration', `it has ${renderValue(unknown)}; the units are ${known}`);
  }
  const amounts = [...UNIT_PROPERTIES]
    .map(([name, ns]) => ({ name, ns, amount: Reflect.get(value, name) as unknown }))
    .filter(({ amount }) => amount !== undefined);
  if (amounts.length === 0) throw new DurationError('NotADuration', 'it has no time units');
  return amounts.reduce((sum, { name, ns, amount }) => sum + amountToNs(name, amount, ns), 0n);
}

const AMOUNT = '(\\d{1,12}(?:[.,]\\d{1,9})?)';
const designated = (letters: string) => letters.replace(/./g, (letter) => `(?:${AMOUNT}${letter})?`);

interface Notation {
  readonly pattern: RegExp;
  /** The unit of each group of the pattern. */
  readonly units: string;
}

const NOTATIONS: readonly Notation[] = [
  // ISO 8601: `PT5S`, `P1DT2H`.
  { pattern: new RegExp(`^P${designated('YMWD')}(?:T${designated('HMS')})?$`, 'i'), units: 'yMwdhms' },
  // `00:05`, `0:00:05`, and `1 day, 0:00:05` as Python prints it.
  { pattern: new RegExp(`^(?:(\\d{1,9}) days?, )?(?:(\\d{1,9}):)?(\\d{1,9}):${AMOUNT}$`), units: 'dhms' },
];

/** `05` as `5`, `0,50` as `0.50`. */
function withoutZeros(amount: string): string {
  return amount.replace(',', '.').replace(/^0+(?=\d)/, '');
}

/** A text in another notation as the grammar has it: `5s` for `PT5S` and for `0:00:05`; `undefined` for any other. */
function fromOtherNotation(text: string): string | undefined {
  for (const { pattern, units } of NOTATIONS) {
    const amounts = pattern.exec(text)?.slice(1);
    if (!amounts?.some((amount) => amount !== undefined)) continue;
    const spans = amounts.flatMap((amount, index) =>
      Number(amount?.replace(',', '.') ?? 0) === 0 ? [] : [`${withoutZeros(amount)}${units.charAt(index)}`],
    );
    return spans.join(' ') || '0s';
  }
  return undefined;
}

/** @throws {@link DurationError} with the right spelling, where the text is right in another notation. */
function textToNs(text: string): bigint {
  try {
    return parseDuration(text);
  } catch (error) {
    const meant = fromOtherNotation(text);
    if (meant === undefined || !(error instanceof DurationError)) throw error;
    throw new DurationError(error.kind, `did you mean '${meant}'?`, error.start, error.end);
  }
}

/**
 * Milliseconds of a text or of an object of units, rounded up.
 * @throws {@link DurationError} if it is none.
 */
export function formToMs(value: unknown): number {
  if (typeof value === 'string') return nsToMs(textToNs(value));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DurationError('NotADuration', 'it is neither a number, a string nor an object of time units');
  }
  return nsToMs(unitsToNs(value));
}

function nsToMs(ns: bigint): number {
  return Number((ns + NS_PER_MS - 1n) / NS_PER_MS);
}
