import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { CONNECTING_METHODS, isStockOption, SETTINGS, sortOptions } from './agent-options.js';

type Values = Readonly<Record<string, unknown>>;

/** What a policy takes over from the agent that an instance would use without it. */
export interface AdoptedOptions {
  /** Options of `net.connect`. */
  readonly connection: Values;
  /** Options of `tls.createSecureContext`. */
  readonly material: Values;
  /** Options of `tls.connect`. */
  readonly handshake: Values;
  /** Properties of the agent itself: limits of sockets, the order in which idle ones are used. */
  readonly settings: Values;
  readonly pooling: AdoptedPooling;
}

/** What an agent says of how long it keeps connections. `undefined` = nothing. */
export interface AdoptedPooling {
  /** `false` = connections are not used again. */
  readonly keepAlive?: false | undefined;
  readonly maxIdlePerHost?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  /** Longest silence of a connection in use. */
  readonly silenceMs?: number | undefined;
  /** How old a connection may become. */
  readonly maxAgeMs?: number | undefined;
}

const NOTHING: AdoptedOptions = { connection: {}, material: {}, handshake: {}, settings: {}, pooling: {} };

/** `maxFreeSockets` where nobody set it. */
const UNSET_MAX_FREE = 256;

/** The parts of an agent that its types leave out, or that agentkeepalive adds. */
type StockAgent = HttpAgent & {
  readonly options: Values;
  readonly keepAlive: boolean;
};

/**
 * Reads all that an agent says, so that replacing it by ours loses nothing: TLS material, certificate pinning, the local
 * address, a resolver, a limit of sockets.
 *
 * @param isGlobal whether Node made it, and what Node puts on it does not count.
 * @returns `undefined` for an agent that may connect in a way of its own: a proxy agent, a mock, a subclass, one with an
 * option that we do not know. Only that agent can do what it does, so it must go on doing it.
 */
export function adoptAgent(agent: unknown, isGlobal = false): AdoptedOptions | undefined {
  if (!agent) return NOTHING;
  if (!isStockAgent(agent) || agent.listenerCount('keylog') > 0) return undefined;
  const sorted = sortOptions(agent.options, (name, value) => isGlobal && isStockOption(name, value));
  if (sorted === undefined) return undefined;
  const { dial, material, handshake, setting, clock } = sorted;
  return {
    connection: dial,
    material,
    handshake,
    settings: pick(agent as unknown as Values, SETTINGS),
    pooling: {
      keepAlive: saysNoReuse(agent) ? false : undefined,
      maxIdlePerHost: maxIdleOf(agent, setting),
      ...clocksOf(agent, clock),
    },
  };
}

/** Whether it is an agent of Node or of agentkeepalive, and nothing was changed about how it connects. */
function isStockAgent(agent: unknown): agent is StockAgent {
  if (typeof agent !== 'object' || agent === null || !('options' in agent)) return false;
  if (typeof agent.options !== 'object' || agent.options === null) return false;
  if (CONNECTING_METHODS.some((method) => Object.hasOwn(agent, method))) return false;
  const kind: object | null = Object.getPrototypeOf(agent);
  if (kind === null) return false;
  return isCore(kind) || isKeepAlive(kind) || isKeepAlive(Object.getPrototypeOf(kind), kind);
}

function isCore(prototype: object): boolean {
  return prototype === HttpAgent.prototype || prototype === HttpsAgent.prototype;
}

/** agentkeepalive's `HttpAgent`, from whichever copy of it, or its `HttpsAgent`, which extends that one. */
function isKeepAlive(prototype: object | null, derived?: object): boolean {
  if (prototype === null || !Object.hasOwn(prototype, 'freeSocketKeepAliveTimeout')) return false;
  return derived === undefined || Object.hasOwn(derived, '_getSession');
}

/** Node's default is not to reuse, and nobody's word. `keepAlive: false` is, and to switch it off later. */
function saysNoReuse({ keepAlive, options }: StockAgent): boolean {
  return !keepAlive && options.keepAlive !== undefined;
}

function maxIdleOf({ maxFreeSockets }: StockAgent, setting: Values): number | undefined {
  return maxFreeSockets === UNSET_MAX_FREE && !setting.maxFreeSockets ? undefined : maxFreeSockets;
}

/** Node's `timeout` ends only idle connections, for axios does not listen; agentkeepalive's those in use. */
function clocksOf(agent: StockAgent, clock: Values): AdoptedPooling {
  const timeoutMs = positive(clock.timeout);
  if (isCore(Object.getPrototypeOf(agent) as object)) return { idleTimeoutMs: timeoutMs };
  const freeMs = positive(clock.freeSocketTimeout);
  // What agentkeepalive puts there itself is nobody's word, and too short for a slow answer.
  const isUnset = timeoutMs === Math.max(2 * (freeMs ?? 0), 8_000);
  return {
    idleTimeoutMs: freeMs ?? timeoutMs,
    silenceMs: isUnset ? undefined : timeoutMs,
    maxAgeMs: positive(clock.socketActiveTTL),
  };
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function pick(source: Values, keys: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const key of keys) {
    if (source[key] !== undefined) picked[key] = source[key];
  }
  return picked;
}
