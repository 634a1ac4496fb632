import type { ResolvedBudget, ResolvedRetry } from '../config/resolved.js';
import type { BudgetSnapshot, TrackingBudget } from '../retry/budget.js';
import { AdaptiveBudget } from '../retry/budget.js';
import { callHook } from './warnings.js';

/** The budgets of a policy: one that all its requests share, and those that the caller brings. */
export class Budgets {
  readonly #nowMs: () => number;
  /** Shared by all requests that neither do without a budget nor bring their own. */
  #shared: AdaptiveBudget | undefined;

  /** @param nowMs a monotonic clock, in ms. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The budget of a request with these settings; `undefined` for none. */
  for(retry: ResolvedRetry | false): TrackingBudget | undefined {
    if (retry === false || retry.budget === false) return undefined;
    if ('withdraw' in retry.budget) return guarded(retry.budget);
    this.#shared ??= new AdaptiveBudget(retry.budget, this.#nowMs);
    return this.#shared;
  }

  /** Puts other limits in force; each origin keeps the tokens that it has, as far as they fit. */
  configure(retry: ResolvedRetry | false): void {
    if (retry !== false && isBuiltIn(retry.budget)) this.#shared?.configure(retry.budget);
  }

  /** The accounts of the shared budget. */
  snapshot(): readonly BudgetSnapshot[] {
    return this.#shared?.snapshot() ?? [];
  }
}

function isBuiltIn(budget: ResolvedRetry['budget']): budget is ResolvedBudget {
  return budget !== false && !('withdraw' in budget);
}

/** A budget of the caller's own, whose errors are reported and end no request. */
function guarded(budget: TrackingBudget): TrackingBudget {
  return {
    request: (origin) => callHook('budget', () => budget.request?.(origin), undefined),
    withdraw: (origin) => callHook('budget', () => budget.withdraw(origin), false),
    deposit: (origin, retries) => callHook('budget', () => budget.deposit(origin, retries), undefined),
  };
}
