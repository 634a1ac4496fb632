import type { GiveUpReason } from '../config/types.js';
import type { BudgetSnapshot } from '../retry/budget.js';
import type { Http2OriginStats } from '../transport/http2/session-pool.js';
import type { PoolStats } from '../transport/pools.js';

/** Something under way that can be cancelled. */
interface Cancellable {
  cancel(): void;
}

/** What a policy has under way: attempts with the bodies they stream, and requests between two attempts. */
export class InFlight {
  readonly #soon: (callback: () => void) => void;
  readonly #entries = new Set<Cancellable>();
  /** What can be cancelled, and is not waited for. */
  readonly #unawaited = new Set<Cancellable>();
  #waiting: Array<() => void> = [];

  /** @param soon calls back when the microtasks of by then are done. */
  constructor(soon: (callback: () => void) => void) {
    this.#soon = soon;
  }

  add(entry: Cancellable): void {
    this.#entries.add(entry);
  }

  /**
   * Has nobody wait for an entry any more: a body that is on no connection of ours may lie unread for ever, and nothing
   * tells.
   */
  leave(entry: Cancellable): void {
    this.delete(entry);
    this.#unawaited.add(entry);
  }

  delete(entry: Cancellable): void {
    this.#unawaited.delete(entry);
    this.#entries.delete(entry);
    if (this.#waiting.length === 0 || this.#entries.size > 0) return;
    // An attempt that ended may be followed by its retry, a few microtasks from now.
    for (const wake of this.#waiting.splice(0)) this.#soon(wake);
  }

  cancelAll(): void {
    for (const entry of [...this.#entries, ...this.#unawaited]) entry.cancel();
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        if (this.#entries.size === 0) this.#soon(resolve);
        else this.#waiting.push(resolve);
      });
    } while (this.#entries.size > 0);
  }
}

/** What a policy has done since it was attached. */
interface PolicyCounters {
  /** Attempts begun, first ones included. */
  readonly attempts: number;
  /** Attempts after the first of their request. */
  readonly retries: number;
  /** Requests that failed in the end, by the reason for not trying again. */
  readonly giveUps: Readonly<Partial<Record<GiveUpReason, number>>>;
}

/** Counts what a policy does. */
export class Counters {
  #attempts = 0;
  #retries = 0;
  readonly #giveUps: Partial<Record<GiveUpReason, number>> = {};

  attempt(): void {
    this.#attempts += 1;
  }

  retry(): void {
    this.#retries += 1;
  }

  giveUp(reason: GiveUpReason): void {
    this.#giveUps[reason] = (this.#giveUps[reason] ?? 0) + 1;
  }

  snapshot(): PolicyCounters {
    return { attempts: this.#attempts, retries: this.#retries, giveUps: { ...this.#giveUps } };
  }
}

/** What a policy holds and has done so far. */
export interface PolicyStats extends PolicyCounters {
  /** Connections per origin. */
  readonly pools: readonly PoolStats[];
  /** HTTP/2 sessions per origin. */
  readonly http2: readonly Http2OriginStats[];
  /** The retry budget per origin; empty if it is off or the caller's own. */
  readonly budget: readonly BudgetSnapshot[];
}
