import { MAX_TIMER_MS } from '../config/duration.js';
import type { QueueObserver } from '../transport/observe.js';
import type { Call } from './call.js';
import type { Deadline } from './deadline.js';

/**
 * The wait of an attempt for a connection of its own pool. The queue is the caller's own limit and says nothing of the
 * server, so the clocks of the attempt stand still; `retryTimeout` bounds the wait.
 */
export class QueueWait implements QueueObserver {
  readonly #call: Call;
  readonly #deadline: Deadline;
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param limitMs from the initial request, in ms. */
  constructor(call: Call, deadline: Deadline, limitMs: number) {
    this.#call = call;
    this.#deadline = deadline;
    this.#limitMs = limitMs;
  }

  onQueued(): void {
    this.#call.record.queued();
    this.#deadline.pause();
    this.#look();
  }

  onDequeued(): void {
    this.stop();
    this.#call.record.dequeued();
    this.#deadline.resume();
  }

  /** The attempt is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const { record } = this.#call;
    const leftMs = this.#limitMs - record.elapsedMs;
    // A timer is early by as long as the event loop had been busy when it was set.
    if (leftMs > 0) this.#timer = setTimeout(this.#look, Math.min(Math.ceil(leftMs), MAX_TIMER_MS));
    else this.#deadline.expire('queue', Math.round(record.queuedMs));
  };
}
