import { headerGetter } from '../retry/headers.js';
import type { Patience } from '../retry/patience.js';
import { requestedDelayMs } from '../retry/server-wait.js';
import type { Call } from './call.js';
import type { Ending } from './outcome.js';

/** Statuses that speak of the server or a quota, whether they are retried or not. */
const OF_THE_ORIGIN: ReadonlySet<number | undefined> = new Set([429, 503]);

/**
 * How long the server asks to wait before a retry: by this response, or by another one while that wait lasts.
 *
 * @param patience is told what this response asks for.
 * @param isRetried whether a status is one to retry.
 * @returns ms without jitter; `undefined` for nothing.
 */
export function requestedWaitMs(
  call: Call,
  { kind, headers, status }: Ending,
  patience: Patience,
  isRetried: (status: number) => boolean,
): number | undefined {
  const header = headerGetter(headers);
  const ownMs = requestedDelayMs(header, Date.now(), status);
  const isForAll = () => OF_THE_ORIGIN.has(status) || (status !== undefined && isRetried(status));
  if (ownMs !== undefined && kind === 'status' && isForAll()) patience.ask(call.origin, ownMs);
  const sharedMs = patience.remainingMs(call.origin);
  return sharedMs > (ownMs ?? 0) ? sharedMs : ownMs;
}

/**
 * How long a retry whose sleep is over is to sleep on, because its origin has asked for patience meanwhile; `undefined` if
 * `retryTimeout` has no room for it.
 */
export function furtherWaitMs(
  { origin, record, settings: { retry } }: Call,
  { patience, random }: { readonly patience: Patience; readonly random: () => number },
): number | undefined {
  return retry === false || !retry.retryAfter ? 0 : patience.moreMs(origin, record.remainingMs, random);
}
