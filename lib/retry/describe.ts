/** A failure in one line, for a log. */
import { formatDuration } from '../config/duration.js';
import type { GiveUpReason } from '../config/types.js';
import { redactText, redactUrl } from './redact.js';

/** The end of the last attempt, for a message. */
interface FailureCause {
  readonly status?: number | undefined;
  readonly statusText?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** The contents of the line. */
export interface FailureFacts {
  /** Of the policy, if somebody named it. */
  readonly name?: string | undefined;
  readonly method: string;
  /** As requested; it is redacted here. */
  readonly url: string;
  /** Whether nothing of the URL may be shown. */
  readonly sensitive?: boolean | undefined;
  readonly retries: number;
  readonly elapsedMs: number;
  readonly maxRetries: number;
  readonly retryTimeoutMs: number;
  /** The end of the last attempt: see {@link describeCause}. */
  readonly what: string;
  readonly giveUp?: GiveUpReason | undefined;
}

const MAX_CAUSE_LENGTH = 300;

// The others are plain from the line itself: a 404 is not retried, and so many retries are the most.
const TELLING: ReadonlySet<GiveUpReason | undefined> = new Set([
  'not-idempotent',
  'body-not-replayable',
  'retry-timeout',
  'retry-after',
  'budget',
  'should-retry',
]);

/**
 * One line such as `GET https://host/path failed after 3 retries in 2.4 s (maxRetries 3, retryTimeout 3m): 503 Service
 * Unavailable`, behind the name of the policy (`prices: GET …`) if somebody gave it one. Credentials, query and fragment
 * of the URL do not appear, nor do secrets in `what`.
 */
export function formatFailure(facts: FailureFacts): string {
  const { method, retries, elapsedMs, maxRetries, retryTimeoutMs, giveUp } = facts;
  const sensitive = facts.sensitive ?? false;
  const whose = facts.name === undefined ? '' : `${facts.name}: `;
  const request = `${whose}${method.toUpperCase()} ${redactUrl(facts.url, sensitive)}`;
  const effort = retries === 0 ? '' : ` after ${retries} ${retries === 1 ? 'retry' : 'retries'}`;
  const limits = `maxRetries ${maxRetries}, retryTimeout ${formatDuration(retryTimeoutMs)}`;
  const reason = TELLING.has(giveUp) ? `, gave up: ${giveUp}` : '';
  const what = shorten(redactText(facts.what, sensitive));
  return `${request} failed${effort} in ${formatElapsed(elapsedMs)} (${limits}${reason}): ${what}`;
}

/**
 * The line of a failure that no policy had to do with: `GET https://host/path failed: 503 Service Unavailable`.
 *
 * @param facts without `url` if it is not known that there was a request.
 */
export function formatForeignFailure({
  method = '',
  url,
  what,
}: {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly what: string;
}): string {
  const request = url ? `${method.toUpperCase()} ${redactUrl(url, false)}` : 'Request';
  return `${request} failed: ${shorten(redactText(what, false))}`;
}

/**
 * How an attempt ended, in a few words: `503 Service Unavailable`, or the error's message with its code.
 *
 * @param sensitive the message may name the host and is left out where a code can stand for it.
 */
export function describeCause(
  { status, statusText, code, message }: FailureCause,
  sensitive = false,
): string {
  // A good status is not what failed: of a body cut short, it is the message that says so.
  const isGood = status !== undefined && status >= 200 && status < 300;
  if (status !== undefined && !isGood) return statusText ? `${status} ${statusText}` : `${status}`;
  const text = sensitive && code ? '' : (message ?? '');
  if (!text) return code ?? 'unknown error';
  return code && !text.includes(code) ? `${text} (${code})` : text;
}

/** `331 ms`, `2.4 s`, `2m 5s`. */
function formatElapsed(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  return formatDuration(Math.round(ms / 1000) * 1000);
}

function shorten(text: string): string {
  return text.length > MAX_CAUSE_LENGTH ? `${text.slice(0, MAX_CAUSE_LENGTH)}…` : text;
}
