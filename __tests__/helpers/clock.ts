/** A clock that stands still until it is told to move. */
export class ManualClock {
  #nowMs: number;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  // A property, so that it can be passed on as a plain function.
  readonly now = (): number => this.#nowMs;

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`A monotonic clock cannot move by ${ms} ms`);
    this.#nowMs += ms;
  }
}

/**
 * A stand-in for `Math.random` that returns the given values one after the other.
 *
 * @throws RangeError when it is called more often, so that a test notices an extra draw.
 */
export function sequence(...values: number[]): () => number {
  const left = [...values];
  return () => {
    const value = left.shift();
    if (value === undefined) throw new RangeError(`Only ${values.length} random values were expected`);
    return value;
  };
}
