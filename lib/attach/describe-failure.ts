import { describeCause, formatFailure } from '../retry/describe.js';
import type { RequestMetadata } from '../retry/metadata.js';
import type { AxiosError, RequestConfig } from './axios-like.js';
import { callOf } from './call.js';
import { urlOf } from './url.js';

/**
 * The history of a request made with a policy: from its response, its error, or the config of either.
 *
 * @returns `undefined` if no policy had to do with it.
 */
export function getPolicyMetadata(responseOrErrorOrConfig: unknown): RequestMetadata | undefined {
  return callOf(responseOrErrorOrConfig)?.metadata();
}

/**
 * A failed request in one line, for a log: `GET https://host/path failed after 3 retries in 2.4 s (maxRetries 3,
 * retryTimeout 3m): 503 Service Unavailable`. Credentials and query of the URL are left out, the whole URL if the
 * request was marked `sensitive`.
 */
export function describeFailure(error: unknown): string {
  const call = callOf(error);
  const { message = String(error), code, response, config } = (error ?? {}) as Partial<AxiosError>;
  const sent = call?.sent ?? (config as RequestConfig | undefined);
  const retry = call?.settings.retry ?? false;
  const metadata = call?.metadata();
  const sensitive = call?.settings.sensitive ?? false;
  return formatFailure({
    method: sent?.method ?? 'get',
    url: sent === undefined ? '' : urlOf(sent),
    sensitive,
    retries: metadata?.retries ?? 0,
    elapsedMs: metadata?.elapsedMs ?? 0,
    maxRetries: retry === false ? 0 : retry.maxRetries,
    retryTimeoutMs: retry === false ? 0 : retry.retryTimeoutMs,
    what: describeCause(
      { status: response?.status, statusText: response?.statusText, code, message },
      sensitive,
    ),
    giveUp: metadata?.giveUp,
  });
}
