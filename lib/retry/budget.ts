import { BoundedMap } from '../config/bounded-map.js';
import type { ResolvedBudget, ResolvedRetry } from '../config/resolved.js';
import { isRetryBudget } from '../config/retry-parsers.js';
import type { RetryBudget } from '../config/types.js';

/**
 * About how often something happened in the window that ends now, in constant space: the count of the current window,
 * and of the previous one the share that still overlaps.
 */
export class SlidingCount {
  readonly #windowMs: number;
  #startMs: number;
  #current = 0;
  #previous = 0;

  constructor(windowMs: number, nowMs: number) {
    this.#windowMs = Math.max(1, windowMs);
    this.#startMs = nowMs;
  }

  /** Counts one. */
  add(nowMs: number): void {
    this.#advance(nowMs);
    this.#current += 1;
  }

  /** The count of the last window, an estimate. */
  count(nowMs: number): number {
    this.#advance(nowMs);
    const passed = (nowMs - this.#startMs) / this.#windowMs;
    return this.#previous * (1 - passed) + this.#current;
  }

  #advance(nowMs: number): void {
    const windows = Math.floor((nowMs - this.#startMs) / this.#windowMs);
    if (windows < 1) return;
    this.#previous = windows === 1 ? this.#current : 0;
    this.#current = 0;
    this.#startMs += windows * this.#windowMs;
  }
}

/**
 * The limit on retries per origin. Without one, clients that each retry ten times multiply the load of a server just
 * when it can bear it least, and it stays overloaded after the cause is gone.
 */

/** The state of one origin's budget. */
export interface BudgetSnapshot {
  readonly origin: string;
  /** Retries it may still take. */
  readonly tokens: number;
  /** The most it may hold, by its own traffic. */
  readonly capacity: number;
}

/** A budget that follows the traffic: it wants to be told of first attempts, too. */
export interface TrackingBudget extends RetryBudget {
  /** Tells of the first attempt of a request. */
  request?(origin: string): void;
}

// Until then an origin's rate is a guess.
const YOUNG_MS = 30_000;
// An origin that was quiet for five to ten minutes starts anew.
const IDLE_MS = 300_000;
// A crawler meets origins without end; the ones used longest ago make room.
const MAX_ORIGINS = 10_000;
// Thousandths of a token: ten times 0.1 must be 1.
const UNIT = 1000;

interface Account {
  readonly bornMs: number;
  requests: SlidingCount;
  /** In thousandths. */
  balance: number;
}

/**
 * The built-in budget. A retry costs one token; a success earns `perSuccess` and returns what its own request took, so
 * that a partial fault (retries succeed) costs nothing and an overload (retries fail) empties it. The capacity is what
 * the origin was sent in `windowSeconds`, within `minTokens` and `maxTokens`; `initialTokens` while it is young.
 *
 * Memory is bounded: quiet origins are forgotten, and no more than 10 000 are remembered.
 */
export class AdaptiveBudget implements TrackingBudget {
  #config: ResolvedBudget;
  readonly #nowMs: () => number;
  readonly #accounts: BoundedMap<string, Account>;

  /** @param nowMs a monotonic clock, in ms. */
  constructor(config: ResolvedBudget, nowMs: () => number) {
    this.#config = config;
    this.#nowMs = nowMs;
    this.#accounts = new BoundedMap(MAX_ORIGINS, { maxIdleMs: IDLE_MS, nowMs });
  }

  /** Tells of the first attempt of a request: the rate of these is the measure of the capacity. */
  request(origin: string): void {
    const nowMs = this.#nowMs();
    this.#use(origin, nowMs).requests.add(nowMs);
  }

  /** {@inheritDoc RetryBudget.withdraw} */
  withdraw(origin: string): boolean {
    const account = this.#use(origin, this.#nowMs());
    if (account.balance < UNIT) return false;
    account.balance -= UNIT;
    return true;
  }

  /** {@inheritDoc RetryBudget.deposit} */
  deposit(origin: string, retries: number): void {
    const nowMs = this.#nowMs();
    const account = this.#use(origin, nowMs);
    const gain = Math.round((retries + this.#config.perSuccess) * UNIT);
    account.balance = Math.min(account.balance + gain, this.#capacity(account, nowMs));
  }

  /** Puts other limits in force. An origin keeps its tokens as far as they fit, and is counted anew in another window. */
  configure(config: ResolvedBudget): void {
    const isOtherWindow = config.windowSeconds !== this.#config.windowSeconds;
    this.#config = config;
    if (!isOtherWindow) return;
    const nowMs = this.#nowMs();
    for (const account of this.#accounts.values()) account.requests = this.#countFrom(nowMs);
  }

  /** The origins it remembers. */
  snapshot(): readonly BudgetSnapshot[] {
    const nowMs = this.#nowMs();
    return this.#accounts.entries().map(([origin, account]) => {
      const capacity = this.#capacity(account, nowMs);
      return { origin, tokens: Math.min(account.balance, capacity) / UNIT, capacity: capacity / UNIT };
    });
  }

  #use(origin: string, nowMs: number): Account {
    const account = this.#accounts.getOrMake(origin, () => this.#open(nowMs));
    account.balance = Math.min(account.balance, this.#capacity(account, nowMs));
    return account;
  }

  #open(nowMs: number): Account {
    return { bornMs: nowMs, requests: this.#countFrom(nowMs), balance: this.#initial() };
  }

  #countFrom(nowMs: number): SlidingCount {
    return new SlidingCount(this.#config.windowSeconds * 1000, nowMs);
  }

  #capacity(account: Account, nowMs: number): number {
    if (nowMs - account.bornMs < YOUNG_MS) return this.#initial();
    const { minTokens, maxTokens } = this.#config;
    const own = Math.max(minTokens, account.requests.count(nowMs));
    return Math.round(Math.min(maxTokens, own) * UNIT);
  }

  #initial(): number {
    return Math.round(Math.min(this.#config.maxTokens, this.#config.initialTokens) * UNIT);
  }
}

/** The budgets of a policy: one that all its requests share, and those that the caller brings. */
export class Budgets {
  readonly #nowMs: () => number;
  readonly #guard: (budget: RetryBudget) => TrackingBudget;
  /** Shared by all requests that neither do without a budget nor bring their own. */
  #shared: AdaptiveBudget | undefined;

  /**
   * @param nowMs a monotonic clock, in ms.
   * @param guard keeps the errors of a caller's budget from the requests.
   */
  constructor(nowMs: () => number, guard: (budget: RetryBudget) => TrackingBudget) {
    this.#nowMs = nowMs;
    this.#guard = guard;
  }

  /** The budget of a request with these settings; `undefined` for none. */
  for(retry: Pick<ResolvedRetry, 'budget'> | false): TrackingBudget | undefined {
    if (retry === false || retry.budget === false) return undefined;
    if (isRetryBudget(retry.budget)) return this.#guard(retry.budget);
    this.#shared ??= new AdaptiveBudget(retry.budget, this.#nowMs);
    return this.#shared;
  }

  /** Puts other limits in force; each origin keeps the tokens that it has, as far as they fit. */
  configure(retry: Pick<ResolvedRetry, 'budget'> | false): void {
    if (retry === false || retry.budget === false || isRetryBudget(retry.budget)) return;
    this.#shared?.configure(retry.budget);
  }

  /** The accounts of the shared budget. */
  snapshot(): readonly BudgetSnapshot[] {
    return this.#shared?.snapshot() ?? [];
  }
}
