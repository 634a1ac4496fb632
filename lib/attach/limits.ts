import { MAX_TIMER_MS } from '../config/duration.js';
import type { LimitMs, ResolvedClient, ResolvedRequestPolicy } from '../config/resolved.js';
import type { RequestConfig } from './axios-like.js';

/** The clocks that apply to one attempt. */
export interface AttemptLimits {
  /** For the whole attempt, or up to the response headers if `wholeBody` is off. */
  readonly timeoutMs: LimitMs;
  /** For silence. */
  readonly readTimeoutMs: LimitMs;
  /** Whether `timeoutMs` covers the body of a stream too, because somebody chose it. */
  readonly wholeBody: boolean;
}

/** axios' own `timeout` as axios reads it: 0 for none, `NaN` for one that axios refuses. */
export function axiosTimeoutMs({ timeout }: Pick<RequestConfig, 'timeout'>): number {
  return timeout ? Number.parseInt(String(timeout), 10) : 0;
}

/** The limits of a request: `policy.timeout` of the request, else axios' own `timeout`, else `client.timeout`. */
export function limitsOf(
  config: RequestConfig,
  settings: ResolvedRequestPolicy,
  client: ResolvedClient,
): AttemptLimits {
  const axiosMs = axiosTimeoutMs(config);
  const chosenMs = settings.timeoutMs ?? (axiosMs > 0 ? Math.min(axiosMs, MAX_TIMER_MS) : undefined);
  return {
    timeoutMs: chosenMs ?? client.timeoutMs,
    readTimeoutMs: settings.readTimeoutMs ?? client.readTimeoutMs,
    wholeBody: chosenMs !== undefined || !client.timeoutIsDefault,
  };
}
