/**
 * What a user may say: the configuration of a policy, before it is resolved.
 *
 * Every key may also be written in the snake_case of the reference (`connect_timeout`), so that a JSON or YAML
 * file shared with an obstore service works as it is. See `resolve.ts` for what becomes of it.
 */
import type { SecureVersion } from 'node:tls';

/** The time units of the duration grammar. `m` is a minute, `M` a month of 30.44 days. */
export type DurationUnit =
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
  readonly years?: number;
  readonly months?: number;
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
  readonly microseconds?: number;
  readonly nanoseconds?: number;
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

/** PEM text or DER bytes, one or several. */
export type TlsBlob = string | Buffer | ReadonlyArray<string | Buffer>;

/** TLS material for the connection to the origin, and for an `https://` proxy. Meanings are those of `node:tls`. */
export interface TlsConfig {
  /** Certificate authorities to trust instead of the ones Node ships. */
  readonly ca?: TlsBlob;
  /** Client certificate chain. */
  readonly cert?: TlsBlob;
  /** Private key of `cert`. */
  readonly key?: TlsBlob;
  /** Client certificate and key as PKCS#12. */
  readonly pfx?: TlsBlob;
  /** Passphrase of `key` or `pfx`. */
  readonly passphrase?: string;
  /** Server name for SNI and for the certificate's check, instead of the host of the URL. */
  readonly servername?: string;
  /** Cipher list in OpenSSL's format. */
  readonly ciphers?: string;
  /** Lowest TLS version to speak. */
  readonly minVersion?: SecureVersion;
  /** Highest TLS version to speak. */
  readonly maxVersion?: SecureVersion;
  /** Certificate authorities to trust for an `https://` proxy. */
  readonly proxyCa?: TlsBlob;
}

/**
 * How connections are made, kept and bounded. The names and meanings are those of object_store's `ClientConfig`,
 * in camelCase.
 */
export interface ClientConfig {
  /**
   * Whether `http://` URLs may be requested, also by redirect, by `baseURL` or through a unix socket. Otherwise they
   * are refused before a byte is sent, with code `ERR_POLICY_HTTP_NOT_ALLOWED`, never retried. The scheme of
   * `proxyUrl` is not affected.
   * @defaultValue `false`
   */
  readonly allowHttp?: BooleanLike;

  /**
   * Skips the checks of a certificate's chain, expiry and host name, for the origin and for an `https://` proxy.
   * Emits one process warning when the policy is attached.
   * @defaultValue `false`
   */
  readonly allowInvalidCertificates?: BooleanLike;

  /**
   * Longest time to a usable new connection: DNS, TCP (all addresses), proxy CONNECT, every TLS handshake and the
   * HTTP/2 preface together. Nothing was sent by then, so it is retried for every method. `false` = no limit; 0 is
   * refused.
   * @defaultValue `'5s'`
   */
  readonly connectTimeout?: Duration | false;

  /**
   * Content-Type of a request body that nobody gave one. Not for FormData, URLSearchParams, typed Blobs, JSON
   * objects, or a request with its own header.
   * @defaultValue none
   */
  readonly defaultContentType?: string;

  /**
   * Speak HTTP/1.1 only.
   * @defaultValue `true`
   */
  readonly http1Only?: BooleanLike;

  /**
   * Speak HTTP/2 only, by prior knowledge: ALPN `h2` over TLS, h2c over `http://` (which needs `allowHttp`). Beats
   * the default of `http1Only`; both explicitly true is an error. With both false the server picks by ALPN.
   * @defaultValue `false`
   */
  readonly http2Only?: BooleanLike;

  /**
   * Send an HTTP/2 PING when no frame arrived on a connection for this long. `false` = no pings.
   * @defaultValue `false`
   */
  readonly http2KeepAliveInterval?: Duration | false;

  /**
   * Close an HTTP/2 connection whose PING is not acknowledged within this time; its requests fail as timeouts.
   * @defaultValue `'20s'`
   */
  readonly http2KeepAliveTimeout?: Duration;

  /**
   * Send PINGs also while no stream is open.
   * @defaultValue `false`
   */
  readonly http2KeepAliveWhileIdle?: BooleanLike;

  /**
   * Close a connection that was idle for this long. A shorter `Keep-Alive: timeout=N` hint of the server wins
   * (N − 1 s; 1 s or less: not pooled). `false` = keep until the server closes it; 0 = no reuse.
   *
   * object_store keeps connections for 90 s; common servers close idle ones after 20–75 s, and losing that race is
   * the most reported failure of the field.
   * @defaultValue `'15s'`
   */
  readonly poolIdleTimeout?: Duration | false;

  /**
   * Idle connections kept per origin; more are closed when they become idle. 0 = no reuse. Never limits concurrency.
   * @defaultValue `Infinity`
   */
  readonly poolMaxIdlePerHost?: IntegerLike;

  /**
   * An `http://` or `https://` proxy, credentials (percent-encoded) in the URL; a missing scheme means `http://`.
   * `false` = no proxy at all, whatever the environment says.
   * @defaultValue the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` in either case
   */
  readonly proxyUrl?: string | URL | false;

  /**
   * Hosts to reach without `proxyUrl`, in the grammar of NO_PROXY: domain suffix, `*`, IP, CIDR, optional port.
   * @defaultValue `[]`
   */
  readonly proxyExcludes?: readonly string[];

  /**
   * Longest silence while waiting for response headers or for the next piece of the body. A timeout like `timeout`.
   * `false` = no limit; 0 is refused.
   * @defaultValue `false`
   */
  readonly readTimeout?: Duration | false;

  /**
   * Longest time of one attempt: from the call (waiting for a connection, connecting, uploading, redirects) until the
   * response body has finished, also for `responseType: 'stream'`. A non-zero axios `timeout` of the request or the
   * instance wins and means the same. Left at its default, a stream is bounded until its headers and then by 30 s of
   * silence. `false` = no limit; 0 is refused, because axios and object_store read it as opposites.
   * @defaultValue `'30s'`
   */
  readonly timeout?: Duration | false;

  /**
   * TLS material. Values here win over the ones adopted from the instance's own `httpsAgent`.
   * @defaultValue what the instance's `httpsAgent` carries
   */
  readonly tls?: TlsConfig;

  /**
   * Default `User-Agent`; a request's own header wins. Sent on CONNECT too.
   * @defaultValue axios' own
   */
  readonly userAgent?: string;
}

/** The delays between attempts: exponential backoff with decorrelated jitter, as object_store's `BackoffConfig`. */
export interface BackoffConfig {
  /**
   * Growth of the delays: the next one is drawn from [initBackoff, previous × base). Greater than 1.
   * @defaultValue `2`
   */
  readonly base?: number | (string & {});
  /**
   * The first delay, exactly.
   * @defaultValue `'100ms'`
   */
  readonly initBackoff?: Duration;
  /**
   * The longest delay, applied after the draw.
   * @defaultValue `'15s'`
   */
  readonly maxBackoff?: Duration;
}

/** How one attempt ended. */
export type OutcomeKind = 'ok' | 'status' | 'connect' | 'dropped' | 'timeout' | 'cancelled' | 'permanent';

/** Why a failed request was not tried again. */
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

/** What is known of an attempt that ended; given to `shouldRetry`, and the base of every event. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** Status of the response, if there was one. */
  readonly status?: number | undefined;
  /** Code of the error, if there was one. */
  readonly code?: string | undefined;
  /** The error as axios rejected it. */
  readonly error?: unknown;
  /** The response, also one that `validateStatus` accepted. */
  readonly response?: unknown;
  /** The request's config, as it was sent. */
  readonly config: object;
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

/** Given to `onGiveUp`, once, for a failure that would have been retried but for a limit. */
export interface GiveUpEvent extends Outcome {
  readonly reason: GiveUpReason;
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
  readonly minTokens?: number;
  /**
   * Most retries an origin may owe.
   * @defaultValue `1000`
   */
  readonly maxTokens?: number;
  /**
   * The capacity, as seconds of the origin's own request rate.
   * @defaultValue `20`
   */
  readonly windowSeconds?: number;
  /**
   * Tokens gained per success that needed no retry.
   * @defaultValue `0.1`
   */
  readonly perSuccess?: number;
  /**
   * Capacity while the origin is younger than 30 s, before its rate is known.
   * @defaultValue `500`
   */
  readonly initialTokens?: number;
}

/** What is tried again, how often and for how long. Names and meanings are those of object_store's `RetryConfig`. */
export interface RetryConfig {
  /** The delays between attempts. */
  readonly backoff?: BackoffConfig;

  /**
   * Retries after the first attempt; 0 = none.
   * @defaultValue `10`
   */
  readonly maxRetries?: IntegerLike;

  /**
   * No attempt starts later than this after the initial request; an attempt under way is not cut. 0 = no retries.
   * @defaultValue `'3m'`
   */
  readonly retryTimeout?: Duration;

  /**
   * Whether a request may safely be delivered twice, for all requests of the instance. Requests say it for themselves
   * with `policy.idempotent`.
   * @defaultValue by method: GET, HEAD, OPTIONS, TRACE, QUERY, PUT and DELETE are
   */
  readonly idempotent?: boolean | ((config: object) => boolean);

  /**
   * Methods whose retryable statuses are retried, in any case.
   * @defaultValue all
   */
  readonly methods?: readonly string[];

  /**
   * Statuses to retry.
   * @defaultValue 5xx, 429 and 408
   */
  readonly statuses?: readonly number[] | ((status: number) => boolean);

  /**
   * Asked for every outcome, also a 2xx. Only a literal `true` or `false` overrules the default decision. The limits
   * (maxRetries, retryTimeout, budget, a body that cannot be re-sent) always hold.
   * @defaultValue none
   */
  readonly shouldRetry?: (outcome: Outcome) => boolean | undefined | Promise<boolean | undefined>;

  /**
   * Whether to honour `Retry-After` and `RateLimit` headers: wait at least that long, or give up if `retryTimeout`
   * leaves no room for it.
   * @defaultValue `true`
   */
  readonly retryAfter?: BooleanLike;

  /**
   * Limits retries per origin, so that an overloaded server can recover. `false` switches it off.
   * @defaultValue `true`
   */
  readonly budget?: boolean | BudgetConfig | RetryBudget;

  /**
   * Mint one `Idempotency-Key` per logical POST or PATCH, equal on every attempt, which makes it idempotent. A string
   * names another header.
   * @defaultValue `false`
   */
  readonly idempotencyKey?: boolean | string;

  /** Runs before each re-send; may edit the next attempt's headers, params and data. */
  readonly onRetry?: (event: RetryEvent) => void | Promise<void>;

  /** Runs once, for a failure that would have been retried but for a limit. */
  readonly onGiveUp?: (event: GiveUpEvent) => void | Promise<void>;
}

/** The second argument of `attachPolicy`. */
export interface PolicyConfig {
  /** Connections and deadlines. */
  readonly client?: ClientConfig;
  /** The same as `client`, by the name obstore uses. */
  readonly client_options?: ClientConfig;
  /** Retries; `false` = none at all, transport only. */
  readonly retry?: RetryConfig | false;
  /** The same as `retry`, by the name obstore uses. */
  readonly retry_config?: RetryConfig | false;
}

/** What one request may say about its own policy, as `axios.get(url, { policy })`. */
export interface RequestPolicy {
  /** Overrides of the retry configuration; `false` = no retries. */
  readonly retry?: RetryConfig | false;
  /** Overrides `client.timeout` and axios' `timeout`. */
  readonly timeout?: Duration | false;
  /** Overrides `client.readTimeout`. */
  readonly readTimeout?: Duration | false;
  /** Whether this request may safely be delivered twice. `false` also forbids the re-send of a keep-alive race. */
  readonly idempotent?: boolean;
  /** Keeps the whole URL out of messages. */
  readonly sensitive?: boolean;
  /** Makes the body of each attempt anew, so that a stream can be re-sent. */
  readonly body?: () => unknown;
}
