import type { Agent } from 'node:http';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/**
 * How an option of an agent is carried over to a pool of ours:
 * - `dial`: an option of `net.connect`, as true of a proxy as of an origin;
 * - `material`: OpenSSL makes a context of it; may be a secret;
 * - `handshake`: an option of `tls.connect`, for one connection;
 * - `setting`: the agent has it as a property, which is what counts, for it may be set later;
 * - `clock`: how long a connection may idle, be silent or live;
 * - a list: these values say nothing; Node puts them there itself.
 */
type Carried = keyof SortedOptions | readonly unknown[];

/** What an agent's options say, by how it is carried over. */
type SortedOptions = Readonly<
  Record<'dial' | 'material' | 'handshake' | 'setting' | 'clock', Readonly<Record<string, unknown>>>
>;

/** Options of `net.connect` that are as true of a proxy as of an origin. */
export const DIAL_OPTIONS = [
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'blockList',
  'family',
  'hints',
  'localAddress',
  'localPort',
  'lookup',
] as const;

/** Options of `tls.createSecureContext`; some are secrets. */
const MATERIAL_OPTIONS = [
  'allowPartialTrustChain',
  'ca',
  'cert',
  'ciphers',
  'clientCertEngine',
  'crl',
  'dhparam',
  'ecdhCurve',
  'honorCipherOrder',
  'key',
  'maxVersion',
  'minVersion',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'secureOptions',
  'secureProtocol',
  'sessionIdContext',
  'sessionTimeout',
  'sigalgs',
  'ticketKeys',
] as const;

/** Options of `tls.connect`, for one connection. */
const HANDSHAKE_OPTIONS = [
  'checkServerIdentity',
  'enableTrace',
  'minDHSize',
  'pskCallback',
  'rejectUnauthorized',
  'requestOCSP',
  'secureContext',
  'servername',
] as const;

/** Properties of an agent by which it goes, whatever its options were when it was made. */
export const SETTINGS = [
  'agentKeepAliveTimeoutBuffer',
  'keepAliveMsecs',
  'maxCachedSessions',
  'maxSockets',
  'maxTotalSockets',
  'scheduling',
] as const;

/**
 * Every option that we can honour. An agent with any other is used as it is: what it means may be that a request must
 * not be sent at all. Of what Node documents these are left out on purpose: `ALPNProtocols` and `session`, which would
 * contradict the policy's own; `host`, `port`, `path`, `socket` and `socketPath`, which lead elsewhere than the URL, and
 * past the choice of a proxy; `signal` and `onread`, which are about one socket; and `proxyEnv`.
 */
const KNOWN: Readonly<Record<string, Carried>> = {
  ...all(DIAL_OPTIONS, 'dial'),
  ...all(MATERIAL_OPTIONS, 'material'),
  ...all(HANDSHAKE_OPTIONS, 'handshake'),
  ...all([...SETTINGS, 'keepAlive', 'maxFreeSockets'], 'setting'),
  ...all(['freeSocketTimeout', 'socketActiveTTL', 'timeout'], 'clock'),
  defaultPort: [80, 443],
  noDelay: [true],
  path: [null],
  protocol: ['http:', 'https:'],
};

function all(names: readonly string[], carried: Carried): Record<string, Carried> {
  return Object.fromEntries(names.map((name) => [name, carried]));
}

/**
 * Sorts the options of an agent.
 *
 * @param isSilent whether an option says nothing.
 * @returns `undefined` if there is one that only this agent can honour.
 */
function sortOptions(
  options: object,
  isSilent: (name: string, value: unknown) => boolean,
): SortedOptions | undefined {
  const sorted = { dial: {}, material: {}, handshake: {}, setting: {}, clock: {} };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || isSilent(name, value)) continue;
    const carried = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
    if (carried === undefined) return undefined;
    if (typeof carried === 'string') Object.assign(sorted[carried], { [name]: value });
    else if (!carried.includes(value)) return undefined;
  }
  return sorted;
}

/** By what an agent gets a request on a connection. Whoever overrides one of these does it in a way of its own. */
export const CONNECTING_METHODS = [
  'addRequest',
  'createConnection',
  'createSocket',
  'getName',
  'keepSocketAlive',
  'removeSocket',
  'reuseSocket',
  '_cacheSession',
  '_evictSession',
  '_getSession',
] as const;

/** What Node puts on the global agents itself, and so is nobody's word. */
const STOCK: Readonly<Record<string, unknown>> = { keepAlive: true, scheduling: 'lifo', timeout: 5000 };

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/**
 * Whether an option of a global agent is Node's own doing. That is also a `proxyEnv` which says what the environment
 * says (`NODE_USE_ENV_PROXY`): we read that ourselves.
 */
function isStockOption(name: string, value: unknown): boolean {
  if (name !== 'proxyEnv') return Object.hasOwn(STOCK, name) && STOCK[name] === value;
  if (typeof value !== 'object' || value === null) return true;
  const variables = value as NodeJS.ProcessEnv;
  return PROXY_VARIABLES.every((variable) => variables[variable] === process.env[variable]);
}

/** Whether an agent goes through the proxies that its `proxyEnv` names: Node >= 22.21 and 24.5. */
export function hasOwnProxy(agent: Agent): boolean {
  const options: unknown = Reflect.get(agent, 'options');
  if (typeof options !== 'object' || options === null || !Object.hasOwn(options, 'proxyEnv')) return false;
  const proxyEnv: unknown = Reflect.get(options, 'proxyEnv');
  return typeof proxyEnv === 'object' && proxyEnv !== null && knowsProxyEnv();
}

function knowsProxyEnv(): boolean {
  return process.allowedNodeEnvironmentFlags?.has('--use-env-proxy') ?? false;
}

type Values = Readonly<Record<string, unknown>>;

/** What a policy takes over from the agent that an instance would use without it. */
export interface InheritedOptions {
  /** Options of `net.connect`. */
  readonly connection: Values;
  /** Options of `tls.createSecureContext`. */
  readonly material: Values;
  /** Options of `tls.connect`. */
  readonly handshake: Values;
  /** Properties of the agent itself: limits of sockets, the order in which idle ones are used. */
  readonly settings: Values;
  readonly pooling: InheritedPooling;
}

/** What an agent says of how long it keeps connections. `undefined` = nothing. */
interface InheritedPooling {
  /** `false` = connections are not used again. */
  readonly keepAlive?: false | undefined;
  readonly maxIdlePerHost?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  /** Longest silence of a connection in use. */
  readonly silenceMs?: number | undefined;
  /** How old a connection may become. */
  readonly maxAgeMs?: number | undefined;
}

const NOTHING: InheritedOptions = { connection: {}, material: {}, handshake: {}, settings: {}, pooling: {} };

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
export function inheritedFrom(agent: unknown, isGlobal = false): InheritedOptions | undefined {
  if (!agent) return NOTHING;
  if (!isStockAgent(agent) || agent.listenerCount('keylog') > 0) return undefined;
  const sorted = sortOptions(agent.options, (name, value) => isGlobal && isStockOption(name, value));
  if (sorted === undefined) return undefined;
  const { dial, material, handshake, setting, clock } = sorted;
  return {
    connection: dial,
    material,
    handshake,
    settings: pick(agent, SETTINGS),
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
function clocksOf(agent: StockAgent, clock: Values): InheritedPooling {
  const timeoutMs = positive(clock.timeout);
  if (isCore(Object.getPrototypeOf(agent))) return { idleTimeoutMs: timeoutMs };
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

function pick(source: object, keys: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const key of keys) {
    const value: unknown = Reflect.get(source, key);
    if (value !== undefined) picked[key] = value;
  }
  return picked;
}
