import { axiosRetryDefaults } from '../bench/simulate/policies/axios-retry.js';
import { DearTimeouts, fewTokens, sharedBudget } from '../bench/simulate/policies/budgets.js';
import { axiosPolicy, reference } from '../bench/simulate/policies/product.js';
import { SCENARIOS } from '../bench/simulate/scenarios.js';
import { simulate } from '../lib/cli/simulate/fleet.js';
import { noRetry, type Policy } from '../lib/cli/simulate/policies.js';
import { type Measures, measure } from '../lib/cli/simulate/study.js';

// 40 s are enough to tell a fleet that recovers within 10 s from one that does not.
const aftermathMs = 40_000;

function runAnew(name: string, policy: Policy, clients = 300, seed = 1): Measures {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return measure(simulate({ scenario, policy, clients, seed, aftermathMs }), scenario);
}

const known = new Map<Policy, Map<string, Measures>>();

/** A run again is the same, which is tested; so it need not be made. */
function run(name: string, policy: Policy, clients = 300): Measures {
  const ofPolicy = known.get(policy) ?? new Map<string, Measures>();
  known.set(policy, ofPolicy);
  const key = `${name} ${clients}`;
  const measures = ofPolicy.get(key) ?? runAnew(name, policy, clients);
  ofPolicy.set(key, measures);
  return measures;
}

describe('a fleet and a server in trouble, simulated', () => {
  it('is the same for the same seed, and another for another', () => {
    const once = run('outage-1s', axiosPolicy);
    expect(runAnew('outage-1s', axiosPolicy)).toEqual(once);
    expect(runAnew('outage-1s', axiosPolicy, 300, 2)).not.toEqual(once);
  });

  it('serves what it is sent while nothing is wrong', () => {
    const { perSecond } = run('outage-1s', noRetry);
    const calm = perSecond.slice(10, 50);
    const average = calm.reduce((sum, rate) => sum + rate, 0) / calm.length;
    expect(average).toBeGreaterThan(290);
    expect(average).toBeLessThan(310);
  });

  describe('that has half its capacity for 30 s', () => {
    it.each(['brown-out-deep', 'brown-out-shallow'])(
      'does not recover from ten retries without a budget (%s)',
      (scenario) => {
        const { recoveryMs, amplification } = run(scenario, reference);
        expect(recoveryMs).toBeNull();
        expect(amplification).toBeGreaterThan(8);
      },
    );

    it.each([3, 30, 300])('recovers within 10 s from %i clients of the default policy', (clients) => {
      const deep = run('brown-out-deep', axiosPolicy, clients);
      expect(deep.recoveryMs).not.toBeNull();
      expect(deep.recoveryMs).toBeLessThanOrEqual(10_000);
      expect(deep.amplification).toBeLessThan(2);
      const shallow = run('brown-out-shallow', axiosPolicy, clients);
      expect(shallow.recoveryMs).not.toBeNull();
      expect(shallow.recoveryMs).toBeLessThanOrEqual(10_000);
      expect(shallow.goodput).toBeGreaterThan(0.7);
    });
  });

  describe('that has half its capacity for 30 s, and 3000 clients that send little', () => {
    const late = ({ recoveryMs }: Measures) => recoveryMs ?? Number.POSITIVE_INFINITY;

    it('recovers with the default policy, sooner with fewer tokens, and soonest with a budget that all share', () => {
      const own = run('brown-out-deep', axiosPolicy, 3000);
      const few = run('brown-out-deep', fewTokens, 3000);
      const shared = run('brown-out-deep', sharedBudget, 3000);
      expect(own.recoveryMs).not.toBeNull();
      expect(late(few)).toBeLessThan(late(own));
      expect(late(shared)).toBeLessThan(late(few));
    });

    it('is what the default policy accepts to save more requests from an outage', () => {
      const own = run('outage-2s', axiosPolicy, 3000).succeeded;
      expect(own).toBeGreaterThan(0.4);
      expect(run('outage-2s', fewTokens, 3000).succeeded).toBeLessThan(own - 0.1);
      expect(run('outage-2s', sharedBudget).succeeded).toBeLessThan(own - 0.1);
    });
  });

  describe('that does not answer half of the attempts', () => {
    it('costs the default policy nothing but time', () => {
      expect(run('stalls-50', axiosPolicy).succeeded).toBeGreaterThan(0.97);
      expect(run('stalls-50', noRetry).succeeded).toBeLessThan(0.55);
    });
  });

  describe('that answers half of the attempts with 503', () => {
    it('costs the default policy nothing but time', () => {
      expect(run('faults-50', axiosPolicy).succeeded).toBeGreaterThan(0.99);
      expect(run('faults-50', noRetry).succeeded).toBeLessThan(0.55);
    });
  });

  describe('that is down for a second', () => {
    it('loses few requests of the default policy, and most of those that retry at once', () => {
      expect(run('outage-1s', axiosPolicy).succeeded).toBeGreaterThan(0.8);
      expect(run('outage-1s', axiosRetryDefaults).succeeded).toBeLessThan(0.1);
    });
  });

  describe('that asks to be left alone for 2 s', () => {
    it('is sent fewer attempts by who listens', () => {
      const heard = run('rate-limit', axiosPolicy);
      expect(heard.amplification).toBeLessThan(run('rate-limit', reference).amplification / 2);
      expect(heard.succeeded).toBeGreaterThan(0.8);
    });
  });
});

describe('a budget in which timeouts are dear', () => {
  const origin = 'https://server.example';
  const settled = () => {
    const clock = { ms: 0 };
    const budget = new DearTimeouts({ nowMs: () => clock.ms });
    budget.request(origin);
    clock.ms += 30_000;
    const drain = (kind: 'timeout' | 'connect') => {
      let taken = 0;
      while (taken < 100 && budget.withdraw(origin, kind)) taken += 1;
      return taken;
    };
    return { budget, drain };
  };

  it('takes five tokens from the third timeout in a row, one before', () => {
    expect(settled().drain('timeout')).toBe(4);
  });

  it('takes one token for what costs the server nothing', () => {
    expect(settled().drain('connect')).toBe(10);
  });

  it('gives all of them back for a success', () => {
    const { budget, drain } = settled();
    const taken = drain('timeout');
    budget.deposit(origin, taken);
    expect(drain('connect')).toBe(10);
  });
});
