import type { GiveUpReason } from '../config/types.js';

/** What a policy has done since it was attached. */
export interface PolicyCounters {
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
