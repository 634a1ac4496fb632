import type { ClientRequest } from 'node:http';
import type { NetConnectOpts, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';
import { constants, HttpAgent, HttpsAgent } from 'agentkeepalive';
import { MAX_TIMER_MS } from '../config/duration.js';
import type { LimitMs } from '../config/resolved.js';
import { type ConnectAnnouncement, type ConnectionLabel, publishConnect, publishPool } from './channels.js';
import { connectionState, markReady, watchConnect } from './connect.js';
import { takeHandover } from './http2/http1.js';
import type { SocketRegistry } from './socket-registry.js';
import type { TlsSettings } from './tls.js';

// The types have it as an object of the class Symbol.
const INIT_SOCKET = constants.INIT_SOCKET as unknown as symbol;

/** How connections are pooled, the same for every kind of pool. */
export interface PoolOptions {
  readonly connectTimeoutMs: LimitMs;
  readonly poolIdleTimeoutMs: LimitMs;
  readonly poolMaxIdlePerHost: number;
  /** Knows every open socket of the policy. */
  readonly sockets: SocketRegistry;
  /** Connection options taken over from the instance's own agent: a local address, a resolver, a limit of sockets. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** `http://host:port` of the proxy that the connections lead to or through, for messages. */
  readonly proxy?: string;
}

/** How a connection got as far as it is when TLS begins. */
export interface ConnectProgress {
  /** What of the connect timeout is spent. */
  readonly spentMs: number;
  /** Who is to be told how it ends, if it was announced before. */
  readonly announced?: ConnectAnnouncement | undefined;
}

const NOT_BEGUN: ConnectProgress = { spentMs: 0 };

/** Options of one connection, as Node's agents pass them on. */
export type ConnectionOptions = NetConnectOpts & {
  host?: string;
  port?: number | string;
  socketPath?: string;
  servername?: string;
};

/** The signature Node's agents call back with a new connection. */
export type OnConnection = (error: Error | null, socket: Duplex) => void;

/** The options of agentkeepalive that mean what our configuration means. */
export function keepAliveOptions(pool: PoolOptions) {
  const pooled = pool.poolMaxIdlePerHost > 0 && pool.poolIdleTimeoutMs !== 0;
  return {
    ...pool.connection,
    // maxFreeSockets: 0 means 256 to Node, so "keep none" has to be said with keepAlive.
    keepAlive: pooled,
    maxFreeSockets: pooled ? pool.poolMaxIdlePerHost : 1,
    // Idle time is counted by us, in keepSocketAlive. agentkeepalive would start that clock for a socket, too, that goes
    // straight on to a waiting request (https://github.com/node-modules/agentkeepalive/issues/106) ...
    freeSocketTimeout: 0,
    // ... and otherwise kill active sockets after 8 s or more without traffic; deadlines are ours.
    timeout: 0,
    scheduling: 'lifo' as const,
    // Node gives up an address after 250 ms, which is shorter than a handshake to the other side of the world
    // (https://github.com/nodejs/node/issues/54359). A quarter of the budget still leaves room for a second address.
    autoSelectFamilyAttemptTimeout: Math.max(
      10,
      Math.min(1_000, Math.floor((pool.connectTimeoutMs || 5_000) / 4)),
    ),
  };
}

/**
 * How long a connection may idle: `poolIdleTimeout`, or less if the server said so (`Keep-Alive: timeout=N`). A second
 * is taken off the hint, because the server's clock started before ours; 1 s or less means "do not keep".
 */
export function idleTimeMs(socket: Socket, poolIdleTimeoutMs: number): number {
  const response = (
    socket as Socket & {
      _httpMessage?: ClientRequest & { res?: { headers: NodeJS.Dict<string | string[]> } };
    }
  )._httpMessage?.res;
  const hint = /(?:^|[\s,;])timeout\s*=\s*"?(\d+)/i.exec(String(response?.headers['keep-alive'] ?? ''))?.[1];
  return hint === undefined ? poolIdleTimeoutMs : Math.min(poolIdleTimeoutMs, Number(hint) * 1000 - 1000);
}

/** `host:port` or the socket's path, for messages. */
export function targetOf(options: ConnectionOptions): string {
  if (options.socketPath) return options.socketPath;
  const host = options.host ?? 'localhost';
  return `${host.includes(':') ? `[${host}]` : host}:${options.port ?? ''}`;
}

/** What messages call a connection. */
export function labelOf(
  scheme: 'http' | 'https',
  options: ConnectionOptions,
  { proxy }: Pick<PoolOptions, 'proxy'>,
): ConnectionLabel {
  const origin = options.socketPath ? `unix:${options.socketPath}` : `${scheme}://${targetOf(options)}`;
  return proxy === undefined ? { origin } : { origin, proxy };
}

/** Pooled plain-HTTP connections. */
export class PoolHttpAgent extends HttpAgent {
  readonly #pool: PoolOptions;

  constructor(pool: PoolOptions) {
    super(keepAliveOptions(pool));
    this.#pool = pool;
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    const socket = super.createConnection(options, onCreated);
    return watchNew(socket, 'connect', options, this.#pool);
  }

  override keepSocketAlive(socket: Socket): boolean {
    return keptAlive(socket, this.#pool, super.keepSocketAlive(socket));
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    markReuse(socket);
    super.reuseSocket(socket, request);
  }
}

/** Pooled TLS connections, straight to the origin. */
export class PoolHttpsAgent extends HttpsAgent {
  readonly #pool: PoolOptions;
  readonly #tls: TlsSettings;
  #context: SecureContext | undefined;

  constructor(pool: PoolOptions, tls: TlsSettings) {
    super({ ...keepAliveOptions(pool), ALPNProtocols: ['http/1.1'], ...tls.handshake });
    this.#pool = pool;
    this.#tls = tls;
  }

  override createConnection(options: ConnectionOptions, _onCreated?: OnConnection): Socket {
    return this.handedOver(options) ?? this.secure(options, NOT_BEGUN);
  }

  /** The connection that was opened for HTTP/2 and settled on HTTP/1.1, if this is its request. */
  protected handedOver(options: ConnectionOptions): Socket | undefined {
    const socket = takeHandover(options);
    if (socket === undefined) return undefined;
    // What agentkeepalive does for the sockets it makes, by the name it exports for that.
    const initialise = (this as unknown as Record<symbol, (socket: Socket, options: object) => void>)[
      INIT_SOCKET
    ];
    initialise?.call(this, socket, options);
    markReady(socket, labelOf('https', options, this.#pool));
    return socket;
  }

  /**
   * Begins TLS on a new connection, or on `options.socket`.
   *
   * @param progress of the way to that socket.
   */
  protected secure(options: ConnectionOptions & { socket?: Socket }, progress: ConnectProgress): Socket {
    const socket = super.createConnection(this.secured(options));
    return watchNew(socket, 'secureConnect', options, this.#pool, progress);
  }

  override keepSocketAlive(socket: Socket): boolean {
    return keptAlive(socket, this.#pool, super.keepSocketAlive(socket));
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    markReuse(socket);
    super.reuseSocket(socket, request);
  }

  /**
   * Connection options with the TLS material as one shared context. Keys and passphrases given as plain options would
   * be kept, readable, on every agent and socket; and OpenSSL would parse them anew for every connection.
   */
  protected secured(options: ConnectionOptions): ConnectionOptions {
    if (this.#tls.material === undefined) return options;
    this.#context ??= createSecureContext(this.#tls.material);
    return Object.assign(options, { secureContext: this.#context });
  }
}

/** Refuses every request, with an error in place of a connection. */
export class RefusingAgent extends HttpAgent {
  readonly #reason: (target: string) => Error;

  constructor(reason: (target: string) => Error) {
    super({ keepAlive: false });
    this.#reason = reason;
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    // On an error there is no socket, neither for the callback nor to return; the types do not know it.
    const none = undefined as never;
    onCreated?.(this.#reason(targetOf(options)), none);
    return none;
  }
}

function watchNew(
  socket: Socket,
  readyEvent: 'connect' | 'secureConnect',
  options: ConnectionOptions,
  pool: PoolOptions,
  progress = NOT_BEGUN,
): Socket {
  pool.sockets.add(socket);
  const label = labelOf(readyEvent === 'connect' ? 'http' : 'https', options, pool);
  return watchConnect(socket, {
    readyEvent,
    target: targetOf(options),
    timeoutMs: pool.connectTimeoutMs,
    spentMs: progress.spentMs,
    label,
    announced: progress.announced ?? publishConnect(label),
  });
}

/**
 * Whether a socket that has become idle stays in the pool, and for how long: agentkeepalive destroys it on 'timeout',
 * and switches that off when the socket is used again.
 *
 * @param answer what the superclass says. By its types nothing; at run time whether the socket stays.
 */
function keptAlive(socket: Socket, pool: PoolOptions, answer: unknown): boolean {
  if (answer === false || pool.sockets.closing) return false;
  const idleMs = idleTimeMs(socket, pool.poolIdleTimeoutMs === false ? MAX_TIMER_MS : pool.poolIdleTimeoutMs);
  if (idleMs <= 0) return false;
  socket.setTimeout(idleMs);
  publishPool('kept', connectionState(socket)?.label);
  return true;
}

function markReuse(socket: Socket): void {
  const state = connectionState(socket);
  if (state === undefined) return;
  state.bytesReadBefore = socket.bytesRead;
  publishPool('reused', state.label);
}
