/** Forms of values and keys in a configuration: durations, booleans and integers may be text. */

/** The time units of the duration grammar. `m` is a minute, `M` a month of 30.44 days. */
type DurationUnit =
  | 'ns'
  | 'nsec'
  | 'nanos'
  | 'us'
  | 'usec'
  | 'µs'
  | 'ms'
  | 'msec'
  | 'millis'
  | 's'
  | 'sec'
  | 'secs'
  | 'second'
  | 'seconds'
  | 'm'
  | 'min'
  | 'mins'
  | 'minute'
  | 'minutes'
  | 'h'
  | 'hr'
  | 'hrs'
  | 'hour'
  | 'hours'
  | 'd'
  | 'day'
  | 'days'
  | 'w'
  | 'wk'
  | 'wks'
  | 'week'
  | 'weeks'
  | 'M'
  | 'month'
  | 'months'
  | 'y'
  | 'yr'
  | 'yrs'
  | 'year'
  | 'years';

/** A length of time as an object of units, such as `{ minutes: 5, seconds: 30 }`. A `Temporal.Duration` fits. */
export interface DurationUnits {
  readonly years?: number | undefined;
  readonly months?: number | undefined;
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  readonly seconds?: number | undefined;
  readonly milliseconds?: number | undefined;
  readonly microseconds?: number | undefined;
  readonly nanoseconds?: number | undefined;
}

/**
 * A length of time: a number of milliseconds, a string of spans such as `'250ms'`, `'5s'` or `'2h 37min'`, or an
 * object of time units.
 *
 * The `string` member keeps values from a configuration file assignable; a string that is not of the grammar is
 * refused when the policy is attached, with the offending place.
 */
export type Duration = number | `${number}${DurationUnit}` | (string & {}) | DurationUnits;

/** A boolean, or one of the reference's words for it: `1 true on yes y`, `0 false off no n`, in any case. */
export type BooleanLike = boolean | (string & {});

/** A whole number, or its decimal digits as a string. */
export type IntegerLike = number | (string & {});

/** `poolMaxIdlePerHost` as the reference writes it: `pool_max_idle_per_host`. */
export type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : S;
