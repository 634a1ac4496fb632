/** Options for retries, as a user writes them. */
import type { GiveUpEvent, Outcome, RequestLike, RetryEvent } from './event-types.js';
import type { BooleanLike, Duration, IntegerLike } from './value-types.js';

/** The delays between attempts: exponential backoff with decorrelated jitter, as object_store's `BackoffConfig`. */
export interface BackoffConfig {
  /**
   * Growth of the delays: the next one is drawn from [initBackoff, previous × base). Greater than 1.
   * @defaultValue `2`
   */
  readonly base?: number | (string & {}) | undefined;
  /**
   * The first delay, exactly.
   * @defaultValue `'100ms'`
   */
  readonly initBackoff?: Duration | undefined;
  /**
   * The longest delay, applied after the draw.
   * @defaultValue `'15s'`
   */
  readonly maxBackoff?: Duration | undefined;
}

/** A retry budget: asked for a token before each retry, told of each success. Share one between policies at will. */
export interface RetryBudget {
  /**
   * Takes a token for one retry.
   * @returns whether the retry may go ahead.
   */
  withdraw(origin: string): boolean;
  /**
   * Tells of a request that ended in success.
   * @param retries tokens this request had taken; they are given back.
   */
  deposit(origin: string, retries: number): void;
}

/** Tuning of the built-in budget. */
export interface BudgetConfig {
  /**
   * Fewest retries an origin may owe, however quiet it is.
   * @defaultValue `10`
   */
  readonly minTokens?: number | undefined;
  /**
   * Most retries an origin may owe.
   * @defaultValue `1000`
   */
  readonly maxTokens?: number | undefined;
  /**
   * The capacity, as seconds of the origin's own request rate.
   * @defaultValue `20`
   */
  readonly windowSeconds?: number | undefined;
  /**
   * Tokens gained per success, besides those its own retries took.
   * @defaultValue `0.1`
   */
  readonly perSuccess?: number | undefined;
  /**
   * Capacity while the origin is younger than 30 s, before its rate is known.
   * @defaultValue `500`
   */
  readonly initialTokens?: number | undefined;
}

/** Options for what is retried, how often and for how long. Names and meanings are those of object_store's `RetryConfig`. */
export interface RetryConfig {
  /**
   * The delays between attempts.
   * @defaultValue those of `BackoffConfig`
   */
  readonly backoff?: BackoffConfig | undefined;

  /**
   * Retries after the first attempt; 0 = none.
   * @defaultValue `10`
   */
  readonly maxRetries?: IntegerLike | undefined;

  /**
   * No attempt starts later than this after the initial request; an attempt under way is not cut. 0 = no retries.
   * @defaultValue `'3m'`
   */
  readonly retryTimeout?: Duration | undefined;

  /**
   * Whether a retry goes somewhere else than where its request has just failed: after a 5xx, a lost connection or a
   * timeout it takes another address of the name, else another connection, else a new one. And a connection that fails
   * two requests in a row while others to the same origin succeed is closed when it is idle, one a second at most.
   * @defaultValue `true`
   */
  readonly elsewhere?: BooleanLike | undefined;

  /**
   * Says that requests may safely be delivered twice, for all requests of the instance. A request says it for itself
   * with `policy.idempotent`.
   * @defaultValue by method: GET, HEAD, OPTIONS, TRACE, QUERY, PUT and DELETE are
   */
  readonly idempotent?: boolean | ((config: RequestLike) => boolean | undefined) | undefined;

  /**
   * Methods whose retryable statuses are retried, in any case.
   * @defaultValue all
   */
  readonly methods?: readonly string[] | undefined;

  /**
   * Statuses to retry.
   * @defaultValue 5xx, 429 and 408
   */
  readonly statuses?: readonly number[] | ((status: number) => boolean) | undefined;

  /**
   * Asked for every outcome, also a 2xx. Only a literal `true` or `false` overrules the default decision. The limits
   * (maxRetries, retryTimeout, budget, a body that cannot be re-sent) always hold.
   * @defaultValue none
   */
  readonly shouldRetry?:
    | ((outcome: Outcome) => boolean | undefined | Promise<boolean | undefined>)
    | undefined;

  /**
   * Honours `Retry-After` and `RateLimit` headers: waits at least that long, or gives up if `retryTimeout`
   * leaves no room for it.
   * @defaultValue `true`
   */
  readonly retryAfter?: BooleanLike | undefined;

  /**
   * Limits retries per origin, so that an overloaded server can recover. `false` switches it off.
   * @defaultValue `true`
   */
  readonly budget?: boolean | BudgetConfig | RetryBudget | undefined;

  /**
   * Mint one `Idempotency-Key` per logical POST or PATCH, equal on every attempt, which makes it idempotent. A string
   * names another header.
   * @defaultValue `false`
   */
  readonly idempotencyKey?: boolean | string | undefined;

  /**
   * Continues a GET whose body was cut short where it stopped, with `Range` and `If-Range`, instead of from the
   * start. For `responseType` `'stream'` and `'arraybuffer'`, where the response has a strong `ETag` and the server says
   * `Accept-Ranges: bytes`. If the object has changed meanwhile, the request fails with the error that cut it.
   * @defaultValue `true`
   */
  readonly resume?: BooleanLike | undefined;

  /**
   * Runs before each retry. It may change the headers, params and data of the next attempt. If it sets another body, the
   * length follows; for a stream, set `Content-Length` yourself. Cancelling ends the wait for it.
   * @defaultValue none
   */
  readonly onRetry?: ((event: RetryEvent) => void | Promise<void>) | undefined;

  /**
   * Runs once, when a limit ends the retries of a failure.
   * @defaultValue none
   */
  readonly onGiveUp?: ((event: GiveUpEvent) => void | Promise<void>) | undefined;
}
