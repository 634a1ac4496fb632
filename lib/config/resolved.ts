/**
 * What the rest of the library sees: a configuration that was parsed, checked and completed once, at attach.
 * Durations are finite milliseconds no longer than a timer can hold, or `false` for "no limit".
 */

import type { AllowHttp } from './allow-http.js';
import type { Secret } from './secret.js';
import type { ShortLimit } from './short-limits.js';
import type { GiveUpEvent, Outcome, RetryBudget, RetryEvent, TlsConfig } from './types.js';

/** A limit in milliseconds, or none. */
export type LimitMs = number | false;

/** A parsed proxy address; the credentials are kept where no rendering finds them. */
export interface ProxyAddress {
  readonly protocol: 'http:' | 'https:';
  /** Without the brackets of an IPv6 literal. */
  readonly hostname: string;
  readonly port: number;
  /** `http://host:port`, for messages. */
  readonly origin: string;
  /** The value of a `Proxy-Authorization` header, if the URL had credentials. */
  readonly authorization: Secret<string> | undefined;
}

/** A field that was set explicitly, as a message may show it. */
export interface GivenField {
  readonly key: string;
  /** As the user spelled it: `client_options.connect_timeout`. */
  readonly path: string;
  /** Shortened, without secrets. */
  readonly received: string;
}

export interface ResolvedClient {
  readonly allowHttp: AllowHttp;
  readonly allowInvalidCertificates: boolean;
  readonly connectTimeoutMs: LimitMs;
  readonly defaultContentType: string | undefined;
  readonly http1Only: boolean;
  readonly http2Only: boolean;
  readonly http2KeepAliveIntervalMs: LimitMs;
  readonly http2KeepAliveTimeoutMs: number;
  readonly http2KeepAliveWhileIdle: boolean;
  readonly poolIdleTimeoutMs: LimitMs;
  readonly poolMaxIdlePerHost: number;
  /** `undefined` = by the environment. */
  readonly proxyUrl: ProxyAddress | false | undefined;
  readonly proxyExcludes: readonly string[];
  readonly readTimeoutMs: LimitMs;
  readonly timeoutMs: LimitMs;
  /** Whether nobody set `timeout`; a stream is then bounded by silence, not as a whole. */
  readonly timeoutIsDefault: boolean;
  readonly tls: Secret<TlsConfig>;
  readonly userAgent: string | undefined;
  /** Fields about connections by which somebody asked for something; without sockets they cannot be had. */
  readonly given: readonly GivenField[];
}

export interface ResolvedBackoff {
  readonly base: number;
  readonly initBackoffMs: number;
  readonly maxBackoffMs: number;
}

export interface ResolvedBudget {
  readonly minTokens: number;
  readonly maxTokens: number;
  readonly windowSeconds: number;
  readonly perSuccess: number;
  readonly initialTokens: number;
}

export interface ResolvedRetry {
  readonly backoff: ResolvedBackoff;
  readonly maxRetries: number;
  readonly retryTimeoutMs: number;
  readonly idempotent: boolean | ((config: object) => boolean | undefined) | undefined;
  /** Upper case; `undefined` = all. */
  readonly methods: ReadonlySet<string> | undefined;
  readonly isRetryableStatus: (status: number) => boolean;
  /** The list behind `isRetryableStatus`, if the user gave one; for display. */
  readonly statuses?: readonly number[] | undefined;
  readonly shouldRetry:
    | ((outcome: Outcome) => boolean | undefined | Promise<boolean | undefined>)
    | undefined;
  readonly retryAfter: boolean;
  readonly budget: ResolvedBudget | RetryBudget | false;
  /** Name of the header to mint, lower case, or `false`. */
  readonly idempotencyKeyHeader: string | false;
  readonly resume: boolean;
  readonly onRetry: ((event: RetryEvent) => void | Promise<void>) | undefined;
  readonly onGiveUp: ((event: GiveUpEvent) => void | Promise<void>) | undefined;
}

export interface ResolvedPolicy {
  /** What messages call the policy, if somebody named it. */
  readonly name: string | undefined;
  readonly client: ResolvedClient;
  /** `false` = transport only. */
  readonly retry: ResolvedRetry | false;
  /** Limits that may be meant in another unit, if there are any. */
  readonly shortLimits: readonly ShortLimit[] | undefined;
}

/** What one request says about its own policy, resolved. A key is absent where the request says nothing. */
export interface ResolvedRequestPolicy {
  /** The whole retry configuration of this request: the policy's, with the request's overrides. */
  readonly retry: ResolvedRetry | false;
  readonly timeoutMs: LimitMs | undefined;
  readonly readTimeoutMs: LimitMs | undefined;
  readonly idempotent: boolean | undefined;
  readonly sensitive: boolean;
  readonly body: (() => unknown) | undefined;
}
