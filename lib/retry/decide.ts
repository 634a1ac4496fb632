import type { ResolvedBackoff, ResolvedRetry } from '../config/resolved.js';
import type { GiveUpReason, OutcomeKind } from '../config/types.js';
import { spreadMs } from './headers.js';
import type { Idempotency } from './idempotency.js';
import { isIdempotent } from './idempotency.js';

/** Everything a decision rests on. */
export interface DecisionFacts {
  /** Of the attempt that ended. */
  readonly kind: OutcomeKind;
  /** Status of the response, if there was one. */
  readonly status?: number | undefined;
  /** Upper case. */
  readonly method: string;
  readonly idempotency: Idempotency;
  /** The answer of `shouldRetry`, awaited; only a literal boolean overrules. */
  readonly override?: boolean | undefined;
  /** Whether the body can be sent once more, byte for byte. */
  readonly bodyReplayable: boolean;
  /** Retries so far. */
  readonly retries: number;
  /** Monotonic time since the initial request. */
  readonly elapsedMs: number;
  readonly retry: Pick<ResolvedRetry, 'maxRetries' | 'retryTimeoutMs' | 'methods' | 'isRetryableStatus'>;
  /** The wait that the server asked for, without jitter; `undefined` if none, or if it is not to be honoured. */
  readonly requestedMs?: number | undefined;
  /** Draws the next delay; called only when nothing else forbids a retry. */
  readonly backoffMs: () => number;
  /** Takes a token of the budget; called last, so that none is taken in vain. */
  readonly withdraw: () => boolean;
  /** Uniform in [0, 1), for the jitter on top of `requestedMs`. */
  readonly random: () => number;
}

/** A retry with its delay, or the reason for giving up. */
export type Decision = Retry | GiveUp;

/** To try again. */
export interface Retry {
  readonly retry: true;
  readonly delayMs: number;
  readonly reason: OutcomeKind | 'should-retry';
}

/** To let the result through. */
export interface GiveUp {
  readonly retry: false;
  readonly reason: GiveUpReason;
  /** Whether it would have been retried but for a limit: then `onGiveUp` runs. */
  readonly wouldRetry: boolean;
}

/**
 * Decides on a retry. The order is part of the promise: a failure that is not retryable has that reason even when the
 * retries are used up, too.
 *
 * @throws what the caller's `statuses` function throws.
 */
export function decide(facts: DecisionFacts): Decision {
  const refusal = refuse(facts);
  if (refusal) return { retry: false, reason: refusal, wouldRetry: false };

  const limit = exhausted(facts);
  if (limit) return giveUp(limit);

  const delay = delayOf(facts);
  if (typeof delay === 'string') return giveUp(delay);
  if (!facts.withdraw()) return giveUp('budget');
  return { retry: true, delayMs: delay, reason: facts.override === true ? 'should-retry' : facts.kind };
}

function giveUp(reason: GiveUpReason): GiveUp {
  return { retry: false, reason, wouldRetry: true };
}

/** Why the outcome is not one to retry, whatever the limits. */
function refuse(facts: DecisionFacts): GiveUpReason | undefined {
  if (facts.kind !== 'cancelled' && facts.override === true) return undefined;
  if (facts.kind !== 'cancelled' && facts.override === false) return 'should-retry';
  return TABLE[facts.kind](facts);
}

// Per kind, why it is not retried by default; `undefined` = it is.
const TABLE: Readonly<Record<OutcomeKind, (facts: DecisionFacts) => GiveUpReason | undefined>> = {
  connect: () => undefined,
  status: ({ status, method, retry }) => {
    const isMethodIn = retry.methods?.has(method) ?? true;
    return isMethodIn && status !== undefined && retry.isRetryableStatus(status)
      ? undefined
      : 'not-retryable';
  },
  dropped: ({ idempotency }) => (isIdempotent(idempotency) ? undefined : 'not-idempotent'),
  // Of a slow PUT the first delivery may still be at work; object_store, too, wants it said explicitly.
  timeout: ({ idempotency }) =>
    idempotency === 'safe' || idempotency === 'declared' ? undefined : 'not-idempotent',
  cancelled: () => 'cancelled',
  permanent: () => 'not-retryable',
  ok: () => 'not-retryable',
};

function exhausted({ bodyReplayable, retries, retry }: DecisionFacts): GiveUpReason | undefined {
  if (!bodyReplayable) return 'body-not-replayable';
  if (retries >= retry.maxRetries) return 'max-retries';
  return retry.retryTimeoutMs <= 0 ? 'retry-timeout' : undefined;
}

/** The sleep, or which wait outlives `retryTimeout`: sleeping only to give up afterwards helps nobody. */
function delayOf(facts: DecisionFacts): number | 'retry-timeout' | 'retry-after' {
  const remainingMs = facts.retry.retryTimeoutMs - facts.elapsedMs;
  const backoffMs = facts.backoffMs();
  if (backoffMs > remainingMs) return 'retry-timeout';
  const requestedMs = facts.requestedMs ?? 0;
  if (requestedMs > remainingMs) return 'retry-after';
  if (requestedMs === 0) return backoffMs;
  // Only the jitter gives way to retryTimeout; what the server asked for fits.
  return Math.max(backoffMs, Math.min(spreadMs(requestedMs, facts.random), remainingMs));
}

/**
 * The next delay of one logical request, in ms, not rounded: exponential backoff with decorrelated jitter, as
 * object_store draws it.
 *
 * The first delay is exactly `initBackoff`, not capped; each following one is uniform in
 * [initBackoff, previous × base), then capped at `maxBackoff`.
 *
 * @param config resolved limits.
 * @param previousMs the delay before; `undefined` for the first.
 * @param random uniform in [0, 1), as `Math.random`.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  { initBackoffMs, maxBackoffMs, base }: ResolvedBackoff,
  previousMs: number | undefined,
  random: () => number,
): number {
  if (previousMs === undefined) return initBackoffMs;
  const rangeMs = previousMs * base - initBackoffMs;
  // Empty if initBackoff is 0 or far above maxBackoff; object_store panics there.
  const drawnMs = rangeMs > 0 ? initBackoffMs + random() * rangeMs : initBackoffMs;
  return Math.min(maxBackoffMs, drawnMs);
}
