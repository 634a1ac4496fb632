import type { GiveUpReason, OutcomeKind } from '../config/types.js';
import type { AttemptTimes, ConnectionTimes, RequestTimings } from './timings.js';
import { timingsOf } from './timings.js';

/** The memory of a logical request: how often, how long, and how each attempt failed. */

/** How one attempt failed, without secrets. */
export interface AttemptOutcome {
  readonly kind: OutcomeKind;
  /** Status of the response, if there was one. */
  readonly status?: number;
  /** Code of the error, if there was one. */
  readonly code?: string;
}

/** The answer of `getPolicyMetadata`: the history of one logical request, at the moment of asking. */
export interface RequestMetadata {
  /** Of the policy: as it was given, else the host of `baseURL`. */
  readonly name?: string;
  /** When the initial request began, by the wall clock. */
  readonly startedAt: Date;
  /** Attempts begun so far; 1 while the first is under way. */
  readonly attempts: number;
  /** `attempts` − 1, and never below 0. */
  readonly retries: number;
  /** Monotonic time since the initial request, in ms; stands still once the request has ended. */
  readonly elapsedMs: number;
  /** The sleep before each retry, in ms. */
  readonly delaysMs: readonly number[];
  /** The rest of `retryTimeout`, in ms, at least 0. */
  readonly remainingMs: number;
  /** One entry per failed attempt. */
  readonly outcomes: readonly AttemptOutcome[];
  /** Of the last attempt; absent if nothing of it was seen on a connection (a mock, the fetch adapter). */
  readonly timings?: RequestTimings;
  /**
   * How often it was sent again at once, because its kept-alive connection died before the first byte of a response.
   * These are no attempts of their own.
   */
  readonly resends: number;
  /** Why it was not tried again, if it failed. */
  readonly giveUp?: GiveUpReason;
}

/** Clocks and limit of a {@link CallRecord}. */
interface CallRecordOptions {
  /** The wall clock at the initial request, in ms since 1970. */
  readonly startedAtMs: number;
  /** A monotonic clock, in ms. */
  readonly nowMs: () => number;
  /** `retryTimeout`; 0 if there are no retries. */
  readonly retryTimeoutMs: number;
}

/** The running history of one logical request. It holds no config, header, error or response. */
export class CallRecord {
  readonly #startedAtMs: number;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  readonly #retryTimeoutMs: number;
  // Most requests have none.
  #delaysMs: number[] | undefined;
  #outcomes: readonly AttemptOutcome[] | undefined;
  #attempts = 0;
  #queuedMs = 0;
  #queuedSinceMs: number | undefined;
  #resends = 0;
  #endMs: number | undefined;
  #giveUp: GiveUpReason | undefined;
  // Of the latest attempt; as fields, because every request has them.
  #connection: ConnectionTimes | undefined;
  #availableMs = 0;
  #handedMs = 0;
  #headMs = 0;
  #endedMs: number | undefined;

  constructor({ startedAtMs, nowMs, retryTimeoutMs }: CallRecordOptions) {
    this.#startedAtMs = startedAtMs;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#retryTimeoutMs = retryTimeoutMs;
  }

  /** Attempts begun so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Retries begun so far. */
  get retries(): number {
    return Math.max(0, this.#attempts - 1);
  }

  /** Monotonic time since the initial request, in ms. */
  get elapsedMs(): number {
    return (this.#endMs ?? this.#nowMs()) - this.#startMs;
  }

  /** The rest of `retryTimeout`, in ms, at least 0. */
  get remainingMs(): number {
    return Math.max(0, this.#retryTimeoutMs - this.elapsedMs);
  }

  /** The latest attempt's wait for a connection of its own pool, in ms. */
  get queuedMs(): number {
    const sinceMs = this.#queuedSinceMs;
    return this.#queuedMs + (sinceMs === undefined ? 0 : (this.#endMs ?? this.#nowMs()) - sinceMs);
  }

  /** An attempt begins. */
  attemptStarted(): void {
    this.#attempts += 1;
    this.#queuedMs = 0;
    this.#queuedSinceMs = undefined;
    this.#availableMs = 0;
  }

  /**
   * An attempt has ended, as far as its moments go.
   *
   * @param endedMs by the monotonic clock, in ms: `Infinity` while its body is being read, `undefined` if the request
   * ends with it.
   */
  attemptTimed(times: Omit<AttemptTimes, 'endedMs'>, endedMs?: number): void {
    this.#connection = times.connectionTimes;
    this.#availableMs = times.availableMs;
    this.#handedMs = times.handedMs;
    this.#headMs = times.headMs;
    this.#endedMs = endedMs;
  }

  /** Where the time of the latest attempt went. */
  get timings(): RequestTimings | undefined {
    const { queuedMs } = this;
    const availableMs = this.#availableMs;
    const handedMs = this.#handedMs;
    const connection = this.#connection;
    const isSeen = availableMs > 0 && (handedMs > 0 || connection !== undefined);
    if (!isSeen) return queuedMs > 0 ? Object.freeze({ queuedMs, reused: false }) : undefined;
    const endedMs = this.#endedMs ?? this.#endMs ?? this.#nowMs();
    return timingsOf(
      { availableMs, connectionTimes: connection, handedMs, headMs: this.#headMs, endedMs },
      queuedMs,
    );
  }

  /** The attempt waits for a connection of its own pool. */
  queued(): void {
    this.#queuedSinceMs ??= this.#nowMs();
  }

  /** It has one, or one is being made for it. */
  dequeued(): void {
    this.#queuedMs = this.queuedMs;
    this.#queuedSinceMs = undefined;
  }

  /** An attempt failed; of kind `ok`, if `shouldRetry` called an accepted response a failure. */
  attemptFailed({
    kind,
    status,
    code,
  }: {
    kind: OutcomeKind;
    status?: number | undefined;
    code?: string | undefined;
  }): void {
    const list = listOf(kind, status, code);
    this.#outcomes = this.#outcomes === undefined ? list : [...this.#outcomes, ...list];
  }

  /** How the latest attempt failed, if it did. */
  get lastOutcome(): AttemptOutcome | undefined {
    return this.#outcomes?.at(-1);
  }

  /** It is sent again after a lost keep-alive race. */
  resent(): void {
    this.#resends += 1;
  }

  /** A retry was decided; its attempt begins after the sleep. */
  retryScheduled(delayMs: number): void {
    this.#delaysMs = append(this.#delaysMs, delayMs);
  }

  /** It goes on, after all: the body of a response was cut that the caller has already. */
  reopened(): void {
    this.#endMs = undefined;
  }

  /**
   * It will not be tried again. The time stands still.
   *
   * @returns whether this is the reason; of several, the first is.
   */
  gaveUp(reason: GiveUpReason): boolean {
    const isFirst = this.#giveUp === undefined;
    this.#giveUp ??= reason;
    this.finished();
    return isFirst;
  }

  /** The request has ended, well or not. The time stands still. */
  finished(): void {
    this.#endMs ??= this.#nowMs();
  }

  /** The history so far, as a value of its own. */
  snapshot(): RequestMetadata {
    const { timings } = this;
    return Object.freeze({
      startedAt: new Date(this.#startedAtMs),
      attempts: this.#attempts,
      retries: this.retries,
      elapsedMs: this.elapsedMs,
      delaysMs: Object.freeze([...(this.#delaysMs ?? [])]),
      remainingMs: this.remainingMs,
      outcomes: Object.freeze([...(this.#outcomes ?? [])]),
      ...(timings !== undefined && { timings }),
      resends: this.#resends,
      ...(this.#giveUp !== undefined && { giveUp: this.#giveUp }),
    });
  }

  /** For `JSON.stringify` of whatever carries the record, such as an axios error by its config. */
  toJSON(): RequestMetadata {
    return this.snapshot();
  }
}

/** The latest outcome, in a list of its own. In an outage thousands wait for their first retry after the very same. */
let latest: readonly [AttemptOutcome] = [Object.freeze({ kind: 'ok' })];

function listOf(
  kind: OutcomeKind,
  status: number | undefined,
  code: string | undefined,
): readonly AttemptOutcome[] {
  const [known] = latest;
  if (known.kind === kind && known.status === status && known.code === code) return latest;
  const outcome = { kind, ...(status !== undefined && { status }), ...(code !== undefined && { code }) };
  latest = [Object.freeze(outcome)];
  return latest;
}

/** Begins with an array of one, where pushing onto an empty one would make room for sixteen. */
function append<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item];
  list.push(item);
  return list;
}
