import { RETRY_DEFAULTS } from '../config/defaults.js';
import { durationToMs, MAX_TIMER_MS } from '../config/duration.js';
import type { LimitMs, ResolvedClient, ResolvedRequestPolicy } from '../config/resolved.js';
import type { ExpiredLimit } from '../transport/deadline.js';
import type { RequestConfig } from './axios-like.js';
import type { Call } from './call.js';

/** Who set a timeout: somebody for the policy, somebody for axios, or nobody. */
type TimeoutSource = 'policy' | 'axios' | 'default';

/** The clocks that apply to one attempt. */
export interface AttemptLimits {
  /** For the whole attempt, or up to the response headers of a stream, see {@link bodyLimitsOf}. */
  readonly timeoutMs: LimitMs;
  readonly timeoutBy: TimeoutSource;
  /** For silence. */
  readonly readTimeoutMs: LimitMs;
}

/** The clocks of a body that is streamed. */
export interface BodyLimits {
  /** Whether the clock of the whole attempt goes on. */
  readonly whole: boolean;
  /** The longest silence of the peer. */
  readonly silence: { readonly limit: ExpiredLimit; readonly limitMs: number } | undefined;
  /** How long it may take the consumer to begin. */
  readonly unreadMs: LimitMs;
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
  const readTimeoutMs = settings.readTimeoutMs ?? client.readTimeoutMs;
  if (settings.timeoutMs !== undefined)
    return { timeoutMs: settings.timeoutMs, timeoutBy: 'policy', readTimeoutMs };
  if (axiosMs > 0) return { timeoutMs: Math.min(axiosMs, MAX_TIMER_MS), timeoutBy: 'axios', readTimeoutMs };
  const timeoutBy = client.timeoutIsDefault ? 'default' : 'policy';
  return { timeoutMs: client.timeoutMs, timeoutBy, readTimeoutMs };
}

/**
 * What bounds a body that is streamed. A timeout that was chosen for the policy covers it whole. axios' own ends at the
 * headers, as in axios, and is the longest silence from there on; so is the default, unless there is a `readTimeout`.
 */
export function bodyLimitsOf({ timeoutMs, timeoutBy, readTimeoutMs }: AttemptLimits): BodyLimits {
  const byRead =
    readTimeoutMs === false ? undefined : ({ limit: 'readTimeout', limitMs: readTimeoutMs } as const);
  if (timeoutBy === 'policy' || timeoutMs === false)
    return { whole: timeoutBy === 'policy', silence: byRead, unreadMs: false };
  const isReadFirst = byRead !== undefined && (timeoutBy === 'default' || byRead.limitMs < timeoutMs);
  const silence = isReadFirst ? byRead : ({ limit: 'timeout', limitMs: timeoutMs } as const);
  return { whole: false, silence, unreadMs: timeoutMs };
}

/** How long a wait in one's own queue goes on where nothing says: the default `retryTimeout`. */
const QUEUE_LIMIT_MS = durationToMs(RETRY_DEFAULTS.retryTimeout);

/**
 * Until when an attempt may wait for a connection of its own pool, in ms since the initial request: `retryTimeout`,
 * also the default one where there are no retries, unless nobody wants a limit.
 */
export function queueLimitMs({ settings: { retry } }: Call, { timeoutMs }: AttemptLimits): number {
  if (retry !== false && retry.retryTimeoutMs > 0) return retry.retryTimeoutMs;
  return timeoutMs === false ? Number.POSITIVE_INFINITY : QUEUE_LIMIT_MS;
}

/** What an error says of a limit that ran out, in axios' words where it has any. */
export function expiryMessage(limit: ExpiredLimit, limitMs: number): string {
  return limit === 'queue'
    ? `waited ${limitMs}ms for a free connection (retryTimeout)`
    : `${limit} of ${limitMs}ms exceeded`;
}
