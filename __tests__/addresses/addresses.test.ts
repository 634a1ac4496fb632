import fc from 'fast-check';
import { Addresses, type AddressOptions, type ConnectionWish } from '../../lib/addresses/addresses.js';
import type { Address } from '../../lib/addresses/answer-cache.js';
import { seeded } from '../../lib/explain/statistics.js';
import { ManualClock, sequence } from '../helpers/clock.js';

const v4 = (...addresses: string[]): Address[] => addresses.map((address) => ({ address, family: 4 }));
const v6 = (...addresses: string[]): Address[] => addresses.map((address) => ({ address, family: 6 }));
const NAME = 'api.example:443';
const FIVE = v4('a', 'b', 'c', 'd', 'e');

const setUp = (options: Partial<AddressOptions> = {}, maxNames = 100) => {
  const clock = new ManualClock(1_000_000);
  const addresses = new Addresses(
    {
      randomize: true,
      eject: { failures: 5, forMs: 30_000, maxPercent: 50 },
      now: clock.now,
      random: seeded(1),
      ...options,
    },
    maxNames,
  );
  const order = (of: readonly Address[], wish?: ConnectionWish) =>
    addresses.forConnection(NAME, of, wish).map(({ address }) => address);
  const first = (of: readonly Address[], wish?: ConnectionWish) => order(of, wish)[0];
  const eject = (address: string) => {
    for (let time = 0; time < 5; time += 1) addresses.failed(NAME, address, false);
  };
  return { clock, addresses, order, first, eject };
};

const avoiding = (...avoid: string[]): ConnectionWish => ({ avoid: new Set(avoid) });

describe('the addresses of a name', () => {
  it('are all tried, in another order each time', () => {
    const { order } = setUp();
    const orders = Array.from({ length: 20 }, () => order(FIVE));
    for (const one of orders) expect([...one].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(10);
  });

  it('are tried first equally often, so that few connections are spread as evenly as many', () => {
    const { first } = setUp();
    for (let round = 0; round < 10; round += 1) {
      expect(FIVE.map(() => first(FIVE)).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    }
  });

  it('are each as likely to be a client’s first', () => {
    const random = seeded(7);
    const counts = new Map<string, number>();
    for (let client = 0; client < 5000; client += 1) {
      const one = setUp({ random }).first(FIVE) ?? '';
      counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    for (const { address } of FIVE) expect(counts.get(address)).toBeGreaterThan(900);
  });

  it('keep the order they came in without randomizeAddresses', () => {
    const { order } = setUp({ randomize: false, random: sequence() });
    for (let time = 0; time < 3; time += 1) expect(order(FIVE)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('keep the order of their families', () => {
    const { order } = setUp();
    for (let time = 0; time < 20; time += 1) {
      expect(order([...v6('6a', '6b', '6c'), ...v4('4a', '4b')]).join(' ')).toMatch(/^6. 6. 6. 4. 4.$/);
      expect(order([...v4('4a', '4b'), ...v6('6a', '6b')]).join(' ')).toMatch(/^4. 4. 6. 6.$/);
    }
  });

  it('are spread anew when one is added', () => {
    const { first } = setUp();
    for (let time = 0; time < 13; time += 1) first(v4('a', 'b'));
    const firsts = Array.from({ length: 30 }, () => first(v4('a', 'b', 'c')));
    for (const address of ['a', 'b', 'c']) {
      expect(firsts.filter((one) => one === address).length).toBeGreaterThanOrEqual(9);
    }
  });

  it('are what came, whatever happens', () => {
    const kinds = fc.constantFrom('connect', 'fail', 'refuse', 'succeed', 'wait', 'avoid');
    const known = [...v6('6a', '6b'), ...v4('4a', '4b', '4c')];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(kinds, fc.nat(4)), { maxLength: 60 }),
        fc.subarray(known, { minLength: 1 }),
        (steps, answer) => {
          const { clock, addresses } = setUp();
          for (const [kind, i] of steps) {
            const address = known[i]?.address ?? '';
            if (kind === 'wait') clock.advance(i * 10_000);
            if (kind === 'succeed') addresses.succeeded(NAME, address);
            if (kind === 'fail' || kind === 'refuse') addresses.failed(NAME, address, kind === 'refuse');
            const wish = kind === 'avoid' ? avoiding(address) : {};
            const ordered = addresses.forConnection(NAME, answer, wish);
            expect(ordered.length).toBeGreaterThan(0);
            expect(new Set(ordered).size).toBe(ordered.length);
            expect(ordered.every((one) => answer.includes(one))).toBe(true);
            expect(addresses.snapshot().filter(({ state }) => state === 'ejected').length).toBeLessThan(5);
          }
        },
      ),
    );
  });
});

describe('a single address', () => {
  it('is what it is, ejected never, and nothing is remembered of it', () => {
    const { order, addresses, eject } = setUp({ random: sequence() });
    expect(order(v4('a'), avoiding('a'))).toEqual(['a']);
    eject('a');
    expect(order(v4('a'))).toEqual(['a']);
    expect(addresses.size).toBe(0);
  });

  it('is not made up where there is none', () => {
    expect(setUp().order([])).toEqual([]);
  });
});

describe('an address to be avoided', () => {
  it('is the last of its family', () => {
    const { order } = setUp();
    for (let time = 0; time < 10; time += 1) expect(order(FIVE, avoiding('b')).at(-1)).toBe('b');
  });

  it('does not put its family behind another one, for the family has others', () => {
    const { order } = setUp();
    expect(order([...v6('6a', '6b'), ...v4('4a')], avoiding('6a'))).toEqual(['6b', '6a', '4a']);
  });

  it('puts its family last if that has no other', () => {
    const { order } = setUp();
    expect(order([...v6('6a'), ...v4('4a')], avoiding('6a'))).toEqual(['4a', '6a']);
    expect(order([...v6('6a'), ...v4('4a')], avoiding('6a', '4a'))).toEqual(['6a', '4a']);
  });

  it('is the last also without randomizeAddresses, the others stay as they came', () => {
    const { order } = setUp({ randomize: false });
    expect(order(FIVE, avoiding('a', 'c'))).toEqual(['b', 'd', 'e', 'a', 'c']);
  });

  it('is known to have others, or not', () => {
    const { order, addresses, eject } = setUp();
    expect(addresses.hasOthers(NAME, new Set(['a']))).toBe(false);
    order(v4('a', 'b', 'c'));
    expect(addresses.hasOthers(NAME, new Set(['a', 'b']))).toBe(true);
    expect(addresses.hasOthers(NAME, new Set(['a', 'b', 'c']))).toBe(false);
    eject('c');
    expect(addresses.hasOthers(NAME, new Set(['a', 'b']))).toBe(false);
    expect(addresses.hasOthers('other.example:443', new Set(['a']))).toBe(false);
  });

  it('has none in the other family, which is another way to the same servers', () => {
    const { order, addresses } = setUp();
    order([...v6('6a'), ...v4('4a', '4b')]);
    expect(addresses.hasOthers(NAME, new Set(['6a']))).toBe(false);
    expect(addresses.hasOthers(NAME, new Set(['4a']))).toBe(true);
  });
});

describe('an ejected address', () => {
  it('is given to no connection', () => {
    const { order, eject } = setUp();
    order(FIVE);
    eject('c');
    for (let time = 0; time < 10; time += 1) expect(order(FIVE).sort()).toEqual(['a', 'b', 'd', 'e']);
  });

  it('is not where a request goes that has failed everywhere else', () => {
    const { order, eject } = setUp();
    order(v4('a', 'b'));
    eject('a');
    expect(order(v4('a', 'b'), avoiding('b'))).toEqual(['b']);
  });

  it('is held back for connections that are there, too, until it comes back', () => {
    const { order, eject, addresses } = setUp();
    order(FIVE);
    expect(addresses.isHeldBack(NAME, 'c')).toBe(false);
    eject('c');
    expect(addresses.isHeldBack(NAME, 'c')).toBe(true);
    expect(addresses.isHeldBack(NAME, 'a')).toBe(false);
    addresses.succeeded(NAME, 'c');
    expect(addresses.isHeldBack(NAME, 'c')).toBe(false);
  });

  it('is ejected on its port only', () => {
    const { order, eject, addresses } = setUp();
    order(FIVE);
    addresses.forConnection('api.example:8443', FIVE);
    eject('c');
    expect(addresses.isHeldBack('api.example:8443', 'c')).toBe(false);
  });

  it('is tried first by one connection when its time is over, and by no other', () => {
    const { clock, order, eject } = setUp();
    order(FIVE);
    eject('c');
    clock.advance(30_000);
    expect(order(FIVE)[0]).toBe('c');
    for (let time = 0; time < 10; time += 1) expect(order(FIVE)).not.toContain('c');
  });

  it('is not tried by a request that may not be sent twice, or that wants to go elsewhere', () => {
    const { clock, order, eject } = setUp();
    order(FIVE);
    eject('c');
    clock.advance(30_000);
    expect(order(FIVE, { mayProbe: false })).not.toContain('c');
    expect(order(FIVE, avoiding('c'))).not.toContain('c');
    expect(order(FIVE)[0]).toBe('c');
  });

  it('is tried by a request that may not be sent twice if no other did in the time of its ejection', () => {
    const { clock, order, eject, addresses } = setUp();
    const risky = { mayProbe: false };
    order(FIVE);
    eject('c');
    clock.advance(59_999);
    expect(addresses.takeProbe(NAME, risky)).toBe(false);
    expect(addresses.mayTry(NAME, 'c', risky)).toBe(false);
    clock.advance(1);
    expect(addresses.takeProbe(NAME, risky)).toBe(true);
    expect(addresses.mayTry(NAME, 'c', risky)).toBe(true);
    expect(order(FIVE, risky)[0]).toBe('c');
    expect(order(FIVE, risky)).not.toContain('c');
  });

  it('is one of several that are due: each is tried by a connection of its own', () => {
    const { clock, order, eject } = setUp();
    order(FIVE);
    eject('a');
    eject('b');
    clock.advance(30_000);
    const probes = [order(FIVE)[0], order(FIVE)[0]].sort();
    expect(probes).toEqual(['a', 'b']);
    expect(order(FIVE).sort()).toEqual(['c', 'd', 'e']);
  });

  it('takes its turn with the others when it is back', () => {
    const { clock, order, first, eject, addresses } = setUp();
    order(FIVE);
    eject('c');
    for (let time = 0; time < 100; time += 1) first(FIVE);
    clock.advance(30_000);
    expect(first(FIVE)).toBe('c');
    addresses.succeeded(NAME, 'c');
    const firsts = Array.from({ length: 50 }, () => first(FIVE));
    expect(firsts.filter((one) => one === 'c').length).toBeLessThanOrEqual(11);
  });

  it('of the family that is tried second is the last there when its time is over, and needs no probe', () => {
    const { clock, order, eject } = setUp();
    const both = [...v6('6a', '6b'), ...v4('4a', '4b')];
    order(both);
    eject('4a');
    expect(order(both)).not.toContain('4a');
    clock.advance(30_000);
    for (let time = 0; time < 5; time += 1) expect(order(both).slice(2)).toEqual(['4b', '4a']);
  });

  it('of the family that is tried first leaves the other one, until it is tried again', () => {
    const { clock, order, eject } = setUp();
    const both = [...v6('::1'), ...v4('127.0.0.1')];
    order(both);
    eject('::1');
    expect(order(both)).toEqual(['127.0.0.1']);
    clock.advance(30_000);
    expect(order(both)).toEqual(['::1', '127.0.0.1']);
    expect(order(both)).toEqual(['127.0.0.1']);
  });

  it('is there all the same when the name has no other any more', () => {
    const { order, eject } = setUp({ eject: { failures: 5, forMs: 30_000, maxPercent: 100 } });
    order(FIVE);
    for (const { address } of FIVE.slice(0, 4)) eject(address);
    expect(order(FIVE)).toEqual(['e']);
    expect(order(v4('a', 'b'))).toHaveLength(1);
  });

  it('does not exist with eject: false', () => {
    const { order, eject, addresses } = setUp({ eject: false });
    order(FIVE);
    eject('a');
    expect(order(FIVE)).toHaveLength(5);
    expect(addresses.isHeldBack(NAME, 'a')).toBe(false);
    expect(addresses.hasOthers(NAME, new Set(['a']))).toBe(true);
    expect(addresses.snapshot()).toEqual([]);
  });
});

describe('what is told of addresses', () => {
  it('is when one is ejected, and when it is back', () => {
    const onChange = jest.fn();
    const { order, eject, addresses } = setUp({ onChange });
    order(FIVE);
    eject('c');
    addresses.succeeded(NAME, 'c');
    expect(onChange.mock.calls).toEqual([
      [{ name: NAME, address: 'c', ejectedForMs: 30_000 }],
      [{ name: NAME, address: 'c', ejectedForMs: undefined }],
    ]);
  });

  it('is in the snapshot by name', () => {
    const { order, addresses } = setUp();
    order(FIVE);
    addresses.failed(NAME, 'c', false);
    expect(addresses.snapshot()).toEqual([
      { name: NAME, address: 'c', state: 'used', failures: 1, ejections: 0, ejectedForMs: 0 },
    ]);
  });
});

describe('a quiet time', () => {
  it('ends with a failure, and begins again when all that failed has succeeded', () => {
    const { order, addresses } = setUp();
    order(FIVE);
    expect(addresses.isQuiet).toBe(true);
    addresses.failed(NAME, 'a', false);
    addresses.failed(NAME, 'b', false);
    expect(addresses.isQuiet).toBe(false);
    addresses.succeeded(NAME, 'a');
    expect(addresses.isQuiet).toBe(false);
    addresses.succeeded(NAME, 'b');
    expect(addresses.isQuiet).toBe(true);
  });

  it('is not ended by names with one address, or by names that are forgotten', () => {
    const { order, addresses } = setUp({}, 1);
    order(v4('a'));
    addresses.failed(NAME, 'a', true);
    expect(addresses.isQuiet).toBe(true);
    order(FIVE);
    addresses.failed(NAME, 'a', true);
    addresses.forConnection('other.example:443', FIVE);
    expect(addresses.isQuiet).toBe(true);
  });

  it('knows which names have several addresses', () => {
    const { order, addresses } = setUp();
    expect(addresses.hasSeveral(NAME)).toBe(false);
    order(FIVE);
    expect(addresses.hasSeveral(NAME)).toBe(true);
    order(v4('a'));
    expect(addresses.hasSeveral(NAME)).toBe(false);
  });
});

describe('the memory of names', () => {
  it('is bounded: the one that was not connected to for the longest makes room', () => {
    const { addresses } = setUp({}, 3);
    for (const name of ['a:1', 'b:1', 'c:1', 'a:1', 'd:1']) addresses.forConnection(name, FIVE);
    expect(addresses.size).toBe(3);
    for (const name of ['a:1', 'b:1', 'c:1', 'd:1']) addresses.failed(name, 'a', false);
    expect(addresses.snapshot().map(({ name }) => name)).toEqual(['c:1', 'a:1', 'd:1']);
  });

  it('is 10 000 of them, of which the health is known', () => {
    const clock = new ManualClock();
    const addresses = new Addresses({
      randomize: true,
      eject: { failures: 5, forMs: 30_000, maxPercent: 50 },
      now: clock.now,
      random: Math.random,
    });
    for (let i = 0; i < 20_000; i += 1) {
      addresses.forConnection(`host-${i}:443`, FIVE);
      addresses.failed(`host-${i}:443`, 'a', false);
    }
    expect(addresses.size).toBe(10_000);
    expect(addresses.snapshot()).toHaveLength(10_000);
  });
});
