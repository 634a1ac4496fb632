/** The policy as its owner may look at it: `policy.config`. Plain, frozen, and safe to log. */
import { isRetryBudget } from './resolve-budget.js';
import type {
  LimitMs,
  ProxyAddress,
  ResolvedBudget,
  ResolvedClient,
  ResolvedPolicy,
  ResolvedRetry,
} from './resolved.js';
import { REDACTED } from './secret.js';
import type { RetryConfig, TlsConfig } from './types.js';

/** A resolved `ClientConfig`: durations in ms, `false` = off, `undefined` = none. */
export interface ClientView {
  readonly allowHttp: boolean | readonly string[];
  readonly allowInvalidCertificates: boolean;
  readonly connectTimeout: LimitMs;
  readonly defaultContentType: string | undefined;
  readonly http1Only: boolean;
  readonly http2Only: boolean;
  readonly http2KeepAliveInterval: LimitMs;
  readonly http2KeepAliveTimeout: number;
  readonly http2KeepAliveWhileIdle: boolean;
  readonly poolIdleTimeout: LimitMs;
  readonly poolMaxIdlePerHost: number;
  /** Without its credentials; `undefined` = by the environment. */
  readonly proxyUrl: string | false | undefined;
  readonly proxyExcludes: readonly string[];
  readonly readTimeout: LimitMs;
  readonly timeout: LimitMs;
  /** Which keys were given, not their values. */
  readonly tls: Readonly<Partial<Record<keyof TlsConfig, string>>> | undefined;
  readonly userAgent: string | undefined;
}

/** A resolved `RetryConfig`: durations in ms, functions as they were given. */
export interface RetryView {
  readonly backoff: { readonly base: number; readonly initBackoff: number; readonly maxBackoff: number };
  readonly maxRetries: number;
  readonly retryTimeout: number;
  readonly idempotent: RetryConfig['idempotent'];
  readonly methods: readonly string[] | undefined;
  readonly statuses: readonly number[] | ((status: number) => boolean);
  readonly shouldRetry: RetryConfig['shouldRetry'];
  readonly retryAfter: boolean;
  /** `'custom'` for a `RetryBudget` of the caller's own. */
  readonly budget: ResolvedBudget | 'custom' | false;
  readonly idempotencyKey: string | false;
  readonly resume: boolean;
  readonly onRetry: RetryConfig['onRetry'];
  readonly onGiveUp: RetryConfig['onGiveUp'];
}

/** A policy's configuration as it is in force, under the keys it was given by. */
export interface PolicyView {
  readonly name: string | undefined;
  readonly client: ClientView;
  readonly retry: RetryView | false;
}

function describeProxy(proxy: ProxyAddress | false | undefined): string | false | undefined {
  if (!proxy) return proxy;
  return proxy.authorization ? proxy.origin.replace('//', `//${REDACTED}@`) : proxy.origin;
}

function describeTls(tls: TlsConfig): ClientView['tls'] {
  const keys = Object.keys(tls);
  return keys.length === 0
    ? undefined
    : Object.freeze(Object.fromEntries(keys.map((key) => [key, REDACTED])));
}

function describeClient(client: ResolvedClient): ClientView {
  return Object.freeze({
    allowHttp: typeof client.allowHttp === 'object' ? client.allowHttp.entries : client.allowHttp,
    allowInvalidCertificates: client.allowInvalidCertificates,
    connectTimeout: client.connectTimeoutMs,
    defaultContentType: client.defaultContentType,
    http1Only: client.http1Only,
    http2Only: client.http2Only,
    http2KeepAliveInterval: client.http2KeepAliveIntervalMs,
    http2KeepAliveTimeout: client.http2KeepAliveTimeoutMs,
    http2KeepAliveWhileIdle: client.http2KeepAliveWhileIdle,
    poolIdleTimeout: client.poolIdleTimeoutMs,
    poolMaxIdlePerHost: client.poolMaxIdlePerHost,
    proxyUrl: describeProxy(client.proxyUrl),
    proxyExcludes: client.proxyExcludes,
    readTimeout: client.readTimeoutMs,
    timeout: client.timeoutMs,
    tls: describeTls(client.tls.reveal()),
    userAgent: client.userAgent,
  });
}

function describeRetry(retry: ResolvedRetry): RetryView {
  const { base, initBackoffMs, maxBackoffMs } = retry.backoff;
  return Object.freeze({
    backoff: Object.freeze({ base, initBackoff: initBackoffMs, maxBackoff: maxBackoffMs }),
    maxRetries: retry.maxRetries,
    retryTimeout: retry.retryTimeoutMs,
    idempotent: retry.idempotent,
    methods: retry.methods && Object.freeze([...retry.methods]),
    statuses: retry.statuses ?? retry.isRetryableStatus,
    shouldRetry: retry.shouldRetry,
    retryAfter: retry.retryAfter,
    // An object of the caller's may hold anything, also what must not be logged.
    budget: retry.budget && isRetryBudget(retry.budget) ? 'custom' : retry.budget,
    idempotencyKey: retry.idempotencyKeyHeader,
    resume: retry.resume,
    onRetry: retry.onRetry,
    onGiveUp: retry.onGiveUp,
  });
}

/** A frozen, plain picture of a policy without its secrets, for people and logs. */
export function describePolicy(policy: ResolvedPolicy): PolicyView {
  return Object.freeze({
    name: policy.name,
    client: describeClient(policy.client),
    retry: policy.retry && describeRetry(policy.retry),
  });
}
