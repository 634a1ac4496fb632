import type { HeaderGetter } from './headers.js';
import { parseHttpDate } from './http-date.js';
import { parseDecimal, rateLimitDelayMs } from './rate-limit.js';

// The fleet that was told the same second is spread over a third of the wait, never less than 200 ms, never more than
// 10 s: below, a restarted server still meets all of it at once; above, the wait itself has spread it.
const SPREAD_FRACTION = 1 / 3;
const MIN_SPREAD_MS = 200;
const MAX_SPREAD_MS = 10_000;

/** A wait in ms, of which the header's owner also sends the rounded seconds: of OpenAI, of Azure. */
const MS_FIELDS = ['retry-after-ms', 'x-ms-retry-after-ms'];

/**
 * How long the server asks to wait: by `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), else by
 * rate-limit fields. What cannot be read is as if it were not there; a past date is no wait.
 *
 * Dates are measured against the response's own `Date`, so that it does not matter whose clock is wrong.
 *
 * @param header reads a response header.
 * @param nowEpochMs the wall clock, for a response without a `Date`.
 * @param status of the response; a 2xx needs an explicit remainder of 0 for its rate-limit fields to count.
 * @returns ms, at least 0 and finite, or `undefined` if the server asks for nothing.
 */
export function requestedDelayMs(
  header: HeaderGetter,
  nowEpochMs: number,
  status?: number,
): number | undefined {
  const isSuccess = status !== undefined && status >= 200 && status < 300;
  const serverNowMs = parseHttpDate(header('date')?.trim() ?? '', nowEpochMs) ?? nowEpochMs;
  // Where both are given Retry-After has precedence, by the draft of the RateLimit fields.
  const delayMs =
    firstDecimal(header, MS_FIELDS) ??
    retryAfterMs(header('retry-after'), serverNowMs) ??
    rateLimitDelayMs(header, serverNowMs, isSuccess);
  // 64.57 s × 1000 is 64569.99999999999 in floating point.
  return delayMs === undefined
    ? undefined
    : Math.min(Math.max(0, Math.ceil(delayMs - 1e-6)), Number.MAX_SAFE_INTEGER);
}

function firstDecimal(header: HeaderGetter, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = parseDecimal(header(name));
    if (value !== undefined) return value;
  }
  return undefined;
}

function retryAfterMs(value: string | undefined, serverNowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const [once = ''] = undoubled(value);
  // RFC 9110 has whole seconds only; servers that send a fraction mean it.
  const seconds = parseDecimal(once);
  if (seconds !== undefined) return seconds * 1000;
  const date = parseHttpDate(once, serverNowMs);
  return date === undefined ? undefined : Math.max(0, date - serverNowMs);
}

/** The field as one member, also where the origin and a proxy in front of it both sent the same: `1, 1`. */
function undoubled(value: string): readonly string[] {
  const whole = value.trim();
  // A date has a comma of its own, after the day.
  const members = whole.split(/(?<=\d|GMT)\s*,/).map((member) => member.trim());
  return members.every((member) => member === members[0]) ? members : [whole];
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
