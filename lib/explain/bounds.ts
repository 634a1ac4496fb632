/** Bounds of the number of waits and of their length: closed forms, which hold for any number of retries. */
import { isRetryBudget } from '../config/budget-option.js';
import type { ResolvedBackoff, ResolvedRetry } from '../config/resolved.js';

/** Tells if the budget could ever grant a retry. A caller's own always may. */
export function mayGrantRetries(budget: ResolvedRetry['budget']): boolean {
  return budget === false || isRetryBudget(budget) || budget.maxTokens >= 1;
}

/**
 * Most retries that one request can make: `maxRetries`, or as many as `retryTimeout` has room for, as each is preceded
 * by `initBackoff` at least.
 */
export function mostRetries(retry: ResolvedRetry | false): number {
  if (retry === false || !mayGrantRetries(retry.budget)) return 0;
  return Math.min(retry.maxRetries, Math.floor(retry.retryTimeoutMs / retry.backoff.initBackoffMs));
}

/** The longest delay before a retry: min(maxBackoff, initBackoff × base^(retry − 1)). */
export function longestDelayMs(backoff: ResolvedBackoff, retry: number): number {
  return Math.min(backoff.maxBackoffMs, backoff.initBackoffMs * backoff.base ** (retry - 1));
}

/** The sum of the longest delays before the first `retries` retries. */
export function longestDelaysMs(backoff: ResolvedBackoff, retries: number): number {
  const { initBackoffMs, maxBackoffMs, base } = backoff;
  const steps = Math.log(maxBackoffMs / initBackoffMs) / Math.log(base);
  const growing = Math.min(retries, Math.ceil(steps));
  // expm1, as base may be next to 1.
  const grownMs = (initBackoffMs * Math.expm1(growing * Math.log(base))) / (base - 1);
  return grownMs + (retries - growing) * maxBackoffMs;
}
