import type { LimitMs } from '../config/resolved.js';
import { Standstill } from './standstill.js';

/** Which limit ran out. */
export type ExpiredLimit = 'timeout' | 'readTimeout';

/** What tells silence from progress. */
export interface ProgressSource {
  /** A count that changes with every byte. */
  readonly progress: number;
  /** Whether it is the peer's turn; a slow consumer is not the peer's silence. */
  readonly waitingForPeer: boolean;
}

/** How often silence is looked for, per limit: it is noticed at most a quarter too late, and never too early. */
const CHECKS_PER_LIMIT = 4;

/** The clocks of one attempt: one for the whole of it, one for silence. Whichever runs out first ends both. */
export class Deadline {
  readonly #onExpire: (limit: ExpiredLimit, limitMs: number) => void;
  readonly #soon: (callback: () => void) => void;
  #whole: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #expired: ExpiredLimit | undefined;
  #hasArrived: (() => boolean) | undefined;

  /** @param soon calls back when the input that waits by then was read. */
  constructor(
    onExpire: (limit: ExpiredLimit, limitMs: number) => void,
    soon: (callback: () => void) => void,
  ) {
    this.#onExpire = onExpire;
    this.#soon = soon;
  }

  /** The limit that ran out, if one did. */
  get expired(): ExpiredLimit | undefined {
    return this.#expired;
  }

  /**
   * Bounds the attempt as a whole, from now.
   * @param spentMs what of it was spent before.
   */
  limitWhole(limitMs: LimitMs, spentMs = 0): void {
    clearTimeout(this.#whole);
    if (limitMs === false) this.#whole = undefined;
    else this.#whole = setTimeout(() => this.expire('timeout', limitMs), Math.max(0, limitMs - spentMs));
  }

  /**
   * Bounds silence, from now.
   *
   * Silence is sampled, not listened for: a listener per chunk would cost every request, and cannot see a body that
   * nobody reads.
   */
  limitSilence(limitMs: LimitMs, limit: ExpiredLimit, source: () => ProgressSource | undefined): void {
    this.endSilence();
    if (limitMs === false) return;
    const standstill = new Standstill(source()?.progress);
    // Looks, and says whether there has been silence for too long.
    const look = (): boolean => {
      const current = source();
      return standstill.lookMs(current?.progress, current?.waitingForPeer === true) >= limitMs;
    };
    const check = () => {
      if (!look()) return;
      // Timers run before input is read. After a blocked event loop there may be some that is to be read right now.
      this.#soon(() => {
        if (this.#silence === silence && look()) this.expire(limit, limitMs);
      });
    };
    const silence = setInterval(check, Math.max(1, limitMs / CHECKS_PER_LIMIT));
    this.#silence = silence;
  }

  /** Ends the watch for silence. */
  endSilence(): void {
    clearInterval(this.#silence);
    this.#silence = undefined;
  }

  /**
   * The attempt goes on as a body in the hands of its consumer: its clock keeps no process alive any more, and has no
   * meaning once the body has arrived.
   */
  followBody(hasArrived: () => boolean): void {
    this.endSilence();
    this.#hasArrived = hasArrived;
    // A browser's timer is a number.
    this.#whole?.unref?.();
  }

  /** Stops both clocks. */
  stop(): void {
    clearTimeout(this.#whole);
    this.endSilence();
  }

  /** Ends the attempt because of a limit. */
  expire(limit: ExpiredLimit, limitMs: number): void {
    this.stop();
    if (this.#hasArrived?.()) return;
    this.#expired = limit;
    this.#onExpire(limit, limitMs);
  }
}
