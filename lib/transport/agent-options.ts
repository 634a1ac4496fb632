import type { Agent } from 'node:http';

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
export type SortedOptions = Readonly<
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
export function sortOptions(
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
export function isStockOption(name: string, value: unknown): boolean {
  if (name !== 'proxyEnv') return Object.hasOwn(STOCK, name) && STOCK[name] === value;
  if (typeof value !== 'object' || value === null) return true;
  const variables = value as NodeJS.ProcessEnv;
  return PROXY_VARIABLES.every((variable) => variables[variable] === process.env[variable]);
}

/** Whether an agent goes through the proxies that its `proxyEnv` names: Node >= 22.21 and 24.5. */
export function hasOwnProxy(agent: Agent): boolean {
  const options: unknown = (agent as { options?: unknown }).options;
  if (typeof options !== 'object' || options === null || !Object.hasOwn(options, 'proxyEnv')) return false;
  const { proxyEnv } = options as { proxyEnv?: unknown };
  return typeof proxyEnv === 'object' && proxyEnv !== null && knowsProxyEnv();
}

function knowsProxyEnv(): boolean {
  return process.allowedNodeEnvironmentFlags?.has('--use-env-proxy') ?? false;
}
