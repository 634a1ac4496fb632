/** The retry budget: switched on or off, tuned, or the caller's own. */
import { keySet } from './key-set.js';
import { defaultsOf, optionTable, type Reader, readOptions, type Values } from './option.js';
import { booleanLike, isObject, numberAbove, ok, type Parser, wrong } from './parsers.js';
import type { Section } from './section.js';
import type { RetryBudget } from './types.js';

const amount = numberAbove(0, true);

/** Options of `BudgetConfig`. The reference has no budget. */
export const BUDGET_OPTIONS = optionTable({
  minTokens: { parse: amount, default: 10 },
  maxTokens: { parse: amount, default: 1000 },
  windowSeconds: { parse: numberAbove(0), default: 20 },
  perSuccess: { parse: amount, default: 0.1 },
  initialTokens: { parse: amount, default: 500 },
});

/** Keys of `BudgetConfig`. */
export const BUDGET_KEYS = keySet(BUDGET_OPTIONS);

/** Limits of the built-in budget. */
export type ResolvedBudget = Values<typeof BUDGET_OPTIONS>;

/** The built-in budget, untuned. */
export const DEFAULT_BUDGET: ResolvedBudget = defaultsOf(BUDGET_OPTIONS);

/** Tells an implementation of its own from a tuning of the built-in one. */
export function isRetryBudget(value: object): value is RetryBudget {
  return (
    'withdraw' in value &&
    typeof value.withdraw === 'function' &&
    'deposit' in value &&
    typeof value.deposit === 'function'
  );
}

function readTuning(section: Section<keyof typeof BUDGET_OPTIONS>): ResolvedBudget {
  const values = readOptions(section, BUDGET_OPTIONS, DEFAULT_BUDGET);
  const isSet = (key: keyof typeof BUDGET_OPTIONS) => section.raw(key) !== undefined;
  const { minTokens, maxTokens, initialTokens } = values;
  if (isSet('minTokens') && isSet('maxTokens') && maxTokens < minTokens) {
    const expected = `a number of at least minTokens (${minTokens})`;
    section.conflict('maxTokens', 'minTokens', expected, String(maxTokens));
  }
  // A bound that nobody set gives way to one that somebody did.
  const most = isSet('maxTokens') ? maxTokens : Math.max(maxTokens, minTokens);
  return Object.freeze({
    ...values,
    minTokens: isSet('minTokens') ? minTokens : Math.min(minTokens, most),
    maxTokens: most,
    initialTokens: isSet('initialTokens') ? initialTokens : Math.min(initialTokens, most),
  });
}

const switchOrObject: Parser<boolean | object> = (value) => {
  if (isObject(value)) return ok(value);
  const read = booleanLike(value);
  return read.ok ? read : wrong('a boolean, an object of limits, or a RetryBudget', read.received);
};

/** Reads `retry.budget`. `true` keeps the one that it would override, if there is one. */
export const readBudget: Reader<ResolvedBudget | RetryBudget | false> = (section, key, fallback) => {
  const value = section.read(key, switchOrObject, undefined);
  if (value === undefined) return fallback;
  if (value === false) return false;
  if (value === true) return fallback === false ? DEFAULT_BUDGET : fallback;
  return isRetryBudget(value) ? value : readTuning(section.child(key, BUDGET_KEYS));
};
