/** A map that forgets the value that was not asked for the longest when it has more than it may hold. */
export class BoundedMap<K, V> {
  readonly #values = new Map<K, V>();
  readonly #limit: number;
  readonly #onEvicted: ((value: V) => void) | undefined;
  #latest: K | undefined;

  /** @param onEvicted is given what is forgotten. */
  constructor(limit: number, onEvicted?: (value: V) => void) {
    this.#limit = limit;
    this.#onEvicted = onEvicted;
  }

  get(key: K): V | undefined {
    const value = this.#values.get(key);
    if (value !== undefined && key !== this.#latest) this.#moveToEnd(key, value);
    return value;
  }

  /** The value of a key, made if there is none. */
  getOrMake(key: K, make: () => V): V {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#moveToEnd(key, made);
    const [oldest] = this.#values;
    if (this.#values.size > this.#limit && oldest !== undefined) {
      this.#values.delete(oldest[0]);
      this.#onEvicted?.(oldest[1]);
    }
    return made;
  }

  /** Entries, the one that was not asked for the longest first. */
  entries(): [K, V][] {
    return [...this.#values];
  }

  values(): V[] {
    return [...this.#values.values()];
  }

  #moveToEnd(key: K, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    this.#latest = key;
  }
}
