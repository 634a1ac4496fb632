import type { Agent } from 'node:http';
import nodeHttp from 'node:http';
import nodeHttps from 'node:https';
import { keepOut } from '../config/own.js';
import type { ResolvedClient } from '../config/resolved.js';
import type { Attempt } from './exchange.js';
import { HttpGate } from './http-gate.js';
import type { Http2Client, RequestScheme } from './http2/client.js';
import { loadHttp2, preloadHttp2 } from './http2/load.js';
import type { Http2OriginStats } from './http2/session-state.js';
import { InstancePools } from './instance-pools.js';
import type { AddressBook, AddressStats } from './peer.js';
import { perAttemptAgent } from './per-attempt-agent.js';
import type { AddressOptions } from './pool-options.js';
import type { PoolStats } from './pools.js';
import { Pools, poolStats } from './pools.js';
import type { OwnProxy } from './proxy/axios-proxy.js';
import { ownProxy } from './proxy/axios-proxy.js';
import type { Route } from './proxy/route.js';
import type { RedirectRules } from './redirect.js';
import { confidentially, RedirectTransport, replaying, rulesOf } from './redirect.js';
import { SocketRegistry } from './socket-registry.js';
import type { Origin } from './target.js';
import { UNSET_REQUEST } from './unset-options.js';

/** The part of a request's config, or of an instance's defaults, that is about connections. */
export interface GivenConnections {
  readonly httpAgent?: unknown;
  readonly httpsAgent?: unknown;
  readonly proxy?: unknown;
  readonly transport?: unknown;
  readonly maxRedirects?: number | undefined;
  readonly beforeRedirect?: unknown;
  readonly sensitiveHeaders?: unknown;
}

/** Stands on the config of one attempt instead. */
export interface AttemptConnections
  extends Pick<GivenConnections, 'maxRedirects' | 'beforeRedirect' | 'sensitiveHeaders'> {
  readonly httpAgent: Agent;
  readonly httpsAgent: Agent;
  /** `false`, so that axios does not put an agent of its own in place of ours. */
  readonly proxy: unknown;
  readonly transport?: unknown;
}

/** The agent for one request that is made on the native client. */
export interface ChosenAgent {
  readonly agent: Agent;
  /** `true` for the caller's own. */
  readonly isForeign: boolean;
}

/** The agents that are not ours, and are used as they are. */
interface OwnAgents {
  readonly http: Agent | undefined;
  readonly https: Agent | undefined;
}

/**
 * Connections of one policy: pools, and how a request gets into them.
 *
 * A request asks here for an agent. An agent that is the caller's own is used as it is; in place of all others there are
 * pools of ours (`instance-pools`), which say what those say. A route (`proxy/route`) takes the request to the pool of its
 * proxy or to the direct one, for each hop of a redirect anew; where HTTP/2 may be spoken, to a session instead. What
 * happens to it on the wire, an attempt observes (`exchange`).
 */
export class Transport {
  readonly #client: ResolvedClient;
  readonly #sockets = new SocketRegistry();
  readonly #instance: InstancePools;
  /** `undefined` where plain HTTP may go anywhere. */
  readonly #httpGate: HttpGate | undefined;
  #isLoaded: boolean;
  readonly #addresses: AddressOptions;

  /**
   * @param instance whose agents are read at each use, never changed.
   * @param addresses by default each connection asks Node, and none is given up for being worse than others.
   * @throws {PolicyConfigError} on TLS material that OpenSSL refuses.
   */
  constructor(
    client: ResolvedClient,
    instance: { readonly defaults: GivenConnections },
    addresses: AddressOptions = {},
  ) {
    this.#client = client;
    this.#addresses = addresses;
    this.#instance = new InstancePools(client, instance, this.#sockets, addresses);
    this.#httpGate = client.allowHttp === true ? undefined : new HttpGate(client.allowHttp);
    this.#isLoaded = client.http1Only;
    // The first request need not wait for it then.
    if (!client.http1Only) preloadHttp2();
  }

  /** To be waited for before the first request; `undefined` when there is nothing to wait for. */
  get loading(): Promise<void> | undefined {
    if (this.#isLoaded) return undefined;
    const loading = loadHttp2();
    this.#isLoaded = loading === undefined;
    return loading;
  }

  /**
   * The connections for one attempt of a request.
   *
   * @param given what the request's config carries. An agent other than the instance's is the caller's explicit choice:
   * it is used, and merely observed, with the proxy that axios chooses.
   * @throws {PolicyConfigError} if the request names a proxy that is none.
   */
  connectionsFor(attempt: Attempt, given: GivenConnections): AttemptConnections {
    const protocol = /^http:/i.test(attempt.url ?? '') ? 'http:' : 'https:';
    const own = { http: this.#ownAgentFor('http:', given), https: this.#ownAgentFor('https:', given) };
    const first = protocol === 'https:' ? own.https : own.http;
    if (first === undefined) return this.#throughOurs(attempt, given, own);
    return this.#throughOwn(attempt, given, own, this.#ownProxy(protocol, first, given.proxy));
  }

  /**
   * The agent for a request that is made on the native client, and is allowed to be.
   *
   * @returns `undefined` where HTTP/2 may be spoken, or axios is to make something of a proxy and an agent of the caller.
   */
  agentFor(origin: Origin, given: GivenConnections): ChosenAgent | undefined {
    const { protocol } = origin;
    const chosen = this.#chosenFor(protocol, given);
    if (!(chosen instanceof Pools)) {
      return this.#ownProxy(protocol, chosen, given.proxy).isAxios
        ? undefined
        : { agent: chosen, isForeign: true };
    }
    const route = routeOf(chosen, given);
    if (!this.#client.http1Only && route.http2?.isHttp1(origin) === false) return undefined;
    return { agent: protocol === 'https:' ? route.https : route.http, isForeign: false };
  }

  /**
   * The client for a request that is made on HTTP/2.
   *
   * @returns `undefined` where HTTP/2 is not spoken.
   */
  http2For({ protocol }: Origin, given: GivenConnections): Http2Client | undefined {
    if (this.#client.http1Only) return undefined;
    const chosen = this.#chosenFor(protocol, given);
    return chosen instanceof Pools ? routeOf(chosen, given).http2 : undefined;
  }

  /** {@inheritDoc replaying} */
  replay(...replayed: Parameters<typeof replaying>): unknown {
    return replaying(...replayed);
  }

  /** Addresses of names, and how they do. */
  get addresses(): AddressBook | undefined {
    return this.#addresses.addresses;
  }

  stats(): { pools: PoolStats[]; http2: Http2OriginStats[]; addresses: AddressStats[] } {
    return {
      addresses: this.addresses?.stats() ?? [],
      pools: this.#instance.all().flatMap(({ scheme, agent }) => poolStats(scheme, agent)),
      http2: this.#instance.http2().flatMap((client) => client.stats()),
    };
  }

  /**
   * Closes idle connections now and the others as they become idle; resolves when every socket is gone.
   * @param abort closes the others now as well.
   */
  async close(abort = false): Promise<void> {
    this.#sockets.startClosing(this.#instance.all());
    const sessions = this.#instance.http2().map((client) => client.close());
    if (abort) this.#sockets.destroyAll();
    await Promise.all(sessions);
    await this.#sockets.whenEmpty();
  }

  #ownAgentFor(protocol: Origin['protocol'], given: GivenConnections): Agent | undefined {
    const chosen = this.#chosenFor(protocol, given);
    return chosen instanceof Pools ? undefined : chosen;
  }

  #chosenFor(protocol: Origin['protocol'], given: GivenConnections): Agent | Pools {
    return this.#instance.chosenFor(protocol, protocol === 'https:' ? given.httpsAgent : given.httpAgent);
  }

  /** The agent to use for plain HTTP in place of `agent`. */
  #gated(agent: Agent): Agent {
    return this.#httpGate?.before(agent) ?? agent;
  }

  #ownProxy(protocol: Origin['protocol'], agent: Agent, given: unknown): OwnProxy {
    return ownProxy(protocol, agent, given, this.#client.proxyUrl !== undefined);
  }

  /** Where a redirect leads to an agent that is not ours, that is used without a proxy of axios'. */
  #throughOurs(attempt: Attempt, given: GivenConnections, own: OwnAgents): AttemptConnections {
    const { pools } = this.#instance;
    const route = routeOf(pools, given);
    const http = this.#gated(own.http ?? route.http);
    const connections = {
      httpAgent: perAttemptAgent(attempt, http, own.http !== undefined),
      httpsAgent: perAttemptAgent(attempt, own.https ?? route.https, own.https !== undefined),
      proxy: false,
    };
    const anonymous = own.https === undefined ? pools.anonymous : undefined;
    const other = anonymous && routeOf(anonymous, given);
    const strangerAgent = other && perAttemptAgent(attempt, other.https, false);
    const rules = rulesOf(given, attempt.keyHeader, strangerAgent);
    const http2 = this.#client.http1Only ? undefined : route.http2;
    if (http2 === undefined || given.transport != null)
      return { ...connections, beforeRedirect: confidentially(rules, attempt.url) };
    const clients = [http2, other?.http2] as const;
    return { ...connections, transport: this.#http2Transport(clients, attempt, connections, own, rules) };
  }

  /** Where axios sees to proxies, ours are direct: it would be a proxy's proxy. */
  #throughOwn(
    attempt: Attempt,
    given: GivenConnections,
    own: OwnAgents,
    { proxy, isAdapted }: OwnProxy,
  ): AttemptConnections {
    const { pools } = this.#instance;
    const ours = proxy === false ? routeOf(pools, given) : undefined;
    const http = this.#gated(own.http ?? ours?.http ?? pools.directAgent('http:'));
    const https = own.https ?? ours?.https ?? pools.directAgent('https:');
    const anonymous = own.https === undefined ? pools.anonymous : undefined;
    const other =
      ours === undefined ? anonymous?.directAgent('https:') : anonymous?.routeFor(given.proxy).https;
    const rules = rulesOf(given, attempt.keyHeader, other && perAttemptAgent(attempt, other, false));
    const observed = (agent: Agent, isOwn: boolean) =>
      isOwn && isAdapted ? agent : perAttemptAgent(attempt, agent, isOwn);
    return {
      httpAgent: observed(http, own.http !== undefined),
      httpsAgent: observed(https, own.https !== undefined),
      proxy,
      beforeRedirect: confidentially(rules, attempt.url),
    };
  }

  #http2Transport(
    [client, anonymous]: readonly [Http2Client, Http2Client | undefined],
    attempt: Attempt,
    { httpAgent, httpsAgent }: Pick<AttemptConnections, 'httpAgent' | 'httpsAgent'>,
    own: OwnAgents,
    rules: RedirectRules,
  ): unknown {
    const { http, https } = client.schemesFor(attempt);
    const { strangerAgent } = rules;
    const toStrangers = anonymous?.schemesFor(attempt).https;
    const scheme = (over: RequestScheme, ours: Agent): RequestScheme => ({
      request: (options, onResponse) => {
        const isStranger = toStrangers !== undefined && options.agent === strangerAgent;
        const agent = isStranger ? strangerAgent : ours;
        return (isStranger ? toStrangers : over).request(
          { ...keepOut(UNSET_REQUEST), ...options, agent },
          onResponse,
        );
      },
    });
    // HTTP/2 cannot go through an agent, and what that forbids is forbidden.
    const schemes = {
      http: scheme(own.http === undefined ? http : nodeHttp, httpAgent),
      https: scheme(own.https === undefined ? https : nodeHttps, httpsAgent),
    };
    return new RedirectTransport(schemes, rules);
  }
}

/** The route of a request, which most often names no proxy of its own. */
function routeOf(pools: Pools, { proxy }: GivenConnections): Route {
  return proxy === undefined ? pools.route : pools.routeFor(proxy);
}
