/** Ways to deal with failures: none, and the product's own decisions, backoff, waits and budget on virtual time. */
import type { ResolvedRetry } from '../../config/resolved.js';
import type { Random } from '../../explain/statistics.js';
import { Budgets } from '../../retry/budget.js';
import { backoffMs, decide } from '../../retry/decide.js';
import { Patience } from '../../retry/patience.js';

/** How an attempt failed, as the client sees it. */
export interface Failure {
  readonly kind: 'status' | 'connect' | 'dropped' | 'timeout';
  readonly status?: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the attempt took. */
  readonly durationMs: number;
}

/** What a policy lives by in the simulation. */
export interface World {
  /** Virtual time since the start. */
  readonly nowMs: () => number;
  readonly random: Random;
}

/** One request of one client; all requests are GETs. */
export interface Call {
  /** The timeout of the coming attempt. */
  readonly timeoutMs: number;
  /** The delay before the next attempt, or `undefined` to give up. */
  failed(failure: Failure): number | undefined;
  /** When that delay is over: a further one, 0 for none, or `undefined` to give up after all. */
  woken?(): number | undefined;
  succeeded?(): void;
}

/** One process of the fleet: what it remembers, it remembers for itself. */
export interface Client {
  call(timeoutMs: number): Call;
}

/** A way to deal with failures. */
export interface Policy {
  readonly name: string;
  /** Whether each client has a memory of its own, beyond a single request; if not, the size of the fleet makes no difference. */
  readonly remembers: boolean;
  client(world: World): Client;
}

/** Bare axios. */
export const noRetry: Policy = {
  name: 'no retry',
  remembers: false,
  client: () => ({ call: (timeoutMs) => ({ timeoutMs, failed: () => undefined }) }),
};

const ORIGIN = 'https://server.example';

/** A budget as the product has them; one on trial may look at the failure, too. */
export interface SimulatedBudget {
  request?(origin: string): void;
  withdraw(origin: string, kind: Failure['kind']): boolean;
  deposit(origin: string, retries: number): void;
}

/** What the requests of one process share. */
interface Shared {
  /** `undefined` for none. */
  readonly budget: SimulatedBudget | undefined;
  readonly patience: Patience;
}

class ProductCall implements Call {
  readonly timeoutMs: number;
  readonly #retry: ResolvedRetry;
  readonly #budget: SimulatedBudget | undefined;
  readonly #patience: Patience;
  readonly #world: World;
  readonly #startedMs: number;
  #backoffMs: number | undefined;
  #retries = 0;

  constructor(timeoutMs: number, retry: ResolvedRetry, { budget, patience }: Shared, world: World) {
    this.timeoutMs = timeoutMs;
    this.#retry = retry;
    this.#budget = budget;
    this.#patience = patience;
    this.#world = world;
    this.#startedMs = world.nowMs();
    this.#budget?.request?.(ORIGIN);
  }

  failed({ kind, status, headers }: Failure): number | undefined {
    const { nowMs, random } = this.#world;
    const retry = this.#retry;
    const requestedMs = () =>
      this.#patience.requestedMs(ORIGIN, { kind, status, headers }, nowMs(), retry.isRetryableStatus);
    const verdict = decide({
      kind,
      status,
      method: 'GET',
      idempotency: 'safe',
      bodyReplayable: true,
      retries: this.#retries,
      elapsedMs: this.#elapsedMs(),
      retry,
      requestedMs: retry.retryAfter ? requestedMs() : undefined,
      backoffMs: () => this.#drawBackoffMs(),
      withdraw: () => this.#budget?.withdraw(ORIGIN, kind) ?? true,
      random,
    });
    if (!verdict.retry) return undefined;
    this.#retries += 1;
    return verdict.delayMs;
  }

  woken(): number | undefined {
    if (!this.#retry.retryAfter) return 0;
    const remainingMs = this.#retry.retryTimeoutMs - this.#elapsedMs();
    return this.#patience.moreMs(ORIGIN, remainingMs, this.#world.random);
  }

  succeeded(): void {
    this.#budget?.deposit(ORIGIN, this.#retries);
  }

  #elapsedMs(): number {
    return this.#world.nowMs() - this.#startedMs;
  }

  #drawBackoffMs(): number {
    this.#backoffMs = backoffMs(this.#retry.backoff, this.#backoffMs, this.#world.random);
    return this.#backoffMs;
  }
}

/** The retries of a configuration; with `makeBudget`, each client has that one instead of the configured budget. */
export function productPolicy(
  name: string,
  retry: ResolvedRetry,
  makeBudget?: (world: World) => SimulatedBudget,
): Policy {
  const client = (world: World): Client => {
    const budget = makeBudget?.(world) ?? new Budgets(world.nowMs, (own) => own).for(retry);
    const shared = { budget, patience: new Patience(world.nowMs) };
    return { call: (timeoutMs) => new ProductCall(timeoutMs, retry, shared, world) };
  };
  return { name, remembers: retry.budget !== false || retry.retryAfter, client };
}
