/** The result of `explainPolicy`: plain and frozen at every level, safe for `JSON.stringify` and for logs. */
import type { LimitMs } from '../config/resolved.js';
import type { OutcomeKind } from '../config/types.js';

/**
 * A resolved value without secrets: durations in ms, `false` for what is off, `null` where there is no value to show,
 * `'function'` for a function, of `tls` the keys that were given.
 */
export type ExplainedValue = string | number | boolean | null | ReadonlyArray<string | number>;

/** One field of the configuration as it is in force. */
export interface ExplainedField {
  /** Where: `client.connectTimeout`, `retry.backoff.base`. */
  readonly key: string;
  readonly value: ExplainedValue;
  /** The value in words: `5s`, `off`, `unlimited`. */
  readonly text: string;
  /** `given`: set in the configuration; `derived`: it follows from another option that was given. */
  readonly source: 'default' | 'given' | 'derived';
  /** The default, in words. */
  readonly defaultText: string;
  /** Why the default is what it is, in one sentence. */
  readonly why: string;
}

/** The answer for one outcome; `if-idempotent`: retried if the request is known to be idempotent. */
export type RetryVerdict = 'yes' | 'if-idempotent' | 'no';

/** One outcome of an attempt. */
export interface RetryTableRow {
  readonly kind: Exclude<OutcomeKind, 'ok' | 'cancelled'>;
  /** The outcome in words. */
  readonly outcome: string;
  /** One for each entry of {@link RetryTable.methods}. */
  readonly verdicts: readonly RetryVerdict[];
}

/** Outcomes and methods that are retried. */
export interface RetryTable {
  /** Methods that are treated alike, group by group; `others` stands for all that are not named. */
  readonly methods: ReadonlyArray<readonly string[]>;
  readonly rows: readonly RetryTableRow[];
  /** Additions to the rows, one sentence each. */
  readonly notes: readonly string[];
}

/** The distribution of a length of time over many requests, in whole ms. */
export interface DelayRange {
  readonly minMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/** The delay before one retry. Shortest and longest are exact, median and p95 are simulated. */
export interface RetryDelay extends DelayRange {
  /** 1 for the first. */
  readonly retry: number;
  /** Share of the simulated requests that make this retry before `retryTimeout`, all attempts failing at once. */
  readonly reached: number;
}

/** The delays of a request whose attempts all fail at once, so that nothing but the delays takes time. */
export interface DelaySchedule {
  /** Most retries a request can make: `maxRetries`, or as many shortest delays as `retryTimeout` has room for. */
  readonly retries: number;
  /** Each retry that a simulated request made, of the first 50. */
  readonly delays: readonly RetryDelay[];
  /**
   * All delays of one request together, as far as `retryTimeout` allows them. Exact as those of single delays are, but
   * where `retryTimeout` cuts the schedule `minMs` is the shortest that was simulated.
   */
  readonly total: DelayRange;
  /** `true` if `delays` and `total` cover all retries, and not only the first 50. */
  readonly complete: boolean;
  readonly simulatedRequests: number;
}

/** The longest time of a request in one situation. */
export interface WorstCase {
  /**
   * `attempts`: every attempt takes as long as it may, delays are those of the backoff; `retry-after`: the server asks
   * for waits as well; `no-connection`: no connection can be made.
   */
  readonly situation: 'attempts' | 'retry-after' | 'no-connection';
  /** The situation in words. */
  readonly when: string;
  /** The longest time, in ms; `false` = unbounded. */
  readonly longestMs: LimitMs;
  /** The calculation behind it. */
  readonly formula: string;
}

/** A configuration, resolved and explained. */
export interface PolicyExplanation {
  /** Settings that are valid but may be mistakes, one sentence each. */
  readonly remarks: readonly string[];
  readonly client: readonly ExplainedField[];
  /** `false` = no retries: transport only. */
  readonly retry: readonly ExplainedField[] | false;
  readonly retryTable: RetryTable;
  readonly schedule: DelaySchedule;
  /** From the call to the last attempt's end. */
  readonly worstCases: readonly WorstCase[];
  /** Times that `worstCases` leaves out, one sentence each. */
  readonly worstCaseNotes: readonly string[];
}
