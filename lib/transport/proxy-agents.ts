import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { ProxyAddress, ResolvedClient } from '../config/resolved.js';
import type { PoolOptions } from './agents.js';
import { forwardAgent } from './forward-agent.js';
import { ProxySelector, type ProxyTarget } from './proxy-selection.js';
import type { TlsSettings } from './tls.js';
import { type DialOptions, dialOptions, openTunnel, type ProxyTlsOptions } from './tunnel.js';
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
  /** Stands in for `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Where one request goes, as an agent is told. */
export interface RequestEndpoint {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly socketPath?: string | null | undefined;
}

/** An agent, and the scheme of the connections it pools. */
export interface ProxiedPool {
  readonly scheme: 'http' | 'https';
  readonly agent: Agent;
}

/**
 * The agents of the requests that go through proxies: one per proxy and scheme of URL, made when first needed. Which
 * proxy it is, if any, is decided for every single request, so every hop of a redirect takes its own way.
 */
export class ProxyAgents {
  readonly #options: ProxyAgentsOptions;
  readonly #selector: ProxySelector;
  readonly #proxyTls: TlsSettings;
  readonly #forward = new Map<ProxyAddress, Agent>();
  readonly #tunnel = new Map<ProxyAddress, Agent>();
  #hopTls: ProxyTlsOptions | undefined;

  constructor(options: ProxyAgentsOptions) {
    const { client, env } = options;
    this.#options = options;
    this.#selector = new ProxySelector(client.proxyUrl, client.proxyExcludes, env);
    this.#proxyTls = proxyTlsOf(client);
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
    return protocol === 'https:' ? this.#tunnelAgent(proxy) : this.#forwardAgent(proxy);
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
    const { client, httpsPool } = this.#options;
    const dial = dialOptions((httpsPool.connection ?? {}) as DialOptions);
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
  pools(): ProxiedPool[] {
    return [
      ...[...this.#forward].map(([proxy, agent]) => ({ scheme: schemeOf(proxy), agent })),
      ...[...this.#tunnel.values()].map((agent) => ({ scheme: 'https' as const, agent })),
    ];
  }

  #forwardAgent(proxy: ProxyAddress): Agent {
    const { httpPool } = this.#options;
    return madeOnce(this.#forward, proxy, () =>
      forwardAgent({ ...httpPool, proxy: proxy.origin }, this.#proxyTls, proxy),
    );
  }

  #tunnelAgent(proxy: ProxyAddress): Agent {
    const { client, httpsPool, tls } = this.#options;
    const { userAgent } = client;
    return madeOnce(this.#tunnel, proxy, () => {
      const pool = { ...httpsPool, proxy: proxy.origin };
      return new TunnelHttpsAgent(pool, tls, { proxy, tls: this.#tlsOfHop(), userAgent });
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

function madeOnce(agents: Map<ProxyAddress, Agent>, proxy: ProxyAddress, make: () => Agent): Agent {
  const known = agents.get(proxy);
  if (known !== undefined) return known;
  const agent = make();
  agents.set(proxy, agent);
  return agent;
}
