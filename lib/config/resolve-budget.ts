/** The retry budget: switched on or off, tuned, or the caller's own. */
import { BUDGET_DEFAULTS } from './defaults.js';
import { booleanLike, numberAbove, ok, type Parser, wrong } from './fields.js';
import { BUDGET_KEYS } from './keys.js';
import type { ResolvedBudget, ResolvedRetry } from './resolved.js';
import type { Section } from './section.js';
import type { RetryBudget, RetryConfig } from './types.js';

type RetrySection = Section<keyof RetryConfig>;

/** Whether a budget is an implementation of its own rather than the built-in one's tuning. */
export function isRetryBudget(value: object): value is RetryBudget {
  const { withdraw, deposit } = value as Partial<Record<keyof RetryBudget, unknown>>;
  return typeof withdraw === 'function' && typeof deposit === 'function';
}

function resolveTuning(retry: RetrySection): ResolvedBudget {
  const section = retry.child('budget', BUDGET_KEYS);
  const amount = numberAbove(0, true);
  const minTokens = section.read('minTokens', amount, undefined);
  const maxTokens = section.read('maxTokens', amount, undefined);
  if (minTokens !== undefined && maxTokens !== undefined && maxTokens < minTokens) {
    section.conflict(
      'maxTokens',
      'minTokens',
      `a number of at least minTokens (${minTokens})`,
      String(maxTokens),
    );
  }
  // A bound that nobody set gives way to one that somebody did.
  const most = maxTokens ?? Math.max(BUDGET_DEFAULTS.maxTokens, minTokens ?? 0);
  return Object.freeze({
    minTokens: minTokens ?? Math.min(BUDGET_DEFAULTS.minTokens, most),
    maxTokens: most,
    windowSeconds: section.read('windowSeconds', numberAbove(0), BUDGET_DEFAULTS.windowSeconds),
    perSuccess: section.read('perSuccess', amount, BUDGET_DEFAULTS.perSuccess),
    initialTokens: section.read('initialTokens', amount, Math.min(BUDGET_DEFAULTS.initialTokens, most)),
  });
}

const switchOrObject: Parser<boolean | object> = (value) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ok(value);
  const read = booleanLike(value);
  return read.ok ? read : wrong('a boolean, an object of limits, or a RetryBudget', read.received);
};

/** The budget of a retry section. `true` keeps what `base` has, if it has any. */
export function resolveBudget(retry: RetrySection, base: ResolvedRetry['budget']): ResolvedRetry['budget'] {
  const value = retry.read('budget', switchOrObject, undefined);
  if (value === undefined) return base;
  if (value === false) return false;
  if (value === true) return base === false ? BUDGET_DEFAULTS : base;
  return isRetryBudget(value) ? value : resolveTuning(retry);
}
