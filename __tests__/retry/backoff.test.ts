import fc from 'fast-check';
import { backoffMs } from '../../lib/retry/decide.js';
import { BACKOFF_VECTORS } from '../helpers/vectors.js';

type Config = Parameters<typeof backoffMs>[0];

/** The first `count` delays of a request. */
function take(config: Config, random: () => number, count: number): number[] {
  let delayMs: number | undefined;
  return Array.from({ length: count }, () => {
    delayMs = backoffMs(config, delayMs, random);
    return delayMs;
  });
}

const configOf = (initBackoffMs: number, maxBackoffMs: number, base: number) => ({
  initBackoffMs,
  maxBackoffMs,
  base,
});

describe('the vectors of object_store', () => {
  it('are all there', () => {
    expect(BACKOFF_VECTORS).toHaveLength(6);
  });

  it.each(BACKOFF_VECTORS)('init $init s, max $max s, base $base, random $random', (vector) => {
    const draw = typeof vector.random === 'number' ? vector.random : 1 - 2 ** -52;
    const config = configOf(vector.init * 1000, vector.max * 1000, vector.base);
    const delaysMs = take(config, () => draw, vector.delays.length);
    const toleranceMs = (vector.tolerance ?? 1e-9) * 1000;
    vector.delays.forEach((expected, index) => {
      expect(Math.abs((delaysMs[index] ?? Number.NaN) - expected * 1000)).toBeLessThanOrEqual(toleranceMs);
    });
  });
});

describe('a backoff', () => {
  const anyConfig = fc
    .tuple(
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 0, max: 600_000 }),
      fc.double({ min: 1.01, max: 10, noNaN: true }),
    )
    .map(([initMs, moreMs, base]) => configOf(initMs, initMs + moreMs, base));
  const anyDraws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
    minLength: 1,
    maxLength: 30,
  });

  it('begins with exactly initBackoff, whatever the draw', () => {
    fc.assert(
      fc.property(anyConfig, anyDraws, (config, draws) => {
        expect(backoffMs(config, undefined, () => draws[0] ?? 0)).toBe(config.initBackoffMs);
      }),
    );
  });

  it('stays within [initBackoff, min(maxBackoff, previous × base)]', () => {
    fc.assert(
      fc.property(anyConfig, anyDraws, (config, draws) => {
        let at = 0;
        const delaysMs = take(config, () => draws[at++] ?? 0, draws.length);
        delaysMs.slice(1).forEach((delayMs, index) => {
          const previousMs = delaysMs[index] ?? Number.NaN;
          expect(delayMs).toBeGreaterThanOrEqual(config.initBackoffMs);
          expect(delayMs).toBeLessThanOrEqual(Math.min(config.maxBackoffMs, previousMs * config.base));
        });
      }),
    );
  });

  it('grows with the draw', () => {
    fc.assert(
      fc.property(anyConfig, fc.double({ min: 0, max: 0.49, noNaN: true }), (config, draw) => {
        const low = take(config, () => draw, 3);
        const high = take(config, () => draw + 0.5, 3);
        expect(high[1]).toBeGreaterThanOrEqual(low[1] ?? Number.NaN);
        expect(high[2]).toBeGreaterThanOrEqual(low[2] ?? Number.NaN);
      }),
    );
  });

  it('draws each delay from its own predecessor, not from its number', () => {
    const draws = [0.5, 0, 0.5];
    expect(take(configOf(100, 15_000, 2), () => draws.shift() ?? 0, 4)).toEqual([100, 150, 100, 150]);
  });

  it('does not cap the first delay, only the following ones', () => {
    expect(take(configOf(10_000, 6000, 2), () => 0.5, 3)).toEqual([10_000, 6000, 6000]);
  });

  it('caps initBackoff itself where the range is empty', () => {
    expect(take(configOf(10_000, 1000, 2), () => 0.5, 4)).toEqual([10_000, 1000, 1000, 1000]);
  });

  it('never waits if initBackoff is 0', () => {
    expect(take(configOf(0, 15_000, 2), () => 0.9, 3)).toEqual([0, 0, 0]);
  });

  it('sleeps 3.25 s on average over ten retries with the defaults', () => {
    let seed = 42;
    const random = () => {
      // Mulberry32: fixed, uniform enough for a mean.
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const runs = 20_000;
    let sumMs = 0;
    for (let run = 0; run < runs; run += 1) {
      sumMs += take(configOf(100, 15_000, 2), random, 10).reduce((sum, delayMs) => sum + delayMs, 0);
    }
    expect(sumMs / runs).toBeGreaterThan(3100);
    expect(sumMs / runs).toBeLessThan(3400);
  });
});
