import type { Measures } from '../../lib/cli/simulate/study.js';
import { mean, quantile } from '../shared/statistics.js';

/** Several runs that differ by their seed only. */
export interface Summary {
  readonly scenario: string;
  readonly policy: string;
  /** `null` = any number: the policy remembers nothing beyond a request. */
  readonly clients: number | null;
  /** One per seed, ascending; `null` = not in the run, last. */
  readonly recoveryMs: readonly (number | null)[];
  /** Medians, as are the following. */
  readonly goodput: number | null;
  readonly amplification: number;
  readonly succeeded: number;
  readonly p99Ms: number;
  /** Successes in each second, the mean. */
  readonly perSecond: readonly number[];
}

/** Which runs. */
export type SummaryKey = Pick<Summary, 'scenario' | 'policy' | 'clients'>;

/** Sums up runs, at least one. */
export function summarize(key: SummaryKey, runs: readonly Measures[]): Summary {
  const middle = (pick: (run: Measures) => number): number => round(quantile(runs.map(pick), 0.5), 4);
  const seconds = runs[0]?.perSecond ?? [];
  return {
    ...key,
    recoveryMs: runs.map((run) => run.recoveryMs).sort((a, b) => orLater(a) - orLater(b)),
    goodput: runs[0]?.goodput === null ? null : middle((run) => run.goodput ?? 0),
    amplification: middle((run) => run.amplification),
    succeeded: middle((run) => run.succeeded),
    p99Ms: middle((run) => run.p99Ms),
    perSecond: seconds.map((_, second) =>
      round(mean(runs.map(({ perSecond }) => perSecond[second] ?? 0)), 1),
    ),
  };
}

function orLater(recoveryMs: number | null): number {
  return recoveryMs ?? Number.MAX_VALUE;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
