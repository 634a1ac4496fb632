/** When a {@link BoundedMap} forgets besides, and whom it tells. */
interface Forgetting<V> {
  /** Entries that nobody used for so long are forgotten when the map is used next; by `nowMs`. */
  readonly maxIdleMs?: number;
  /** A monotonic clock, in ms. */
  readonly nowMs?: () => number;
  /** Is given what is forgotten. */
  readonly onForgotten?: (value: V) => void;
}

interface Entry<V> {
  readonly value: V;
  usedMs: number;
}

/** A map of bounded size and without timers: it forgets the entry that was not used for the longest. */
export class BoundedMap<K, V> {
  readonly #limit: number;
  readonly #forgetting: Forgetting<V>;
  /** In the order of their last use. */
  readonly #entries = new Map<K, Entry<V>>();
  #latest: Entry<V> | undefined;

  /** @param limit entries it holds at most, at least 1. */
  constructor(limit: number, forgetting: Forgetting<V> = {}) {
    this.#limit = limit;
    this.#forgetting = forgetting;
  }

  /** The value of a key, which counts as its use. */
  get(key: K): V | undefined {
    const nowMs = this.#age();
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.usedMs = nowMs;
    if (entry !== this.#latest) this.#putLast(key, entry);
    return entry.value;
  }

  /** The same without using it. */
  peek(key: K): V | undefined {
    this.#age();
    return this.#entries.get(key)?.value;
  }

  /** How many entries it holds. */
  get size(): number {
    this.#age();
    return this.#entries.size;
  }

  /** Takes an entry out; nobody is told. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === this.#latest) this.#latest = undefined;
    return this.#entries.delete(key);
  }

  set(key: K, value: V): void {
    this.#putLast(key, { value, usedMs: this.#age() });
    if (this.#entries.size > this.#limit) this.#forgetFirst();
  }

  /** The value of a key, made if there is none. */
  getOrMake(key: K, make: () => V): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  /** What it holds, without using it, the one that was not used for the longest first. */
  entries(): [key: K, value: V][] {
    this.#age();
    return [...this.#entries].map(([key, { value }]) => [key, value]);
  }

  values(): V[] {
    return this.entries().map(([, value]) => value);
  }

  #putLast(key: K, entry: Entry<V>): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#latest = entry;
  }

  #age(): number {
    const { maxIdleMs, nowMs } = this.#forgetting;
    if (maxIdleMs === undefined || nowMs === undefined) return 0;
    const now = nowMs();
    for (const { usedMs } of this.#entries.values()) {
      if (now - usedMs < maxIdleMs) break;
      this.#forgetFirst();
    }
    return now;
  }

  #forgetFirst(): void {
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      if (entry === this.#latest) this.#latest = undefined;
      this.#forgetting.onForgotten?.(entry.value);
      return;
    }
  }
}
