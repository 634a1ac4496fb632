import { MAX_TIMER_MS } from '../config/duration.js';
import type { LimitMs, ResolvedClient } from '../config/resolved.js';
import type { Owner } from './channels.js';
import type { LeaveLimit } from './elsewhere.js';
import type { InheritedOptions } from './inherited-options.js';
import type { AddressBook } from './peer.js';
import type { SocketKeeper } from './socket-registry.js';

/** How connections are pooled, the same for every kind of pool. */
export interface PoolOptions {
  readonly connectTimeoutMs: LimitMs;
  readonly poolIdleTimeoutMs: LimitMs;
  readonly poolMaxIdlePerHost: number;
  /** Knows every open socket of the policy. */
  readonly sockets: SocketKeeper;
  /** Connection options taken over from an agent: a local address, a resolver. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** Properties taken over from an agent: limits of sockets, the order in which idle ones are used. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Longest silence of a connection in use. */
  readonly silenceMs?: number | undefined;
  /** Age from which on a connection takes no new request. */
  readonly maxAgeMs?: number | undefined;
  /** The same, drawn anew for each connection; `undefined` = it may become as old as it likes. */
  readonly drawMaxAgeMs?: (() => number | undefined) | undefined;
  /** Where names are looked up; without it each connection asks Node. */
  readonly addresses?: AddressBook | undefined;
  /** How often a connection may be given up for being worse than others; without it none is. */
  readonly leaves?: LeaveLimit | undefined;
  /** Whose connections they are, for messages. */
  readonly owner?: Owner | undefined;
  /** `http://host:port` of the proxy that the connections lead to or through, for messages. */
  readonly proxy?: string;
}

/** What pools do with the addresses of names, and whose they are. */
export interface AddressOptions extends Pick<PoolOptions, 'addresses' | 'leaves' | 'owner'> {}

/** The youngest age at which a connection ends, as a share of the oldest: those of a fleet end at different times. */
const MIN_AGE_SHARE = 0.8;

/**
 * What a configuration and the agent that a pool stands in for say together: a field that the user set wins; where it is
 * at its default, the stricter of the two does.
 */
export function poolOptions(
  client: ResolvedClient,
  inherited: InheritedOptions | undefined,
  sockets: SocketKeeper,
  addresses: AddressOptions = {},
): PoolOptions {
  const { connection = {}, settings = {}, pooling = {} } = inherited ?? {};
  const isSet = (key: string) => client.given.has(key);
  const mayReuse = pooling.keepAlive !== false || isSet('poolIdleTimeout') || isSet('poolMaxIdlePerHost');
  return {
    connectTimeoutMs: client.connectTimeoutMs,
    poolIdleTimeoutMs: mayReuse ? idleTimeoutMs(client, pooling.idleTimeoutMs, isSet('poolIdleTimeout')) : 0,
    poolMaxIdlePerHost: isSet('poolMaxIdlePerHost')
      ? client.poolMaxIdlePerHost
      : Math.min(client.poolMaxIdlePerHost, pooling.maxIdlePerHost ?? Number.POSITIVE_INFINITY),
    sockets,
    connection,
    settings,
    silenceMs: isSet('readTimeout') ? undefined : pooling.silenceMs,
    maxAgeMs: isSet('connectionMaxAge') ? undefined : pooling.maxAgeMs,
    drawMaxAgeMs: () => drawAgeMs(client.connectionMaxAgeMs),
    ...addresses,
  };
}

function drawAgeMs(maxAgeMs: LimitMs): number | undefined {
  if (maxAgeMs === false) return undefined;
  return maxAgeMs * (MIN_AGE_SHARE + (1 - MIN_AGE_SHARE) * Math.random());
}

function idleTimeoutMs(client: ResolvedClient, ofAgentMs: number | undefined, isSet: boolean): LimitMs {
  const { poolIdleTimeoutMs } = client;
  if (isSet || ofAgentMs === undefined) return poolIdleTimeoutMs;
  return poolIdleTimeoutMs === false ? ofAgentMs : Math.min(poolIdleTimeoutMs, ofAgentMs);
}

/**
 * How long Node tries one address before the next one, in ms. Its 250 ms are shorter than a handshake to the other side
 * of the world (https://github.com/nodejs/node/issues/54359). A quarter of the budget still leaves room for a second
 * address.
 */
export function addressAttemptTimeoutMs(connectTimeoutMs: LimitMs): number {
  return Math.max(10, Math.min(1_000, Math.floor((connectTimeoutMs || 5_000) / 4)));
}

/** The options of agentkeepalive that mean what our configuration means. */
export function keepAliveOptions(pool: PoolOptions) {
  const { connectTimeoutMs, poolIdleTimeoutMs, poolMaxIdlePerHost } = pool;
  const isPooled = poolMaxIdlePerHost > 0 && poolIdleTimeoutMs !== 0;
  return {
    autoSelectFamilyAttemptTimeout: addressAttemptTimeoutMs(connectTimeoutMs),
    ...pool.connection,
    // maxFreeSockets: 0 means 256 to Node, so "keep none" has to be said with keepAlive.
    keepAlive: isPooled,
    maxFreeSockets: isPooled ? poolMaxIdlePerHost : 1,
    freeSocketTimeout: poolIdleTimeoutMs || MAX_TIMER_MS,
    socketActiveTTL: pool.maxAgeMs ?? 0,
    // Said, because its default of 8 s or more would end connections in use; deadlines are ours.
    timeout: pool.silenceMs ?? 0,
    scheduling: 'lifo' as const,
  };
}
