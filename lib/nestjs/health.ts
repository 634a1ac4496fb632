import { Inject, Injectable } from '@nestjs/common';
import type { Policy } from '../index.js';
import { NamedPolicies } from './named-policies.js';
import { RecentTraffic, type Traffic } from './recent-traffic.js';

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
