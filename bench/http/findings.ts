import type { Machine } from '../shared/machine.js';
import type { Allocation } from './allocation.js';
import type { CellSummary } from './cell.js';
import type { Sleepers } from './sleepers.js';

/** Everything a run has found out. */
export interface Findings {
  readonly machine: Machine;
  readonly settings: {
    readonly rounds: number;
    readonly sets: number;
    readonly sliceMs: number;
    readonly seed: number;
    /** What each package was. */
    readonly versions: Readonly<Record<string, string>>;
  };
  readonly cells: readonly CellSummary[];
  readonly allocations: readonly Allocation[];
  readonly sleepers: readonly Sleepers[];
}
