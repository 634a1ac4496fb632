/**
 * The delays between attempts. Bounds of their number and length follow from the configuration. Medians and percentiles,
 * of which there is no closed form (each delay is drawn from a range that the last one sets), come from a simulation with
 * the product's own backoff and a fixed seed: the same configuration gives the same numbers, on every machine.
 */

import type { ResolvedBackoff, ResolvedRetry } from '../config/resolved.js';
import { isRetryBudget } from '../config/retry-parsers.js';
import { backoffMs } from '../retry/decide.js';
import { quantile, seeded } from './statistics.js';
import type { DelayRange, DelaySchedule, RetryDelay } from './types.js';

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
function longestDelayMs(backoff: ResolvedBackoff, retry: number): number {
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

/** The standard error of a median or percentile is then about 1 %. */
const SIMULATED_REQUESTS = 20_000;
/** Later delays are distributed much as the last of these, and nobody reads so far. */
const LAID_OUT_RETRIES = 50;
const SEED = 1;

const NOTHING: DelayRange = { minMs: 0, medianMs: 0, p95Ms: 0, maxMs: 0 };

interface Simulation {
  /** Per retry the delay of every request, as it is drawn. */
  readonly delays: readonly Float64Array[];
  /** Per retry how many requests made it. */
  readonly reached: readonly number[];
  /** Per request, what it slept in all. */
  readonly totals: Float64Array;
}

function simulate({ backoff, retryTimeoutMs }: ResolvedRetry, retries: number): Simulation {
  const random = seeded(SEED);
  const delays = Array.from({ length: retries }, () => new Float64Array(SIMULATED_REQUESTS));
  const reached = new Array<number>(retries).fill(0);
  const totals = new Float64Array(SIMULATED_REQUESTS);
  for (const request of totals.keys()) {
    let delayMs: number | undefined;
    let sleptMs = 0;
    let goesOn = true;
    for (const [index, drawn] of delays.entries()) {
      delayMs = backoffMs(backoff, delayMs, random);
      drawn[request] = delayMs;
      goesOn &&= sleptMs + delayMs <= retryTimeoutMs;
      if (goesOn) {
        sleptMs += delayMs;
        reached[index] = (reached[index] ?? 0) + 1;
      }
    }
    totals[request] = sleptMs;
  }
  return { delays, reached, totals };
}

function rangeOf(values: Float64Array, minMs: number, maxMs: number): DelayRange {
  const sorted = values.toSorted();
  return {
    minMs: Math.round(minMs),
    medianMs: Math.round(quantile(sorted, 0.5)),
    p95Ms: Math.round(quantile(sorted, 0.95)),
    maxMs: Math.round(maxMs),
  };
}

function totalOf(totals: Float64Array, retry: ResolvedRetry, laidOut: number, retries: number): DelayRange {
  const { backoff, retryTimeoutMs } = retry;
  const longestMs = longestDelaysMs(backoff, laidOut);
  if (longestMs <= retryTimeoutMs) return rangeOf(totals, laidOut * backoff.initBackoffMs, longestMs);
  const shortestMs = totals.reduce((least, total) => Math.min(least, total), retryTimeoutMs);
  return rangeOf(totals, shortestMs, Math.min(longestDelaysMs(backoff, retries), retryTimeoutMs));
}

/** The delays of a request whose attempts all fail at once. */
export function scheduleOf(retry: ResolvedRetry | false): DelaySchedule {
  const retries = mostRetries(retry);
  if (retry === false || retries === 0) {
    return { retries, delays: [], total: NOTHING, complete: true, simulatedRequests: 0 };
  }
  const laidOut = Math.min(retries, LAID_OUT_RETRIES);
  const { delays, reached, totals } = simulate(retry, laidOut);
  const { backoff } = retry;
  const rows = delays.map((drawn, index): RetryDelay => {
    const range = rangeOf(drawn, backoff.initBackoffMs, longestDelayMs(backoff, index + 1));
    return { retry: index + 1, ...range, reached: (reached[index] ?? 0) / SIMULATED_REQUESTS };
  });
  return {
    retries,
    delays: rows.filter((row) => row.reached > 0),
    total: totalOf(totals, retry, laidOut, retries),
    complete: laidOut === retries || reached.at(-1) === 0,
    simulatedRequests: SIMULATED_REQUESTS,
  };
}
