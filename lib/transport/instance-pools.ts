import type { Agent } from 'node:http';
import nodeHttp from 'node:http';
import nodeHttps from 'node:https';
import { fieldOf } from '../config/own.js';
import type { ResolvedClient } from '../config/resolved.js';
import type { Http2Client } from './http2/client.js';
import type { InheritedOptions } from './inherited-options.js';
import { CONNECTING_METHODS, inheritedFrom, SETTINGS } from './inherited-options.js';
import type { AddressOptions } from './pool-options.js';
import { Pools } from './pools.js';
import type { Pool, SocketKeeper } from './socket-registry.js';
import { RetiredPools } from './socket-registry.js';
import type { TlsSettings } from './tls.js';
import { hasTls, resolveTls } from './tls.js';

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
  readonly #addresses: AddressOptions;
  readonly #retired = new RetiredPools();
  /** Made for the first request: a program starts the sooner, and may attach many policies. */
  #derived: Derived | undefined;

  /** @throws {PolicyConfigError} on TLS material that OpenSSL refuses, of the configuration or of the instance's agent. */
  constructor(
    client: ResolvedClient,
    instance: { readonly defaults: InstanceAgents },
    sockets: SocketKeeper,
    addresses: AddressOptions,
  ) {
    this.#client = client;
    this.#instance = instance;
    this.#sockets = sockets;
    this.#addresses = addresses;
    const httpsAgent = fieldOf(instance.defaults, 'httpsAgent');
    // Told now, where it can be mended; later, a request fails of it as without the policy.
    if (httpsAgent) resolveTls(client, inheritedFrom(httpsAgent, httpsAgent === nodeHttps.globalAgent));
    else if (hasTls(client)) this.#derived = this.#derive();
  }

  /** The pools of now. */
  get pools(): Pools {
    return this.#current().pools;
  }

  /**
   * The agent that a request uses as it is, or the pools that stand in for it.
   *
   * @param given what the request's config has: its own, or the instance's.
   */
  chosenFor(protocol: 'http:' | 'https:', given: unknown): Agent | Pools {
    const ofInstance = fieldOf(this.#instance.defaults, protocol === 'https:' ? 'httpsAgent' : 'httpAgent');
    if (given && given !== ofInstance) return given as Agent;
    const { pools, keptHttp, keptHttps } = this.#current();
    return (protocol === 'https:' ? keptHttps : keptHttp) ?? pools;
  }

  /** Every pool with connections, and those of now. */
  all(): Pool[] {
    return [...(this.#derived?.pools.all() ?? []), ...this.#retired.pools()];
  }

  /** The same of HTTP/2. */
  http2(): Http2Client[] {
    const routes = this.#derived?.pools.routes() ?? [];
    return [...routes.flatMap(({ usedHttp2 }) => usedHttp2 ?? []), ...this.#retired.http2()];
  }

  #current(): Derived {
    const derived = this.#derived;
    const httpAgent = fieldOf(this.#instance.defaults, 'httpAgent');
    const httpsAgent = fieldOf(this.#instance.defaults, 'httpsAgent');
    const isHttpSame = derived?.http.isOf(httpAgent || nodeHttp.globalAgent);
    if (isHttpSame && derived?.https.isOf(httpsAgent || nodeHttps.globalAgent)) return derived;
    this.#derived = this.#derive();
    derived?.pools.retire();
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
        addresses: this.#addresses,
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

/** Members of an agent that, besides its options, decide how it connects. */
const MEMBERS = [...CONNECTING_METHODS, ...SETTINGS, 'keepAlive', 'maxFreeSockets'] as const;

type Members = Readonly<Record<(typeof MEMBERS)[number], unknown>>;
type Values = Readonly<Record<string, unknown>>;

/** An agent as it was when it was read. Options are set on agents at any time: `agent.options.ca = …`. */
export class AgentSnapshot {
  readonly #agent: unknown;
  readonly #members: Members;
  readonly #names: readonly string[];
  readonly #options: readonly unknown[];
  readonly #keyLoggers: number;

  constructor(agent: unknown) {
    this.#agent = agent;
    const values = valuesOf(agent);
    this.#members = Object.fromEntries(MEMBERS.map((name) => [name, values?.[name]])) as Members;
    const options = optionsOf(values);
    this.#names = namesOf(options);
    this.#options = this.#names.map((name) => copied(options[name]));
    this.#keyLoggers = keyLoggersOf(values);
  }

  /** `true` for the same agent, if nothing about it has changed. Asked for every request. */
  isOf(agent: unknown): boolean {
    if (agent !== this.#agent) return false;
    const values = valuesOf(agent);
    if (values === undefined) return true;
    const hasSameMembers = isSameInAll(values as Members, this.#members);
    return hasSameMembers && keyLoggersOf(values) === this.#keyLoggers && this.#hasOptions(optionsOf(values));
  }

  #hasOptions(options: Values): boolean {
    let i = 0;
    // Makes no list of them; and they keep the order they were set in.
    for (const name in options) {
      if (name !== this.#names[i] || !isSame(options[name], this.#options[i])) return false;
      i += 1;
    }
    return i === this.#names.length;
  }
}

/** Written out, this costs a fiftieth of a loop. */
function isSameInAll(now: Members, before: Members): boolean {
  return (
    now.addRequest === before.addRequest &&
    now.createConnection === before.createConnection &&
    now.createSocket === before.createSocket &&
    now.getName === before.getName &&
    now.keepSocketAlive === before.keepSocketAlive &&
    now.removeSocket === before.removeSocket &&
    now.reuseSocket === before.reuseSocket &&
    now._cacheSession === before._cacheSession &&
    now._evictSession === before._evictSession &&
    now._getSession === before._getSession &&
    now.agentKeepAliveTimeoutBuffer === before.agentKeepAliveTimeoutBuffer &&
    now.keepAlive === before.keepAlive &&
    now.keepAliveMsecs === before.keepAliveMsecs &&
    now.maxCachedSessions === before.maxCachedSessions &&
    now.maxFreeSockets === before.maxFreeSockets &&
    now.maxSockets === before.maxSockets &&
    now.maxTotalSockets === before.maxTotalSockets &&
    now.scheduling === before.scheduling
  );
}

function valuesOf(agent: unknown): Values | undefined {
  return typeof agent === 'object' && agent !== null ? (agent as Values) : undefined;
}

function optionsOf(values: Values | undefined): Values {
  return valuesOf(values?.options) ?? {};
}

function keyLoggersOf(values: Values | undefined): number {
  const { listenerCount } = values ?? {};
  return typeof listenerCount === 'function' ? listenerCount.call(values, 'keylog') : 0;
}

function namesOf(options: Values): string[] {
  const names = [];
  for (const name in options) names.push(name);
  return names;
}

/** A list of authorities may be added to. */
function copied(value: unknown): unknown {
  return Array.isArray(value) ? [...value] : value;
}

function isSame(value: unknown, before: unknown): boolean {
  if (value === before || !Array.isArray(value)) return value === before;
  if (!Array.isArray(before) || value.length !== before.length) return false;
  return value.every((item, i) => item === before[i]);
}
