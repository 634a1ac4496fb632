/** How an attempt ended, and what comes of it: the arguments of hooks. */

/** Headers as axios keeps them, in any case of their names. */
export interface HeadersLike {
  get(name: string): unknown;
  set(name: string, value: string | number | boolean | null): unknown;
  has(name: string): boolean;
  delete(name: string): boolean;
}

/**
 * The config of a request, as far as hooks need it. It is axios' own object, described by its form, because the types of
 * axios' CommonJS and ES module builds do not fit each other.
 */
export interface RequestLike {
  url?: string | undefined;
  baseURL?: string | undefined;
  method?: string | undefined;
  headers: HeadersLike;
  params?: unknown;
  data?: unknown;
}

/** A response, as far as hooks need it: axios' own object. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: HeadersLike;
  readonly data: unknown;
}

/**
 * How one attempt ended.
 *
 * - `ok`: a response that `validateStatus` accepts;
 * - `status`: a response that it does not accept;
 * - `connect`: no connection, so nothing was sent;
 * - `dropped`: the connection broke after something was sent;
 * - `timeout`: a time limit ran out;
 * - `cancelled`: your code cancelled it;
 * - `permanent`: a failure that would come again, such as a refused certificate.
 */
export type OutcomeKind = 'ok' | 'status' | 'connect' | 'dropped' | 'timeout' | 'cancelled' | 'permanent';

/** Why a failed request was not tried again. What to do about each: `docs/operations.md`. */
export type GiveUpReason =
  | 'not-retryable'
  | 'not-idempotent'
  | 'body-not-replayable'
  | 'max-retries'
  | 'retry-timeout'
  | 'retry-after'
  | 'budget'
  | 'cancelled'
  | 'should-retry';

/**
 * An attempt that has ended; given to `shouldRetry`, and the base of every event.
 *
 * It may be logged as it is. `config`, `error` and `response` may hold credentials. You can read them, but they are in no
 * rendering (`JSON.stringify`, `util.inspect`) and in no copy (`{ ...event }`).
 */
export interface Outcome {
  /** Of the policy: as it was given, else the host of `baseURL`. */
  readonly name?: string | undefined;
  readonly kind: OutcomeKind;
  /** Status of the response, if there was one. */
  readonly status?: number | undefined;
  /** Code of the error, if there was one. */
  readonly code?: string | undefined;
  /** The error as axios rejected it. */
  readonly error?: unknown;
  /** The response, also one that `validateStatus` accepted. */
  readonly response?: ResponseLike | undefined;
  /** The request's config, as it was sent. */
  readonly config: RequestLike;
  /** Upper case. */
  readonly method: string;
  /** Without credentials and query. */
  readonly url: string;
  /** 1-based number of the attempt that ended. */
  readonly attempt: number;
  /** Retries so far: `attempt` − 1. */
  readonly retries: number;
  /** Monotonic time since the initial request, in ms. */
  readonly elapsedMs: number;
  /** What is left of `retryTimeout`, in ms. */
  readonly remainingMs: number;
  /** Whether a second delivery would do no harm. */
  readonly idempotent: boolean;
}

/** Given to `onRetry`, before the next attempt. */
export interface RetryEvent extends Outcome {
  /** 1-based number of the coming retry. */
  readonly retry: number;
  /** The sleep before it, in ms. */
  readonly delayMs: number;
  /** Why it is retried: the failure's kind, or `should-retry`. */
  readonly reason: OutcomeKind | 'should-retry';
}

/** Given to `onGiveUp`, once, when a limit ends the retries of a failure. */
export interface GiveUpEvent extends Outcome {
  readonly reason: GiveUpReason;
}
