/** Readers of what only retries have: methods, statuses, idempotency, and the budget. */
import type { Reader, Values } from './option.js';
import { defaultsOf, optionTable, readOptions } from './option.js';
import type { Parser } from './parsers.js';
import {
  booleanLike,
  booleanOf,
  callback,
  duration,
  isObject,
  isToken,
  listOf,
  numberAbove,
  ok,
  wrong,
} from './parsers.js';
import { renderHeader } from './render.js';
import type { Section } from './section.js';
import { keySet } from './section.js';
import type { RequestLike, RetryBudget } from './types.js';

/** Statuses retried by default: server errors, 429 Too Many Requests, 408 Request Timeout. */
export function isRetryableStatus(status: number): boolean {
  return (status >= 500 && status <= 599) || status === 429 || status === 408;
}

/** Header of an idempotency key: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header */
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key';

/** Reads `retry.idempotent`: one answer for all requests, or a function of each. */
export const idempotent: Parser<boolean | ((config: RequestLike) => boolean | undefined)> = (value) => {
  if (typeof value === 'function') return callback<(config: RequestLike) => boolean>()(value);
  const read = booleanLike(value);
  return read.ok ? read : wrong(`${read.expected}, or a function of the request's config`, read.received);
};

const methodList = listOf("an array of method names such as 'GET'", (value) =>
  typeof value === 'string' && isToken(value) ? value.toUpperCase() : undefined,
);

/** Reads `retry.methods`, in any case, as a set in upper case. */
export const methods: Parser<ReadonlySet<string>> = (value) => {
  const list = methodList(value);
  return list.ok ? ok(Object.freeze(new Set(list.value))) : list;
};

/** Statuses to retry: a list, or a function of the status. */
export type Statuses = readonly number[] | ((status: number) => boolean);

const statusList = listOf('an array of statuses from 100 to 599, or a function of the status', (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599 ? value : undefined,
);

/** Reads `retry.statuses`. */
export const statuses: Parser<Statuses> = (value) =>
  typeof value === 'function' ? callback<(status: number) => boolean>()(value) : statusList(value);

/** Reads `retry.idempotencyKey`: the name of the header in lower case, or `false` for none. */
export const idempotencyKey: Parser<string | false> = (value) => {
  const flag = booleanOf(value);
  if (flag !== undefined) return ok(flag && IDEMPOTENCY_KEY_HEADER);
  return typeof value === 'string' && isToken(value)
    ? ok(value.toLowerCase())
    : wrong('a boolean or the name of a header', renderHeader(value));
};

const NO_RETRIES = 'use maxRetries: 0 to switch retries off';

/** A delay between attempts, which cannot be 0. */
export const delay = duration({ zero: NO_RETRIES });

/** The time for all attempts, which ends. */
export const retryTimeout = duration({ never: `${NO_RETRIES}, a long duration for no limit` });

const amount = numberAbove(0, true);

/** Options of `BudgetConfig`. The reference has no budget. */
export const BUDGET_OPTIONS = optionTable({
  minTokens: { parse: amount, default: 10 },
  maxTokens: { parse: amount, default: 1000 },
  windowSeconds: { parse: numberAbove(0), default: 20 },
  perSuccess: { parse: amount, default: 0.1 },
  initialTokens: { parse: amount, default: 500 },
});

/** Keys of `BudgetConfig`. */
export const BUDGET_KEYS = keySet(BUDGET_OPTIONS);

/** Limits of the built-in budget. */
export type ResolvedBudget = Values<typeof BUDGET_OPTIONS>;

/** The built-in budget, untuned. */
export const DEFAULT_BUDGET: ResolvedBudget = defaultsOf(BUDGET_OPTIONS);

/** Tells an implementation of its own from a tuning of the built-in one. */
export function isRetryBudget(value: unknown): value is RetryBudget {
  return (
    typeof value === 'object' &&
    value !== null &&
    'withdraw' in value &&
    typeof value.withdraw === 'function' &&
    'deposit' in value &&
    typeof value.deposit === 'function'
  );
}

function readTuning(section: Section<keyof typeof BUDGET_OPTIONS>): ResolvedBudget {
  const values = readOptions(section, BUDGET_OPTIONS, DEFAULT_BUDGET);
  const isSet = (key: keyof typeof BUDGET_OPTIONS) => section.raw(key) !== undefined;
  const { minTokens, maxTokens, initialTokens } = values;
  if (isSet('minTokens') && isSet('maxTokens') && maxTokens < minTokens) {
    const expected = `a number of at least minTokens (${minTokens})`;
    section.conflict('maxTokens', 'minTokens', expected, String(maxTokens));
  }
  // A bound that nobody set gives way to one that somebody did.
  const most = isSet('maxTokens') ? maxTokens : Math.max(maxTokens, minTokens);
  return Object.freeze({
    ...values,
    minTokens: isSet('minTokens') ? minTokens : Math.min(minTokens, most),
    maxTokens: most,
    initialTokens: isSet('initialTokens') ? initialTokens : Math.min(initialTokens, most),
  });
}

const switchOrObject: Parser<boolean | object> = (value) => {
  if (isObject(value) || isRetryBudget(value)) return ok(value);
  const read = booleanLike(value);
  return read.ok ? read : wrong('a boolean, an object of limits, or a RetryBudget', read.received);
};

/** Reads `retry.budget`: switched on or off, tuned, or the caller's own. `true` keeps the one that it would override, if there is one. */
export const readBudget: Reader<ResolvedBudget | RetryBudget | false> = (section, key, fallback) => {
  const value = section.read(key, switchOrObject, undefined);
  if (value === undefined) return fallback;
  if (value === false) return false;
  if (value === true) return fallback === false ? DEFAULT_BUDGET : fallback;
  return isRetryBudget(value) ? value : readTuning(section.child(key, BUDGET_KEYS));
};
