import { MAX_TIMER_MS } from '../config/duration.js';
import { RETRY_OPTIONS } from '../config/options.js';
import type { ResolvedRequestPolicy } from '../config/resolved.js';
import type { CallRecord } from '../retry/record.js';
import type { QueueObserver } from '../transport/observe.js';
import type { AttemptLimits, Deadline } from './deadline.js';

/**
 * The wait of an attempt for a connection of its own pool. The queue is the caller's own limit and says nothing of the
 * server, so the clocks of the attempt stand still; `retryTimeout` bounds the wait.
 */
export class QueueWait implements QueueObserver {
  readonly #record: CallRecord;
  readonly #deadline: Deadline;
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param limitMs from the initial request, in ms. */
  constructor(record: CallRecord, deadline: Deadline, limitMs: number) {
    this.#record = record;
    this.#deadline = deadline;
    this.#limitMs = limitMs;
  }

  /** {@inheritDoc QueueObserver.onQueued} */
  onQueued(): void {
    this.#record.queued();
    this.#deadline.pause();
    this.#look();
  }

  /** {@inheritDoc QueueObserver.onDequeued} @returns when that is, by the monotonic clock, in ms. */
  onDequeued(): number {
    this.stop();
    this.#record.dequeued();
    this.#deadline.resume();
    return performance.now();
  }

  /** The attempt is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const leftMs = this.#limitMs - this.#record.elapsedMs;
    // A timer is early by as long as the event loop had been busy when it was set.
    if (leftMs > 0) this.#timer = setTimeout(this.#look, Math.min(Math.ceil(leftMs), MAX_TIMER_MS));
    else this.#deadline.expire('queue', Math.round(this.#record.queuedMs));
  };
}

/** The longest wait in one's own queue where no option says: the default `retryTimeout`. */
const QUEUE_TIMEOUT_MS = RETRY_OPTIONS.retryTimeout.default;

/**
 * Until when an attempt may wait for a connection of its own pool, in ms since the initial request: `retryTimeout`,
 * also the default one where there are no retries, unless nobody wants a limit.
 */
export function queueLimitMs({ retry }: ResolvedRequestPolicy, { timeoutMs }: AttemptLimits): number {
  if (retry !== false && retry.retryTimeoutMs > 0) return retry.retryTimeoutMs;
  return timeoutMs === false ? Number.POSITIVE_INFINITY : QUEUE_TIMEOUT_MS;
}
