/**
 * The options of a policy that need no sockets, a row each: how it is read, its default, what it needs, and how
 * `policy.config` shows it. All that the library knows of an option follows from its row; its documentation is in the types
 * of the same names, and the reason for its default in `explain/reasons.ts`. Names and, unless a reason says otherwise,
 * defaults are object_store's:
 * https://docs.rs/object_store/latest/object_store/struct.ClientOptions.html
 */
import type { AllowHttp, HeaderFields } from './client-parsers.js';
import { allowHttp, defaultHeaders } from './client-parsers.js';
import type { LimitMs } from './duration.js';
import { formatDuration } from './duration.js';
import type { OptionTable, Reader, Values, View } from './option.js';
import { defaultsOf, optionTable, readOptions, viewOf } from './option.js';
import { booleanLike, callback, headerValue, integerLike, label, limit, numberAbove } from './parsers.js';
import type { Secret } from './render.js';
import { REDACTED } from './render.js';
import type { ResolvedBudget } from './retry-parsers.js';
import * as retry from './retry-parsers.js';
import { DEFAULT_BUDGET, isRetryBudget, readBudget } from './retry-parsers.js';
import { keySet } from './section.js';
import type { BackoffConfig, RequestPolicy, RetryBudget, RetryConfig } from './types.js';

/** A row for each key of a type. */
export type RowsOf<T> = { readonly [K in keyof Required<T>]: OptionTable[string] };

const NOT_YET = 'not available yet';

/** Tells if a value asks for anything: `false` switches off. */
export const isOn = (value: LimitMs | boolean) => value !== false;

/** The keys that have values, without these; `undefined` if there is none. */
export function shownKeys<T extends object>(
  secret: Secret<T> | undefined,
): Readonly<Partial<Record<keyof T, string>>> | undefined {
  const keys = Object.keys(secret?.reveal() ?? {});
  if (keys.length === 0) return undefined;
  const shown: Partial<Record<keyof T, string>> = {};
  for (const key of keys) Object.assign(shown, { [key]: REDACTED });
  return Object.freeze(shown);
}

/** Options of `ClientConfig` that hold wherever requests are sent. */
export const PORTABLE_OPTIONS = optionTable({
  allowHttp: {
    parse: allowHttp,
    default: false,
    show: (allowed: AllowHttp) => (typeof allowed === 'boolean' ? allowed : allowed.entries),
  },
  defaultContentType: { parse: headerValue, default: undefined },
  defaultHeaders: {
    parse: defaultHeaders,
    default: undefined,
    secret: true,
    show: shownKeys<HeaderFields>,
  },
  timeout: { parse: limit, unit: 'ms', default: 30_000 },
  // A header goes with a request wherever its adapter takes it; only browsers keep this one for themselves.
  userAgent: { parse: headerValue, default: undefined, needs: 'node' },
});

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
/** Keys of `RetryConfig`. */
export const RETRY_KEYS = keySet(RETRY_OPTIONS);
/** Keys of `RequestPolicy`. */
export const REQUEST_KEYS = keySet(
  { retry: true, ...REQUEST_OPTIONS },
  { aliases: { retry_config: 'retry' }, reserved: { hedge: NOT_YET } },
);
