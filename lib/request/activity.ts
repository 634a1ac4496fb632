import type { GiveUpReason } from '../config/types.js';
import type { BudgetSnapshot } from '../retry/budget.js';
import type { Http2OriginStats } from '../transport/http2/session-state.js';
import type { AddressStats } from '../transport/peer.js';
import type { PoolStats } from '../transport/pools.js';

/** Something under way that can be cancelled. */
interface Cancellable {
  cancel(): void;
}

/** Totals of a policy since it was attached. */
interface PolicyCounters {
  /** Attempts begun, first ones included. */
  readonly attempts: number;
  /** Attempts after the first of their request. */
  readonly retries: number;
  /** Requests that failed in the end, by the reason for not trying again. */
  readonly giveUps: Readonly<Partial<Record<GiveUpReason, number>>>;
}

interface Counts {
  attempts: number;
  retries: number;
  readonly giveUps: Partial<Record<GiveUpReason, number>>;
}

/** Totals of a policy, and its state at the moment of asking. */
export interface PolicyStats extends PolicyCounters {
  /** Of the policy: as it was given, else the host of `baseURL`. */
  readonly name?: string | undefined;
  /** Connections per origin. */
  readonly pools: readonly PoolStats[];
  /** HTTP/2 sessions per origin. */
  readonly http2: readonly Http2OriginStats[];
  /** Addresses that failed lately, of names that have several. */
  readonly addresses: readonly AddressStats[];
  /** The retry budget per origin; empty if it is off or the caller's own. */
  readonly budget: readonly BudgetSnapshot[];
}

/** The part of the stats that is about connections. */
export type ConnectionStats = Pick<PolicyStats, 'pools' | 'http2' | 'addresses'>;

/**
 * One entry per origin and address, where several pools hold connections to it: one for each proxy and agent, and those of
 * a former configuration that are not closed yet.
 *
 * @param held those of now first: what they say of an address counts.
 */
export function joinStats(held: readonly ConnectionStats[]): ConnectionStats {
  return {
    pools: joined(
      held.flatMap(({ pools }) => pools),
      ({ origin }) => origin,
      (a, b) => ({
        origin: a.origin,
        active: a.active + b.active,
        idle: a.idle + b.idle,
        pending: a.pending + b.pending,
      }),
    ),
    http2: joined(
      held.flatMap(({ http2 }) => http2),
      ({ origin }) => origin,
      (a, b) => ({
        origin: a.origin,
        sessions: [...a.sessions, ...b.sessions],
        connecting: a.connecting || b.connecting,
        pending: a.pending + b.pending,
      }),
    ),
    addresses: joined(
      held.flatMap(({ addresses }) => addresses),
      ({ host, address }) => `${host} ${address}`,
      (ofNow) => ofNow,
    ),
  };
}

function joined<T>(items: readonly T[], keyOf: (item: T) => string, join: (a: T, b: T) => T): T[] {
  const byKey = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    const first = byKey.get(key);
    byKey.set(key, first === undefined ? item : join(first, item));
  }
  return [...byKey.values()];
}

/** Attempts with the bodies they stream, and requests between two attempts: what is under way, and what was counted. */
export class Activity {
  readonly #afterPendingIo: (callback: () => void) => void;
  readonly #counts: Counts;
  readonly #underWay = new Set<Cancellable>();
  /** Can be cancelled, and is not waited for. */
  readonly #unawaited = new Set<Cancellable>();
  #waiting: Array<() => void> = [];

  /**
   * @param afterPendingIo calls back when the microtasks of by then are done.
   * @param before whose counts go on.
   */
  constructor(afterPendingIo: (callback: () => void) => void, before?: Activity) {
    this.#afterPendingIo = afterPendingIo;
    this.#counts = before === undefined ? { attempts: 0, retries: 0, giveUps: {} } : before.#counts;
  }

  /** A copy of the counts. */
  get counters(): PolicyCounters {
    return { ...this.#counts, giveUps: { ...this.#counts.giveUps } };
  }

  countAttempt(): void {
    this.#counts.attempts += 1;
  }

  countRetry(): void {
    this.#counts.retries += 1;
  }

  countGiveUp(reason: GiveUpReason): void {
    const { giveUps } = this.#counts;
    giveUps[reason] = (giveUps[reason] ?? 0) + 1;
  }

  add(entry: Cancellable): void {
    this.#underWay.add(entry);
  }

  /**
   * Has nobody wait for an entry any more: a body that is on no connection of ours may lie unread for ever, and nothing
   * tells.
   */
  unawait(entry: Cancellable): void {
    this.delete(entry);
    this.#unawaited.add(entry);
  }

  delete(entry: Cancellable): void {
    this.#unawaited.delete(entry);
    this.#underWay.delete(entry);
    if (this.#waiting.length === 0 || this.#underWay.size > 0) return;
    // An attempt that ended may be followed by its retry, a few microtasks from now.
    for (const wake of this.#waiting.splice(0)) this.#afterPendingIo(wake);
  }

  cancelAll(): void {
    for (const entry of [...this.#underWay, ...this.#unawaited]) entry.cancel();
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        if (this.#underWay.size === 0) this.#afterPendingIo(resolve);
        else this.#waiting.push(resolve);
      });
    } while (this.#underWay.size > 0);
  }
}
