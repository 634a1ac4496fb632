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
