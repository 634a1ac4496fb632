/**
 * The longest time of a request, from the call to the end of its last attempt.
 *
 * Let an attempt take at most `a`, and the delays before the retries 1 … n at most `s(n)` together. Attempt n + 1 starts
 * at n × a + s(n) at the latest, and never after `retryTimeout`, because a retry whose delay would end later is not made.
 * An attempt under way is not cut, so the last one may take `a` more:
 *
 *     a + min(retryTimeout, n × a + s(n)),  n = the most retries that retryTimeout has room for, at most maxRetries
 *
 * Every time up to this bound can come about, since attempts may take any shorter time. Where the server asks for waits,
 * one retry is enough to sleep until `retryTimeout`.
 */
import type { LimitMs, ResolvedClient, ResolvedPolicy, ResolvedRetry } from '../config/resolved.js';
import { longestDelaysMs, mostRetries } from './delays.js';
import { exactTime } from './text.js';
import type { WorstCase } from './types.js';

interface Attempt {
  /** The clock that ends it. */
  readonly name: 'timeout' | 'connectTimeout';
  readonly limitMs: LimitMs;
}

type Bound = Pick<WorstCase, 'longestMs' | 'formula'>;

function unbounded(name: Attempt['name']): Bound {
  const why = name === 'timeout' ? 'timeout is off' : 'connectTimeout and timeout are off';
  return { longestMs: false, formula: why };
}

function bound(longestMs: number, names: string, numbers: string): Bound {
  const rounded = Math.round(longestMs);
  const isTrivial = numbers === exactTime(rounded);
  return {
    longestMs: rounded,
    formula: isTrivial ? `${names} = ${numbers}` : `${names} = ${numbers} = ${exactTime(rounded)}`,
  };
}

/** Every attempt takes as long as it may, and the delays are those of the backoff. */
function byBackoff({ name, limitMs }: Attempt, retry: ResolvedRetry | false): Bound {
  if (limitMs === false) return unbounded(name);
  const retries = mostRetries(retry);
  if (retry === false || retries === 0) return bound(limitMs, name, exactTime(limitMs));
  const { retryTimeoutMs } = retry;
  const delaysMs = longestDelaysMs(retry.backoff, retries);
  return bound(
    limitMs + Math.min(retryTimeoutMs, retries * limitMs + delaysMs),
    `${name} + min(retryTimeout, ${retries} × ${name} + delays)`,
    `${exactTime(limitMs)} + min(${exactTime(retryTimeoutMs)}, ${retries} × ${exactTime(limitMs)} + ${exactTime(Math.round(delaysMs))})`,
  );
}

/** The server asks for waits, as long as there is time for them. */
function byServer({ name, limitMs }: Attempt, { retryTimeoutMs }: ResolvedRetry): Bound {
  if (limitMs === false) return unbounded(name);
  const numbers = `${exactTime(limitMs)} + ${exactTime(retryTimeoutMs)}`;
  return bound(limitMs + retryTimeoutMs, `${name} + retryTimeout`, numbers);
}

/** The clock that ends an attempt without a connection. */
function connecting({ connectTimeoutMs, timeoutMs }: ResolvedClient): Attempt {
  const isLater = connectTimeoutMs === false || (timeoutMs !== false && timeoutMs < connectTimeoutMs);
  return isLater && timeoutMs !== false
    ? { name: 'timeout', limitMs: timeoutMs }
    : { name: 'connectTimeout', limitMs: connectTimeoutMs };
}

/** The longest time that a request may take, by situation. */
export function worstCasesOf({ client, retry }: ResolvedPolicy): WorstCase[] {
  const whole: Attempt = { name: 'timeout', limitMs: client.timeoutMs };
  const cases: WorstCase[] = [
    { situation: 'attempts', when: 'every attempt takes as long as it may', ...byBackoff(whole, retry) },
  ];
  if (retry !== false && retry.retryAfter && mostRetries(retry) > 0) {
    const when = 'the server asks for waits, too (Retry-After)';
    cases.push({ situation: 'retry-after', when, ...byServer(whole, retry) });
  }
  const when = 'no connection can be made';
  cases.push({ situation: 'no-connection', when, ...byBackoff(connecting(client), retry) });
  return cases;
}

/** Times that the bounds leave out. */
export function worstCaseNotesOf({ client, retry }: ResolvedPolicy): string[] {
  const { timeoutMs, timeoutIsDefault, readTimeoutMs } = client;
  const hasHooks = retry !== false && (retry.shouldRetry ?? retry.onRetry ?? retry.onGiveUp) !== undefined;
  const notes: ReadonlyArray<readonly [holds: boolean, note: string]> = [
    [true, "A request's own `policy.timeout`, or a `timeout` of axios, takes the place of client.timeout."],
    [
      timeoutMs !== false && timeoutIsDefault,
      `With responseType 'stream' the default timeout bounds the time to the headers, and then silence: a body that keeps coming may take any time. A timeout that you set covers it.`,
    ],
    [
      timeoutMs === false && readTimeoutMs !== false,
      `readTimeout ends an attempt after ${exactTime(readTimeoutMs || 0)} of silence, but not a body that drips.`,
    ],
    [hasHooks, 'The time that your functions take is not counted.'],
  ];
  return notes.filter(([holds]) => holds).map(([, note]) => note);
}
