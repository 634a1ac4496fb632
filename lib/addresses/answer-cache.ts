/**
 * The addresses of names: what a look-up answered, how long it may be used, in which order a new connection tries them,
 * and which of them are left out for a while because requests to them fail.
 *
 * All of it is pure, with the clock and the random numbers given from outside, but for `lookup/`, which is what a
 * socket calls. A name is asked for once for all connections that are made at the time (`lookup/`), its answer kept
 * here, put in order by `order.ts`, without those that `ejection.ts` holds back; `addresses.ts` puts it together.
 */

import { BoundedMap } from '../config/bounded-map.js';

/** An address of a name, as `dns.lookup` gives it. */
export interface Address {
  readonly address: string;
  readonly family: number;
}

/** How long an answer may be used. */
export interface CacheLimits {
  /** Without asking again, in ms; 0 = not at all. */
  readonly ttlMs: number;
  /** Longer than that, in ms, while look-ups fail. */
  readonly staleMs: number;
}

/** An answer that is remembered. */
interface CachedAnswer {
  readonly addresses: readonly Address[];
  /**
   * - `fresh`: to be used;
   * - `expired`: to be used only if a look-up fails;
   * - `stale`: to be used at once, because a look-up has just failed.
   */
  readonly age: 'fresh' | 'expired' | 'stale';
}

interface Entry {
  readonly addresses: readonly Address[];
  readonly answeredMs: number;
  /** When it was last found that no newer answer can be had. */
  failedMs: number;
}

/** After a look-up that failed, no connection waits for another one for so long. */
const RECHECK_MS = 1000;

/** Answers to look-ups, each for a short time. Times are those of a monotonic clock. */
export class AnswerCache {
  readonly #limits: CacheLimits;
  /** The one that was stored first makes room. */
  readonly #entries: BoundedMap<string, Entry>;

  /** @param maxNames how many answers it holds; the oldest makes room. */
  constructor(limits: CacheLimits, maxNames: number) {
    this.#limits = limits;
    this.#entries = new BoundedMap(maxNames);
  }

  /** How many answers it holds, also those that are too old by now. */
  get size(): number {
    return this.#entries.size;
  }

  /** The answer for a name, if there is one that may be used in any case. */
  find(name: string, nowMs: number): CachedAnswer | undefined {
    const entry = this.#entries.peek(name);
    if (entry === undefined) return undefined;
    const { addresses, answeredMs, failedMs } = entry;
    const ageMs = nowMs - answeredMs;
    if (ageMs < this.#limits.ttlMs) return { addresses, age: 'fresh' };
    if (ageMs < this.#limits.ttlMs + this.#limits.staleMs) {
      return { addresses, age: nowMs - failedMs < RECHECK_MS ? 'stale' : 'expired' };
    }
    this.#entries.delete(name);
    return undefined;
  }

  /** Remembers what a look-up answered. */
  store(name: string, addresses: readonly Address[], nowMs: number): void {
    if (this.#limits.ttlMs + this.#limits.staleMs <= 0) return;
    this.#entries.set(name, { addresses, answeredMs: nowMs, failedMs: Number.NEGATIVE_INFINITY });
  }

  /** Takes note that no newer answer can be had now. */
  noteFailure(name: string, nowMs: number): void {
    const entry = this.#entries.peek(name);
    if (entry !== undefined) entry.failedMs = nowMs;
  }
}
