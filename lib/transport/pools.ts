import { isIPv6 } from 'node:net';
import { BoundedMap } from '../config/bounded-map.js';
import { authorityOf } from '../config/host.js';
import type { ProxyAddress, ResolvedClient } from '../config/resolved.js';
import type { PoolAgent } from './agents.js';
import { PoolHttpAgent, PoolHttpsAgent } from './agents.js';
import type { InheritedOptions } from './inherited-options.js';
import type { AddressOptions } from './pool-options.js';
import { poolOptions } from './pool-options.js';
import { addressOfAxiosProxy } from './proxy/axios-proxy.js';
import type { RouteOptions } from './proxy/route.js';
import { Route } from './proxy/route.js';
import type { Pool, PooledAgent, RetiredPools, SocketKeeper } from './socket-registry.js';
import { RetirableSockets } from './socket-registry.js';
import type { TlsSettings } from './tls.js';
import { withoutIdentity } from './tls.js';

/** Routes kept for the proxies that requests name themselves; a caller may rotate through any number of them. */
const MAX_NAMED = 100;

/** What pools are made of. */
interface PoolsOptions {
  readonly client: ResolvedClient;
  /** What the agents for `http://` and `https://` say that ours stand in for; `undefined` = they stay in use. */
  readonly inheritedHttp: InheritedOptions | undefined;
  readonly inheritedHttps: InheritedOptions | undefined;
  readonly tls: TlsSettings;
  readonly sockets: SocketKeeper;
  readonly retired: RetiredPools;
  readonly addresses: AddressOptions;
}

/** The pools of a policy as long as the agents they stand in for say the same, and the routes through them. */
export class Pools {
  readonly #client: ResolvedClient;
  readonly #retired: RetiredPools;
  readonly #shared: RouteOptions;
  readonly #direct: readonly [http: Pool, https: Pool];
  /** Of requests that name no proxy of their own. */
  readonly route: Route;
  /** Through proxies that requests named themselves. */
  readonly #named: BoundedMap<string, Route>;
  /** The same without the client certificate, for where redirects lead; `undefined` if there is none. */
  readonly anonymous: Pools | undefined;

  constructor(options: PoolsOptions) {
    const { addresses, client, inheritedHttp, inheritedHttps, tls, sockets: all, retired } = options;
    const sockets = new RetirableSockets(all);
    const httpPool = poolOptions(client, inheritedHttp, sockets, addresses);
    const httpsPool = poolOptions(client, inheritedHttps, sockets, addresses);
    const http = new PoolHttpAgent(httpPool);
    const https = new PoolHttpsAgent(httpsPool, tls);
    this.#client = client;
    this.#retired = retired;
    this.#direct = [
      { scheme: 'http', agent: http, sockets },
      { scheme: 'https', agent: https, sockets },
    ];
    this.#shared = { client, httpPool, httpsPool, tls, http, https, retired };
    this.route = new Route(this.#shared);
    this.#named = new BoundedMap(MAX_NAMED, { onForgotten: (route) => route.retire() });
    const anonymousTls = withoutIdentity(tls);
    this.anonymous = anonymousTls && new Pools({ ...options, tls: anonymousTls });
  }

  /**
   * The route of a request. Its own `proxy: { host, port }` is its explicit choice; `proxy: false` only means that
   * the environment is not.
   *
   * @throws {PolicyConfigError} if the request names a proxy that is none.
   */
  routeFor(proxy: unknown): Route {
    if (proxy === false && this.#client.proxyUrl === undefined) return this.#namedRoute('none', () => false);
    if (typeof proxy !== 'object' || proxy === null) return this.route;
    return this.#namedRoute(JSON.stringify(proxy), () => addressOfAxiosProxy(proxy));
  }

  /** The pool of direct connections. */
  directAgent(protocol: 'http:' | 'https:'): PoolAgent {
    return protocol === 'https:' ? this.#shared.https : this.#shared.http;
  }

  /** Every pool there is by now, and was before; {@link routes} has those of HTTP/2. */
  all(): Pool[] {
    const proxied = this.#own().flatMap((route) => route.pools());
    return [...this.#direct, ...proxied, ...(this.anonymous?.all() ?? [])];
  }

  routes(): Route[] {
    return [...this.#own(), ...(this.anonymous?.routes() ?? [])];
  }

  /** Has connections end with the requests that use them. */
  retire(): void {
    for (const route of this.#own()) route.retire();
    this.anonymous?.retire();
    for (const pool of this.#direct) this.#retired.add(pool);
  }

  #own(): Route[] {
    return [this.route, ...this.#named.values()];
  }

  #namedRoute(key: string, addressOf: () => ProxyAddress | false): Route {
    return this.#named.getOrMake(key, () => {
      const client = { ...this.#client, proxyUrl: addressOf(), proxyExcludes: [] };
      return new Route({ ...this.#shared, client });
    });
  }
}

/** What a pool holds for one origin. */
export interface PoolStats {
  /** `https://host:port`, or `unix:/path`. */
  readonly origin: string;
  /** Connections with a request on them. */
  readonly active: number;
  /** Connections kept for reuse. */
  readonly idle: number;
  /** Requests waiting for a connection. */
  readonly pending: number;
}

/** The pools of one agent, by origin. */
export function poolStats(scheme: Pool['scheme'], agent: Pick<PooledAgent, 'getCurrentStatus'>): PoolStats[] {
  const { sockets, freeSockets, requests } = agent.getCurrentStatus();
  const counts = new Map<string, { active: number; idle: number; pending: number }>();
  const count = (byName: Readonly<Record<string, number>>, key: 'active' | 'idle' | 'pending') => {
    for (const [name, number] of Object.entries(byName)) {
      const origin = unixOriginOfPool(name) ?? `${scheme}://${authorityOfPool(name)}`;
      const entry = counts.get(origin) ?? { active: 0, idle: 0, pending: 0 };
      entry[key] += number;
      counts.set(origin, entry);
    }
  };
  count(sockets, 'active');
  count(freeSockets, 'idle');
  count(requests, 'pending');
  return [...counts].map(([origin, entry]) => ({ origin, ...entry }));
}

/** The path of a Unix socket stands behind the address, whose host means nothing then: follow-redirects makes one up. */
const UNIX_SOCKET = /^[^/]*:\d*:[^:/]*(?::[46])?:(\/[^:]*)/;

function unixOriginOfPool(name: string): string | undefined {
  const path = UNIX_SOCKET.exec(name)?.[1];
  return path === undefined ? undefined : `unix:${path}`;
}

/**
 * Node names a pool `host:port:localAddress:family:…`, and does not put an IPv6 host in brackets. What may be the end
 * of such a host or its port is the port, for nothing behind it can make the host longer and still an address.
 */
function authorityOfPool(name: string): string {
  let authority: string | undefined;
  for (const { index, 1: port = '' } of name.matchAll(/:(?=(\d+):)/g)) {
    const host = name.slice(0, index);
    if (isIPv6(host)) authority = authorityOf(host, port);
  }
  if (authority !== undefined) return authority;
  const [host, port] = name.split(':', 2);
  return port ? `${host}:${port}` : `${host}`;
}
