import { Cell } from '../bench/http/cell.js';
import type { Turn } from '../bench/http/participant.js';
import { check, POSTED, SMALL } from '../bench/http/payloads.js';
import { SCENARIOS } from '../bench/http/scenarios.js';
import { shuffled } from '../bench/shared/random.js';
import { quantile, spread } from '../bench/shared/statistics.js';
import { table } from '../bench/shared/table.js';
import { seeded } from '../lib/explain/statistics.js';

const [scenario] = SCENARIOS;

function turn(requests: number, cpuUs: number, more: Partial<Turn> = {}): Turn {
  return {
    elapsedMs: 1000,
    cpuUs,
    heapBytes: 0,
    latenciesMs: new Float64Array(requests).fill(2),
    failed: 0,
    failure: undefined,
    connections: 0,
    ...more,
  };
}

function cell(subject: string): Cell {
  if (scenario === undefined) throw new Error('no scenario');
  return new Cell(scenario, 1, subject);
}

describe('the statistics of the benchmark', () => {
  it('are quartiles, interpolated', () => {
    expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, lower: 1.75, upper: 3.25 });
    expect(quantile([7], 0.99)).toBe(7);
    expect(spread([])).toBeUndefined();
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('compare what was measured in the same round, and not the medians', () => {
    const base = cell('base');
    const other = cell('other');
    // The machine is ten times slower in the second round, for both.
    for (const slowness of [1, 10, 1]) {
      base.add(turn(100, 100_000 * slowness));
      other.add(turn(200, 100_000 * slowness));
    }
    const { cpuRatio, rpsRatio, rps } = other.summary(base);
    expect(cpuRatio).toEqual({ median: 0.5, lower: 0.5, upper: 0.5 });
    expect(rpsRatio?.median).toBe(2);
    expect(rps?.median).toBe(200);
  });

  it('leave out nothing that failed or took no part', () => {
    const subject = cell('shaky');
    subject.add(turn(100, 1000, { failed: 3, failure: 'reset', connections: 2 }));
    subject.add({ lost: 'no answer' });
    subject.add(turn(0, 1000, { failed: 1, failure: 'refused' }));
    const summary = subject.summary(undefined);
    expect(summary.failedRequests).toBe(4);
    expect(summary.lostRounds).toBe(2);
    expect(summary.problems).toEqual(['reset', 'no answer', 'refused']);
    expect(summary.rounds.rps).toEqual([100, null, null]);
    expect(summary.connectionsPer1000).toBe(20);
    expect(summary.rpsRatio).toBeUndefined();
  });
});

describe('the random numbers of benchmark and simulation', () => {
  it('are the same for the same seed, evenly spread, and others for another stream', () => {
    const take = (...seed: number[]): number[] => Array.from({ length: 2000 }, seeded(...seed));
    expect(take(1, 2)).toEqual(take(1, 2));
    expect(take(1, 2)).not.toEqual(take(1, 3));
    const values = take(5);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(spread(values)?.median).toBeCloseTo(0.5, 1);
  });

  it('shuffle without losing anything', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const mixed = shuffled(items, seeded(3));
    expect(mixed).not.toEqual(items);
    expect([...mixed].sort()).toEqual(items);
  });
});

describe('the payloads of the benchmark', () => {
  it('are as large as their names say, and recognised', () => {
    expect(Buffer.byteLength(SMALL)).toBe(100);
    expect(Buffer.byteLength(JSON.stringify(POSTED))).toBe(1024);
    expect(() => check('json', JSON.parse(SMALL))).not.toThrow();
    expect(() => check('json', undefined)).toThrow('not the one');
    expect(() => check('bytes', new ArrayBuffer(2 ** 20))).not.toThrow();
    expect(() => check('bytes', new ArrayBuffer(10))).toThrow('not the one');
  });
});

describe('the tables of the reports', () => {
  it('are Markdown with numbers to the right', () => {
    expect(table(['a', 'b'], [['x', '1']])).toBe('| a | b |\n| --- | --: |\n| x | 1 |');
  });
});
