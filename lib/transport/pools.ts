import type { Agent } from 'node:http';
import { isIPv6 } from 'node:net';
import type { LimitMs, ProxyAddress, ResolvedClient } from '../config/resolved.js';
import type { PoolOptions } from './agents.js';
import { PoolHttpAgent, PoolHttpsAgent } from './agents.js';
import { BoundedMap } from './bounded-map.js';
import type { AdoptedOptions } from './inherited-options.js';
import type { EgressOptions } from './proxy/route.js';
import { Egress } from './proxy/route.js';
import { addressOfAxiosProxy } from './proxy/selection.js';
import type { Pool, RetiredPools, SocketKeeper } from './socket-registry.js';
import { RetirableSockets } from './socket-registry.js';
import type { TlsSettings } from './tls.js';
import { withoutIdentity } from './tls.js';

/** Ways out kept for the proxies that requests name themselves; a caller may rotate through any number of them. */
const MAX_NAMED = 100;

/** What pools are made of. */
interface PoolsOptions {
  readonly client: ResolvedClient;
  /** What the agents for `http://` and `https://` say that ours stand in for; `undefined` = they stay in use. */
  readonly adoptedHttp: AdoptedOptions | undefined;
  readonly adoptedHttps: AdoptedOptions | undefined;
  readonly tls: TlsSettings;
  readonly sockets: SocketKeeper;
  readonly retired: RetiredPools;
}

/** The pools of a policy as long as the agents they stand in for say the same, and the ways out through them. */
export class Pools {
  readonly #client: ResolvedClient;
  readonly #retired: RetiredPools;
  readonly #shared: EgressOptions;
  readonly #direct: readonly [http: Pool, https: Pool];
  readonly #default: Egress;
  /** Ways through proxies that requests named themselves. */
  readonly #named: BoundedMap<string, Egress>;
  /** For where redirects lead; `undefined` without a client certificate. */
  readonly strangers: Pools | undefined;

  constructor(options: PoolsOptions) {
    const { client, adoptedHttp, adoptedHttps, tls, sockets: all, retired } = options;
    const sockets = new RetirableSockets(all);
    const httpPool = poolOptions(client, adoptedHttp, sockets);
    const httpsPool = poolOptions(client, adoptedHttps, sockets);
    const http = new PoolHttpAgent(httpPool);
    const https = new PoolHttpsAgent(httpsPool, tls);
    this.#client = client;
    this.#retired = retired;
    this.#direct = [
      { scheme: 'http', agent: http, sockets },
      { scheme: 'https', agent: https, sockets },
    ];
    this.#shared = { client, httpPool, httpsPool, tls, http, https, retired };
    this.#default = new Egress(this.#shared);
    this.#named = new BoundedMap(MAX_NAMED, (egress) => egress.retire());
    const anonymous = withoutIdentity(tls);
    this.strangers = anonymous && new Pools({ ...options, tls: anonymous });
  }

  /**
   * The way out for a request. Its own `proxy: { host, port }` is its explicit choice; `proxy: false` only means that
   * the environment is not.
   *
   * @throws {PolicyConfigError} if the request names a proxy that is none.
   */
  egressFor(proxy: unknown): Egress {
    if (proxy === false && this.#client.proxyUrl === undefined) return this.#namedEgress('none', () => false);
    if (typeof proxy !== 'object' || proxy === null) return this.#default;
    return this.#namedEgress(JSON.stringify(proxy), () => addressOfAxiosProxy(proxy));
  }

  /** The pool of direct connections. */
  directAgent(protocol: 'http:' | 'https:'): Agent {
    return protocol === 'https:' ? this.#shared.https : this.#shared.http;
  }

  /** Every pool there is by now, and was before; {@link egresses} has those of HTTP/2. */
  all(): Pool[] {
    const proxied = this.#own().flatMap(({ proxies }) => proxies.pools());
    return [...this.#direct, ...proxied, ...(this.strangers?.all() ?? [])];
  }

  egresses(): Egress[] {
    return [...this.#own(), ...(this.strangers?.egresses() ?? [])];
  }

  /** Has connections end with the requests that use them. */
  retire(): void {
    for (const egress of this.#own()) egress.retire();
    this.strangers?.retire();
    for (const pool of this.#direct) this.#retired.add(pool);
  }

  #own(): Egress[] {
    return [this.#default, ...this.#named.values()];
  }

  #namedEgress(key: string, addressOf: () => ProxyAddress | false): Egress {
    return this.#named.getOrMake(key, () => {
      const client = { ...this.#client, proxyUrl: addressOf(), proxyExcludes: [] };
      return new Egress({ ...this.#shared, client });
    });
  }
}

/** A field that the user set wins; where it is at its default, the stricter of the two does. */
function poolOptions(
  client: ResolvedClient,
  adopted: AdoptedOptions | undefined,
  sockets: SocketKeeper,
): PoolOptions {
  const { connection = {}, settings = {}, pooling = {} } = adopted ?? {};
  const isSet = (key: string) => client.explicit.some((option) => option.key === key);
  const mayReuse = pooling.keepAlive !== false || isSet('poolIdleTimeout') || isSet('poolMaxIdlePerHost');
  return {
    connectTimeoutMs: client.connectTimeoutMs,
    poolIdleTimeoutMs: mayReuse ? idleTimeoutMs(client, pooling.idleTimeoutMs, isSet('poolIdleTimeout')) : 0,
    poolMaxIdlePerHost: isSet('poolMaxIdlePerHost')
      ? client.poolMaxIdlePerHost
      : Math.min(client.poolMaxIdlePerHost, pooling.maxIdlePerHost ?? Number.POSITIVE_INFINITY),
    sockets,
    connection,
    settings,
    silenceMs: isSet('readTimeout') ? undefined : pooling.silenceMs,
    maxAgeMs: pooling.maxAgeMs,
  };
}

function idleTimeoutMs(client: ResolvedClient, ofAgentMs: number | undefined, isSet: boolean): LimitMs {
  const { poolIdleTimeoutMs } = client;
  if (isSet || ofAgentMs === undefined) return poolIdleTimeoutMs;
  return poolIdleTimeoutMs === false ? ofAgentMs : Math.min(poolIdleTimeoutMs, ofAgentMs);
}

/** What a pool holds for one origin. */
export interface PoolStats {
  /** `https://host:port`. */
  readonly origin: string;
  /** Connections with a request on them. */
  readonly active: number;
  /** Connections kept for reuse. */
  readonly idle: number;
  /** Requests waiting for a connection. */
  readonly pending: number;
}

/** The pools of one agent, by origin. */
export function poolStats(scheme: 'http' | 'https', agent: Agent): PoolStats[] {
  const counts = new Map<string, { active: number; idle: number; pending: number }>();
  const count = (lists: NodeJS.ReadOnlyDict<readonly unknown[]>, key: 'active' | 'idle' | 'pending') => {
    for (const [name, list] of Object.entries(lists)) {
      const origin = `${scheme}://${authorityOf(name)}`;
      const entry = counts.get(origin) ?? { active: 0, idle: 0, pending: 0 };
      entry[key] += list?.length ?? 0;
      counts.set(origin, entry);
    }
  };
  count(agent.sockets, 'active');
  count(agent.freeSockets, 'idle');
  count(agent.requests, 'pending');
  return [...counts].map(([origin, entry]) => ({ origin, ...entry }));
}

/**
 * Node names a pool `host:port:localAddress:family:…`, and does not put an IPv6 host in brackets. What may be the end
 * of such a host or its port is the port, for nothing behind it can make the host longer and still an address.
 */
function authorityOf(name: string): string {
  let authority: string | undefined;
  for (const { index, 1: port } of name.matchAll(/:(?=(\d+):)/g)) {
    const host = name.slice(0, index);
    if (isIPv6(host)) authority = `[${host}]:${port}`;
  }
  if (authority !== undefined) return authority;
  const [host, port] = name.split(':', 2);
  return port ? `${host}:${port}` : `${host}`;
}
