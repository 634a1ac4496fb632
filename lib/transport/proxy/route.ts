import type { Agent } from 'node:http';
import type { ResolvedClient } from '../../config/resolved.js';
import type { PoolOptions } from '../agents.js';
import { keepAliveOptions, RefusingAgent } from '../agents.js';
import { addRequest, frontOf } from '../delegating-agent.js';
import type { Http2Client } from '../http2/client.js';
import { http2Module } from '../http2/load.js';
import type { RetiredPools } from '../socket-registry.js';
import type { TlsSettings } from '../tls.js';
import type { RequestEndpoint } from './proxy-agents.js';
import { ProxyAgents } from './proxy-agents.js';

/** What the ways out have in common. */
export interface EgressOptions {
  readonly client: ResolvedClient;
  readonly httpPool: PoolOptions;
  readonly httpsPool: PoolOptions;
  readonly tls: TlsSettings;
  /** Pools of direct connections. */
  readonly http: Agent;
  readonly https: Agent;
  /** Takes the pools that are given up. */
  readonly retired: RetiredPools;
}

/**
 * One way out: direct, or through the proxies of one configuration. Its agents decide for every single request, so each
 * hop of a redirect takes its own way.
 */
export class Egress {
  readonly http: Agent;
  readonly https: Agent;
  readonly proxies: ProxyAgents;
  readonly #options: EgressOptions;
  #http2: Http2Client | undefined;

  constructor(options: EgressOptions) {
    const { client, httpPool, httpsPool, tls, retired } = options;
    this.#options = options;
    this.proxies = new ProxyAgents({ client, httpPool, httpsPool, tls, retired });
    this.http = this.#choosing('http:', options.http);
    this.https = this.#choosing('https:', options.https);
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

  /** Has all connections but the direct ones, which others share, end with the requests that use them. */
  retire(): void {
    this.proxies.retire();
    if (this.#http2 !== undefined) this.#options.retired.addHttp2(this.#http2);
  }

  #choosing(protocol: 'http:' | 'https:', direct: Agent): Agent {
    return frontOf(direct, (request, options: RequestEndpoint) => {
      addRequest(this.#agentFor(protocol, options) ?? direct, request, options);
    });
  }

  #agentFor(protocol: 'http:' | 'https:', options: RequestEndpoint): Agent | undefined {
    try {
      return this.proxies.agentFor(protocol, options);
    } catch (error) {
      // The environment names a proxy that is none. Thrown here, from within the making of a request, it would pass
      // by whoever listens to that request.
      return new RefusingAgent(() => error as Error) as unknown as Agent;
    }
  }

  #http2Client({ client, httpPool, httpsPool, tls }: EgressOptions): Http2Client {
    const { autoSelectFamilyAttemptTimeout } = keepAliveOptions(httpsPool);
    return new (http2Module().Http2Client)({
      ...client,
      poolIdleTimeoutMs: httpsPool.poolIdleTimeoutMs,
      poolMaxIdlePerHost: httpsPool.poolMaxIdlePerHost,
      tls,
      connection: httpsPool.connection,
      plainConnection: httpPool.connection,
      autoSelectFamilyAttemptTimeout,
      dialTunnel: (target, signal) => this.proxies.dialTunnel(target, signal),
      proxyOf: (target) => this.proxies.proxyOf(target),
      http1: { http: this.http, https: this.https as Agent & import('node:https').Agent },
      sockets: httpsPool.sockets,
    });
  }
}
