import { resolvePolicy } from '../../lib/config/resolve.js';
import type { ResolvedRetry } from '../../lib/config/resolved.js';
import { DEFAULT_BUDGET } from '../../lib/config/retry-parsers.js';
import type { RetryBudget } from '../../lib/config/types.js';
import { problemsOf } from './problems.js';

function retryOf(retry: object): ResolvedRetry {
  const resolved = resolvePolicy({ retry }).retry;
  if (resolved === false) throw new Error('retries are off');
  return resolved;
}

/** The only problem of a retry section. */
function problemOf(retry: unknown) {
  const problems = problemsOf(() => resolvePolicy({ retry }));
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe('a retry value that is right', () => {
  it.each<[object, object]>([
    [{ maxRetries: 0 }, { maxRetries: 0 }],
    [{ maxRetries: '10' }, { maxRetries: 10 }],
    [{ retryTimeout: 0 }, { retryTimeoutMs: 0 }],
    [{ retryTimeout: '1h' }, { retryTimeoutMs: 3_600_000 }],
    [{ backoff: { base: 1.5 } }, { backoff: { base: 1.5, initBackoffMs: 100, maxBackoffMs: 15_000 } }],
    [{ backoff: { base: '2.5' } }, { backoff: { base: 2.5 } }],
    [{ backoff: { initBackoff: 0.5 } }, { backoff: { initBackoffMs: 1 } }],
    [
      { backoff: { initBackoff: '1s', maxBackoff: '1s' } },
      { backoff: { initBackoffMs: 1000, maxBackoffMs: 1000 } },
    ],
    [{ idempotent: true }, { idempotent: true }],
    [{ idempotent: 'no' }, { idempotent: false }],
    [{ retryAfter: 'off' }, { retryAfter: false }],
    [{ resume: 'no' }, { resume: false }],
    [{ budget: false }, { budget: false }],
    [{ budget: 'off' }, { budget: false }],
    [{ budget: true }, { budget: DEFAULT_BUDGET }],
    [{ budget: {} }, { budget: DEFAULT_BUDGET }],
    [{ budget: { perSuccess: 0 } }, { budget: { ...DEFAULT_BUDGET, perSuccess: 0 } }],
    [{ idempotencyKey: true }, { idempotencyKeyHeader: 'idempotency-key' }],
    [{ idempotencyKey: false }, { idempotencyKeyHeader: false }],
    [{ idempotencyKey: 'on' }, { idempotencyKeyHeader: 'idempotency-key' }],
    [{ idempotencyKey: 'X-Request-Key' }, { idempotencyKeyHeader: 'x-request-key' }],
  ])('such as %j is resolved', (retry, resolved) => {
    expect(retryOf(retry)).toMatchObject(resolved);
  });

  it('has its methods in upper case', () => {
    expect(retryOf({ methods: ['get', 'Put', 'X-PURGE', 'GET'] }).methods).toEqual(
      new Set(['GET', 'PUT', 'X-PURGE']),
    );
    expect(retryOf({ methods: [] }).methods).toEqual(new Set());
  });

  it('has a list of statuses as a question', () => {
    const { isRetryableStatus, statuses } = retryOf({ statuses: [418, 503] });
    expect([418, 503, 500, 429].map(isRetryableStatus)).toEqual([true, true, false, false]);
    expect(statuses).toEqual([418, 503]);
  });

  it('has functions as they were given', () => {
    const statuses = (status: number) => status === 418;
    const idempotent = () => true;
    const shouldRetry = () => undefined;
    const onRetry = () => undefined;
    const onGiveUp = async () => undefined;
    const retry = retryOf({ statuses, idempotent, shouldRetry, onRetry, onGiveUp });
    expect(retry).toMatchObject({ isRetryableStatus: statuses, idempotent, shouldRetry, onRetry, onGiveUp });
    expect(retry.statuses).toBeUndefined();
  });

  it('may be a budget of the caller’s own, which is neither copied nor frozen', () => {
    class Shared implements RetryBudget {
      taken = 0;
      withdraw() {
        this.taken++;
        return true;
      }
      deposit() {}
    }
    const budget = new Shared();
    expect(retryOf({ budget }).budget).toBe(budget);
    budget.withdraw();
    expect(budget.taken).toBe(1);
  });

  it('may be false for no retries at all', () => {
    expect(resolvePolicy({ retry: false }).retry).toBe(false);
  });
});

describe('a budget of which one bound is given', () => {
  it.each([
    [{ maxTokens: 5 }, { minTokens: 5, maxTokens: 5, initialTokens: 5 }],
    [{ minTokens: 2000 }, { minTokens: 2000, maxTokens: 2000, initialTokens: 500 }],
    [
      { maxTokens: 100, initialTokens: 300 },
      { minTokens: 10, maxTokens: 100, initialTokens: 300 },
    ],
  ])('as %j has the others give way', (budget, resolved) => {
    expect(retryOf({ budget }).budget).toMatchObject(resolved);
  });
});

const DURATION = "a duration such as '5s' or a number of milliseconds";
const NO_WAIT = 'a duration longer than 0 (use maxRetries: 0 to switch retries off)';
const STATUSES = 'an array of statuses from 100 to 599, or a function of the status';
const METHODS = "an array of method names such as 'GET'";

describe('a retry value that is wrong', () => {
  it.each<[string, unknown, string, string]>([
    ['maxRetries', -1, 'a whole number of at least 0', '-1'],
    ['maxRetries', 1.5, 'a whole number of at least 0', '1.5'],
    ['maxRetries', Number.POSITIVE_INFINITY, 'a whole number of at least 0', 'Infinity'],
    ['maxRetries', '-1', 'a whole number of at least 0', "'-1'"],
    ['maxRetries', null, 'leave the key out for its default', 'null'],
    ['retryTimeout', -1, DURATION, '-1 (it is negative)'],
    ['retryTimeout', false, 'use maxRetries: 0 to switch retries off', 'false'],
    ['retryTimeout', '3', DURATION, "'3' (a unit such as"],
    ['backoff', 5, 'an object', '5'],
    ['idempotent', 'maybe', "or a function of the request's config", "'maybe'"],
    ['idempotent', {}, "or a function of the request's config", 'an object'],
    ['methods', 'GET', METHODS, "'GET'"],
    ['methods', ['GET', 'B AD'], METHODS, "'B AD' at index 1"],
    ['methods', [5], METHODS, '5 at index 0'],
    ['statuses', 500, STATUSES, '500'],
    ['statuses', [99], STATUSES, '99 at index 0'],
    ['statuses', [500, 600], STATUSES, '600 at index 1'],
    ['statuses', [500.5], STATUSES, '500.5 at index 0'],
    ['statuses', ['500'], STATUSES, "'500' at index 0"],
    ['shouldRetry', true, 'a function', 'true'],
    ['onRetry', {}, 'a function', 'an object'],
    ['onGiveUp', 'log', 'a function', "'log'"],
    ['retryAfter', 1, 'a boolean', '1'],
    ['resume', 1, 'a boolean', '1'],
    ['budget', 5, 'a boolean, an object of limits, or a RetryBudget', '5'],
    ['budget', null, 'a RetryBudget (leave the key out for its default)', 'null'],
    ['budget', [], 'a RetryBudget', 'an array'],
    ['idempotencyKey', 'Bad Header', 'a boolean or the name of a header', 'a string (not shown)'],
    ['idempotencyKey', 'x\r\ny', 'a boolean or the name of a header', 'a string (not shown)'],
    ['idempotencyKey', '', 'a boolean or the name of a header', "''"],
    ['idempotencyKey', 5, 'a boolean or the name of a header', '5'],
  ])('such as %s: %p is named with what would be right', (key, value, expected, received) => {
    const problem = problemOf({ [key]: value });
    expect(problem?.path).toBe(`retry.${key}`);
    expect(problem?.expected).toContain(expected);
    expect(problem?.received).toContain(received);
  });

  it.each<[string, unknown, string, string]>([
    ['base', 1, 'a number greater than 1', '1'],
    ['base', 0.5, 'a number greater than 1', '0.5'],
    ['base', '1', 'a number greater than 1', "'1'"],
    ['base', Number.NaN, 'a number greater than 1', 'NaN'],
    ['base', Number.POSITIVE_INFINITY, 'a number greater than 1', 'Infinity'],
    ['base', '9'.repeat(400), 'a number greater than 1', 'a string of 400 characters'],
    ['base', '0x10', 'a number greater than 1', "'0x10'"],
    ['initBackoff', 0, NO_WAIT, '0'],
    ['initBackoff', false, DURATION, 'false'],
    ['maxBackoff', '0s', NO_WAIT, "'0s'"],
  ])('such as backoff.%s: %p is named with what would be right', (key, value, expected, received) => {
    const problem = problemOf({ backoff: { [key]: value } });
    expect(problem?.path).toBe(`retry.backoff.${key}`);
    expect(problem?.expected).toContain(expected);
    expect(problem?.received).toContain(received);
  });

  it.each<[string, unknown, string, string]>([
    ['minTokens', -1, 'a number of at least 0', '-1'],
    ['maxTokens', Number.POSITIVE_INFINITY, 'a number of at least 0', 'Infinity'],
    ['windowSeconds', 0, 'a number greater than 0', '0'],
    ['perSuccess', Number.NaN, 'a number of at least 0', 'NaN'],
    ['initialTokens', 'many', 'a number of at least 0', "'many'"],
  ])('such as budget.%s: %p is named with what would be right', (key, value, expected, received) => {
    expect(problemOf({ budget: { [key]: value } })).toEqual({
      path: `retry.budget.${key}`,
      expected,
      received,
    });
  });

  it.each<[unknown, string]>([
    [true, 'true'],
    [null, 'null'],
    [3, '3'],
    [[], 'an array'],
  ])('such as %p for all of them is refused', (retry, received) => {
    const problem = problemOf(retry);
    expect(problem).toMatchObject({ path: 'retry', received });
    expect(problem?.expected).toContain('an object, or false for no retries');
  });
});

describe('retry values that do not go together', () => {
  it.each([
    [{ initBackoff: '20s' }, 'maxBackoff 15s, initBackoff 20s'],
    [{ maxBackoff: 50 }, 'maxBackoff 50ms, initBackoff 100ms'],
    [{ initBackoff: '2s', maxBackoff: '1s' }, 'maxBackoff 1s, initBackoff 2s'],
  ])('such as the backoff %j are refused', (backoff, received) => {
    expect(problemOf({ backoff })).toEqual({
      path: 'retry.backoff.maxBackoff',
      expected: 'maxBackoff to be no shorter than initBackoff',
      received,
    });
  });

  it('are not looked for where one of them is wrong by itself', () => {
    expect(problemOf({ backoff: { initBackoff: '20s', maxBackoff: 'long' } })?.received).toContain("'long'");
    expect(problemOf({ backoff: { initBackoff: 'short', maxBackoff: 1 } })?.received).toContain("'short'");
  });

  it('such as the bounds of a budget are refused', () => {
    expect(problemOf({ budget: { minTokens: 5, maxTokens: 4 } })).toEqual({
      path: 'retry.budget.maxTokens',
      expected: 'a number of at least minTokens (5)',
      received: '4',
    });
  });
});
