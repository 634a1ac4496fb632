import type { ClientRequest, RequestOptions } from 'node:http';
import { Socket } from 'node:net';
import { define } from '../../config/own.js';
import type { LimitMs, ProxyAddress } from '../../config/resolved.js';
import { PoolHttpsAgent } from '../agents.js';
import { publishConnect } from '../channels.js';
import type { ConnectionOptions } from '../connect.js';
import { labelOf, startConnectClock, targetOf } from '../connect.js';
import { ConnectionTimes, notePending } from '../connection-times.js';
import type { AgentInternals, OnConnection, Requester } from '../node-internals.js';
import { internalsOf, NO_SOCKET, poolNameOf } from '../node-internals.js';
import { leaveQueue } from '../observe.js';
import type { PoolOptions } from '../pool-options.js';
import type { TlsSettings } from '../tls.js';
import type { DialOptions, ProxyTlsOptions } from './tunnel.js';
import { dialOptions, openTunnel } from './tunnel.js';

/** The agent and the request of a connection, and where it belongs. */
interface PendingFor {
  readonly agent: AgentInternals;
  /** The options the agent was given, with the name it pools the connection under. */
  readonly options: ConnectionOptions;
  readonly request: ClientRequest | undefined;
}

/**
 * A connection while there is no socket for it yet. A direct connection has its socket before DNS begins, and that is
 * in the pool, counts there, and can be destroyed; a tunnel has this placeholder, which can do the same.
 */
class PendingConnection {
  readonly placeholder = new Socket();
  readonly #of: PendingFor;
  /** The connections of the pool, this one among them. */
  readonly #list: Socket[];
  readonly #controller = new AbortController();
  #stopClock: (() => void) | undefined;
  #unfollow: (() => void) | undefined;

  constructor(of: PendingFor) {
    this.#of = of;
    const { agent, options, request } = of;
    this.placeholder.once('close', () => this.#controller.abort(hangUp()));
    this.#list = agent.sockets[poolNameOf(options)] ??= [];
    this.#list.push(this.placeholder);
    agent.totalSocketCount += 1;
    if (request !== undefined)
      this.#unfollow = onDestroy(request, (error) => this.#controller.abort(error ?? hangUp()));
  }

  /** Aborted when the connection is no longer wanted, or took too long. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts when the connect timeout is over. */
  limit(target: string, timeoutMs: LimitMs): void {
    this.#stopClock = startConnectClock(target, timeoutMs, (error) => this.#controller.abort(error));
  }

  /** A socket takes the place. */
  succeeded(): void {
    this.#settle();
    this.#list.splice(this.#list.indexOf(this.placeholder), 1);
  }

  /** There will be no socket: the place is free for whoever waits for one. */
  failed(): void {
    this.#settle();
    const { agent, options, request } = this.#of;
    // Node leaves a request it made this connection for in its queue, and would make another one for it, forever.
    const name = poolNameOf(options);
    const queue = agent.requests[name];
    if (queue !== undefined && request !== undefined && queue.includes(request))
      queue.splice(queue.indexOf(request), 1);
    if (queue?.length === 0) delete agent.requests[name];
    agent.removeSocket(this.placeholder, options);
  }

  #settle(): void {
    this.#stopClock?.();
    this.#unfollow?.();
    this.#of.agent.totalSocketCount -= 1;
    this.placeholder.destroy();
  }
}

/** Calls `listener` when `request` is destroyed. Node has no event for that while the request has no socket. */
function onDestroy(request: ClientRequest, listener: (error: Error | undefined) => void): () => void {
  const { destroy } = request;
  const observed = (error?: Error) => {
    listener(error);
    return destroy.call(request, error);
  };
  define(request, 'destroy', { value: observed, configurable: true, writable: true });
  return () => {
    if (request.destroy === observed) Reflect.deleteProperty(request, 'destroy');
  };
}

/** What Node says of a request that ends before its response, without an error of its own. */
function hangUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

/** How a proxy is reached, and what it is told. */
interface ProxyHop {
  readonly proxy: ProxyAddress;
  /** TLS of the connection to an `https://` proxy. */
  readonly tls?: ProxyTlsOptions | undefined;
  /** Sent with CONNECT. */
  readonly userAgent?: string | undefined;
}

/**
 * Pooled TLS connections to origins through tunnels of one proxy. All but the way to a raw connection is that of direct
 * connections: the check of the origin's certificate, resumption of sessions, the pool and its limits.
 */
export class TunnelHttpsAgent extends PoolHttpsAgent {
  readonly #pool: PoolOptions;
  readonly #hop: ProxyHop;
  #requester: ClientRequest | undefined;

  /** @param tls TLS of the connections to origins. */
  constructor(pool: PoolOptions, tls: TlsSettings, hop: ProxyHop) {
    super(pool, tls);
    this.#pool = pool;
    this.#hop = hop;
  }

  override createSocket(request: Requester, options: RequestOptions, onSocket: OnConnection): void {
    // Calls createConnection, which is not told for whom.
    this.#requester = request;
    leaveQueue(request);
    try {
      super.createSocket(request, options, onSocket);
    } finally {
      this.#requester = undefined;
    }
  }

  override createConnection(options: ConnectionOptions, onCreated: OnConnection): Socket {
    const negotiated = this.negotiated(options);
    if (negotiated !== undefined) return negotiated;
    const times = new ConnectionTimes(true, false);
    if (this.#requester !== undefined) notePending(this.#requester, times);
    const announced = publishConnect(labelOf('https', options, this.#pool));
    const pending = this.#begin(options);
    const fail = (error: Error) => {
      pending.failed();
      announced?.failed(error);
      onCreated(error, NO_SOCKET);
    };
    const secure = (raw: Socket) => {
      let socket: Socket;
      try {
        times.connected();
        const progress = { spentMs: times.connectedMs - times.startedMs, announced, times };
        socket = this.secure(Object.assign({}, options, { socket: raw }), progress);
      } catch (error) {
        raw.destroy();
        fail(error as Error);
        return;
      }
      pending.succeeded();
      onCreated(null, socket);
    };
    void this.#open(options, pending.signal).then(secure, fail);
    return NO_SOCKET;
  }

  #begin(options: ConnectionOptions): PendingConnection {
    const { connectTimeoutMs, sockets } = this.#pool;
    const pending = new PendingConnection({ agent: internalsOf(this), options, request: this.#requester });
    sockets.add(pending.placeholder);
    pending.limit(`${targetOf(options)} through proxy ${this.#hop.proxy.origin}`, connectTimeoutMs);
    return pending;
  }

  #open(options: ConnectionOptions & DialOptions, signal: AbortSignal): Promise<Socket> {
    const { proxy, tls, userAgent } = this.#hop;
    const target = { hostname: options.host ?? 'localhost', port: Number(options.port) };
    return openTunnel(proxy, target, {
      signal,
      tls,
      userAgent,
      dial: dialOptions(options, proxy, this.#pool.addresses),
    });
  }
}
