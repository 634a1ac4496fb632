import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Delays that object_store's own tests expect of a configuration, in seconds. */
export interface BackoffVector {
  readonly init: number;
  readonly max: number;
  readonly base: number;
  readonly random: number | string;
  readonly delays: readonly number[];
  readonly tolerance?: number;
}

const fixture = readFileSync(join(__dirname, '..', 'fixtures', 'backoff.json'), 'utf8');

export const { cases: BACKOFF_VECTORS } = JSON.parse(fixture) as { cases: readonly BackoffVector[] };
