/**
 * About how often something happened in the window that ends now, in constant space: the count of the current window,
 * and of the previous one the share that still overlaps.
 */
export class SlidingCount {
  readonly #windowMs: number;
  #startMs: number;
  #current = 0;
  #previous = 0;

  constructor(windowMs: number, nowMs: number) {
    this.#windowMs = Math.max(1, windowMs);
    this.#startMs = nowMs;
  }

  /** Counts one. */
  add(nowMs: number): void {
    this.#advance(nowMs);
    this.#current += 1;
  }

  /** The count of the last window, an estimate. */
  count(nowMs: number): number {
    this.#advance(nowMs);
    const passed = (nowMs - this.#startMs) / this.#windowMs;
    return this.#previous * (1 - passed) + this.#current;
  }

  #advance(nowMs: number): void {
    const windows = Math.floor((nowMs - this.#startMs) / this.#windowMs);
    if (windows < 1) return;
    this.#previous = windows === 1 ? this.#current : 0;
    this.#current = 0;
    this.#startMs += windows * this.#windowMs;
  }
}
