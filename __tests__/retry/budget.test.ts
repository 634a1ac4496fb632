import fc from 'fast-check';
import type { RetryBudget } from '../../lib/config/types.js';
import { AdaptiveBudget, Budgets, SlidingCount } from '../../lib/retry/budget.js';

const defaults = { minTokens: 10, maxTokens: 1000, windowSeconds: 20, perSuccess: 0.1, initialTokens: 500 };
const ORIGIN = 'https://api.example';

const setUp = (config: Partial<typeof defaults> = {}) => {
  const clock = { ms: 1_000_000 };
  const budget = new AdaptiveBudget({ ...defaults, ...config }, () => clock.ms);
  const drain = (origin = ORIGIN): number => {
    let taken = 0;
    while (taken < 5000 && budget.withdraw(origin)) taken += 1;
    return taken;
  };
  const succeed = (times: number, origin = ORIGIN): void => {
    for (let time = 0; time < times; time += 1) budget.deposit(origin, 0);
  };
  /** First attempts at an even rate, all of them successes. */
  const serve = (perSecond: number, seconds: number, origin = ORIGIN): void => {
    for (let request = 0; request < perSecond * seconds; request += 1) {
      clock.ms += 1000 / perSecond;
      budget.request(origin);
      budget.deposit(origin, 0);
    }
  };
  return { clock, budget, drain, succeed, serve };
};

describe('an origin younger than 30 s', () => {
  it('may owe 500 retries', () => {
    const { budget, drain } = setUp();
    expect(drain()).toBe(500);
    expect(budget.withdraw(ORIGIN)).toBe(false);
  });

  it('owes them by itself: another origin has its own', () => {
    const { budget, drain } = setUp();
    drain();
    expect(budget.withdraw('https://other.example')).toBe(true);
  });

  it('may never owe more than maxTokens', () => {
    const { drain } = setUp({ maxTokens: 7 });
    expect(drain()).toBe(7);
  });

  it('may owe nothing by initialTokens: 0', () => {
    const { drain } = setUp({ initialTokens: 0 });
    expect(drain()).toBe(0);
  });

  it('lets twenty requests retry ten times each in vain', () => {
    const { budget } = setUp();
    const allowed = Array.from({ length: 200 }, () => budget.withdraw(ORIGIN));
    expect(allowed.every(Boolean)).toBe(true);
  });
});

describe('an origin older than 30 s', () => {
  it('may owe what it was sent in 20 s', () => {
    const { drain, serve } = setUp();
    serve(5, 60);
    expect(drain()).toBeGreaterThanOrEqual(95);
    const again = setUp();
    again.serve(5, 60);
    expect(again.drain()).toBeLessThanOrEqual(105);
  });

  it('may owe at least minTokens, however quiet it is', () => {
    const { clock, drain, budget } = setUp();
    budget.request(ORIGIN);
    clock.ms += 30_000;
    expect(drain()).toBe(10);
  });

  it('may owe no more than maxTokens, however busy it is', () => {
    const { drain, serve } = setUp();
    serve(500, 40);
    expect(drain()).toBeLessThanOrEqual(1000);
    expect(drain()).toBe(0);
  });

  it('has its 500 until it is 30 s old and not a moment longer', () => {
    const { clock, budget } = setUp();
    budget.withdraw(ORIGIN);
    clock.ms += 29_999;
    expect(budget.snapshot()).toEqual([{ origin: ORIGIN, tokens: 499, capacity: 500 }]);
    clock.ms += 1;
    expect(budget.snapshot()).toEqual([{ origin: ORIGIN, tokens: 10, capacity: 10 }]);
  });

  it('gets no tokens from the mere passing of time, or from traffic that fails', () => {
    const { clock, budget, drain } = setUp();
    drain();
    for (let second = 0; second < 120; second += 1) {
      clock.ms += 1000;
      budget.request(ORIGIN);
      expect(budget.withdraw(ORIGIN)).toBe(false);
    }
  });
});

describe('a client that sends a request every ten seconds', () => {
  const attempts = (budget: AdaptiveBudget): number => {
    budget.request(ORIGIN);
    let retries = 0;
    while (retries < 10 && budget.withdraw(ORIGIN)) retries += 1;
    return 1 + retries;
  };

  it('retries its first request in vain ten times, and those after it not at all', () => {
    const { budget, clock, serve } = setUp();
    serve(0.1, 60);
    const each = Array.from({ length: 4 }, () => {
      clock.ms += 10_000;
      return attempts(budget);
    });
    expect(each).toEqual([11, 1, 1, 1]);
  });

  it('retries with what minTokens leaves it, if that is less', () => {
    const { budget, serve } = setUp({ minTokens: 3 });
    serve(0.1, 60);
    expect(attempts(budget)).toBe(4);
  });

  it('has all its retries again when one of them succeeds', () => {
    const { budget, serve } = setUp();
    serve(0.1, 60);
    const retries = attempts(budget) - 1;
    budget.deposit(ORIGIN, retries);
    expect(attempts(budget)).toBe(11);
  });
});

describe('a success', () => {
  it('earns a tenth of a token: ten make exactly one', () => {
    const { budget, drain, succeed } = setUp();
    drain();
    succeed(9);
    expect(budget.withdraw(ORIGIN)).toBe(false);
    succeed(1);
    expect(budget.withdraw(ORIGIN)).toBe(true);
    expect(budget.withdraw(ORIGIN)).toBe(false);
  });

  it('gives back all its request had taken', () => {
    const { budget, drain } = setUp();
    drain();
    budget.deposit(ORIGIN, 9);
    expect(drain()).toBe(9);
  });

  it('never fills above the capacity', () => {
    const { budget, drain, succeed } = setUp();
    succeed(1000);
    budget.deposit(ORIGIN, 1000);
    expect(drain()).toBe(500);
  });

  it('earns what perSuccess says', () => {
    const { drain, succeed } = setUp({ perSuccess: 0.5 });
    drain();
    succeed(4);
    expect(drain()).toBe(2);
  });
});

describe('a partial fault and an overload', () => {
  it('requests that need nine retries each, but succeed, never run out', () => {
    const { budget, clock } = setUp();
    for (let request = 0; request < 200; request += 1) {
      clock.ms += 500;
      budget.request(ORIGIN);
      for (let retry = 0; retry < 9; retry += 1) expect(budget.withdraw(ORIGIN)).toBe(true);
      budget.deposit(ORIGIN, 9);
    }
  });

  it('requests that never succeed get 500 retries together, and then none', () => {
    const { budget } = setUp();
    let retries = 0;
    for (let request = 0; request < 200; request += 1) {
      budget.request(ORIGIN);
      for (let retry = 0; retry < 10; retry += 1) if (budget.withdraw(ORIGIN)) retries += 1;
    }
    expect(retries).toBe(500);
  });

  it('in a settled overload the load grows by no more than what was saved up', () => {
    const { budget, clock, serve } = setUp();
    serve(10, 60);
    let retries = 0;
    for (let request = 0; request < 3000; request += 1) {
      clock.ms += 100;
      budget.request(ORIGIN);
      for (let retry = 0; retry < 10; retry += 1) if (budget.withdraw(ORIGIN)) retries += 1;
    }
    expect(retries).toBeLessThanOrEqual(210);
    expect(retries).toBeGreaterThanOrEqual(190);
  });
});

describe('the memory', () => {
  const originsOf = (budget: AdaptiveBudget) => budget.snapshot().map(({ origin }) => origin);

  it('forgets an origin that was quiet for ten minutes', () => {
    const { budget, clock } = setUp();
    budget.request('https://old.example');
    clock.ms += 600_000;
    expect(originsOf(budget)).toEqual([]);
  });

  it('keeps an origin that is used every five minutes, and its debts', () => {
    const { budget, clock, drain } = setUp();
    budget.request('https://quiet.example');
    drain();
    for (let time = 0; time < 10; time += 1) {
      clock.ms += 299_999;
      expect(budget.withdraw(ORIGIN)).toBe(false);
    }
    expect(originsOf(budget)).toEqual([ORIGIN]);
  });

  it('gives an origin that comes back after ten minutes a new start', () => {
    const { clock, drain } = setUp();
    expect(drain()).toBe(500);
    clock.ms += 600_000;
    expect(drain()).toBe(500);
  });

  it('holds no more than ten thousand of many origins, the latest ones among them', () => {
    const { budget } = setUp();
    for (let number = 0; number < 100_000; number += 1) budget.request(`https://${number}.example`);
    const origins = new Set(originsOf(budget));
    expect(origins.size).toBeLessThanOrEqual(10_000);
    for (let number = 95_000; number < 100_000; number += 1)
      expect(origins.has(`https://${number}.example`)).toBe(true);
  });

  it('keeps an origin in use through a flood of others', () => {
    const { budget, drain } = setUp();
    drain();
    for (let number = 0; number < 50_000; number += 1) {
      budget.request(`https://${number}.example`);
      if (number % 1000 === 0) budget.request(ORIGIN);
    }
    expect(budget.withdraw(ORIGIN)).toBe(false);
  });
});

it('never gives more than it held, earned and got back, and never holds a negative or excessive balance', () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('request' as const) }),
    fc.record({ what: fc.constant('withdraw' as const) }),
    fc.record({ what: fc.constant('deposit' as const), retries: fc.nat(10) }),
    fc.record({ what: fc.constant('wait' as const), ms: fc.nat(40_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { budget, clock } = setUp({ initialTokens: 20 });
      let given = 0;
      let returned = 0;
      for (const one of steps) {
        if (one.what === 'request') budget.request(ORIGIN);
        if (one.what === 'withdraw' && budget.withdraw(ORIGIN)) given += 1;
        if (one.what === 'wait') clock.ms += one.ms % 4000;
        if (one.what === 'deposit') {
          budget.deposit(ORIGIN, one.retries);
          returned += one.retries + 0.1;
        }
        for (const { tokens, capacity } of budget.snapshot()) {
          expect(tokens).toBeGreaterThanOrEqual(0);
          expect(tokens).toBeLessThanOrEqual(capacity);
        }
      }
      expect(given).toBeLessThanOrEqual(20 + returned + 1e-9);
    }),
  );
});

describe('the budgets of a policy', () => {
  const asIs = (budget: RetryBudget) => budget;
  const budgets = () => new Budgets(() => 0, asIs);

  it('are none for retries without one, and for no retries', () => {
    expect(budgets().for({ budget: false })).toBeUndefined();
    expect(budgets().for(false)).toBeUndefined();
  });

  it('are the caller’s own, also an instance of a class, behind a guard', () => {
    class Shared implements RetryBudget {
      withdraw(): boolean {
        return false;
      }
      deposit(): void {}
    }
    const shared = new Shared();
    const guarded = new Map<RetryBudget, RetryBudget>();
    const guard = (budget: RetryBudget) => {
      const own = { withdraw: () => budget.withdraw(ORIGIN), deposit: () => budget.deposit(ORIGIN, 0) };
      guarded.set(budget, own);
      return own;
    };

    expect(new Budgets(() => 0, guard).for({ budget: shared })).toBe(guarded.get(shared));
    expect(guarded.size).toBe(1);
  });

  it('are one for all requests with numbers, and tell what it holds', () => {
    const all = budgets();
    expect(all.snapshot()).toEqual([]);
    const budget = all.for({ budget: defaults });
    expect(budget).toBeInstanceOf(AdaptiveBudget);
    expect(all.for({ budget: { ...defaults, maxTokens: 1 } })).toBe(budget);
    budget?.withdraw(ORIGIN);
    expect(all.snapshot()).toMatchObject([{ origin: ORIGIN, tokens: defaults.initialTokens - 1 }]);
  });
});

describe('a sliding count', () => {
  it('counts what the window holds, the older half by its share', () => {
    const count = new SlidingCount(1000, 0);
    for (let ms = 0; ms < 1000; ms += 100) count.add(ms);
    expect(count.count(999)).toBe(10);
    expect(count.count(1000)).toBe(10);
    expect(count.count(1500)).toBe(5);
    count.add(1500);
    expect(count.count(1500)).toBe(6);
    expect(count.count(1999)).toBeCloseTo(1.01);
  });

  it('forgets after two windows', () => {
    const count = new SlidingCount(1000, 0);
    count.add(0);
    expect(count.count(2000)).toBe(0);
    expect(count.count(3500)).toBe(0);
  });

  it('of no window holds nothing long', () => {
    const count = new SlidingCount(0, 0);
    count.add(0);
    expect(count.count(2)).toBe(0);
  });
});
