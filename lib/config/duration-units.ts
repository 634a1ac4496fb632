/** The units of time, exact to the nanosecond, and the error for what is no length of time. */

/** Which rule a text breaks, by the names of the reference's parser; `NotADuration` for what is not a text. */
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
export const NS_PER_SECOND = 1_000_000_000n;
/** The largest number of a text. */
export const U64_MAX = 2n ** 64n - 1n;
/** The longest sum: the reference counts seconds in 64 bits, and nanoseconds beside them. */
export const MAX_NS = (U64_MAX + 1n) * NS_PER_SECOND - 1n;

/** One unit of the grammar. */
export interface Unit {
  readonly ns: bigint;
  /** The largest product of number and unit. */
  readonly max: bigint;
  /** What a fraction has to come out in, without a rest; `undefined` = no fraction at all. */
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
export const UNITS: ReadonlyMap<string, Unit> = new Map(
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
