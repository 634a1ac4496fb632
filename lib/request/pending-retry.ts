import type { KeptResult } from './attempt-result.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import type { Cancellable } from './cancellation.js';
import { followCancel, isCancelled, unfollowCancel } from './cancellation.js';

/** The wait of a request for its outcome, from its first failure on, with the sleep before the attempt to come. */
export class PendingRetry {
  /** What goes to the caller in the end. */
  readonly outcome: Promise<AxiosResponse>;
  /** The delay before the next attempt, in ms. */
  delayMs = 0;
  /** The latest result, while the request sleeps. */
  kept: KeptResult | undefined;
  #deliver: ((outcome: AxiosResponse | Promise<never>) => void) | undefined;
  #discard: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.outcome = new Promise((resolve) => {
      this.#deliver = resolve;
    });
  }

  /** Settles the outcome. */
  deliver(outcome: AxiosResponse | Promise<never>): void {
    this.#deliver?.(outcome);
  }

  /** Notes what gives up on the rest of the latest response. */
  set leftover(discard: () => void) {
    this.#discard = discard;
  }

  /** Gives up on what is left of the latest response. */
  discardLeftover(): void {
    this.#discard?.();
    this.#discard = undefined;
  }

  /**
   * Calls back after a time, or as soon as the request is cancelled.
   *
   * The timer keeps the process alive, for otherwise a process with nothing else to do would exit and lose the request.
   */
  sleep<T extends Cancellable>(
    sleepMs: number,
    config: RequestConfig,
    call: T,
    onWake: (call: T) => void,
  ): void {
    if (isCancelled(call, config)) {
      onWake(call);
      return;
    }
    // Not the timer's own arguments: whoever replaces setTimeout, as tests do, may forget to pass them on.
    const wake = () => onWake(call);
    this.#timer = setTimeout(wake, sleepMs);
    followCancel(config, call, wake);
  }

  /** Leaves nothing of a {@link sleep} behind; to be called when it is over. */
  clearSleep(config: RequestConfig, call: Cancellable): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (call.onCancel !== undefined) unfollowCancel(config, call, call.onCancel);
  }
}
