/** Readers of what only retries have: methods, statuses, idempotency. */
import {
  booleanLike,
  booleanOf,
  callback,
  duration,
  isToken,
  listOf,
  ok,
  type Parser,
  wrong,
} from './parsers.js';
import { renderHeader } from './render.js';
import type { RequestLike } from './types.js';

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
