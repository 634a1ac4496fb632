import { spreadMs } from '../../lib/retry/headers.js';
import { Patience } from '../../lib/retry/patience.js';
import { ManualClock } from '../helpers/clock.js';

const A = 'https://a.test';
const B = 'https://b.test';

function start() {
  const clock = new ManualClock(1000);
  return { clock, patience: new Patience(clock.now) };
}

describe('an origin that has asked for patience', () => {
  it('is left alone for so long, and no other', () => {
    const { clock, patience } = start();
    patience.ask(A, 500);
    expect(patience.remainingMs(A)).toBe(500);
    expect(patience.remainingMs(B)).toBe(0);
    clock.advance(200);
    expect(patience.remainingMs(A)).toBe(300);
    clock.advance(300);
    expect(patience.remainingMs(A)).toBe(0);
  });

  it('is left alone until the latest of all the ends it has named', () => {
    const { clock, patience } = start();
    patience.ask(A, 500);
    clock.advance(100);
    patience.ask(A, 100);
    expect(patience.remainingMs(A)).toBe(400);
    patience.ask(A, 600);
    expect(patience.remainingMs(A)).toBe(600);
  });

  it('is asked again after five minutes, however long the wait it named', () => {
    const { patience } = start();
    patience.ask(A, 86_400_000);
    expect(patience.remainingMs(A)).toBe(300_000);
  });

  it('has nothing to say if it asked for no wait', () => {
    const { patience } = start();
    patience.ask(A, 0);
    expect(patience.remainingMs(A)).toBe(0);
  });

  it('has who is up meanwhile sleep on, with jitter, as far as there is time', () => {
    const { patience } = start();
    patience.ask(A, 900);
    expect(patience.moreMs(A, 10_000, () => 0)).toBe(900);
    expect(patience.moreMs(A, 10_000, () => 0.5)).toBe(1050);
    expect(patience.moreMs(A, 1000, () => 0.5)).toBe(1000);
    expect(patience.moreMs(A, 899, () => 0.5)).toBeUndefined();
    expect(patience.moreMs(B, 10_000, () => 0.5)).toBe(0);
  });

  it('is one of at most a thousand', () => {
    const { patience } = start();
    for (let index = 0; index < 5000; index += 1) patience.ask(`https://${index}.test`, 500);
    expect(patience.remainingMs('https://4999.test')).toBe(500);
    expect(patience.remainingMs('https://0.test')).toBe(0);
  });
});

/** A pseudo-random sequence, always the same. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function draws(): () => number {
  let state = 1;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/**
 * How many attempts a server rejects that takes twenty in a second and asks the others to come back after one, when two
 * hundred requests come at once; an answer takes 20 ms.
 */
function rejectedAttempts(isShared: boolean): number {
  const clock = new ManualClock();
  const patience = new Patience(clock.now);
  const random = draws();
  const queue = Array.from({ length: 200 }, () => ({ atMs: 0, isAnswer: false }));
  let rejected = 0;
  let taken = { second: -1, count: 0 };
  const take = (second: number) => {
    if (taken.second !== second) taken = { second, count: 0 };
    taken.count += 1;
    return taken.count <= 20;
  };
  while (queue.length > 0) {
    queue.sort((one, other) => one.atMs - other.atMs);
    const { atMs, isAnswer } = queue.shift() ?? { atMs: 0, isAnswer: false };
    clock.advance(atMs - clock.now());
    const moreMs = isShared ? (patience.moreMs(A, 180_000, random) ?? 0) : 0;
    if (isAnswer) {
      patience.ask(A, 1000);
      queue.push({ atMs: atMs + spreadMs(1000, random), isAnswer: false });
    } else if (moreMs > 0) {
      queue.push({ atMs: atMs + moreMs, isAnswer: false });
    } else if (!take(Math.floor(atMs / 1000))) {
      rejected += 1;
      queue.push({ atMs: atMs + 20, isAnswer: true });
    }
  }
  return rejected;
}

describe('two hundred requests to a server that takes twenty a second', () => {
  it('find out together, and not each by itself', () => {
    const alone = rejectedAttempts(false);
    const together = rejectedAttempts(true);
    expect(alone).toBeGreaterThan(600);
    expect(together).toBeLessThan(alone / 2);
  });
});
