import type { Agent } from 'node:http';
import nodeHttp from 'node:http';
import nodeHttps from 'node:https';
import { fieldOf } from '../config/own.js';
import type { ResolvedClient } from '../config/resolved.js';
import { AgentSnapshot } from './agent-snapshot.js';
import type { Http2Client } from './http2/client.js';
import type { InheritedOptions } from './inherited-options.js';
import { inheritedFrom } from './inherited-options.js';
import { Pools } from './pools.js';
import type { Pool, SocketKeeper } from './socket-registry.js';
import { RetiredPools } from './socket-registry.js';
import type { TlsSettings } from './tls.js';
import { resolveTls } from './tls.js';

/** The agents of an instance. A falsy one is none, as SDKs write it. */
interface InstanceAgents {
  readonly httpAgent?: unknown;
  readonly httpsAgent?: unknown;
}

/** Pools, and the agents that they were made after. */
interface Derived {
  readonly pools: Pools;
  readonly http: AgentSnapshot;
  readonly https: AgentSnapshot;
  /** The agents that connect in a way of their own, and stay in use. */
  readonly keptHttp: Agent | undefined;
  readonly keptHttps: Agent | undefined;
}

/**
 * The pools that stand in for the agents of an instance, or the global ones where it has none. Those are looked at for
 * every request; when they say something else than before, there are new pools, and the old ones run dry.
 */
export class InstancePools {
  readonly #client: ResolvedClient;
  readonly #instance: { readonly defaults: InstanceAgents };
  readonly #sockets: SocketKeeper;
  readonly #retired = new RetiredPools();
  #derived: Derived;

  /** @throws {PolicyConfigError} on TLS material that OpenSSL refuses, of the configuration or of the instance's agent. */
  constructor(
    client: ResolvedClient,
    instance: { readonly defaults: InstanceAgents },
    sockets: SocketKeeper,
  ) {
    this.#client = client;
    this.#instance = instance;
    this.#sockets = sockets;
    const httpsAgent = fieldOf(instance.defaults, 'httpsAgent');
    // Told now, where it can be mended; later, a request fails of it as without the policy.
    if (httpsAgent) resolveTls(client, inheritedFrom(httpsAgent, httpsAgent === nodeHttps.globalAgent));
    this.#derived = this.#derive();
  }

  /** The pools of now. */
  get pools(): Pools {
    return this.#current().pools;
  }

  /**
   * The agent that a request uses as it is.
   *
   * @param given what the request's config has: its own, or the instance's.
   * @returns `undefined` where ours stands in for it.
   */
  ownAgent(protocol: 'http:' | 'https:', given: unknown): Agent | undefined {
    const httpAgent = fieldOf(this.#instance.defaults, 'httpAgent');
    const httpsAgent = fieldOf(this.#instance.defaults, 'httpsAgent');
    if (given && given !== (protocol === 'https:' ? httpsAgent : httpAgent)) return given as Agent;
    const { keptHttp, keptHttps } = this.#current();
    return protocol === 'https:' ? keptHttps : keptHttp;
  }

  /** Every pool with connections, and those of now. */
  all(): Pool[] {
    return [...this.#derived.pools.all(), ...this.#retired.pools()];
  }

  /** The same of HTTP/2. */
  http2(): Http2Client[] {
    const current = this.#derived.pools.routes().flatMap(({ usedHttp2 }) => usedHttp2 ?? []);
    return [...current, ...this.#retired.http2()];
  }

  #current(): Derived {
    const { http, https } = this.#derived;
    const httpAgent = fieldOf(this.#instance.defaults, 'httpAgent');
    const httpsAgent = fieldOf(this.#instance.defaults, 'httpsAgent');
    if (http.isOf(httpAgent || nodeHttp.globalAgent) && https.isOf(httpsAgent || nodeHttps.globalAgent))
      return this.#derived;
    const before = this.#derived;
    this.#derived = this.#derive();
    before.pools.retire();
    return this.#derived;
  }

  #derive(): Derived {
    const httpAgent = fieldOf(this.#instance.defaults, 'httpAgent');
    const httpsAgent = fieldOf(this.#instance.defaults, 'httpsAgent');
    const http = httpAgent || nodeHttp.globalAgent;
    const https = httpsAgent || nodeHttps.globalAgent;
    const inheritedHttp = inheritedFrom(http, http === nodeHttp.globalAgent);
    const { inherited: inheritedHttps, tls } = this.#withTls(
      inheritedFrom(https, https === nodeHttps.globalAgent),
    );
    return {
      http: new AgentSnapshot(http),
      https: new AgentSnapshot(https),
      keptHttp: inheritedHttp === undefined ? (http as Agent) : undefined,
      keptHttps: inheritedHttps === undefined ? (https as Agent) : undefined,
      pools: new Pools({
        client: this.#client,
        inheritedHttp,
        inheritedHttps,
        tls,
        sockets: this.#sockets,
        retired: this.#retired,
      }),
    };
  }

  /** An agent with material that OpenSSL refuses stays in use, for its requests to fail as without the policy. */
  #withTls(inherited: InheritedOptions | undefined): {
    inherited: InheritedOptions | undefined;
    tls: TlsSettings;
  } {
    try {
      return { inherited, tls: resolveTls(this.#client, inherited) };
    } catch (error) {
      if (inherited === undefined) throw error;
      return { inherited: undefined, tls: resolveTls(this.#client, undefined) };
    }
  }
}
