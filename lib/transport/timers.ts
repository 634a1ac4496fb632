// Global timers, for these are about time: a test that fakes it has them, and a browser.

/** A timer that is later than this was held up by something else than other timers. */
const LATE_MS = 20;

/** Whether the process stood still when a timer was due. */
export function isLate(dueMs: number): boolean {
  return performance.now() - dueMs >= LATE_MS;
}

/**
 * A timer that limits what a peer may take. If the process stood still when it was due, the peer may have answered long
 * ago and not been heard: the time begins anew, once.
 */
export function limitTimer(onOver: () => void, limitMs: number): NodeJS.Timeout {
  const dueMs = performance.now() + limitMs;
  let isExtended = false;
  const timer = setTimeout(() => {
    if (isExtended || !isLate(dueMs)) return onOver();
    isExtended = true;
    timer.refresh();
  }, limitMs);
  return timer;
}

/** Measures for how long a count has stood still while it was somebody's turn to move it. */
export class Standstill {
  #seen: number | undefined;
  #sinceMs = performance.now();

  /** @param count where it stands at the beginning. */
  constructor(count?: number) {
    this.#seen = count;
  }

  /**
   * Looks again.
   *
   * @param isDue whether it should have moved; if not, the time does not count.
   * @returns for how long it has not, in ms.
   */
  lookMs(count: number | undefined, isDue: boolean): number {
    const nowMs = performance.now();
    if (isDue && count === this.#seen) return nowMs - this.#sinceMs;
    this.#seen = count;
    this.#sinceMs = nowMs;
    return 0;
  }
}
