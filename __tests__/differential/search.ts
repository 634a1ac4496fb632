import type { AxiosStatic } from 'axios';
import fc from 'fast-check';
import { cases } from './cases.js';
import { compare, type Difference } from './compare.js';
import { Lane } from './run.js';
import type { Case } from './world.js';

/** A case that differs, as small as it could be made. */
export interface Finding {
  readonly seed: number;
  readonly one: Case;
  readonly differences: readonly Difference[];
}

export interface SearchOptions {
  readonly axios: AxiosStatic;
  readonly count: number;
  /** Each case has its own: those from this one on. */
  readonly seed: number;
  readonly lanes: number;
  onFinding?(finding: Finding): void;
}

/** Compares random requests with and without a policy. @returns those that differ. */
export async function search({ axios, count, seed, lanes, onFinding }: SearchOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  let next = seed;
  const work = async () => {
    const lane = await Lane.open(axios);
    while (next < seed + count) {
      const finding = await findingOf(lane, next++);
      if (finding === undefined) continue;
      findings.push(finding);
      onFinding?.(finding);
    }
    await lane.close();
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return findings;
}

async function findingOf(lane: Lane, seed: number): Promise<Finding | undefined> {
  let latest: readonly Difference[] = [];
  const differs = fc.asyncProperty(cases, async (one) => {
    const before = await compare(lane, one);
    if (before.length === 0) return;
    // What does not happen again was the machine's doing.
    const again = await compare(lane, one);
    const differences = before.filter(({ way, place }) =>
      again.some((d) => d.way === way && d.place === place),
    );
    if (differences.length === 0) return;
    latest = differences;
    throw new Error('differs');
  });
  const { counterexample, errorInstance } = await fc.check(differs, { seed, numRuns: 1 });
  if (counterexample !== null && latest.length === 0) throw errorInstance;
  return counterexample === null ? undefined : { seed, one: counterexample[0], differences: latest };
}
