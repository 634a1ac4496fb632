import type { ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { HttpAgent, HttpsAgent } from 'agentkeepalive';
import type { ConnectAnnouncement } from './channels.js';
import { publishConnect } from './channels.js';
import type { ConnectionOptions } from './connect.js';
import { labelOf, targetOf, watchConnect } from './connect.js';
import { ConnectionTimes, timesOfHandover } from './connection-times.js';
import { takeHandover } from './handover.js';
import { IdleConnections } from './idle-connections.js';
import type { ClientSocket, OnConnection, Requester } from './node-internals.js';
import { initialiseSocket, poolNameOf } from './node-internals.js';
import type { ConnectionHome, ConnectionState } from './observe.js';
import { connectFor, connectionState, currentAddressWish, observeConnection } from './observe.js';
import type { Dialled } from './peer.js';
import { dial, nameToLookUp } from './peer.js';
import type { PoolOptions } from './pool-options.js';
import { keepAliveOptions } from './pool-options.js';
import type { RequestEndpoint } from './target.js';
import type { TlsSettings } from './tls.js';
import { secureContextOf } from './tls.js';

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
  addRequest(request: ClientRequest, options: RequestEndpoint): void {
    this.#idle.add(request, options);
  }

  override createSocket(request: Requester, options: RequestOptions, onSocket: OnConnection): void {
    connectFor(request, () => {
      super.createSocket(request, options, closingOnStrayBytes(onSocket));
    });
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    const times = new ConnectionTimes(false, nameToLookUp(options) !== undefined);
    const dialled = dial(options, this.#pool.addresses, currentAddressWish(), times);
    const socket = super.createConnection(dialled?.options ?? options, onCreated);
    const watched = { pool: this.#pool, idle: this.#idle, dialled };
    return watchNew(socket, 'connect', options, watched, { spentMs: 0, times });
  }

  override keepSocketAlive(socket: Socket): boolean {
    // By their types, those of the superclass answer nothing.
    const superKeeps: (socket: Socket) => unknown = super.keepSocketAlive;
    if (!this.#idle.mayKeep(socket) || superKeeps.call(this, socket) === false) return false;
    this.#idle.kept(socket);
    return true;
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    this.#idle.use(socket, request);
    super.reuseSocket(socket, request);
  }
}

/** How a connection got as far as it is when TLS begins. */
interface ConnectProgress {
  /** How much of the connect timeout is spent. */
  readonly spentMs: number;
  /** Is to be told how it ends, if it was announced before. */
  readonly announced?: ConnectAnnouncement | undefined;
  /** The moments of that. */
  readonly times?: ConnectionTimes;
}

const NOT_BEGUN: ConnectProgress = { spentMs: 0 };

/** Pooled TLS connections, straight to the origin. */
export class PoolHttpsAgent extends HttpsAgent {
  readonly #pool: PoolOptions;
  readonly #idle: IdleConnections;
  readonly #tls: TlsSettings;

  constructor(pool: PoolOptions, tls: TlsSettings) {
    super({ ...keepAliveOptions(pool), ALPNProtocols: ['http/1.1'], ...tls.handshake });
    Object.assign(this, pool.settings);
    this.#pool = pool;
    this.#idle = new IdleConnections(this, pool);
    this.#tls = tls;
  }

  /** Gives a request a connection, or has it wait for one; Node's types leave it out. */
  addRequest(request: ClientRequest, options: RequestEndpoint): void {
    this.#idle.add(request, options);
  }

  override createSocket(request: Requester, options: RequestOptions, onSocket: OnConnection): void {
    connectFor(request, () => {
      super.createSocket(request, options, closingOnStrayBytes(onSocket));
    });
  }

  override createConnection(options: ConnectionOptions, _onCreated?: OnConnection): Socket {
    return this.negotiated(options) ?? this.secure(options, NOT_BEGUN);
  }

  /** The connection that was opened for HTTP/2 and settled on HTTP/1.1, if this is its request. */
  protected negotiated(options: ConnectionOptions): Socket | undefined {
    const socket = takeHandover(options);
    if (socket === undefined) return undefined;
    initialiseSocket(this, socket, options);
    const label = labelOf('https', options, this.#pool);
    const times = timesOfHandover(socket) ?? new ConnectionTimes(true, false);
    limitAge(
      observeConnection(socket, { ready: true, times, label, home: homeOf(this.#idle, options) }),
      this.#pool,
    );
    return socket;
  }

  /**
   * Begins TLS on a new connection, or on `options.socket`.
   *
   * @param progress of the way to that socket.
   */
  protected secure(options: ConnectionOptions & { socket?: Socket }, progress: ConnectProgress): Socket {
    const secureContext = secureContextOf(this.#tls);
    const times = progress.times ?? new ConnectionTimes(true, nameToLookUp(options) !== undefined);
    const { addresses } = this.#pool;
    const dialled = options.socket ? undefined : dial(options, addresses, currentAddressWish(), times);
    const complete = dialled?.options ?? options;
    // A copy: the options are also what the pool is found by, which Bun reads again when the connection becomes idle.
    const secured = secureContext === undefined ? complete : Object.assign({}, complete, { secureContext });
    const socket = super.createConnection(secured);
    const watched = { pool: this.#pool, idle: this.#idle, dialled };
    return watchNew(socket, 'secureConnect', options, watched, { ...progress, times });
  }

  override keepSocketAlive(socket: Socket): boolean {
    const superKeeps: (socket: Socket) => unknown = super.keepSocketAlive;
    if (!this.#idle.mayKeep(socket) || superKeeps.call(this, socket) === false) return false;
    this.#idle.kept(socket);
    return true;
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    this.#idle.use(socket, request);
    super.reuseSocket(socket, request);
  }
}

/** An agent with a pool of ours. */
export type PoolAgent = PoolHttpAgent | PoolHttpsAgent;

/**
 * Has every new connection closed as soon as it brings bytes that nobody asked for. They are no part of a response, and
 * would become the beginning of the next one. Newer Nodes look for them on idle connections; here it is also done on
 * older ones, and from the end of a response on, which its reader may be far from.
 */
function closingOnStrayBytes(onSocket: OnConnection): OnConnection {
  return (error, socket) => {
    if (!error) {
      socket.on('data', closeIfStray);
      // Whoever upgrades the connection speaks what he likes on it.
      socket.once('agentRemove', stopWatching);
    }
    onSocket(error, socket);
  };
}

function closeIfStray(this: ClientSocket): void {
  // Node takes the parser off with the last byte of a response. Before the first request there is none.
  if (this.parser === null || connectionState(this)?.isIdle) this.destroy();
}

function stopWatching(this: Socket): void {
  this.removeListener('data', closeIfStray);
}

function homeOf(pool: IdleConnections, options: ConnectionOptions): ConnectionHome {
  return { pool, name: poolNameOf(options) };
}

function watchNew(
  socket: Socket,
  readyEvent: 'connect' | 'secureConnect',
  options: ConnectionOptions,
  { pool, idle, dialled }: { pool: PoolOptions; idle: IdleConnections; dialled: Dialled | undefined },
  { spentMs, announced, times }: ConnectProgress & { readonly times: ConnectionTimes },
): Socket {
  pool.sockets.add(socket);
  const label = labelOf(readyEvent === 'connect' ? 'http' : 'https', options, pool);
  const state = watchConnect(socket, {
    // What an origin behind a proxy answers says nothing of the addresses of the proxy.
    dialled: pool.proxy === undefined ? dialled : undefined,
    readyEvent,
    times,
    target: targetOf(options),
    timeoutMs: pool.connectTimeoutMs,
    spentMs,
    label,
    home: homeOf(idle, options),
    announced: announced ?? publishConnect(label),
  });
  limitAge(state, pool);
  return socket;
}

function limitAge(state: ConnectionState, { drawMaxAgeMs }: PoolOptions): void {
  const maxAgeMs = drawMaxAgeMs?.();
  if (maxAgeMs !== undefined) state.endsAtMs = performance.now() + maxAgeMs;
}
