import type { Policy } from '../attach.js';
import type { PolicyView } from '../config/view.js';
import { ASYNC_DISPOSE } from './async-dispose.js';
import { Counters } from './counters.js';
import type { PolicyStats } from './stats.js';

/** A policy that is attached to nothing, and is detached and closed like any other. */
export class InertPolicy implements Policy {
  constructor(readonly config: PolicyView) {}

  detach(): void {}

  async close(): Promise<void> {}

  async [ASYNC_DISPOSE](): Promise<void> {}

  stats(): PolicyStats {
    return { pools: [], http2: [], budget: [], ...new Counters().snapshot() };
  }
}
