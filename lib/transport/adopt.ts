import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Options of a stock agent that say how to connect, and are as true of our agent as they were of that one. */
const CONNECTION_KEYS = ['family', 'hints', 'localAddress', 'lookup', 'socketPath'] as const;

/** Limits that may also be set on an agent after it was made, `https.globalAgent.maxSockets = 10`. */
const LIMIT_KEYS = ['maxSockets', 'maxTotalSockets'] as const;

/** TLS options that OpenSSL turns into a context: some are secrets. */
const MATERIAL_KEYS = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'crl',
  'ciphers',
  'dhparam',
  'ecdhCurve',
  'honorCipherOrder',
  'maxVersion',
  'minVersion',
  'secureOptions',
  'secureProtocol',
  'sigalgs',
] as const;

/** TLS options that belong to one connection. */
const HANDSHAKE_KEYS = [
  'checkServerIdentity',
  'minDHSize',
  'pskCallback',
  'rejectUnauthorized',
  'secureContext',
  'servername',
] as const;

/** What an agent does by these is its own, wherever they are overridden. */
const CONNECTING_METHODS = ['addRequest', 'createConnection', 'createSocket', 'getName'] as const;

/** What a policy takes over from the agent an instance had before. */
export interface AdoptedOptions {
  readonly connection: Readonly<Record<string, unknown>>;
  readonly material: Readonly<Record<string, unknown>>;
  readonly handshake: Readonly<Record<string, unknown>>;
}

/**
 * Reads the options of an instance's own agent, so that replacing it by ours loses nothing: TLS material, certificate
 * pinning, the local address, a resolver, a limit of sockets.
 *
 * @returns `undefined` for an agent that connects in a way of its own (a proxy agent, a mock, a subclass): only that
 * agent can do what it does, so it must go on doing it.
 */
export function adoptAgent(agent: unknown): AdoptedOptions | undefined {
  if (!agent) return { connection: {}, material: {}, handshake: {} };
  if (!isStockAgent(agent)) return undefined;
  const options = agent.options as Readonly<Record<string, unknown>>;
  return {
    connection: { ...pick(options, CONNECTION_KEYS), ...pick({ ...agent }, LIMIT_KEYS) },
    material: pick(options, MATERIAL_KEYS),
    handshake: pick(options, HANDSHAKE_KEYS),
  };
}

/** Whether it is an agent of Node or of agentkeepalive, and nothing was changed about how it connects. */
function isStockAgent(agent: unknown): agent is { options: object } {
  if (typeof agent !== 'object' || agent === null || !('options' in agent)) return false;
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

function pick(source: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const key of keys) {
    if (source[key] !== undefined) picked[key] = source[key];
  }
  return picked;
}
