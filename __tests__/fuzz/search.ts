import { seeded } from '../../lib/explain/statistics.js';
import type { Kind } from './kinds.js';

/** A case that went wrong; it is the first one of its seed. */
export interface Finding {
  readonly seed: number;
  readonly what: string;
}

/** Runs cases with the seeds from `seed` on, a few at a time. */
export async function fuzz(kind: Kind, count: number, seed: number, lanes = 16): Promise<Finding[]> {
  const findings: Finding[] = [];
  let next = seed;
  const lane = async () => {
    while (next < seed + count) {
      const own = next;
      next += 1;
      const what = await kind(seeded(own)).catch((error: Error) => error.stack ?? error.message);
      if (what !== undefined) findings.push({ seed: own, what });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return findings;
}
