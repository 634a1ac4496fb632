import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { NetConnectOpts, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { constants, HttpAgent, HttpsAgent } from 'agentkeepalive';
import type { LimitMs } from '../config/resolved.js';
import type { ConnectAnnouncement, ConnectionLabel } from './channels.js';
import { publishConnect } from './channels.js';
import type { ConnectionHome } from './connect.js';
import { connectionState, markReady, watchConnect } from './connect.js';
import { takeHandover } from './handover.js';
import { IdleConnections } from './idle-connections.js';
import type { SocketKeeper } from './socket-registry.js';
import type { TlsSettings } from './tls.js';

/** What Node's types leave out: who reads the response that a connection is to bring. */
type HttpSocket = Socket & { readonly parser?: object | null };

/**
 * Closes a connection as soon as it brings bytes that nobody asked for. They are no part of a response, and would become
 * the beginning of the next one. Newer Nodes look for them on idle connections; here it is also done on older ones, and
 * from the end of a response on, which its reader may be far from.
 */
function closeOnStrayBytes(socket: Socket): void {
  socket.on('data', onData);
  // Whoever upgrades the connection speaks what he likes on it.
  socket.once('agentRemove', onRemove);
}

function onData(this: HttpSocket): void {
  // Node takes the parser off with the last byte of a response. Before the first request there is none.
  if (this.parser === null || connectionState(this)?.isIdle) this.destroy();
}

function onRemove(this: HttpSocket): void {
  this.removeListener('data', onData);
}

// The types have it as an object of the class Symbol.
const INIT_SOCKET = constants.INIT_SOCKET as unknown as symbol;

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
  /** How old a connection may become. */
  readonly maxAgeMs?: number | undefined;
  /** `http://host:port` of the proxy that the connections lead to or through, for messages. */
  readonly proxy?: string;
}

/** How a connection got as far as it is when TLS begins. */
interface ConnectProgress {
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

/** What Node's agents make a connection for. The types of agentkeepalive have the request for a response. */
export type Requester = ClientRequest | IncomingMessage;

/** The options of agentkeepalive that mean what our configuration means. */
export function keepAliveOptions(pool: PoolOptions) {
  const pooled = pool.poolMaxIdlePerHost > 0 && pool.poolIdleTimeoutMs !== 0;
  return {
    // Node gives up an address after 250 ms, which is shorter than a handshake to the other side of the world
    // (https://github.com/nodejs/node/issues/54359). A quarter of the budget still leaves room for a second address.
    autoSelectFamilyAttemptTimeout: Math.max(
      10,
      Math.min(1_000, Math.floor((pool.connectTimeoutMs || 5_000) / 4)),
    ),
    ...pool.connection,
    // maxFreeSockets: 0 means 256 to Node, so "keep none" has to be said with keepAlive.
    keepAlive: pooled,
    maxFreeSockets: pooled ? pool.poolMaxIdlePerHost : 1,
    // Idle time is counted by us, in keepSocketAlive. agentkeepalive would start that clock for a socket, too, that goes
    // straight on to a waiting request (https://github.com/node-modules/agentkeepalive/issues/106) ...
    freeSocketTimeout: 0,
    // ... and otherwise kill active sockets after 8 s or more without traffic; deadlines are ours.
    timeout: pool.silenceMs ?? 0,
    socketActiveTTL: pool.maxAgeMs ?? 0,
    scheduling: 'lifo' as const,
  };
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
  readonly #idle: IdleConnections;

  constructor(pool: PoolOptions) {
    super(keepAliveOptions(pool));
    Object.assign(this, pool.settings);
    this.#pool = pool;
    this.#idle = new IdleConnections(this, pool);
  }

  /** Gives a request a connection, or has it wait for one; Node's types leave it out. */
  addRequest(request: ClientRequest, options: RequestOptions): void {
    this.#idle.add(request, options);
  }

  override createSocket(request: Requester, options: RequestOptions, onSocket: OnConnection): void {
    super.createSocket(request as IncomingMessage, options, guarded(onSocket));
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    const socket = super.createConnection(options, onCreated);
    return watchNew(socket, 'connect', options, { pool: this.#pool, idle: this.#idle });
  }

  override keepSocketAlive(socket: Socket): boolean {
    return this.#idle.keep(socket, super.keepSocketAlive(socket));
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    this.#idle.use(socket, request);
    super.reuseSocket(socket, request);
  }
}

/** Pooled TLS connections, straight to the origin. */
export class PoolHttpsAgent extends HttpsAgent {
  readonly #pool: PoolOptions;
  readonly #idle: IdleConnections;
  readonly #tls: TlsSettings;
  #context: SecureContext | undefined;

  constructor(pool: PoolOptions, tls: TlsSettings) {
    super({ ...keepAliveOptions(pool), ALPNProtocols: ['http/1.1'], ...tls.handshake });
    Object.assign(this, pool.settings);
    this.#pool = pool;
    this.#idle = new IdleConnections(this, pool);
    this.#tls = tls;
  }

  /** Gives a request a connection, or has it wait for one; Node's types leave it out. */
  addRequest(request: ClientRequest, options: RequestOptions): void {
    this.#idle.add(request, options);
  }

  override createSocket(request: Requester, options: RequestOptions, onSocket: OnConnection): void {
    super.createSocket(request as IncomingMessage, options, guarded(onSocket));
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
    markReady(socket, labelOf('https', options, this.#pool), homeOf(this.#idle, options));
    return socket;
  }

  /**
   * Begins TLS on a new connection, or on `options.socket`.
   *
   * @param progress of the way to that socket.
   */
  protected secure(options: ConnectionOptions & { socket?: Socket }, progress: ConnectProgress): Socket {
    const socket = super.createConnection(this.secured(options));
    return watchNew(socket, 'secureConnect', options, { pool: this.#pool, idle: this.#idle }, progress);
  }

  override keepSocketAlive(socket: Socket): boolean {
    return this.#idle.keep(socket, super.keepSocketAlive(socket));
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    this.#idle.use(socket, request);
    super.reuseSocket(socket, request);
  }

  /**
   * Connection options with the TLS material as one shared context. Keys and passphrases given as plain options would
   * be kept, readable, on every agent and socket; and OpenSSL would parse them anew for every connection.
   */
  protected secured(options: ConnectionOptions): ConnectionOptions {
    if (this.#tls.material === undefined) return options;
    this.#context ??= createSecureContext(this.#tls.material);
    // A copy: the options are also what the pool is found by, which Bun reads again when the connection becomes idle.
    return Object.assign({}, options, { secureContext: this.#context });
  }
}

/** Refuses every request, with an error in place of a connection. */
export class RefusingAgent extends HttpAgent {
  readonly #reason: (target: string) => Error;

  constructor(reason: (target: string) => Error) {
    super({ keepAlive: false, timeout: 0, freeSocketTimeout: 0 });
    this.#reason = reason;
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    // On an error there is no socket, neither for the callback nor to return; the types do not know it.
    const none = undefined as never;
    onCreated?.(this.#reason(targetOf(options)), none);
    return none;
  }
}

/** Watches what a new connection brings, for Node's agent, which gives it to a request next. */
function guarded(onSocket: OnConnection): OnConnection {
  return (error, socket) => {
    if (!error) closeOnStrayBytes(socket as Socket);
    onSocket(error, socket);
  };
}

function homeOf(pool: IdleConnections, options: ConnectionOptions): ConnectionHome {
  const { _agentKey: name = '' } = options as { _agentKey?: string };
  return { pool, name };
}

function watchNew(
  socket: Socket,
  readyEvent: 'connect' | 'secureConnect',
  options: ConnectionOptions,
  { pool, idle }: { pool: PoolOptions; idle: IdleConnections },
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
    home: homeOf(idle, options),
    announced: progress.announced ?? publishConnect(label),
  });
}
