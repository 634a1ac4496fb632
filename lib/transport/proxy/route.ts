import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { BoundedMap } from '../../config/bounded-map.js';
import type { ProxyAddress, ResolvedClient } from '../../config/resolved.js';
import type { PoolAgent } from '../agents.js';
import type { Http2Client } from '../http2/client.js';
import { http2Module } from '../http2/load.js';
import type { PoolOptions } from '../pool-options.js';
import { addressAttemptTimeoutMs } from '../pool-options.js';
import type { Pool, PooledAgent } from '../socket-registry.js';
import { RetirableSockets, RetiredPools } from '../socket-registry.js';
import type { UrlTarget } from '../target.js';
import type { TlsSettings } from '../tls.js';
import { proxyTls, secureContextOf } from '../tls.js';
import { forwardAgent } from './forward-agent.js';
import { ProxySelector } from './selection.js';
import type { DialOptions, ProxyTlsOptions } from './tunnel.js';
import { dialOptions, openTunnel } from './tunnel.js';
import { TunnelHttpsAgent } from './tunnel-agent.js';

/** What routes are made of; all but the client is the same for every route of a policy. */
export interface RouteOptions {
  readonly client: ResolvedClient;
  /** How connections for `http://` and for `https://` requests are pooled. */
  readonly httpPool: PoolOptions;
  readonly httpsPool: PoolOptions;
  /** TLS of the connections to origins. */
  readonly tls: TlsSettings;
  /** Pools of direct connections. */
  readonly http: PoolAgent;
  readonly https: PoolAgent;
  /** Takes the pools that are given up. */
  readonly retired?: RetiredPools;
  /** Stands in for `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/** An environment may name another proxy every minute. */
const MAX_PROXIES = 100;

/**
 * The way of requests to their origins: directly, or through the proxies of one configuration. Its two agents decide for
 * every single request, so each hop of a redirect takes its own way. There is a pool per proxy and scheme of URL, made
 * when first needed.
 */
export class Route {
  readonly http: Agent;
  readonly https: Agent;
  readonly selector: ProxySelector;
  readonly #options: RouteOptions;
  readonly #proxyTls: TlsSettings;
  readonly #retired: RetiredPools;
  readonly #forward: BoundedMap<ProxyAddress, Pool>;
  readonly #tunnel: BoundedMap<ProxyAddress, Pool>;
  #http2: Http2Client | undefined;

  constructor(options: RouteOptions) {
    const { client, env, retired = new RetiredPools() } = options;
    const onForgotten = (pool: Pool) => retired.add(pool);
    this.#options = options;
    this.selector = new ProxySelector(client.proxyUrl, client.proxyExcludes, env);
    this.#proxyTls = proxyTls(client);
    this.#retired = retired;
    this.#forward = new BoundedMap(MAX_PROXIES, { onForgotten });
    this.#tunnel = new BoundedMap(MAX_PROXIES, { onForgotten });
    this.http = this.selector.agentFor('http:', options.http, (proxy) => this.agentOf('http:', proxy));
    this.https = this.selector.agentFor('https:', options.https, (proxy) => this.agentOf('https:', proxy));
  }

  /** Where HTTP/2 may be spoken; `undefined` = HTTP/1.1 only. To be asked once {@link http2Module} is loaded. */
  get http2(): Http2Client | undefined {
    if (this.#options.client.http1Only) return undefined;
    this.#http2 ??= this.#http2Client(this.#options);
    return this.#http2;
  }

  /** The same, if it was ever asked for. */
  get usedHttp2(): Http2Client | undefined {
    return this.#http2;
  }

  /**
   * Opens a raw connection to the target through its proxy, or answers `undefined` where none applies. For HTTP/2,
   * which no proxy forwards.
   *
   * @throws {PolicyConfigError} if the environment names a proxy that is none.
   */
  dialTunnel(target: UrlTarget, signal: AbortSignal): Promise<Socket> | undefined {
    const proxy = this.selector.proxyFor(target);
    if (proxy === undefined) return undefined;
    const { client, httpPool, httpsPool } = this.#options;
    const { connection = {} } = target.protocol === 'http:' ? httpPool : httpsPool;
    const dial = dialOptions(connection as DialOptions, proxy, httpsPool.addresses);
    return openTunnel(proxy, target, { signal, tls: this.#tlsOfHop(), userAgent: client.userAgent, dial });
  }

  /** `http://host:port` of the proxy for a target, if it has one. */
  proxyOf(target: UrlTarget): string | undefined {
    try {
      return this.selector.proxyFor(target)?.origin;
    } catch {
      // Whoever dials is told what is wrong with it.
      return undefined;
    }
  }

  /** The pool of a proxy for requests of one scheme. */
  agentOf(protocol: UrlTarget['protocol'], proxy: ProxyAddress): PooledAgent {
    return (protocol === 'https:' ? this.#tunnelPool(proxy) : this.#forwardPool(proxy)).agent;
  }

  /** Every pool of a proxy there is by now. */
  pools(): Pool[] {
    return [...this.#forward.values(), ...this.#tunnel.values()];
  }

  /** Has all connections but the direct ones, which others share, end with the requests that use them. */
  retire(): void {
    for (const pool of this.pools()) this.#retired.add(pool);
    if (this.#http2 !== undefined) this.#retired.addHttp2(this.#http2);
  }

  #forwardPool(proxy: ProxyAddress): Pool {
    return this.#forward.getOrMake(proxy, () => {
      const pool = ownPool(this.#options.httpPool, proxy);
      const scheme = proxy.protocol === 'https:' ? 'https' : 'http';
      return { scheme, agent: forwardAgent(pool, this.#proxyTls, proxy), sockets: pool.sockets };
    });
  }

  #tunnelPool(proxy: ProxyAddress): Pool {
    return this.#tunnel.getOrMake(proxy, () => {
      const { client, httpsPool, tls } = this.#options;
      const pool = ownPool(httpsPool, proxy);
      const hop = { proxy, tls: this.#tlsOfHop(), userAgent: client.userAgent };
      return { scheme: 'https', agent: new TunnelHttpsAgent(pool, tls, hop), sockets: pool.sockets };
    });
  }

  /** The TLS to a proxy as options of one connection. */
  #tlsOfHop(): ProxyTlsOptions {
    const secureContext = secureContextOf(this.#proxyTls);
    return { ...this.#proxyTls.handshake, ...(secureContext === undefined ? {} : { secureContext }) };
  }

  #http2Client({ client, httpPool, httpsPool, tls }: RouteOptions): Http2Client {
    return new (http2Module().Http2Client)({
      ...client,
      poolIdleTimeoutMs: httpsPool.poolIdleTimeoutMs,
      poolMaxIdlePerHost: httpsPool.poolMaxIdlePerHost,
      tls,
      connection: httpsPool.connection,
      plainConnection: httpPool.connection,
      autoSelectFamilyAttemptTimeout: addressAttemptTimeoutMs(client.connectTimeoutMs),
      dialTunnel: (target, signal) => this.dialTunnel(target, signal),
      proxyOf: (target) => this.proxyOf(target),
      http1: { http: this.http, https: this.https as Agent & import('node:https').Agent },
      sockets: httpsPool.sockets,
      addresses: httpsPool.addresses,
      leaves: httpsPool.leaves,
      owner: httpsPool.owner,
      drawMaxAgeMs: httpsPool.drawMaxAgeMs,
    });
  }
}

/** The options of a pool that is retired by itself. */
function ownPool(shared: PoolOptions, proxy: ProxyAddress): PoolOptions & { sockets: RetirableSockets } {
  return { ...shared, sockets: new RetirableSockets(shared.sockets), proxy: proxy.origin };
}
