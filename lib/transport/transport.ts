import nodeHttp, {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import nodeHttps from 'node:https';
import type { ProxyAddress, ResolvedClient } from '../config/resolved.js';
import { type AdoptedOptions, adoptAgent } from './adopt.js';
import { PoolHttpAgent, PoolHttpsAgent, type PoolOptions } from './agents.js';
import type { Attempt } from './attempt.js';
import { addressOfAxiosProxy } from './axios-proxy.js';
import { Egress, type EgressOptions } from './egress.js';
import { HttpGate } from './http-gate.js';
import type { Http2Client } from './http2/client.js';
import type { Http2OriginStats } from './http2/session-pool.js';
import { observedAgent } from './observed-agent.js';
import { type PoolStats, poolStats } from './pool-stats.js';
import {
  confidentially,
  type RedirectableOptions,
  type RedirectRules,
  RedirectTransport,
} from './redirect.js';
import { SentRequest } from './sent-request.js';
import { SocketRegistry } from './socket-registry.js';
import { resolveTls } from './tls.js';

/** What a request's config says of connections, or an instance's defaults did. */
export interface GivenConnections {
  readonly httpAgent?: unknown;
  readonly httpsAgent?: unknown;
  readonly proxy?: unknown;
  readonly transport?: unknown;
  readonly maxRedirects?: number | undefined;
  readonly beforeRedirect?: unknown;
  readonly sensitiveHeaders?: unknown;
}

/** What goes on the config of one attempt instead. */
export interface AttemptConnections
  extends Pick<GivenConnections, 'maxRedirects' | 'beforeRedirect' | 'sensitiveHeaders'> {
  readonly httpAgent: Agent;
  readonly httpsAgent: Agent;
  /** `false`, so that axios does not put an agent of its own in place of ours. */
  readonly proxy: unknown;
  readonly transport?: unknown;
}

/** Where a request goes; the hostname without the brackets of an IPv6 literal, the port empty for the default one. */
export interface Origin {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: string;
}

/** The agent for one request that is made on the native client. */
export interface ChosenAgent {
  readonly agent: Agent;
  /** Whether it is the caller's own. */
  readonly isForeign: boolean;
}

/** Ways out kept for the proxies that requests name themselves; a caller may rotate through any number of them. */
const MAX_NAMED = 100;

/** Connections of one policy: pools, and how a request gets into them. */
export class Transport {
  readonly #client: ResolvedClient;
  readonly #instanceAgents: GivenConnections;
  readonly #sockets = new SocketRegistry();
  readonly #shared: EgressOptions;
  readonly #default: Egress;
  /** Ways through proxies that requests named themselves. */
  readonly #perProxy = new Map<string, Egress>();
  readonly #httpGate: HttpGate;
  /** Whether the instance's own agent connects in a way of its own (a proxy agent) and stays in use. */
  readonly #keptHttp: boolean;
  readonly #keptHttps: boolean;

  /**
   * @param existing the agents the instance had when the policy was attached; they are read, never changed.
   * @throws {PolicyConfigError} on TLS material that OpenSSL refuses.
   */
  constructor(client: ResolvedClient, existing: GivenConnections) {
    this.#client = client;
    this.#instanceAgents = { ...existing };
    const adoptedHttp = adoptAgent(existing.httpAgent);
    const adoptedHttps = adoptAgent(existing.httpsAgent);
    this.#keptHttp = adoptedHttp === undefined;
    this.#keptHttps = adoptedHttps === undefined;
    const tls = resolveTls(client, adoptedHttps);
    const httpPool = this.#poolOptions(adoptedHttp);
    const httpsPool = this.#poolOptions(adoptedHttps);
    const http = new PoolHttpAgent(httpPool);
    const https = new PoolHttpsAgent(httpsPool, tls);
    this.#shared = { client, httpPool, httpsPool, tls, http, https };
    this.#default = new Egress(this.#shared);
    this.#httpGate = new HttpGate(client.allowHttp);
  }

  /**
   * The connections for one attempt of a request.
   *
   * @param given what the request's config carries. An agent other than the one the instance had at attach is the
   * caller's explicit choice: it is used, and merely observed.
   * @throws {PolicyConfigError} if the request names a proxy that is none.
   */
  connectionsFor(attempt: Attempt, given: GivenConnections): AttemptConnections {
    const { httpAgent, httpsAgent } = this.#instanceAgents;
    const foreignHttp = foreign(given.httpAgent, httpAgent, this.#keptHttp);
    const foreignHttps = foreign(given.httpsAgent, httpsAgent, this.#keptHttps);
    const egress = this.#egressFor(given.proxy);
    const http = this.#httpGate.before(foreignHttp ?? egress.http);
    const connections: AttemptConnections = {
      httpAgent: observedAgent(attempt, http, foreignHttp !== undefined),
      httpsAgent: observedAgent(attempt, foreignHttps ?? egress.https, foreignHttps !== undefined),
      proxy: foreignHttps === undefined ? false : (given.proxy ?? false),
      beforeRedirect: confidentially(rulesOf(attempt, given), attempt.url),
    };
    if (foreignHttps !== undefined || egress.http2 === undefined || given.transport != null)
      return connections;
    return { ...connections, transport: this.#http2Transport(egress.http2, attempt, connections, given) };
  }

  /**
   * The agent for a request that is made on the native client, and is allowed to be.
   *
   * @returns `undefined` where HTTP/2 may be spoken, or axios is to make something of a proxy and an agent of the caller.
   */
  agentFor(origin: Origin, given: GivenConnections): ChosenAgent | undefined {
    const isHttps = origin.protocol === 'https:';
    const own = isHttps
      ? this.#ownHttpsAgent(given)
      : foreign(given.httpAgent, this.#instanceAgents.httpAgent, this.#keptHttp);
    if (own !== undefined) {
      const isHttp2 = !isHttps && this.#client.http2Only;
      return given.proxy || isHttp2 ? undefined : { agent: own, isForeign: true };
    }
    const egress = this.#egressFor(given.proxy);
    if (egress.http2 !== undefined && !egress.http2.isHttp1(origin)) return undefined;
    return { agent: isHttps ? egress.https : egress.http, isForeign: false };
  }

  /**
   * The client for a request that is made on HTTP/2.
   *
   * @returns `undefined` where HTTP/2 is not spoken.
   */
  http2For({ protocol }: Origin, given: GivenConnections): Http2Client | undefined {
    if (this.#client.http1Only) return undefined;
    if (protocol === 'https:' && this.#ownHttpsAgent(given) !== undefined) return undefined;
    return this.#egressFor(given.proxy).http2;
  }

  /**
   * A transport for axios whose first request is one that was sent already, and has its response; only what a redirect
   * asks for is sent.
   */
  replay(given: AttemptConnections, sent: ClientRequest, response: IncomingMessage): unknown {
    type OnResponse = (response: IncomingMessage) => void;
    let failure: Error | undefined;
    // Where the follower reads no further, nothing that comes after counts.
    if (!response.destroyed)
      sent.once('error', (error) => {
        failure = error;
      });
    const replayed = (onResponse?: OnResponse) => new SentRequest(sent, response, onResponse, failure);
    // Where HTTP/2 may be spoken there is one already.
    if (given.transport instanceof RedirectTransport) return given.transport.replaying(replayed);
    const scheme = (native: typeof nodeHttp | typeof nodeHttps, agent: Agent) => ({
      request: (
        options: RequestOptions & RedirectableOptions,
        onResponse?: OnResponse,
      ): ClientRequest | SentRequest => native.request({ ...options, agent } as RequestOptions, onResponse),
    });
    const schemes = { http: scheme(nodeHttp, given.httpAgent), https: scheme(nodeHttps, given.httpsAgent) };
    return new RedirectTransport(schemes, rulesOf(UNKEYED, given)).replaying(replayed);
  }

  stats(): { pools: PoolStats[]; http2: Http2OriginStats[] } {
    const { http, https } = this.#shared;
    const egresses = this.#egresses();
    const proxied = egresses.flatMap(({ proxies }) => proxies.pools());
    return {
      pools: [
        { scheme: 'http', agent: http } as const,
        { scheme: 'https', agent: https } as const,
        ...proxied,
      ].flatMap(({ scheme, agent }) => poolStats(scheme, agent)),
      http2: egresses.flatMap(({ http2 }) => http2?.stats() ?? []),
    };
  }

  /**
   * Closes idle connections now and the others as they become idle; resolves when every socket is gone.
   * @param abort closes the others now as well.
   */
  async close(abort = false): Promise<void> {
    this.#sockets.startClosing();
    const { http, https } = this.#shared;
    const egresses = this.#egresses();
    const proxied = egresses.flatMap(({ proxies }) => proxies.pools().map(({ agent }) => agent));
    for (const agent of [http, https, ...proxied]) {
      for (const idle of Object.values(agent.freeSockets)) {
        for (const socket of idle ?? []) socket.destroy();
      }
    }
    await Promise.all(egresses.map(({ http2 }) => http2?.close()));
    if (abort) this.#sockets.destroyAll();
    await this.#sockets.whenEmpty();
  }

  #http2Transport(
    client: NonNullable<Egress['http2']>,
    attempt: Attempt,
    { httpAgent, httpsAgent }: { httpAgent: Agent; httpsAgent: Agent },
    given: GivenConnections,
  ): unknown {
    const { http, https } = client.schemesFor(attempt);
    type Options = Parameters<typeof http.request>[0];
    type OnResponse = Parameters<typeof http.request>[1];
    const schemes = {
      http: {
        request: (options: Options, onResponse: OnResponse) =>
          http.request({ ...options, agent: httpAgent }, onResponse),
      },
      https: {
        request: (options: Options, onResponse: OnResponse) =>
          https.request({ ...options, agent: httpsAgent }, onResponse),
      },
    };
    return new RedirectTransport(schemes, rulesOf(attempt, given));
  }

  #ownHttpsAgent({ httpsAgent }: GivenConnections): Agent | undefined {
    return foreign(httpsAgent, this.#instanceAgents.httpsAgent, this.#keptHttps);
  }

  /** A request's own `proxy: { host, port }` is its explicit choice; `proxy: false` only means that the environment is not. */
  #egressFor(proxy: unknown): Egress {
    if (proxy === false && this.#client.proxyUrl === undefined) return this.#namedEgress('none', () => false);
    if (typeof proxy !== 'object' || proxy === null) return this.#default;
    return this.#namedEgress(JSON.stringify(proxy), () => addressOfAxiosProxy(proxy));
  }

  #namedEgress(key: string, addressOf: () => ProxyAddress | false): Egress {
    const known = this.#perProxy.get(key);
    if (known !== undefined) return known;
    const client = { ...this.#client, proxyUrl: addressOf(), proxyExcludes: [] };
    // Its idle connections end by themselves.
    const [oldest] = this.#perProxy.keys();
    if (this.#perProxy.size >= MAX_NAMED && oldest !== undefined) this.#perProxy.delete(oldest);
    const egress = new Egress({ ...this.#shared, client });
    this.#perProxy.set(key, egress);
    return egress;
  }

  #egresses(): Egress[] {
    return [this.#default, ...this.#perProxy.values()];
  }

  #poolOptions(adopted: AdoptedOptions | undefined): PoolOptions {
    const { connectTimeoutMs, poolIdleTimeoutMs, poolMaxIdlePerHost } = this.#client;
    const connection = adopted?.connection;
    return {
      connectTimeoutMs,
      poolIdleTimeoutMs,
      poolMaxIdlePerHost,
      sockets: this.#sockets,
      ...(connection === undefined ? {} : { connection }),
    };
  }
}

/** @param given what axios takes for none if it is falsy, as SDKs write it. */
function foreign(given: unknown, instances: unknown, kept: boolean): Agent | undefined {
  if (!given) return undefined;
  return given === instances && !kept ? undefined : (given as Agent);
}

// Where there is a key, the hook of the attempt's own config sees to it.
const UNKEYED: Pick<Attempt, 'keyHeader'> = { keyHeader: undefined };

function rulesOf({ keyHeader }: Pick<Attempt, 'keyHeader'>, given: GivenConnections): RedirectRules {
  const { maxRedirects, beforeRedirect, sensitiveHeaders } = given;
  return {
    maxRedirects,
    sensitiveHeaders,
    keyHeader,
    ...(typeof beforeRedirect === 'function' ? { beforeRedirect: beforeRedirect as () => void } : {}),
  };
}
