/**
 * The grammar of duration texts, as the reference's parser takes it:
 * https://docs.rs/humantime/latest/humantime/fn.parse_duration.html.
 */
import { quote } from './render.js';

/** The rule that a text breaks, by the names of the reference's parser; `NotADuration` for what is not a text. */
export type DurationErrorKind =
  | 'Empty'
  | 'NumberExpected'
  | 'InvalidCharacter'
  | 'UnknownUnit'
  | 'NumberOverflow'
  | 'NotADuration';

/** A value is not a duration. The message says what is wrong and where, and reads on after the value itself. */
export class DurationError extends Error {
  override readonly name = 'DurationError';
  readonly kind: DurationErrorKind;
  /** Offset of the offending place, in UTF-16 units. */
  readonly start: number;
  /** Offset of its end; equal to `start` where something is missing. */
  readonly end: number;

  constructor(kind: DurationErrorKind, message: string, start = 0, end = start) {
    super(message);
    this.kind = kind;
    this.start = start;
    this.end = end;
  }
}

/** Nanoseconds of a millisecond. */
export const NS_PER_MS = 1_000_000n;
/** Nanoseconds of a second. */
const NS_PER_SECOND = 1_000_000_000n;
/** The largest number of a text. */
const U64_MAX = 2n ** 64n - 1n;
/** The longest sum: the reference counts seconds in 64 bits, and nanoseconds beside them. */
const MAX_NS = (U64_MAX + 1n) * NS_PER_SECOND - 1n;

/** One unit of the grammar. */
interface Unit {
  readonly ns: bigint;
  /** The largest product of number and unit. */
  readonly max: bigint;
  /** A fraction must be a whole number of these; `undefined` = no fraction allowed. */
  readonly grain: bigint | undefined;
}

const SUB_SECOND = { max: U64_MAX, grain: 1n };
const SECONDS = { max: MAX_NS, grain: 1n };
const LONG = { max: MAX_NS, grain: NS_PER_SECOND };

const MINUTE = 60n * NS_PER_SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
const WEEK = 7n * DAY;
const MONTH = (DAY * 3044n) / 100n;
const YEAR = (DAY * 36525n) / 100n;

// `µs` is spelled with U+00B5 only, as in the reference; U+03BC looks the same and is not taken.
const SPELLINGS: ReadonlyArray<readonly [names: string, unit: Unit]> = [
  ['nanos nsec ns', { ns: 1n, max: U64_MAX, grain: undefined }],
  ['usec us µs', { ns: 1_000n, ...SUB_SECOND }],
  ['millis msec ms', { ns: NS_PER_MS, ...SUB_SECOND }],
  ['seconds second secs sec s', { ns: NS_PER_SECOND, ...SECONDS }],
  ['minutes minute mins min m', { ns: MINUTE, ...SECONDS }],
  ['hours hour hrs hr h', { ns: HOUR, ...LONG }],
  ['days day d', { ns: DAY, ...LONG }],
  ['weeks week wks wk w', { ns: WEEK, ...LONG }],
  ['months month M', { ns: MONTH, ...LONG }],
  ['years year yrs yr y', { ns: YEAR, ...LONG }],
];

/** Every name of a unit, case-sensitive. `m` is a minute, `M` a month. */
const UNITS: ReadonlyMap<string, Unit> = new Map(
  SPELLINGS.flatMap(([names, unit]) => names.split(' ').map((name) => [name, unit] as const)),
);

/** The properties of a `DurationUnits` object, and of a `Temporal.Duration`. */
export const UNIT_PROPERTIES: ReadonlyMap<string, bigint> = new Map([
  ['years', YEAR],
  ['months', MONTH],
  ['weeks', WEEK],
  ['days', DAY],
  ['hours', HOUR],
  ['minutes', MINUTE],
  ['seconds', NS_PER_SECOND],
  ['milliseconds', NS_PER_MS],
  ['microseconds', 1_000n],
  ['nanoseconds', 1n],
]);

/** More digits than 2^64 has. They are counted before BigInt sees them: its parser is not linear. */
const MAX_DIGITS = 20;
const LONGEST_UNIT = 8;
/** A longer fraction has a denominator beyond 64 bits. */
const MAX_FRACTION_DIGITS = 19;

// `\s` is not Rust's whitespace: it has U+FEFF and lacks U+0085.
const isSpace = (char: string): boolean => /^\p{White_Space}$/u.test(char);
const isDigit = (char: string): boolean => char >= '0' && char <= '9';
const isDigitOrSpace = (char: string): boolean => isDigit(char) || isSpace(char);
const isUnitLetter = (char: string): boolean => /^[A-Za-z\u00b5]$/.test(char);

function scanWhile(text: string, from: number, accepts: (char: string) => boolean): number {
  let index = from;
  while (index < text.length && accepts(text.charAt(index))) index++;
  return index;
}

interface Digits {
  readonly digits: string;
  readonly end: number;
}

/** Digits, and the whitespace that the reference allows among them. */
function scanDigits(text: string, from: number): Digits {
  const end = scanWhile(text, from, isDigitOrSpace);
  return { digits: text.slice(from, end).replace(/[^0-9]/g, ''), end };
}

function unitOf(text: string, start: number, end: number): Unit {
  const name = text.slice(start, end);
  const unit = UNITS.get(name);
  if (unit !== undefined) return unit;
  const lower = name.toLowerCase();
  const advice = UNITS.has(lower) ? `did you mean '${lower}'?` : 'the units are ns us ms s m h d w M y';
  // A longer one may be anything, a secret too.
  const shown = name.length <= LONGEST_UNIT ? ` ${quote(name)}` : '';
  const message =
    name === ''
      ? `a unit such as 's' or 'ms' is missing at offset ${start}`
      : `unknown unit${shown} at offset ${start}; ${advice}`;
  throw new DurationError('UnknownUnit', message, start, end);
}

function toNs(whole: string, fraction: string | undefined, unit: Unit, start: number): bigint {
  const digits = whole.replace(/^0+/, '');
  const tooLarge = () =>
    new DurationError('NumberOverflow', `the number at offset ${start} is too large`, start);
  if (digits.length > MAX_DIGITS || BigInt(digits) > U64_MAX) throw tooLarge();
  const ns = BigInt(digits) * unit.ns + fractionToNs(fraction, unit, start);
  if (ns > unit.max) throw tooLarge();
  return ns;
}

function fractionToNs(fraction: string | undefined, unit: Unit, start: number): bigint {
  if (fraction === undefined) return 0n;
  if (unit.grain !== undefined && fraction.length <= MAX_FRACTION_DIGITS) {
    const denominator = 10n ** BigInt(fraction.length);
    const scaled = BigInt(fraction) * unit.ns;
    if (scaled % (denominator * unit.grain) === 0n) return scaled / denominator;
  }
  const grain = unit.grain === NS_PER_SECOND ? 'seconds' : 'nanoseconds';
  const message = `the fraction of the number at offset ${start} does not come out in whole ${grain}`;
  throw new DurationError('NumberOverflow', message, start);
}

/** One number with its unit. `start` is not at a space. */
function scanSpan(text: string, start: number): { readonly ns: bigint; readonly end: number } {
  const whole = scanDigits(text, start);
  if (whole.digits === '') {
    throw new DurationError('NumberExpected', `a number is missing at offset ${start}`, start);
  }
  const fraction = text[whole.end] === '.' ? scanDigits(text, whole.end + 1) : undefined;
  const unitStart = fraction?.end ?? whole.end;
  const end = scanWhile(text, unitStart, isUnitLetter);
  const next = text.charAt(end);
  const offending = fraction?.digits === '' ? whole.end : end;
  if (fraction?.digits === '' || (next !== '' && !isDigitOrSpace(next))) {
    const message = `unexpected character ${quote(text.charAt(offending))} at offset ${offending}`;
    throw new DurationError('InvalidCharacter', message, offending);
  }
  const unit = unitOf(text, unitStart, end);
  return { ns: toNs(whole.digits, fraction?.digits, unit, start), end };
}

/**
 * Parses a duration such as `250ms`, `2h 37min` or `1.5s`: spans of a number and a case-sensitive unit, summed. A
 * bare `0` needs no unit. Takes time linear in the length of the text.
 * @returns nanoseconds.
 * @throws {@link DurationError} pointing at the offending place.
 */
export function parseDuration(text: string): bigint {
  if (text === '0') return 0n;
  let total = 0n;
  let at = scanWhile(text, 0, isSpace);
  if (at === text.length) throw new DurationError('Empty', 'it is empty');
  while (at < text.length) {
    const span = scanSpan(text, at);
    total += span.ns;
    if (total > MAX_NS) throw new DurationError('NumberOverflow', 'the sum of the spans is too large', at);
    at = scanWhile(text, span.end, isSpace);
  }
  return total;
}
