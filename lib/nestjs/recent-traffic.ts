import type { GiveUpReason, PolicyStats } from '../index.js';

/** Counts over a stretch of time. */
export interface Traffic {
  /** Requests begun. */
  readonly requests: number;
  /** Requests that the server or the network failed, retries and all; none is counted with `retry: false`. */
  readonly failed: number;
  readonly retries: number;
}

interface Sample extends Traffic {
  readonly atMs: number;
}

const WINDOW_MS = 60_000;
/** More often than that, a look is not kept: it bounds the memory. */
const RESOLUTION_MS = 1000;

/** Reasons that are the request's or the caller's own, and say nothing about the server. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set<GiveUpReason>([
  'not-retryable',
  'cancelled',
  'should-retry',
]);

/** What happened since a look about a minute ago, from counters that only grow. */
export class RecentTraffic {
  readonly #samples: Sample[];

  constructor(nowMs: number) {
    this.#samples = [{ atMs: nowMs, requests: 0, failed: 0, retries: 0 }];
  }

  /** The traffic of the last minute; since the look before, if that is longer ago. */
  look(stats: Pick<PolicyStats, 'attempts' | 'retries' | 'giveUps'>, nowMs: number): Traffic {
    const samples = this.#samples;
    while (samples[1] !== undefined && samples[1].atMs <= nowMs - WINDOW_MS) samples.shift();
    const current = sampleOf(stats, nowMs);
    const base = samples[0] ?? current;
    if (nowMs - (samples.at(-1) ?? base).atMs >= RESOLUTION_MS) samples.push(current);
    return {
      requests: current.requests - base.requests,
      failed: current.failed - base.failed,
      retries: current.retries - base.retries,
    };
  }
}

function sampleOf(
  { attempts, retries, giveUps }: Pick<PolicyStats, 'attempts' | 'retries' | 'giveUps'>,
  atMs: number,
): Sample {
  const failed = Object.entries(giveUps)
    .filter(([reason]) => !NOT_ITS_FAULT.has(reason))
    .reduce((sum, [, count]) => sum + count, 0);
  return { atMs, requests: attempts - retries, failed, retries };
}
