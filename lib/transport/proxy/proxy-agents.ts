import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { ProxyAddress, ResolvedClient } from '../../config/resolved.js';
import type { PoolOptions } from '../agents.js';
import { BoundedMap } from '../bounded-map.js';
import type { Pool } from '../socket-registry.js';
import { RetirableSockets, RetiredPools } from '../socket-registry.js';
import type { TlsSettings } from '../tls.js';
import { forwardAgent } from './forward-agent.js';
import type { ProxyTarget } from './selection.js';
import { ProxySelector } from './selection.js';
import type { DialOptions, ProxyTlsOptions } from './tunnel.js';
import { dialOptions, openTunnel } from './tunnel.js';
import { TunnelHttpsAgent } from './tunnel-agent.js';

/** What the agents for proxied requests are made of. */
export interface ProxyAgentsOptions {
  readonly client: Pick<
    ResolvedClient,
    'allowInvalidCertificates' | 'proxyExcludes' | 'proxyUrl' | 'tls' | 'userAgent'
  >;
  /** How connections for `http://` requests are pooled. */
  readonly httpPool: PoolOptions;
  /** How connections for `https://` requests are pooled. */
  readonly httpsPool: PoolOptions;
  /** TLS of the connections to origins. */
  readonly tls: TlsSettings;
  /** Takes the pools that are given up. */
  readonly retired?: RetiredPools;
  /** Stands in for `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Where one request goes, as an agent is told. */
export interface RequestEndpoint {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly socketPath?: string | null | undefined;
}

/** An environment may name another proxy every minute. */
const MAX_PROXIES = 100;

/**
 * The agents of the requests that go through proxies: one per proxy and scheme of URL, made when first needed. Which
 * proxy it is, if any, is decided for every single request, so every hop of a redirect takes its own way.
 */
export class ProxyAgents {
  readonly #options: ProxyAgentsOptions;
  readonly #selector: ProxySelector;
  readonly #proxyTls: TlsSettings;
  readonly #retired: RetiredPools;
  readonly #forward: BoundedMap<ProxyAddress, Pool>;
  readonly #tunnel: BoundedMap<ProxyAddress, Pool>;
  #hopTls: ProxyTlsOptions | undefined;

  constructor(options: ProxyAgentsOptions) {
    const { client, env } = options;
    this.#options = options;
    this.#selector = new ProxySelector(client.proxyUrl, client.proxyExcludes, env);
    this.#proxyTls = proxyTlsOf(client);
    this.#retired = options.retired ?? new RetiredPools();
    this.#forward = new BoundedMap(MAX_PROXIES, (pool) => this.#retired.add(pool));
    this.#tunnel = new BoundedMap(MAX_PROXIES, (pool) => this.#retired.add(pool));
  }

  /**
   * The agent for a request, or `undefined` if it goes to its origin directly.
   *
   * @throws {PolicyConfigError} if the environment names a proxy that is none.
   */
  agentFor(protocol: ProxyTarget['protocol'], endpoint: RequestEndpoint): Agent | undefined {
    if (endpoint.socketPath) return undefined;
    const port = Number(endpoint.port ?? (protocol === 'https:' ? 443 : 80));
    const proxy = this.#selector.proxyFor({ protocol, hostname: endpoint.host ?? 'localhost', port });
    if (proxy === undefined) return undefined;
    const pool = protocol === 'https:' ? this.#tunnelPool(proxy) : this.#forwardPool(proxy);
    return pool.agent;
  }

  /**
   * Opens a raw connection to the target through its proxy, or answers `undefined` where none applies. For HTTP/2,
   * which no proxy forwards.
   *
   * @throws {PolicyConfigError} if the environment names a proxy that is none.
   */
  dialTunnel(target: ProxyTarget, signal: AbortSignal): Promise<Socket> | undefined {
    const proxy = this.#selector.proxyFor(target);
    if (proxy === undefined) return undefined;
    const { client, httpPool, httpsPool } = this.#options;
    const { connection = {} } = target.protocol === 'http:' ? httpPool : httpsPool;
    const dial = dialOptions(connection as DialOptions);
    return openTunnel(proxy, target, { signal, tls: this.#tlsOfHop(), userAgent: client.userAgent, dial });
  }

  /** `http://host:port` of the proxy for a target, if it has one. */
  proxyOf(target: ProxyTarget): string | undefined {
    try {
      return this.#selector.proxyFor(target)?.origin;
    } catch {
      // Whoever dials is told what is wrong with it.
      return undefined;
    }
  }

  /** Every pool there is by now. */
  pools(): Pool[] {
    return [...this.#forward.values(), ...this.#tunnel.values()];
  }

  /** Has connections end with the requests that use them. */
  retire(): void {
    for (const pool of this.pools()) this.#retired.add(pool);
  }

  #forwardPool(proxy: ProxyAddress): Pool {
    const { httpPool } = this.#options;
    return this.#forward.getOrMake(proxy, () => {
      const sockets = new RetirableSockets(httpPool.sockets);
      const agent = forwardAgent({ ...httpPool, sockets, proxy: proxy.origin }, this.#proxyTls, proxy);
      return { scheme: schemeOf(proxy), agent, sockets };
    });
  }

  #tunnelPool(proxy: ProxyAddress): Pool {
    const { client, httpsPool, tls } = this.#options;
    const { userAgent } = client;
    return this.#tunnel.getOrMake(proxy, () => {
      const sockets = new RetirableSockets(httpsPool.sockets);
      const hop = { proxy, tls: this.#tlsOfHop(), userAgent };
      const agent = new TunnelHttpsAgent({ ...httpsPool, sockets, proxy: proxy.origin }, tls, hop);
      return { scheme: 'https', agent, sockets };
    });
  }

  /** The TLS to a proxy as options of one connection, the certificates read once. */
  #tlsOfHop(): ProxyTlsOptions {
    const { handshake, material } = this.#proxyTls;
    this.#hopTls ??= {
      ...(handshake.rejectUnauthorized === false ? { rejectUnauthorized: false } : {}),
      ...(material === undefined ? {} : { secureContext: createSecureContext(material) }),
    };
    return this.#hopTls;
  }
}

/** Of the material for origins, a client certificate above all, nothing is for a proxy. */
function proxyTlsOf({ tls, allowInvalidCertificates }: ProxyAgentsOptions['client']): TlsSettings {
  const { proxyCa } = tls.reveal();
  return {
    handshake: allowInvalidCertificates ? { rejectUnauthorized: false } : {},
    material: proxyCa === undefined ? undefined : ({ ca: proxyCa } as SecureContextOptions),
  };
}

function schemeOf({ protocol }: ProxyAddress): 'http' | 'https' {
  return protocol === 'https:' ? 'https' : 'http';
}
