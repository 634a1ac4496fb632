import { type Address, AnswerCache } from '../../lib/addresses/answer-cache.js';
import { ManualClock } from '../helpers/clock.js';

const OLD: Address[] = [{ address: '192.0.2.1', family: 4 }];
const NEW: Address[] = [{ address: '192.0.2.2', family: 4 }];

const setUp = ({ ttlMs = 10_000, staleMs = 60_000, maxNames = 100 } = {}) => {
  const clock = new ManualClock(1000);
  const cache = new AnswerCache({ ttlMs, staleMs }, maxNames);
  const store = (name: string, addresses: Address[]) => cache.store(name, addresses, clock.now());
  const ageOf = (name: string) => cache.find(name, clock.now())?.age;
  return { clock, cache, store, ageOf };
};

describe('an answer', () => {
  it('is fresh for the time to live, then expired, then gone', () => {
    const { clock, store, ageOf } = setUp();
    store('a', OLD);
    clock.advance(9_999);
    expect(ageOf('a')).toBe('fresh');
    clock.advance(1);
    expect(ageOf('a')).toBe('expired');
    clock.advance(59_999);
    expect(ageOf('a')).toBe('expired');
    clock.advance(1);
    expect(ageOf('a')).toBeUndefined();
  });

  it('is that of its own name', () => {
    const { clock, cache, store } = setUp();
    store('a', OLD);
    store('b', NEW);
    expect(cache.find('a', clock.now())?.addresses).toEqual(OLD);
    expect(cache.find('b', clock.now())?.addresses).toEqual(NEW);
    expect(cache.find('c', clock.now())).toBeUndefined();
  });

  it('takes the place of an older one, and lives from then on', () => {
    const { clock, cache, store, ageOf } = setUp();
    store('a', OLD);
    clock.advance(15_000);
    store('a', NEW);
    clock.advance(9_000);
    expect(ageOf('a')).toBe('fresh');
    expect(cache.find('a', clock.now())?.addresses).toEqual(NEW);
  });

  it('is not kept at all where no time is given', () => {
    const { cache, store } = setUp({ ttlMs: 0, staleMs: 0 });
    store('a', OLD);
    expect(cache.size).toBe(0);
  });

  it('is kept for failures alone where there is no time to live', () => {
    const { store, ageOf } = setUp({ ttlMs: 0 });
    store('a', OLD);
    expect(ageOf('a')).toBe('expired');
  });
});

describe('an expired answer', () => {
  it('may be used at once for a second after a look-up that failed', () => {
    const { clock, cache, store, ageOf } = setUp();
    store('a', OLD);
    clock.advance(10_000);
    cache.noteFailure('a', clock.now());
    expect(ageOf('a')).toBe('stale');
    clock.advance(999);
    expect(ageOf('a')).toBe('stale');
    clock.advance(1);
    expect(ageOf('a')).toBe('expired');
  });

  it('does not live longer because look-ups fail', () => {
    const { clock, cache, store, ageOf } = setUp();
    store('a', OLD);
    for (let second = 0; second < 70; second += 1) {
      clock.advance(1000);
      cache.noteFailure('a', clock.now());
    }
    expect(ageOf('a')).toBeUndefined();
    expect(cache.size).toBe(0);
  });
});

describe('the memory of answers', () => {
  it('is bounded: the oldest answer makes room', () => {
    const { store, cache, ageOf } = setUp({ maxNames: 3 });
    for (const name of ['a', 'b', 'c']) store(name, OLD);
    store('a', NEW);
    store('d', OLD);
    expect(cache.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].map(ageOf)).toEqual(['fresh', undefined, 'fresh', 'fresh']);
  });
});
