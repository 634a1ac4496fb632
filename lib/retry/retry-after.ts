import type { HeaderGetter } from './headers.js';
import { parseHttpDate } from './http-date.js';
import { parseDecimal, rateLimitDelayMs } from './rate-limit.js';

// The fleet that was told the same second is spread over a third of the wait, never less than 200 ms, never more than
// 10 s: below, a restarted server still meets all of it at once; above, the wait itself has spread it.
const SPREAD_FRACTION = 1 / 3;
const MIN_SPREAD_MS = 200;
const MAX_SPREAD_MS = 10_000;

/**
 * How long the server asks to wait: by `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), else by
 * rate-limit fields. What cannot be read is as if it were not there; a past date is no wait.
 *
 * @param header reads a response header.
 * @param nowEpochMs the wall clock, for dates.
 * @param status of the response; a 2xx needs an explicit remainder of 0 for its rate-limit fields to count.
 * @returns ms, at least 0 and finite, or `undefined` if the server asks for nothing.
 */
export function requestedDelayMs(
  header: HeaderGetter,
  nowEpochMs: number,
  status?: number,
): number | undefined {
  const isSuccess = status !== undefined && status >= 200 && status < 300;
  // Where both are given Retry-After has precedence, by the draft of the RateLimit fields.
  const delayMs =
    retryAfterMs(header('retry-after'), nowEpochMs) ?? rateLimitDelayMs(header, nowEpochMs, isSuccess);
  return delayMs === undefined ? undefined : Math.min(delayMs, Number.MAX_SAFE_INTEGER);
}

function retryAfterMs(value: string | undefined, nowEpochMs: number): number | undefined {
  if (value === undefined) return undefined;
  // RFC 9110 has whole seconds only; servers that send a fraction mean it.
  const seconds = parseDecimal(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = parseHttpDate(value.trim(), nowEpochMs);
  return date === undefined ? undefined : Math.max(0, date - nowEpochMs);
}

/**
 * Adds jitter to a wait the server asked for, so that all who were told the same do not return in one instant. Nobody
 * returns early, and no wait stays none.
 *
 * @param delayMs what the server asked for.
 * @param random uniform in [0, 1).
 */
export function spreadMs(delayMs: number, random: () => number): number {
  if (delayMs <= 0) return 0;
  const rangeMs = Math.min(MAX_SPREAD_MS, Math.max(MIN_SPREAD_MS, delayMs * SPREAD_FRACTION));
  return delayMs + random() * rangeMs;
}
