import { Inject, Injectable } from '@nestjs/common';
import type { GiveUpReason, Policy, PolicyStats } from '../index.js';
import { NamedPolicies } from './http-policy-client.js';

/** Counts over a stretch of time. */
interface Traffic {
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
  /** The last look that is a minute old; before there is one, the first. */
  #base: Sample;
  readonly #later: Sample[] = [];

  constructor(nowMs: number) {
    this.#base = { atMs: nowMs, requests: 0, failed: 0, retries: 0 };
  }

  /** The traffic of the last minute; since the look before, if that is longer ago. */
  look(stats: Pick<PolicyStats, 'attempts' | 'retries' | 'giveUps'>, nowMs: number): Traffic {
    const current = sampleOf(stats, nowMs);
    const later = this.#later;
    for (let next = later[0]; next !== undefined && next.atMs <= nowMs - WINDOW_MS; next = later[0]) {
      this.#base = next;
      later.shift();
    }
    const base = this.#base;
    const { atMs } = later.at(-1) ?? base;
    if (nowMs - atMs >= RESOLUTION_MS) later.push(current);
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

/** The health of one client, in the shape of an indicator's result of `@nestjs/terminus`. */
export interface HttpPolicyHealthStatus extends Traffic {
  /** `down` while too many of the latest requests fail in the end, retries and all. */
  readonly status: 'up' | 'down';
  /** Requests under way over HTTP/1.1. */
  readonly active: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
}

/** When a client counts as down. */
export interface HttpPolicyHealthLimits {
  /**
   * Share of the requests of the last minute that may fail.
   * @defaultValue `0.5`
   */
  readonly maxFailedShare?: number;
  /**
   * With fewer requests than this in the last minute, a client is `up`: they are too few to judge by.
   * @defaultValue `10`
   */
  readonly minRequests?: number;
}

/**
 * A health indicator for every client that has a name. It sends nothing: it reads `stats()`, so it tells how the app's
 * own requests went in the last minute.
 *
 * Works with `@nestjs/terminus`, by the shape of its result: `health.check([() => upstreams.check()])`.
 */
@Injectable()
export class HttpPolicyHealth {
  readonly #policies: NamedPolicies;
  readonly #traffic = new WeakMap<Policy, RecentTraffic>();
  readonly #startedMs = performance.now();

  constructor(@Inject(NamedPolicies) policies: NamedPolicies) {
    this.#policies = policies;
  }

  /** The health of every named client, by name. */
  check(limits: HttpPolicyHealthLimits = {}): Record<string, HttpPolicyHealthStatus> {
    return Object.fromEntries(
      [...this.#policies].map(([name, policy]) => [name, this.#healthOf(policy, limits)]),
    );
  }

  #healthOf(policy: Policy, { maxFailedShare = 0.5, minRequests = 10 }: HttpPolicyHealthLimits) {
    const stats = policy.stats();
    const traffic = this.#trafficOf(policy).look(stats, performance.now());
    const isDown = traffic.requests >= minRequests && traffic.failed > maxFailedShare * traffic.requests;
    const total = (key: 'active' | 'pending') => stats.pools.reduce((sum, pool) => sum + pool[key], 0);
    const status: 'up' | 'down' = isDown ? 'down' : 'up';
    return { status, ...traffic, active: total('active'), pending: total('pending') };
  }

  #trafficOf(policy: Policy): RecentTraffic {
    const known = this.#traffic.get(policy) ?? new RecentTraffic(this.#startedMs);
    this.#traffic.set(policy, known);
    return known;
  }
}
