import type { HeaderGetter } from './headers.js';

const NUMBER = /^\d+(?:\.\d+)?$/;
// 1 January 2001 in seconds, and 1973 in milliseconds: below the first no server means a date, above the second no
// server means seconds.
const FIRST_EPOCH_SECOND = 1e9;
const FIRST_EPOCH_MS = 1e11;

/** A plain decimal number, or `undefined`. */
export function parseDecimal(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  return NUMBER.test(trimmed) ? Number(trimmed) : undefined;
}

/** Fields that say when a quota is refilled, each with the field of what is left of it. */
const RESETS: ReadonlyArray<readonly [reset: string, remaining: string]> = [
  ['ratelimit-reset', 'ratelimit-remaining'],
  // Discord's, to the millisecond.
  ['x-ratelimit-reset-after', 'x-ratelimit-remaining'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'],
  // X's.
  ['x-rate-limit-reset', 'x-rate-limit-remaining'],
];

/**
 * The wait that rate-limit fields ask for, in ms: the structured `RateLimit` field in its present and its former form,
 * else `RateLimit-Reset` and what it was before there was a draft. Their numbers are seconds to wait, or a date in
 * seconds or ms: which, their magnitude tells.
 *
 * A quota that has something left asks for no wait.
 *
 * @param serverNowMs the server's wall clock.
 * @param isSuccess whether the response is a 2xx; then an unknown remainder says nothing.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function rateLimitDelayMs(
  header: HeaderGetter,
  serverNowMs: number,
  isSuccess: boolean,
): number | undefined {
  const isExhausted = (remaining: number | undefined): boolean =>
    remaining === undefined ? !isSuccess : remaining === 0;
  const structured = structuredDelayMs(header('ratelimit'), isExhausted);
  if (structured !== undefined) return structured;
  for (const [resetField, remainingField] of RESETS) {
    const reset = parseDecimal(header(resetField));
    if (reset !== undefined && isExhausted(parseDecimal(header(remainingField)))) {
      return untilMs(reset, serverNowMs);
    }
  }
  return undefined;
}

function untilMs(reset: number, serverNowMs: number): number {
  if (reset < FIRST_EPOCH_SECOND) return reset * 1000;
  const resetEpochMs = reset < FIRST_EPOCH_MS ? reset * 1000 : reset;
  return Math.max(0, resetEpochMs - serverNowMs);
}

function structuredDelayMs(
  field: string | undefined,
  isExhausted: (remaining: number | undefined) => boolean,
): number | undefined {
  if (field === undefined) return undefined;
  // `"policy";r=0;t=30, "other";r=7;t=1` is a list of limits; `limit=10, remaining=0, reset=30` is one limit.
  const isFormer = /(?:^|,)\s*(?:limit|remaining|reset)\s*=/.test(field);
  const limits = isFormer
    ? [readLimit(split(field, ','), 'remaining', 'reset')]
    : split(field, ',').map((member) => readLimit(split(member, ';').slice(1), 'r', 't'));
  const waits = limits.filter(({ remaining }) => isExhausted(remaining)).flatMap(({ reset }) => reset ?? []);
  return waits.length > 0 ? Math.max(...waits) * 1000 : undefined;
}

interface Limit {
  readonly remaining: number | undefined;
  readonly reset: number | undefined;
}

function readLimit(parameters: readonly string[], remainingKey: string, resetKey: string): Limit {
  const value = (key: string): number | undefined =>
    parseDecimal(parameters.find((parameter) => parameter.startsWith(`${key}=`))?.slice(key.length + 1));
  return { remaining: value(remainingKey), reset: value(resetKey) };
}

/** Splits outside of quoted strings (RFC 9651 section 3.3.3): a policy's name may hold the separator. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (isQuoted && text[at] === '\\') at += 1;
    else if (text[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && text[at] === separator) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}
