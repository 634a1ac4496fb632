import type { BudgetSnapshot } from '../retry/budget.js';
import type { Http2OriginStats } from '../transport/http2/session-pool.js';
import type { PoolStats } from '../transport/pool-stats.js';
import type { PolicyCounters } from './counters.js';

/** What a policy holds and has done so far. */
export interface PolicyStats extends PolicyCounters {
  /** Connections per origin. */
  readonly pools: readonly PoolStats[];
  /** HTTP/2 sessions per origin. */
  readonly http2: readonly Http2OriginStats[];
  /** The retry budget per origin; empty if it is off or the caller's own. */
  readonly budget: readonly BudgetSnapshot[];
}
