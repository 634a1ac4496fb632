/** Lengths of time: from every form a user may write to milliseconds, and back to a text. */
import { formToMs } from './duration-forms.js';
import { DurationError } from './duration-grammar.js';
import type { Duration } from './types.js';

/** A limit in milliseconds, or none. */
export type LimitMs = number | false;

export { DurationError, type DurationErrorKind, parseDuration } from './duration-grammar.js';

/** The longest delay a Node timer holds; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

function numberToMs(ms: number): number {
  if (!Number.isFinite(ms)) throw new DurationError('NotADuration', 'it is not finite');
  if (ms < 0) throw new DurationError('NotADuration', 'it is negative');
  // -0 would show in messages.
  return Math.ceil(ms) || 0;
}

/**
 * Milliseconds of a duration in any of its forms, whole and rounded up, so that no timer fires early, and no more
 * than {@link MAX_TIMER_MS}. A month is 30.44 days, a year 365.25, in an object as in a text.
 * @throws {@link DurationError} if it is none, is negative or not finite.
 */
export function durationToMs(value: Duration): number {
  const ms = typeof value === 'number' ? numberToMs(value) : formToMs(value);
  return Math.min(ms, MAX_TIMER_MS);
}

const NS_PER_MS = 1_000_000n;

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
