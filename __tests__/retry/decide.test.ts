import fc from 'fast-check';
import type { GiveUpReason, OutcomeKind } from '../../lib/config/types.js';
import { type DecisionFacts, decide } from '../../lib/retry/decide.js';
import { type Idempotency, idempotencyOf } from '../../lib/retry/idempotency.js';

const retry = {
  maxRetries: 10,
  retryTimeoutMs: 180_000,
  methods: undefined,
  isRetryableStatus: (status: number) => (status >= 500 && status <= 599) || status === 429 || status === 408,
};

const facts = (given: Partial<DecisionFacts> = {}): DecisionFacts => ({
  kind: 'connect',
  method: 'GET',
  idempotency: 'safe',
  bodyReplayable: true,
  retries: 0,
  elapsedMs: 0,
  retry,
  backoffMs: () => 100,
  withdraw: () => true,
  random: () => 0,
  ...given,
});

const no = (reason: GiveUpReason, wouldRetry: boolean) => ({ retry: false, reason, wouldRetry });

describe('the table of what is retried', () => {
  type Answer = 'yes' | 'no';
  const columns: ReadonlyArray<readonly [string, readonly string[]]> = [
    ['reads', ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']],
    ['idempotent writes', ['PUT', 'DELETE']],
    ['others', ['POST', 'PATCH', 'PROPFIND', 'LOCK']],
  ];
  // Rows, then per column the answer by method alone, and if the request is declared idempotent.
  const rows: ReadonlyArray<readonly [OutcomeKind, number | undefined, readonly Answer[], Answer]> = [
    ['connect', undefined, ['yes', 'yes', 'yes'], 'yes'],
    ['status', 500, ['yes', 'yes', 'yes'], 'yes'],
    ['status', 501, ['yes', 'yes', 'yes'], 'yes'],
    ['status', 503, ['yes', 'yes', 'yes'], 'yes'],
    ['status', 599, ['yes', 'yes', 'yes'], 'yes'],
    ['status', 429, ['yes', 'yes', 'yes'], 'yes'],
    ['status', 408, ['yes', 'yes', 'yes'], 'yes'],
    ['status', 400, ['no', 'no', 'no'], 'no'],
    ['status', 404, ['no', 'no', 'no'], 'no'],
    ['status', 409, ['no', 'no', 'no'], 'no'],
    ['status', 304, ['no', 'no', 'no'], 'no'],
    ['status', 600, ['no', 'no', 'no'], 'no'],
    ['dropped', undefined, ['yes', 'yes', 'no'], 'yes'],
    ['dropped', 200, ['yes', 'yes', 'no'], 'yes'],
    ['timeout', undefined, ['yes', 'no', 'no'], 'yes'],
    ['permanent', undefined, ['no', 'no', 'no'], 'no'],
    ['permanent', 200, ['no', 'no', 'no'], 'no'],
    ['cancelled', undefined, ['no', 'no', 'no'], 'no'],
    ['ok', 200, ['no', 'no', 'no'], 'no'],
  ];
  const cells = rows.flatMap(([kind, status, answers, declared]) =>
    columns.flatMap(([column, methods], index) =>
      methods.map((method) => ({ kind, status, method, column, answer: answers[index], declared })),
    ),
  );

  it.each(cells)('$kind $status of $method: $answer, declared idempotent: $declared', (cell) => {
    const { kind, status, method, answer, declared } = cell;
    const idempotency = idempotencyOf({ method, headers: {}, config: {} }, undefined, undefined);
    expect(decide(facts({ kind, status, method, idempotency })).retry).toBe(answer === 'yes');
    expect(decide(facts({ kind, status, method, idempotency: 'declared' })).retry).toBe(declared === 'yes');
  });

  it.each(['GET', 'PUT', 'POST'])(
    'a %s declared not idempotent is retried only where nothing can have happened',
    (method) => {
      const verdictOf = (kind: OutcomeKind, status?: number) =>
        decide(facts({ kind, status, method, idempotency: 'none' }));
      expect(verdictOf('connect').retry).toBe(true);
      expect(verdictOf('status', 503).retry).toBe(true);
      expect(verdictOf('dropped')).toEqual(no('not-idempotent', false));
      expect(verdictOf('timeout')).toEqual(no('not-idempotent', false));
    },
  );
});

describe('methods', () => {
  const narrowed = { ...retry, methods: new Set(['GET', 'PUT']) };

  it('narrow the retryable statuses', () => {
    expect(decide(facts({ kind: 'status', status: 503, method: 'PUT', retry: narrowed })).retry).toBe(true);
    expect(decide(facts({ kind: 'status', status: 503, method: 'POST', retry: narrowed }))).toEqual(
      no('not-retryable', false),
    );
  });

  it('do not touch connection errors', () => {
    expect(decide(facts({ kind: 'connect', method: 'POST', retry: narrowed })).retry).toBe(true);
  });
});

describe('a status that is unknown', () => {
  it('is not retryable', () => {
    expect(decide(facts({ kind: 'status' }))).toEqual(no('not-retryable', false));
  });
});

describe('shouldRetry', () => {
  it('true overrules the table, also for a success', () => {
    const verdict = { retry: true, delayMs: 100, reason: 'should-retry' };
    expect(decide(facts({ kind: 'ok', status: 200, override: true }))).toEqual(verdict);
    expect(decide(facts({ kind: 'permanent', override: true }))).toEqual(verdict);
    expect(decide(facts({ kind: 'timeout', method: 'POST', idempotency: 'none', override: true }))).toEqual(
      verdict,
    );
  });

  it('false overrules the table', () => {
    expect(decide(facts({ kind: 'status', status: 503, override: false }))).toEqual(
      no('should-retry', false),
    );
  });

  it('cannot bring back what was cancelled', () => {
    expect(decide(facts({ kind: 'cancelled', override: true }))).toEqual(no('cancelled', false));
  });

  it.each<[GiveUpReason, Partial<DecisionFacts>]>([
    ['body-not-replayable', { bodyReplayable: false }],
    ['max-retries', { retries: 10 }],
    ['retry-timeout', { elapsedMs: 180_000 }],
    ['retry-after', { requestedMs: 200_000 }],
    ['budget', { withdraw: () => false }],
  ])('true does not lift the limit %s', (reason, given) => {
    expect(decide(facts({ kind: 'permanent', override: true, ...given }))).toEqual(no(reason, true));
  });
});

describe('the limits', () => {
  it('allow maxRetries retries and no more', () => {
    expect(decide(facts({ retries: 9 })).retry).toBe(true);
    expect(decide(facts({ retries: 10 }))).toEqual(no('max-retries', true));
    expect(decide(facts({ retries: 0, retry: { ...retry, maxRetries: 0 } }))).toEqual(
      no('max-retries', true),
    );
  });

  it('let an attempt start exactly at retryTimeout and not after', () => {
    expect(decide(facts({ elapsedMs: 179_900 })).retry).toBe(true);
    expect(decide(facts({ elapsedMs: 179_901 }))).toEqual(no('retry-timeout', true));
    expect(decide(facts({ elapsedMs: 200_000 }))).toEqual(no('retry-timeout', true));
  });

  it('mean no retries by a retryTimeout of 0, even without a delay and on a clock that stands still', () => {
    const none = { ...retry, retryTimeoutMs: 0 };
    expect(decide(facts({ retry: none, backoffMs: () => 0 }))).toEqual(no('retry-timeout', true));
  });

  it('draw no delay and take no token for what is not retried', () => {
    const backoffMs = jest.fn(() => 100);
    const withdraw = jest.fn(() => true);
    decide(facts({ kind: 'permanent', backoffMs, withdraw }));
    decide(facts({ retries: 10, backoffMs, withdraw }));
    expect(backoffMs).not.toHaveBeenCalled();
    decide(facts({ elapsedMs: 180_000, backoffMs, withdraw }));
    decide(facts({ requestedMs: 999_999, backoffMs, withdraw }));
    expect(withdraw).not.toHaveBeenCalled();
  });

  it('give the first reason that holds, in the promised order', () => {
    const everything = {
      bodyReplayable: false,
      retries: 10,
      elapsedMs: 999_999,
      requestedMs: 999_999,
      withdraw: () => false,
    };
    const dropped = { ...everything, kind: 'dropped', idempotency: 'none' } as const;
    expect(decide(facts({ ...dropped, kind: 'permanent' }))).toEqual(no('not-retryable', false));
    expect(decide(facts(dropped))).toEqual(no('not-idempotent', false));
    expect(decide(facts({ ...dropped, idempotency: 'declared' }))).toEqual(no('body-not-replayable', true));
    expect(decide(facts({ ...everything, bodyReplayable: true }))).toEqual(no('max-retries', true));
    expect(decide(facts({ ...everything, bodyReplayable: true, retries: 0 }))).toEqual(
      no('retry-timeout', true),
    );
    expect(decide(facts({ requestedMs: 999_999, withdraw: () => false }))).toEqual(no('retry-after', true));
    expect(decide(facts({ withdraw: () => false }))).toEqual(no('budget', true));
  });
});

describe('the delay', () => {
  const delayOf = (given: Partial<DecisionFacts>) => {
    const verdict = decide(facts(given));
    return verdict.retry ? verdict.delayMs : verdict.reason;
  };

  it('is the backoff where the server asks for nothing, or for no wait', () => {
    expect(delayOf({})).toBe(100);
    expect(delayOf({ requestedMs: 0, random: () => 0.9 })).toBe(100);
  });

  it('is what the server asks for, with jitter, where that is longer', () => {
    expect(delayOf({ requestedMs: 3000, random: () => 0.5 })).toBe(3500);
  });

  it('is the backoff where that is longer', () => {
    expect(delayOf({ requestedMs: 1000, backoffMs: () => 5000 })).toBe(5000);
  });

  it('gives up at once on a wait that does not fit, by the reason that does not fit', () => {
    expect(delayOf({ requestedMs: 180_001 })).toBe('retry-after');
    expect(delayOf({ requestedMs: 3000, elapsedMs: 178_000 })).toBe('retry-after');
    expect(delayOf({ requestedMs: 3000, elapsedMs: 179_950 })).toBe('retry-timeout');
  });

  it('cuts the jitter rather than give up on a wait that fits', () => {
    expect(delayOf({ requestedMs: 3000, elapsedMs: 176_900, random: () => 0.9 })).toBe(3100);
  });
});

describe('any decision', () => {
  const kinds = fc.constantFrom<OutcomeKind>(
    'ok',
    'status',
    'connect',
    'dropped',
    'timeout',
    'cancelled',
    'permanent',
  );
  const anyFacts = fc.record({
    kind: kinds,
    status: fc.option(fc.integer({ min: 100, max: 699 }), { nil: undefined }),
    idempotency: fc.constantFrom<Idempotency>('declared', 'safe', 'by-method', 'none'),
    override: fc.option(fc.boolean(), { nil: undefined }),
    bodyReplayable: fc.boolean(),
    retries: fc.nat(12),
    elapsedMs: fc.nat(200_000),
    requestedMs: fc.option(fc.nat(200_000), { nil: undefined }),
    backoff: fc.nat(15_000),
    draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    allowed: fc.boolean(),
  });

  it('keeps every limit: no attempt starts late, early, too often, or against the budget', () => {
    fc.assert(
      fc.property(anyFacts, ({ backoff, draw, allowed, ...given }) => {
        const verdict = decide(
          facts({ ...given, backoffMs: () => backoff, random: () => draw, withdraw: () => allowed }),
        );
        if (!verdict.retry) return;
        expect(given.elapsedMs + verdict.delayMs).toBeLessThanOrEqual(retry.retryTimeoutMs);
        expect(verdict.delayMs).toBeGreaterThanOrEqual(Math.max(backoff, given.requestedMs ?? 0));
        expect(given.retries).toBeLessThan(retry.maxRetries);
        expect([given.bodyReplayable, allowed]).toEqual([true, true]);
      }),
    );
  });
});
