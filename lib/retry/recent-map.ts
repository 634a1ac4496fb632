/**
 * A map that forgets what was not used for a while, in bounded memory and without timers: two generations, of which the
 * older one is dropped when the newer one is full or of age. An entry that is used moves to the newer one.
 */
export class RecentMap<Value> {
  readonly #maxEntries: number;
  readonly #maxIdleMs: number;
  #newer = new Map<string, Value>();
  #older = new Map<string, Value>();
  #turnedMs: number;

  /**
   * @param maxEntries entries it may hold, at least 2; half as many are sure to be kept.
   * @param maxIdleMs entries unused for so long may be forgotten, and are after twice that.
   */
  constructor(maxEntries: number, maxIdleMs: number, nowMs: number) {
    this.#maxEntries = maxEntries;
    this.#maxIdleMs = maxIdleMs;
    this.#turnedMs = nowMs;
  }

  /** The value of a key, which counts as its use; made anew if there is none. */
  use(key: string, nowMs: number, make: () => Value): Value {
    this.#age(nowMs);
    const known = this.#newer.get(key);
    if (known !== undefined) return known;
    const value = this.#older.get(key) ?? make();
    this.#older.delete(key);
    if (this.#newer.size >= this.#maxEntries / 2) this.#turn(nowMs);
    this.#newer.set(key, value);
    return value;
  }

  /** What it holds, without using it. */
  entries(nowMs: number): ReadonlyArray<readonly [key: string, value: Value]> {
    this.#age(nowMs);
    return [...this.#older, ...this.#newer];
  }

  #age(nowMs: number): void {
    const idleMs = nowMs - this.#turnedMs;
    if (idleMs < this.#maxIdleMs) return;
    if (idleMs >= 2 * this.#maxIdleMs) this.#turn(nowMs);
    this.#turn(nowMs);
  }

  #turn(nowMs: number): void {
    this.#older = this.#newer;
    this.#newer = new Map();
    this.#turnedMs = nowMs;
  }
}
