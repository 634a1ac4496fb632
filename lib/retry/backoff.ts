import type { ResolvedBackoff } from '../config/resolved.js';

/**
 * The delays of one logical request: exponential backoff with decorrelated jitter, as object_store draws it.
 *
 * The first delay is exactly `initBackoff`, not capped; each following one is uniform in
 * [initBackoff, previous × base), then capped at `maxBackoff`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class Backoff {
  readonly #config: ResolvedBackoff;
  readonly #random: () => number;
  #nextMs: number;

  /**
   * @param config resolved limits.
   * @param random uniform in [0, 1), as `Math.random`.
   */
  constructor(config: ResolvedBackoff, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#nextMs = config.initBackoffMs;
  }

  /** The delay before the next retry, in ms, not rounded. Each call moves on. */
  nextMs(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(this.#config.maxBackoffMs, this.#drawMs(delayMs));
    return delayMs;
  }

  #drawMs(previousMs: number): number {
    const { initBackoffMs, base } = this.#config;
    const rangeMs = previousMs * base - initBackoffMs;
    // Empty if initBackoff is 0 or far above maxBackoff; object_store panics there.
    return rangeMs > 0 ? initBackoffMs + this.#random() * rangeMs : initBackoffMs;
  }
}
