import { describeCause, formatFailure, formatForeignFailure } from '../retry/describe.js';
import type { RequestMetadata } from '../retry/record.js';
import { callOf } from './call.js';
import { urlOf } from './url.js';

/**
 * The history of a request made with a policy: from its response, its error, or the config of either.
 *
 * @returns `undefined` if no policy took part in it.
 */
export function getPolicyMetadata(responseOrErrorOrConfig: unknown): RequestMetadata | undefined {
  return callOf(responseOrErrorOrConfig)?.metadata();
}

/**
 * A failed request in one line, for a log: `GET https://host/path failed after 3 retries in 2.4 s (maxRetries 3,
 * retryTimeout 3m): 503 Service Unavailable`. Credentials and query of the URL are left out. If the request is
 * `sensitive`, the whole URL is.
 *
 * If no policy took part, it tells what the error shows: `GET https://host/path failed: 503 Service Unavailable`,
 * `Request failed: socket hang up (ECONNRESET)`. It never throws, whatever it is given.
 */
export function describeFailure(error: unknown): string {
  const call = callOf(error);
  const sent = call?.sent ?? objectOf(peek(error, 'config'));
  const sensitive = call?.settings.sensitive ?? false;
  const request = sent && { method: textOf(sent, 'method') ?? 'get', url: urlOfSent(sent) };
  const what = whatOf(error, sensitive);
  if (call === undefined) return formatForeignFailure({ ...request, what });
  const { retry } = call.settings;
  const { retries, elapsedMs, giveUp } = call.metadata();
  return formatFailure({
    // The default name is in the URL already.
    name: call.context.isNamed ? call.context.name : undefined,
    method: request?.method ?? 'get',
    url: request?.url ?? '',
    sensitive,
    retries,
    elapsedMs,
    maxRetries: retry === false ? 0 : retry.maxRetries,
    retryTimeoutMs: retry === false ? 0 : retry.retryTimeoutMs,
    what,
    giveUp,
  });
}

/** A property of whatever was thrown; its getters may throw, too. */
function peek(holder: unknown, key: string): unknown {
  try {
    const object = objectOf(holder);
    return object && Reflect.get(object, key);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null ? value : undefined;
}

function textOf(holder: unknown, key: string): string | undefined {
  const value = peek(holder, key);
  return typeof value === 'string' ? value : undefined;
}

function urlOfSent(sent: object): string {
  try {
    return urlOf(sent);
  } catch {
    return '';
  }
}

function whatOf(error: unknown, sensitive: boolean): string {
  if (objectOf(error) === undefined) {
    const isText = typeof error !== 'function' && error !== undefined && error !== null && error !== '';
    return isText ? String(error) : 'unknown error';
  }
  const response = peek(error, 'response');
  const status = peek(response, 'status');
  const cause = {
    status: typeof status === 'number' ? status : undefined,
    statusText: textOf(response, 'statusText'),
    code: textOf(error, 'code'),
    message: textOf(error, 'message') || textOf(error, 'name'),
  };
  return describeCause(cause, sensitive);
}
