/**
 * The configuration as the rest of the library sees it: parsed, checked and completed once, at attach. Its values follow
 * from the tables of options. Lengths of time are finite milliseconds no longer than a timer can hold, or `false` for
 * "no limit".
 */
import type { LimitMs } from './duration.js';
import type { GivenOption, Values } from './option.js';
import { viewOf } from './option.js';
import type { REQUEST_OPTIONS } from './options.js';
import { RETRY_OPTIONS } from './options.js';
import { Secret } from './render.js';
import type { CLIENT_OPTIONS } from './socket-options.js';
import type { BudgetConfig, RequestLike, RetryConfig, TlsConfig } from './types.js';

export type { HeaderFields } from './client-parsers.js';
export type { ResolvedBackoff } from './options.js';
export type { ProxyAddress } from './proxy-url.js';
export type { ResolvedBudget } from './retry-parsers.js';
export type { LimitMs };

/** `ClientConfig`, resolved. */
export interface ResolvedClient extends Values<typeof CLIENT_OPTIONS> {
  /** `true` if nobody set `timeout`; a stream is then bounded by silence, not as a whole. */
  readonly timeoutIsDefault: boolean;
  /** Options that somebody set, by their keys. */
  readonly given: ReadonlyMap<string, GivenOption>;
}

/** `RetryConfig`, resolved. */
export interface ResolvedRetry extends Omit<Values<typeof RETRY_OPTIONS>, 'statuses'> {
  readonly isRetryableStatus: (status: number) => boolean;
  /** The list behind `isRetryableStatus`, if the user gave one; for display. */
  readonly statuses?: readonly number[] | undefined;
}

/** A limit that may be meant in another unit. */
export interface ShortLimit {
  /** As the user spelled it. */
  readonly path: string;
  readonly ms: number;
  /** The same number in seconds, if it was given without a unit. */
  readonly inSeconds: string | undefined;
}

/** `PolicyConfig`, resolved. */
export interface ResolvedPolicy {
  /** The policy's name in messages, if somebody gave it one. */
  readonly name: string | undefined;
  readonly client: ResolvedClient;
  /** `false` = transport only. */
  readonly retry: ResolvedRetry | false;
  /** Limits that may be meant in another unit, if there are any. */
  readonly shortLimits: readonly ShortLimit[] | undefined;
}

/** `RequestPolicy`, resolved. A value is `undefined` where the request says nothing. */
export interface ResolvedRequestPolicy extends Values<typeof REQUEST_OPTIONS> {
  /** The whole retry configuration of this request: the policy's, with the request's overrides. */
  readonly retry: ResolvedRetry | false;
}

/** Options that are read for each request, and by no connection. */
const OF_REQUESTS = [
  'defaultContentType',
  'defaultHeaders',
  'given',
  'readTimeout',
  'readTimeoutMs',
  'timeout',
  'timeoutIsDefault',
  'timeoutMs',
];

/** Tells if two configurations make the same connections, so that those of one may serve the other. */
export function makeSameConnections(before: ResolvedClient, after: ResolvedClient): boolean {
  return isSame(ofConnections(before), ofConnections(after));
}

function ofConnections(client: ResolvedClient): object {
  const values = Object.entries(client).filter(([key]) => !OF_REQUESTS.includes(key));
  // An option that somebody set counts for more than what an agent says, also if its value is the default.
  const given = [...client.given.keys()].filter((key) => !OF_REQUESTS.includes(key)).sort();
  return { ...Object.fromEntries(values), given };
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Secret) return b instanceof Secret && isSame(a.reveal(), b.reveal());
  if (a instanceof Uint8Array) return b instanceof Uint8Array && isSame([...a], [...b]);
  // A function of a resolved option follows from the data that it stands beside.
  if (typeof a === 'function') return typeof b === 'function';
  if (!isPlain(a) || !isPlain(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}

/** A resolved `ClientConfig`: durations in ms, `false` = off, `undefined` = none; `REDACTED` for what is secret. */
export interface ClientView {
  readonly allowHttp: boolean | readonly string[];
  readonly allowInvalidCertificates: boolean;
  readonly connectionMaxAge: LimitMs;
  readonly connectTimeout: LimitMs;
  readonly defaultContentType: string | undefined;
  readonly defaultHeaders: Readonly<Partial<Record<string, string>>> | undefined;
  readonly disableSystemCertificates: boolean;
  readonly dns: { readonly cacheTtl: LimitMs; readonly staleOnError: LimitMs } | false;
  readonly eject: { readonly failures: number; readonly for: number; readonly maxPercent: number } | false;
  readonly http1Only: boolean;
  readonly http2Only: boolean;
  readonly http2KeepAliveInterval: LimitMs;
  readonly http2KeepAliveTimeout: number;
  readonly http2KeepAliveWhileIdle: boolean;
  readonly http2MaxFrameSize: number | undefined;
  readonly poolIdleTimeout: LimitMs;
  readonly poolMaxIdlePerHost: number;
  readonly proxyUrl: string | false | undefined;
  readonly proxyExcludes: readonly string[];
  readonly proxyCaCertificate: string | undefined;
  readonly randomizeAddresses: boolean;
  readonly readTimeout: LimitMs;
  readonly rootCertificate: string | undefined;
  readonly timeout: LimitMs;
  readonly tls: Readonly<Partial<Record<keyof TlsConfig, string>>> | undefined;
  readonly userAgent: string | undefined;
}

/** A resolved `RetryConfig`: durations in ms, functions as they are. */
export interface RetryView {
  readonly backoff: { readonly base: number; readonly initBackoff: number; readonly maxBackoff: number };
  readonly maxRetries: number;
  readonly retryTimeout: number;
  readonly elsewhere: boolean;
  readonly idempotent: boolean | ((config: RequestLike) => boolean | undefined) | undefined;
  readonly methods: readonly string[] | undefined;
  readonly statuses: readonly number[] | ((status: number) => boolean);
  readonly shouldRetry: RetryConfig['shouldRetry'];
  readonly retryAfter: boolean;
  readonly budget: Readonly<Record<keyof BudgetConfig, number>> | 'custom' | false;
  readonly idempotencyKey: string | false;
  readonly resume: boolean;
  readonly onRetry: RetryConfig['onRetry'];
  readonly onGiveUp: RetryConfig['onGiveUp'];
}

/** A policy's configuration as it is in force, by the keys of its options. */
export interface PolicyView {
  readonly name: string | undefined;
  readonly client: ClientView;
  readonly retry: RetryView | false;
}

function describeRetry({ isRetryableStatus, ...retry }: ResolvedRetry): RetryView {
  return viewOf(RETRY_OPTIONS, { ...retry, statuses: retry.statuses ?? isRetryableStatus });
}

/**
 * `policy.config`: the policy as its owner may look at it, plain, frozen, and safe to log.
 *
 * @param client the part of it that depends on the platform.
 */
export function viewOfPolicy(policy: ResolvedPolicy, client: ClientView): PolicyView {
  return Object.freeze({
    name: policy.name,
    client,
    retry: policy.retry && describeRetry(policy.retry),
  });
}
