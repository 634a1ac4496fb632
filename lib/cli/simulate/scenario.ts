import type { ServerSize, Trouble } from './server.js';

/** What is asked of a server, what happens to it, and for how long. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly server: ServerSize;
  readonly trouble: Trouble;
  readonly troubleMs: number;
  /** Requests per second it can answer meanwhile. */
  readonly possibleRps: number;
  /** Requests per second of the whole fleet. */
  readonly offeredRps: number;
  /** What a client bears per attempt. */
  readonly attemptTimeoutMs: number;
  /** A request that succeeds within this is served as if nothing were wrong. */
  readonly promptMs: number;
}

/** Before the trouble: budgets are settled by then. */
export const CALM_MS = 60_000;
/** Of the network, there and back. */
export const ROUND_TRIP_MS = 5;

/**
 * A server that can do so much.
 *
 * @param queueMs how long a request may wait in its queue.
 */
export function serverOf(capacityRps: number, serviceMs: number, queueMs: number): ServerSize {
  const workers = Math.max(1, Math.round((capacityRps * serviceMs) / 1000));
  return {
    workers,
    serviceMs: (workers / capacityRps) * 1000,
    queueLimit: (queueMs / 1000) * capacityRps,
    rejectCost: 0.1,
  };
}
