import type { ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { ProxyAddress } from '../config/resolved.js';
import { ConnectTimeoutError } from '../errors.js';
import {
  type ConnectionOptions,
  labelOf,
  type OnConnection,
  PoolHttpsAgent,
  type PoolOptions,
  type Requester,
  targetOf,
} from './agents.js';
import { publishConnect } from './channels.js';
import { type AgentInternals, PendingConnection } from './pending-connection.js';
import { leaveQueue } from './queue.js';
import type { TlsSettings } from './tls.js';
import { type DialOptions, dialOptions, openTunnel, type ProxyTlsOptions } from './tunnel.js';

/** How a proxy is reached, and what it is told. */
export interface ProxyHop {
  readonly proxy: ProxyAddress;
  /** TLS of the connection to an `https://` proxy. */
  readonly tls?: ProxyTlsOptions | undefined;
  /** Sent with CONNECT. */
  readonly userAgent?: string | undefined;
}

/** The options of a connection as an agent has completed them. */
type OriginOptions = ConnectionOptions &
  DialOptions & { host: string; port: number; readonly _agentKey: string };

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
    this.#requester = request as ClientRequest;
    leaveQueue(request as ClientRequest);
    try {
      super.createSocket(request, options, onSocket);
    } finally {
      this.#requester = undefined;
    }
  }

  override createConnection(options: ConnectionOptions, onCreated: OnConnection): Socket {
    const handed = this.handedOver(options);
    if (handed !== undefined) return handed;
    // Node takes the absence of a socket as "the callback will tell"; the types of agentkeepalive do not know it.
    const none = undefined as never;
    const startedAt = performance.now();
    const announced = publishConnect(labelOf('https', options, this.#pool));
    const pending = this.#begin(options as OriginOptions);
    const fail = (error: Error) => {
      pending.failed();
      announced?.failed(error);
      onCreated(error, none);
    };
    const secure = (raw: Socket) => {
      let socket: Socket;
      try {
        const progress = { spentMs: performance.now() - startedAt, announced };
        socket = this.secure(Object.assign({}, options, { socket: raw }), progress);
      } catch (error) {
        raw.destroy();
        fail(error as Error);
        return;
      }
      pending.succeeded();
      onCreated(null, socket);
    };
    void this.#open(options as OriginOptions, pending.signal).then(secure, fail);
    return none;
  }

  #begin(options: OriginOptions): PendingConnection {
    const { connectTimeoutMs, sockets } = this.#pool;
    const agent = this as unknown as AgentInternals;
    const pending = new PendingConnection({ agent, options, request: this.#requester });
    sockets.add(pending.placeholder);
    if (connectTimeoutMs !== false) {
      const target = `${targetOf(options)} through proxy ${this.#hop.proxy.origin}`;
      pending.limit(connectTimeoutMs, () => new ConnectTimeoutError(target, connectTimeoutMs));
    }
    return pending;
  }

  #open(options: OriginOptions, signal: AbortSignal): Promise<Socket> {
    const { proxy, tls, userAgent } = this.#hop;
    const target = { hostname: options.host, port: options.port };
    return openTunnel(proxy, target, { signal, tls, userAgent, dial: dialOptions(options) });
  }
}
