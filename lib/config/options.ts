/**
 * Every option of a policy, a row each: how it is read, its default, what it needs, and how `policy.config` shows it. All
 * that the library knows of an option follows from its row; its documentation is in the types of the same names, and the
 * reason for its default in `explain/reasons.ts`. Names and, unless a reason says otherwise, defaults are object_store's:
 * https://docs.rs/object_store/latest/object_store/struct.ClientOptions.html
 */
import { DNS_OPTIONS, EJECT_OPTIONS, readDns, readEject, shownDns, shownEject } from './address-options.js';
import type { AllowHttp, HeaderFields } from './client-parsers.js';
import { allowHttp, defaultHeaders, excludes } from './client-parsers.js';
import type { LimitMs } from './duration.js';
import { formatDuration } from './duration.js';
import type { OptionTable, Reader, Values, View } from './option.js';
import { defaultsOf, optionTable, readOptions, viewOf } from './option.js';
import {
  booleanLike,
  callback,
  duration,
  durationOrFalse,
  headerValue,
  integerLike,
  integerOrInfinity,
  integerWithin,
  label,
  limit,
  numberAbove,
} from './parsers.js';
import type { ProxyAddress } from './proxy-url.js';
import { REDACTED, Secret } from './render.js';
import type { ResolvedBudget } from './retry-parsers.js';
import * as retry from './retry-parsers.js';
import { DEFAULT_BUDGET, isRetryBudget, readBudget } from './retry-parsers.js';
import { keySet } from './section.js';
import type {
  BackoffConfig,
  ClientConfig,
  RequestPolicy,
  RetryBudget,
  RetryConfig,
  TlsConfig,
} from './types.js';

/** A row for each key of a type. */
type RowsOf<T> = { readonly [K in keyof Required<T>]: OptionTable[string] };

const NOT_YET = 'not available yet';
const NO_REUSE = 'use poolIdleTimeout: 0 for a connection per request';
const NO_PINGS = 'use http2KeepAliveInterval: false to switch it off';
const NO_HOSTS: readonly string[] = Object.freeze([]);
const NO_TLS: Secret<TlsConfig> = new Secret(Object.freeze({}));

const isOn = (value: LimitMs | boolean) => value !== false;

function shownProxy(proxy: ProxyAddress | false | undefined): string | false | undefined {
  if (!proxy) return proxy;
  return proxy.authorization ? proxy.origin.replace('//', `//${REDACTED}@`) : proxy.origin;
}

/** The keys that have values, without these; `undefined` if there is none. */
function shownKeys<T extends object>(
  secret: Secret<T> | undefined,
): Readonly<Partial<Record<keyof T, string>>> | undefined {
  const keys = Object.keys(secret?.reveal() ?? {});
  if (keys.length === 0) return undefined;
  const shown: Partial<Record<keyof T, string>> = {};
  for (const key of keys) Object.assign(shown, { [key]: REDACTED });
  return Object.freeze(shown);
}

const shownSecret = (secret: object | undefined) => (secret === undefined ? undefined : REDACTED);

/** Options of `ClientConfig`. */
export const CLIENT_OPTIONS = optionTable({
  allowHttp: {
    parse: allowHttp,
    default: false,
    show: (allowed: AllowHttp) => (typeof allowed === 'boolean' ? allowed : allowed.entries),
  },
  allowInvalidCertificates: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  connectionMaxAge: { parse: durationOrFalse(NO_REUSE), unit: 'ms', default: 300_000, needs: 'sockets' },
  connectTimeout: { parse: limit, unit: 'ms', default: 5_000, needs: 'sockets', asks: isOn },
  defaultContentType: { parse: headerValue, default: undefined },
  defaultHeaders: {
    parse: defaultHeaders,
    default: undefined,
    secret: true,
    show: shownKeys<HeaderFields>,
  },
  disableSystemCertificates: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  dns: { read: readDns, default: defaultsOf(DNS_OPTIONS), needs: 'sockets', asks: isOn, show: shownDns },
  eject: {
    read: readEject,
    default: defaultsOf(EJECT_OPTIONS),
    needs: 'sockets',
    asks: isOn,
    show: shownEject,
  },
  http1Only: { parse: booleanLike, default: true, needs: 'sockets', asks: (only: boolean) => !only },
  http2Only: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  http2KeepAliveInterval: { parse: limit, unit: 'ms', default: false, needs: 'sockets', asks: isOn },
  http2KeepAliveTimeout: {
    parse: duration({ zero: NO_PINGS, never: NO_PINGS }),
    unit: 'ms',
    default: 20_000,
    needs: 'sockets',
  },
  http2KeepAliveWhileIdle: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  // RFC 9113 section 6.5.2.
  http2MaxFrameSize: { parse: integerWithin(16_384, 16_777_215), default: undefined, needs: 'sockets' },
  poolIdleTimeout: { parse: durationOrFalse(), unit: 'ms', default: 15_000, needs: 'sockets' },
  poolMaxIdlePerHost: { parse: integerOrInfinity, default: Number.POSITIVE_INFINITY, needs: 'sockets' },
  proxyUrl: { parse: 'proxyUrl', default: undefined, needs: 'sockets', secret: true, show: shownProxy },
  proxyExcludes: {
    parse: excludes,
    default: NO_HOSTS,
    needs: 'sockets',
    asks: (hosts: readonly string[]) => hosts.length > 0,
  },
  proxyCaCertificate: {
    parse: 'certificates',
    default: undefined,
    needs: 'sockets',
    secret: true,
    show: shownSecret,
  },
  randomizeAddresses: { parse: booleanLike, default: true, needs: 'sockets', asks: isOn },
  readTimeout: { parse: limit, unit: 'ms', default: false, needs: 'sockets', asks: isOn },
  rootCertificate: {
    parse: 'certificates',
    default: undefined,
    needs: 'sockets',
    secret: true,
    show: shownSecret,
  },
  timeout: { parse: limit, unit: 'ms', default: 30_000 },
  tls: {
    read: 'tls',
    default: NO_TLS,
    needs: 'sockets',
    asks: (tls: Secret<TlsConfig>) => shownKeys(tls) !== undefined,
    secret: true,
    show: shownKeys<TlsConfig>,
  },
  // A header goes with a request wherever its adapter takes it; only browsers keep this one for themselves.
  userAgent: { parse: headerValue, default: undefined, needs: 'node' },
}) satisfies RowsOf<ClientConfig>;

/** Options of `BackoffConfig`. */
export const BACKOFF_OPTIONS = optionTable({
  base: { parse: numberAbove(1), default: 2 },
  initBackoff: { parse: retry.delay, unit: 'ms', default: 100 },
  maxBackoff: { parse: retry.delay, unit: 'ms', default: 15_000 },
}) satisfies RowsOf<BackoffConfig>;

/** Keys of `BackoffConfig`. */
export const BACKOFF_KEYS = keySet(BACKOFF_OPTIONS);

/** The delays between attempts. */
export type ResolvedBackoff = Values<typeof BACKOFF_OPTIONS>;

const readBackoff: Reader<ResolvedBackoff> = (retrySection, key, fallback) => {
  const section = retrySection.child(key, BACKOFF_KEYS);
  const values = readOptions(section, BACKOFF_OPTIONS, fallback);
  const { initBackoffMs, maxBackoffMs } = values;
  if (maxBackoffMs < initBackoffMs) {
    const expected = 'maxBackoff to be no shorter than initBackoff';
    const received = `maxBackoff ${formatDuration(maxBackoffMs)}, initBackoff ${formatDuration(initBackoffMs)}`;
    section.conflict('maxBackoff', 'initBackoff', expected, received);
  }
  return Object.freeze(values);
};

type Hook<K extends 'shouldRetry' | 'onRetry' | 'onGiveUp'> = NonNullable<RetryConfig[K]>;

/** Options of `RetryConfig`. */
export const RETRY_OPTIONS = optionTable({
  backoff: {
    read: readBackoff,
    default: defaultsOf(BACKOFF_OPTIONS),
    show: (backoff: ResolvedBackoff): View<typeof BACKOFF_OPTIONS> => viewOf(BACKOFF_OPTIONS, backoff),
  },
  maxRetries: { parse: integerLike, default: 10 },
  retryTimeout: { parse: retry.retryTimeout, unit: 'ms', default: 180_000 },
  elsewhere: { parse: booleanLike, default: true },
  idempotent: { parse: retry.idempotent, default: undefined },
  methods: {
    parse: retry.methods,
    default: undefined,
    show: (methods: ReadonlySet<string> | undefined): readonly string[] | undefined =>
      methods && Object.freeze([...methods]),
  },
  statuses: { parse: retry.statuses, default: retry.isRetryableStatus },
  shouldRetry: { parse: callback<Hook<'shouldRetry'>>(), default: undefined },
  retryAfter: { parse: booleanLike, default: true },
  budget: {
    read: readBudget,
    default: DEFAULT_BUDGET,
    // An object of the caller's may hold anything, also what must not be logged.
    show: (budget: ResolvedBudget | RetryBudget | false): ResolvedBudget | 'custom' | false =>
      budget && (isRetryBudget(budget) ? 'custom' : budget),
  },
  idempotencyKey: { parse: retry.idempotencyKey, as: 'idempotencyKeyHeader', default: false },
  resume: { parse: booleanLike, default: true },
  onRetry: { parse: callback<Hook<'onRetry'>>(), default: undefined },
  onGiveUp: { parse: callback<Hook<'onGiveUp'>>(), default: undefined },
}) satisfies RowsOf<RetryConfig>;

/** Options of `RequestPolicy`, without its retries. */
export const REQUEST_OPTIONS = optionTable({
  timeout: { parse: limit, unit: 'ms', default: undefined },
  readTimeout: { parse: limit, unit: 'ms', default: undefined, needs: 'sockets', asks: isOn },
  idempotent: { parse: booleanLike, default: undefined },
  sensitive: { parse: booleanLike, default: false },
  body: { parse: callback<() => unknown>(), default: undefined },
}) satisfies RowsOf<Omit<RequestPolicy, 'retry'>>;

/** Options of `PolicyConfig`, without its two halves. */
export const POLICY_OPTIONS = optionTable({
  name: { parse: label, default: undefined },
});

/** Keys of `PolicyConfig`, with obstore's names for its two halves. */
export const POLICY_KEYS = keySet(
  { client: true, retry: true, ...POLICY_OPTIONS },
  {
    aliases: { client_options: 'client', retry_config: 'retry' },
    reserved: { admission: NOT_YET, hedge: NOT_YET, limit: NOT_YET },
  },
);
/** Keys of `ClientConfig`. */
export const CLIENT_KEYS = keySet(CLIENT_OPTIONS);
/** Keys of `RetryConfig`. */
export const RETRY_KEYS = keySet(RETRY_OPTIONS);
/** Keys of `RequestPolicy`. */
export const REQUEST_KEYS = keySet(
  { retry: true, ...REQUEST_OPTIONS },
  { aliases: { retry_config: 'retry' }, reserved: { hedge: NOT_YET } },
);
