import { Ejections, type EjectLimits } from '../../lib/addresses/ejection.js';
import { ManualClock } from '../helpers/clock.js';

const FIVE = ['a', 'b', 'c', 'd', 'e'];

const setUp = (limits: Partial<EjectLimits> = {}, addresses = FIVE) => {
  const clock = new ManualClock(1_000_000);
  const changes: [string, number | undefined][] = [];
  const ejections = new Ejections(
    { failures: 5, forMs: 30_000, maxPercent: 50, ...limits },
    (address, ejectedForMs) => changes.push([address, ejectedForMs]),
  );
  const names = (now: string[]) => ejections.setAddresses(now, clock.now());
  names(addresses);
  const fail = (address: string, times = 1, isUnreachable = false) => {
    for (let time = 0; time < times; time += 1) ejections.failed(address, isUnreachable, clock.now());
  };
  const succeed = (address: string) => ejections.succeeded(address, clock.now());
  const probe = (address: string) => ejections.startProbe(address, clock.now());
  const state = (address: string) => ejections.stateOf(address, clock.now());
  const held = () => [...ejections.heldBack(clock.now())].sort();
  return { clock, ejections, changes, names, fail, succeed, probe, state, held };
};

describe('an address that fails', () => {
  it('is ejected with the fifth failure in a row', () => {
    const { fail, held, changes } = setUp();
    fail('a', 4);
    expect(held()).toEqual([]);
    fail('a');
    expect(held()).toEqual(['a']);
    expect(changes).toEqual([['a', 30_000]]);
  });

  it('starts anew with every success', () => {
    const { fail, succeed, held, ejections } = setUp();
    for (let round = 0; round < 10; round += 1) {
      fail('a', 4);
      succeed('a');
    }
    expect(held()).toEqual([]);
    expect(ejections.isEmpty).toBe(true);
  });

  it('is ejected at once by failures: 1', () => {
    const { fail, held } = setUp({ failures: 1 });
    fail('c');
    expect(held()).toEqual(['c']);
  });

  it('is not remembered if the name does not have it', () => {
    const { fail, ejections } = setUp();
    fail('x', 50);
    expect(ejections.isEmpty).toBe(true);
  });
});

describe('an ejected address', () => {
  it('is not ejected for longer by requests that were under way', () => {
    const { clock, fail, state, changes } = setUp();
    fail('a', 5);
    clock.advance(20_000);
    fail('a', 20);
    clock.advance(10_000);
    expect(state('a')).toBe('due');
    expect(changes).toHaveLength(1);
  });

  it('is due after its time, and stays held back until one connection tries it', () => {
    const { clock, fail, state, held } = setUp();
    fail('a', 5);
    clock.advance(29_999);
    expect(state('a')).toBe('ejected');
    clock.advance(1);
    expect(state('a')).toBe('due');
    clock.advance(600_000);
    expect(state('a')).toBe('due');
    expect(held()).toEqual(['a']);
  });

  it('is held back from all but the connection that tries it', () => {
    const { clock, fail, probe, state, held } = setUp();
    fail('a', 5);
    clock.advance(30_000);
    probe('a');
    expect(state('a')).toBe('probed');
    expect(held()).toEqual(['a']);
  });

  it('comes back when that one succeeds', () => {
    const { clock, fail, probe, succeed, state, held, changes } = setUp();
    fail('a', 5);
    clock.advance(30_000);
    probe('a');
    succeed('a');
    expect(state('a')).toBe('used');
    expect(held()).toEqual([]);
    expect(changes.at(-1)).toEqual(['a', undefined]);
  });

  it('is ejected for twice, three times as long when it fails again, and never for more than 5 minutes', () => {
    const { clock, fail, probe, changes } = setUp();
    fail('a', 5);
    for (let time = 0; time < 12; time += 1) {
      clock.advance(changes.at(-1)?.[1] ?? 0);
      probe('a');
      fail('a');
    }
    const forSeconds = changes.map(([, ms = 0]) => ms / 1000);
    expect(forSeconds).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300, 300]);
  });

  it('is ejected for as long as the user says, also if that is more than 5 minutes', () => {
    const { clock, fail, probe, changes } = setUp({ forMs: 600_000 });
    fail('a', 5);
    clock.advance(600_000);
    probe('a');
    fail('a');
    expect(changes).toEqual([
      ['a', 600_000],
      ['a', 600_000],
    ]);
  });

  it('may be tried again when nothing was heard of the connection that tried it', () => {
    const { clock, fail, probe, state } = setUp();
    fail('a', 5);
    clock.advance(30_000);
    probe('a');
    clock.advance(29_999);
    expect(state('a')).toBe('probed');
    clock.advance(1);
    expect(state('a')).toBe('due');
  });

  it('comes back when a request that was under way succeeds', () => {
    const { fail, succeed, held } = setUp();
    fail('a', 5);
    succeed('a');
    expect(held()).toEqual([]);
  });
});

describe('an address that came back', () => {
  const returned = () => {
    const set = setUp();
    set.fail('a', 5);
    set.clock.advance(30_000);
    set.probe('a');
    set.succeed('a');
    return set;
  };

  it('is ejected for longer if it fails again soon', () => {
    const { clock, fail, succeed, changes } = returned();
    clock.advance(29_999);
    succeed('a');
    fail('a', 5);
    expect(changes.at(-1)).toEqual(['a', 60_000]);
  });

  it('has a clean record once it was sound for as long as it was ejected', () => {
    const { clock, fail, succeed, changes, ejections } = returned();
    clock.advance(30_000);
    succeed('a');
    expect(ejections.isEmpty).toBe(true);
    fail('a', 5);
    expect(changes.at(-1)).toEqual(['a', 30_000]);
  });

  it('may fail as often as before', () => {
    const { fail, held } = returned();
    fail('a', 4);
    expect(held()).toEqual([]);
  });
});

describe('the share of addresses that may be held back', () => {
  it.each([
    { of: 2, percent: 50, most: 1 },
    { of: 3, percent: 50, most: 1 },
    { of: 5, percent: 50, most: 2 },
    { of: 5, percent: 10, most: 0 },
    { of: 5, percent: 100, most: 4 },
    { of: 2, percent: 100, most: 1 },
  ])('is $most of $of addresses by maxPercent $percent', ({ of, percent, most }) => {
    const addresses = FIVE.slice(0, of);
    const { fail, held } = setUp({ maxPercent: percent }, addresses);
    for (const address of addresses) fail(address, 10);
    expect(held()).toHaveLength(most);
  });

  it('is none of a single one', () => {
    const { fail, held } = setUp({}, ['a']);
    fail('a', 50);
    expect(held()).toEqual([]);
  });

  it('counts an address once that the resolver names twice', () => {
    const { fail, held } = setUp({ maxPercent: 100 }, ['a', 'a']);
    fail('a', 50);
    expect(held()).toEqual([]);
  });

  it('leaves room for the next one when one comes back', () => {
    const { fail, succeed, held } = setUp({}, ['a', 'b', 'c']);
    fail('a', 5);
    fail('b', 7);
    expect(held()).toEqual(['a']);
    succeed('a');
    fail('b');
    expect(held()).toEqual(['b']);
  });
});

describe('a name whose addresses change', () => {
  it('gets those back first that were ejected first when it has fewer than before', () => {
    const { clock, fail, names, held } = setUp();
    fail('a', 5);
    clock.advance(1000);
    fail('b', 5);
    expect(held()).toEqual(['a', 'b']);
    names(['a', 'b', 'c']);
    expect(held()).toEqual(['b']);
    names(['b']);
    expect(held()).toEqual([]);
  });

  it('still has an address ejected that was away for an answer', () => {
    const { fail, names, held } = setUp();
    fail('a', 5);
    names(['b', 'c', 'd']);
    expect(held()).toEqual([]);
    names(['a', 'b', 'c']);
    expect(held()).toEqual(['a']);
  });

  it('forgets an address that is gone once its ejection is over', () => {
    const { clock, fail, names, ejections } = setUp();
    fail('a', 5);
    fail('b', 2);
    names(['c', 'd', 'e']);
    expect(ejections.snapshot(clock.now()).map(({ address }) => address)).toEqual(['a']);
    clock.advance(30_000);
    names(['c', 'd', 'e']);
    expect(ejections.isEmpty).toBe(true);
  });
});

describe('a name none of whose addresses can be connected to', () => {
  it('gets back what was ejected, for that may be all that works', () => {
    const { fail, held, changes } = setUp({}, ['a', 'b', 'c']);
    fail('a', 5);
    fail('b', 1, true);
    expect(held()).toEqual(['a']);
    fail('c', 1, true);
    expect(held()).toEqual([]);
    expect(changes.at(-1)).toEqual(['a', undefined]);
  });

  it('ejects it again with one more failure, as soon as another one works', () => {
    const { fail, succeed, held } = setUp({}, ['a', 'b']);
    fail('a', 5);
    fail('b', 1, true);
    succeed('b');
    fail('a');
    expect(held()).toEqual(['a']);
  });

  it('has none ejected for longer after an outage, however often they were in turn', () => {
    const { fail, succeed, changes } = setUp({ failures: 1 }, ['a', 'b', 'c']);
    for (let round = 0; round < 50; round += 1) for (const one of ['a', 'b', 'c']) fail(one, 1, true);
    // The first one was, before the others were known to be out of reach, too.
    expect(changes).toEqual([
      ['a', 30_000],
      ['a', undefined],
    ]);
    succeed('a');
    succeed('b');
    fail('c', 1, true);
    expect(changes.at(-1)).toEqual(['c', 30_000]);
  });

  it('is not one of which an address answers, if only with errors', () => {
    const { fail, held } = setUp({}, ['a', 'b', 'c']);
    fail('a', 5);
    fail('b', 9, true);
    fail('c', 9, false);
    expect(held()).toEqual(['a']);
  });
});

describe('a snapshot', () => {
  it('tells how each address does that failed lately', () => {
    const { clock, fail, ejections } = setUp();
    fail('a', 5);
    fail('b', 2);
    clock.advance(10_000);
    expect(ejections.snapshot(clock.now())).toEqual([
      { address: 'a', state: 'ejected', failures: 5, ejections: 1, ejectedForMs: 20_000 },
      { address: 'b', state: 'used', failures: 2, ejections: 0, ejectedForMs: 0 },
    ]);
  });
});
