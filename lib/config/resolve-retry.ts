/** `RetryConfig` to `ResolvedRetry`, over the defaults or, for one request, over the policy's own. */
import {
  BACKOFF_DEFAULTS,
  BUDGET_DEFAULTS,
  IDEMPOTENCY_KEY_HEADER,
  isRetryableStatus,
  RETRY_DEFAULTS,
} from './defaults.js';
import { durationToMs, formatDuration } from './duration.js';
import {
  booleanLike,
  booleanOf,
  callback,
  duration,
  integerLike,
  isToken,
  listOf,
  numberAbove,
  ok,
  type Parser,
  wrong,
} from './fields.js';
import { BACKOFF_KEYS } from './keys.js';
import { renderHeader } from './render.js';
import { resolveBudget } from './resolve-budget.js';
import type { ResolvedBackoff, ResolvedRetry } from './resolved.js';
import type { Section } from './section.js';
import type { RetryConfig } from './types.js';

type RetrySection = Section<keyof RetryConfig>;
type Callback<K extends 'shouldRetry' | 'onRetry' | 'onGiveUp'> = NonNullable<RetryConfig[K]>;

/** What a policy does without a word about retries. */
export const DEFAULT_RETRY: ResolvedRetry = Object.freeze({
  backoff: Object.freeze({
    base: BACKOFF_DEFAULTS.base,
    initBackoffMs: durationToMs(BACKOFF_DEFAULTS.initBackoff),
    maxBackoffMs: durationToMs(BACKOFF_DEFAULTS.maxBackoff),
  }),
  maxRetries: RETRY_DEFAULTS.maxRetries,
  retryTimeoutMs: durationToMs(RETRY_DEFAULTS.retryTimeout),
  idempotent: RETRY_DEFAULTS.idempotent,
  methods: RETRY_DEFAULTS.methods,
  isRetryableStatus,
  shouldRetry: RETRY_DEFAULTS.shouldRetry,
  retryAfter: RETRY_DEFAULTS.retryAfter,
  budget: BUDGET_DEFAULTS,
  idempotencyKeyHeader: RETRY_DEFAULTS.idempotencyKey,
  resume: RETRY_DEFAULTS.resume,
  onRetry: RETRY_DEFAULTS.onRetry,
  onGiveUp: RETRY_DEFAULTS.onGiveUp,
});

const idempotent: Parser<boolean | ((config: object) => boolean | undefined)> = (value) => {
  if (typeof value === 'function') return callback<(config: object) => boolean>()(value);
  const read = booleanLike(value);
  return read.ok ? read : wrong(`${read.expected}, or a function of the request's config`, read.received);
};

const methods: Parser<readonly string[]> = listOf("an array of method names such as 'GET'", (value) =>
  typeof value === 'string' && isToken(value) ? value.toUpperCase() : undefined,
);

const STATUSES = 'an array of statuses from 100 to 599, or a function of the status';
const statusList = listOf(STATUSES, (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599 ? value : undefined,
);

type Statuses = Pick<ResolvedRetry, 'statuses' | 'isRetryableStatus'>;

const statuses: Parser<Statuses> = (value) => {
  if (typeof value === 'function') {
    const isRetryable = value as (status: number) => boolean;
    return ok({ statuses: undefined, isRetryableStatus: isRetryable });
  }
  const list = statusList(value);
  if (!list.ok) return list;
  const set = new Set(list.value);
  return ok({ statuses: list.value, isRetryableStatus: (status) => set.has(status) });
};

const idempotencyKey: Parser<string | false> = (value) => {
  const flag = booleanOf(value);
  if (flag !== undefined) return ok(flag && IDEMPOTENCY_KEY_HEADER);
  return typeof value === 'string' && isToken(value)
    ? ok(value.toLowerCase())
    : wrong('a boolean or the name of a header', renderHeader(value));
};

function resolveBackoff(retry: RetrySection, base: ResolvedBackoff): ResolvedBackoff {
  const section = retry.child('backoff', BACKOFF_KEYS);
  const mustWait = duration({ zero: 'use maxRetries: 0 to switch retries off' });
  const initBackoffMs = section.read('initBackoff', mustWait, base.initBackoffMs);
  const maxBackoffMs = section.read('maxBackoff', mustWait, base.maxBackoffMs);
  if (maxBackoffMs < initBackoffMs) {
    const expected = 'maxBackoff to be no shorter than initBackoff';
    const received = `maxBackoff ${formatDuration(maxBackoffMs)}, initBackoff ${formatDuration(initBackoffMs)}`;
    section.conflict('maxBackoff', 'initBackoff', expected, received);
  }
  return Object.freeze({
    base: section.read('base', numberAbove(1), base.base),
    initBackoffMs,
    maxBackoffMs,
  });
}

/** Completes a retry section with what `base` has; every problem is noted there. The result is frozen. */
export function resolveRetry(retry: RetrySection, base: ResolvedRetry): ResolvedRetry {
  const methodList = retry.read('methods', methods, undefined);
  const inherited: Statuses = { statuses: base.statuses, isRetryableStatus: base.isRetryableStatus };
  return Object.freeze({
    ...retry.read('statuses', statuses, inherited),
    backoff: resolveBackoff(retry, base.backoff),
    maxRetries: retry.read('maxRetries', integerLike, base.maxRetries),
    retryTimeoutMs: retry.read(
      'retryTimeout',
      duration({ never: 'use maxRetries: 0 to switch retries off, a long duration for no limit' }),
      base.retryTimeoutMs,
    ),
    idempotent: retry.read('idempotent', idempotent, base.idempotent),
    methods: methodList === undefined ? base.methods : Object.freeze(new Set(methodList)),
    shouldRetry: retry.read('shouldRetry', callback<Callback<'shouldRetry'>>(), base.shouldRetry),
    retryAfter: retry.read('retryAfter', booleanLike, base.retryAfter),
    budget: resolveBudget(retry, base.budget),
    idempotencyKeyHeader: retry.read('idempotencyKey', idempotencyKey, base.idempotencyKeyHeader),
    resume: retry.read('resume', booleanLike, base.resume),
    onRetry: retry.read('onRetry', callback<Callback<'onRetry'>>(), base.onRetry),
    onGiveUp: retry.read('onGiveUp', callback<Callback<'onGiveUp'>>(), base.onGiveUp),
  });
}
