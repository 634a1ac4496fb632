import { isDeepStrictEqual } from 'node:util';
import { isKnown } from './known.js';
import type { Lane, Way } from './run.js';
import type { Case } from './world.js';

/** A place where a request with a policy does not look like the same request without. */
export interface Difference {
  readonly way: Way;
  readonly place: string;
  readonly bare: unknown;
  readonly attached: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function differencesOf(way: Way, bare: unknown, attached: unknown, place: string): Difference[] {
  if (isDeepStrictEqual(bare, attached)) return [];
  if (!isObject(bare) || !isObject(attached)) return [{ way, place, bare, attached }];
  const keys = new Set([...Object.keys(bare), ...Object.keys(attached)]);
  return [...keys].flatMap((key) => differencesOf(way, bare[key], attached[key], `${place}.${key}`));
}

/** Where a case is not the same with a policy, but for what is known and has its reason. */
export async function compare(lane: Lane, one: Case): Promise<Difference[]> {
  const bare = await lane.run('bare', one);
  const found: Difference[] = [];
  for (const way of ['first', 'later'] as const)
    found.push(...differencesOf(way, bare, await lane.run(way, one), ''));
  return found.filter((difference) => !isKnown(one, difference));
}
