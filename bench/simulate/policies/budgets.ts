/** Other budgets for the product, to see what each would save and cost. None is its default. */
import type { Failure, Policy, SimulatedBudget, World } from '../../../lib/cli/simulate/policies.js';
import { DEFAULT_BUDGET } from '../../../lib/config/retry-parsers.js';
import { AdaptiveBudget } from '../../../lib/retry/budget.js';
import { product } from './product.js';

const FREE_FAILURES = 2;
const TIMEOUT_COST = 5;

/**
 * From the third failure in a row, the retry of a timeout costs five tokens: the server has worked for nothing, which a
 * refused connection or a 503 costs it not. AWS' SDKs charge twice as much for timeouts (`TIMEOUT_RETRY_COST` of
 * `@aws-sdk/middleware-retry`). The surcharge comes back with the next success.
 */
export class DearTimeouts implements SimulatedBudget {
  readonly #tokens: AdaptiveBudget;
  #failuresInRow = 0;
  #surcharge = 0;

  constructor({ nowMs }: Pick<World, 'nowMs'>) {
    this.#tokens = new AdaptiveBudget(DEFAULT_BUDGET, nowMs);
  }

  request(origin: string): void {
    this.#tokens.request(origin);
  }

  withdraw(origin: string, kind: Failure['kind']): boolean {
    this.#failuresInRow += 1;
    if (!this.#tokens.withdraw(origin)) return false;
    if (kind === 'timeout' && this.#failuresInRow > FREE_FAILURES) this.#charge(origin);
    return true;
  }

  deposit(origin: string, retries: number): void {
    this.#tokens.deposit(origin, retries + this.#surcharge);
    this.#surcharge = 0;
    this.#failuresInRow = 0;
  }

  // What is left of the tokens will do: a retry that one token pays for is not refused for the surcharge.
  #charge(origin: string): void {
    for (let extra = 1; extra < TIMEOUT_COST && this.#tokens.withdraw(origin); extra += 1)
      this.#surcharge += 1;
  }
}

/** Three retries saved up instead of ten, for clients so quiet that their own rate does not give them more. */
export const fewTokens = product('axios-policy, minTokens: 3', { budget: { minTokens: 3 } });

/** @see DearTimeouts */
export const dearTimeouts = product('axios-policy, dear timeouts', {}, (world) => new DearTimeouts(world));

/** The whole fleet as one client: a `RetryBudget` that all share, or a gateway that does the retrying. */
export const sharedBudget: Policy = {
  ...product('axios-policy, one budget for all', {}, oneOfAll()),
  remembers: false,
};

function oneOfAll(): (world: World) => SimulatedBudget {
  const budgets = new WeakMap<World, SimulatedBudget>();
  return (world) => {
    const known = budgets.get(world) ?? new AdaptiveBudget(DEFAULT_BUDGET, world.nowMs);
    budgets.set(world, known);
    return known;
  };
}
