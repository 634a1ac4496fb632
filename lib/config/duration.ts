/** Lengths of time: from every form a user may write to milliseconds, and back to a text. */
import { DurationError, NS_PER_MS, parseDuration, UNIT_PROPERTIES } from './duration-grammar.js';
import { renderValue } from './render.js';
import type { Duration } from './types.js';

/** A limit in milliseconds, or none. */
export type LimitMs = number | false;

export { DurationError, type DurationErrorKind, parseDuration } from './duration-grammar.js';

/** The longest delay a Node timer holds; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

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

function numberToMs(ms: number): number {
  if (!Number.isFinite(ms)) throw new DurationError('NotADuration', 'it is not finite');
  if (ms < 0) throw new DurationError('NotADuration', 'it is negative');
  // -0 would show in messages.
  return Math.ceil(ms) || 0;
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

function nsToMs(ns: bigint): number {
  return Number((ns + NS_PER_MS - 1n) / NS_PER_MS);
}

/**
 * Milliseconds of a duration in any of its forms, whole and rounded up, so that no timer fires early, and no more
 * than {@link MAX_TIMER_MS}. A month is 30.44 days, a year 365.25, in an object as in a text.
 * @throws {@link DurationError} if it is none, is negative or not finite.
 */
export function durationToMs(value: Duration): number {
  if (typeof value === 'number') return Math.min(numberToMs(value), MAX_TIMER_MS);
  if (typeof value === 'string') return Math.min(nsToMs(textToNs(value)), MAX_TIMER_MS);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DurationError('NotADuration', 'it is neither a number, a string nor an object of time units');
  }
  return Math.min(nsToMs(unitsToNs(value)), MAX_TIMER_MS);
}

const SUFFIXES: ReadonlyArray<readonly [ns: bigint, one: string, many: string]> = [
  [31_557_600_000_000_000n, 'year', 'years'],
  [2_630_016_000_000_000n, 'month', 'months'],
  [86_400_000_000_000n, 'day', 'days'],
  [3_600_000_000_000n, 'h', 'h'],
  [60_000_000_000n, 'm', 'm'],
  [1_000_000_000n, 's', 's'],
  [NS_PER_MS, 'ms', 'ms'],
  [1_000n, 'us', 'us'],
  [1n, 'ns', 'ns'],
];

function toNs(ms: number): bigint {
  return Number.isInteger(ms) ? BigInt(ms) * NS_PER_MS : BigInt(Math.round(ms * Number(NS_PER_MS)));
}

/**
 * Milliseconds in the words of the reference (`3m`, `2h 37m`, `1s 500ms`, `1day 2h`), which `parseDuration` reads
 * back to the same value. For messages, so it never throws: what is no length of time comes out as the number is.
 * https://docs.rs/humantime/latest/humantime/fn.format_duration.html
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return `${ms}ms`;
  let rest = toNs(ms);
  const spans: string[] = [];
  for (const [ns, one, many] of SUFFIXES) {
    const count = rest / ns;
    rest %= ns;
    if (count > 0n) spans.push(`${count}${count === 1n ? one : many}`);
  }
  return spans.length === 0 ? '0s' : spans.join(' ');
}
