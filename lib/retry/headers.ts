import { fieldOf } from '../config/own.js';

/** Looks up a header by its name, in any case. */
export type HeaderGetter = (name: string) => string | undefined;

interface WithGet {
  get(name: string): unknown;
}

/**
 * One way to read headers, whatever holds them: `AxiosHeaders`, `Headers`, or a plain object as mocks give it.
 * Several values of one name are joined by a comma (RFC 9110 section 5.3).
 */
export function headerGetter(headers: unknown): HeaderGetter {
  if (typeof headers !== 'object' || headers === null) return () => undefined;
  if (hasGet(headers)) return (name) => asText(headers.get(name));
  const entries = Object.entries(headers);
  return (name) => {
    const wanted = name.toLowerCase();
    return asText(entries.find(([key]) => key.toLowerCase() === wanted)?.[1]);
  };
}

function hasGet(headers: object): headers is WithGet {
  return typeof fieldOf(headers as Partial<WithGet>, 'get') === 'function';
}

function asText(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
const SHORT_DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';

const FORMS: readonly RegExp[] = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^${SHORT_DAY}, (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^${LONG_DAY}, (?<day>\\d{2})-${MONTH}-(?<shortYear>\\d{2}) ${TIME} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(`^${SHORT_DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/**
 * Reads a date of HTTP, in its three forms and no other (RFC 9110 section 5.6.7). `Date.parse` takes many more, such as
 * `-1`, in local time.
 *
 * @param nowEpochMs decides the century of a two-digit year.
 * @returns ms since the epoch, or `undefined` if it is no such date.
 */
export function parseHttpDate(text: string, nowEpochMs: number): number | undefined {
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups) return toEpochMs(groups, nowEpochMs);
  }
  return undefined;
}

function toEpochMs(groups: Record<string, string | undefined>, nowEpochMs: number): number | undefined {
  const day = Number(groups.day);
  const hour = Number(groups.hour);
  const minute = Number(groups.minute);
  const second = Number(groups.second);
  const month = MONTHS.indexOf(String(groups.month));
  const year =
    groups.year === undefined ? fullYear(Number(groups.shortYear), nowEpochMs) : Number(groups.year);
  // A leap second reads as 60; Date.UTC carries it into the next minute.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const midnight = new Date(Date.UTC(year, month, day));
  if (midnight.getUTCMonth() !== month || midnight.getUTCDate() !== day) return undefined;
  return midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** A year that seems more than 50 years in the future is the most recent past one with the same last two digits. */
function fullYear(shortYear: number, nowEpochMs: number): number {
  const thisYear = new Date(nowEpochMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + shortYear;
  return year > thisYear + 50 ? year - 100 : year;
}

const NUMBER = /^\d+(?:\.\d+)?$/;
// 1 January 2001 in seconds, and 1973 in milliseconds: below the first no server means a date, above the second no
// server means seconds.
const FIRST_EPOCH_SECOND = 1e9;
const FIRST_EPOCH_MS = 1e11;

/** A plain decimal number, or `undefined`. */
function parseDecimal(text: string | undefined): number | undefined {
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
 * @param serverNow the server's wall clock.
 * @param isSuccess whether the response is a 2xx; then an unknown remainder says nothing.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
function rateLimitDelayMs(
  header: HeaderGetter,
  serverNow: () => number,
  isSuccess: boolean,
): number | undefined {
  const isExhausted = (remaining: number | undefined): boolean =>
    remaining === undefined ? !isSuccess : remaining === 0;
  const structured = structuredDelayMs(header('ratelimit'), isExhausted);
  if (structured !== undefined) return structured;
  for (const [resetField, remainingField] of RESETS) {
    const reset = parseDecimal(header(resetField));
    if (reset !== undefined && isExhausted(parseDecimal(header(remainingField)))) {
      return untilMs(reset, serverNow);
    }
  }
  return undefined;
}

function untilMs(reset: number, serverNow: () => number): number {
  if (reset < FIRST_EPOCH_SECOND) return reset * 1000;
  const resetEpochMs = reset < FIRST_EPOCH_MS ? reset * 1000 : reset;
  return Math.max(0, resetEpochMs - serverNow());
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
  const serverNow = () => parseHttpDate(header('date')?.trim() ?? '', nowEpochMs) ?? nowEpochMs;
  // Where both are given Retry-After has precedence, by the draft of the RateLimit fields.
  const delayMs =
    firstDecimal(header, MS_FIELDS) ??
    retryAfterMs(header('retry-after'), serverNow) ??
    rateLimitDelayMs(header, serverNow, isSuccess);
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

function retryAfterMs(value: string | undefined, serverNow: () => number): number | undefined {
  if (value === undefined) return undefined;
  const [once = ''] = undoubled(value);
  // RFC 9110 has whole seconds only; servers that send a fraction mean it.
  const seconds = parseDecimal(once);
  if (seconds !== undefined) return seconds * 1000;
  const serverNowMs = serverNow();
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
