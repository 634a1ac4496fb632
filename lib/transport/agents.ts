import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { HttpAgent, HttpsAgent } from 'agentkeepalive';
import { BoundedMap } from '../config/bounded-map.js';
import { MAX_TIMER_MS } from '../config/duration.js';
import { poolChannel, publishPool } from './channels.js';
import type { ConnectionOptions, ConnectProgress } from './connect.js';
import { connectFor, currentAddressWish, observePooled, watchPooled } from './connect.js';
import { ConnectionTimes } from './connection-times.js';
import { currentTurn } from './event-loop.js';
import { takeHandover, timesOfHandover } from './handover.js';
import { closeExpired, closeWhere, IdleChoice, isRuledOut } from './idle-choice.js';
import type { AgentInternals, ClientSocket, OnConnection, Requester } from './node-internals.js';
import { initialiseSocket, internalsOf } from './node-internals.js';
import type { ConnectionHome, ConnectionState } from './observe.js';
import {
  closingOnStrayBytes,
  connectionState,
  demandsOf,
  demandsOfNew,
  isDemanding,
  noteIfQueued,
} from './observe.js';
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
    watchPooled(socket, 'connect', options, watched, { spentMs: 0, times });
    return socket;
  }

  override keepSocketAlive(socket: Socket): boolean {
    return this.#idle.keep(socket);
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    this.#idle.reuse(socket, request);
  }
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
    const times = timesOfHandover(socket) ?? new ConnectionTimes(true, false);
    observePooled(socket, options, { pool: this.#pool, idle: this.#idle }, times);
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
    watchPooled(socket, 'secureConnect', options, watched, { ...progress, times });
    return socket;
  }

  override keepSocketAlive(socket: Socket): boolean {
    return this.#idle.keep(socket);
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    this.#idle.reuse(socket, request);
  }
}

/** An agent with a pool of ours. */
export type PoolAgent = PoolHttpAgent | PoolHttpsAgent;

/** The ways of Node and of agentkeepalive to give a request one of an agent's connections, and to keep it. */
const KEEPALIVE_AGENT = internalsOf(HttpAgent.prototype);

/** A connection that a server may have said something of. */
type PooledSocket = ClientSocket & {
  /** agentkeepalive's own place for it: how long this connection may idle, in ms. */
  freeSocketTimeout?: number | undefined;
};

/** What is taken off a server's hint of how long it keeps a connection. */
const HINT_MARGIN_MS = 1000;

/** Names whose connections are counted together. */
const MAX_NAMES = 1000;

/**
 * The idle connections of one agent. agentkeepalive keeps them for `freeSocketTimeout`, closes them then, and switches
 * the clock off when they are used again. Added here: a hint of the server's that says less, no connection that nobody
 * made ready, and which of them a request may have.
 */
class IdleConnections {
  readonly #agent: AgentInternals;
  readonly #pool: PoolOptions;
  /** When the first of them is too old, at the earliest. */
  #firstEndMs = Number.POSITIVE_INFINITY;
  readonly #choice: IdleChoice;
  readonly #homes = new BoundedMap<string, ConnectionHome>(MAX_NAMES);

  constructor(agent: Agent, pool: PoolOptions) {
    this.#agent = internalsOf(agent);
    this.#pool = pool;
    const dispatch = (request: ClientRequest, options: RequestEndpoint) => this.#dispatch(request, options);
    this.#choice = new IdleChoice(agent, pool.addresses, dispatch);
    agent.on('free', (socket: Socket) => this.#endIdleClock(socket));
    agent.prependListener('free', (socket: Socket) => this.#passOn(socket));
  }

  /** Decides if a connection that has become free stays; for an agent's `keepSocketAlive`. */
  keep(socket: PooledSocket): boolean {
    const state = connectionState(socket);
    if (state === undefined || !this.#mayKeep(socket, state)) return false;
    if (KEEPALIVE_AGENT.keepSocketAlive.call(this.#agent, socket) === false) return false;
    state.isIdle = true;
    state.idleSinceMs = performance.now();
    // The clock of agentkeepalive is running.
    state.idleUntilMs = state.idleSinceMs + (socket.timeout || MAX_TIMER_MS);
    if (state.idleUntilMs < this.#firstEndMs) this.#firstEndMs = state.idleUntilMs;
    const { _httpMessage: request } = socket;
    state.freedInTurn = request == null || demandsOf(request).connection === 'any' ? 0 : currentTurn();
    if (poolChannel.hasSubscribers) publishPool('kept', state.label);
    return true;
  }

  /** Gives a request an idle connection; for an agent's `reuseSocket`. */
  reuse(socket: Socket, request: ClientRequest): void {
    const state = connectionState(socket);
    if (state !== undefined) {
      state.isIdle = false;
      state.usedSinceMs = performance.now();
      state.bytesReadBefore = socket.bytesRead;
      state.bytesWrittenBefore = demandsOf(request).connection === 'any' ? 0 : socket.bytesWritten;
      if (poolChannel.hasSubscribers) publishPool('reused', state.label);
    }
    KEEPALIVE_AGENT.reuseSocket.call(this.#agent, socket, request);
  }

  /** Gives a request a connection of the kind it may have. */
  add(request: ClientRequest, options: RequestEndpoint): void {
    // Their timers do not run while the event loop is blocked.
    if (performance.now() >= this.#firstEndMs) this.#firstEndMs = closeExpired(this.#agent);
    const demands = demandsOfNew(request);
    if (this.#isCalm && !isDemanding(demands)) this.#dispatch(request, options);
    else this.#choice.add(request, options, demands);
  }

  /** Any idle connection is as good as another. */
  get #isCalm(): boolean {
    return this.#choice.failing.size === 0 && this.#pool.addresses?.isQuiet !== false;
  }

  /** The connections under one name. */
  homeOf(name: string): ConnectionHome {
    return this.#homes.getOrMake(name, () => ({ pool: this, name, successes: 0 }));
  }

  /** Closes those under one name that have been idle since before `sinceMs`, by the monotonic clock. */
  closeIdleSince(sinceMs: number, name: string): void {
    closeWhere(this.#agent, name, (socket) => (connectionState(socket)?.idleSinceMs ?? 0) < sinceMs);
  }

  #dispatch(request: ClientRequest, options: RequestEndpoint): void {
    KEEPALIVE_AGENT.addRequest.call(this.#agent, request, options);
    noteIfQueued(this.#agent, request);
  }

  /** Tells agentkeepalive of a server that keeps it for less than `poolIdleTimeout`, besides. */
  #mayKeep(socket: PooledSocket, state: ConnectionState): boolean {
    // One that is not ready was for a request that was given up in the tick it was made in.
    if (this.#pool.sockets.closing || !state.ready || this.#isGivenUp(socket, state)) return false;
    const hintMs = hintedIdleMs(socket, this.#pool);
    const restMs = state.endsAtMs - performance.now();
    const mostMs = this.#pool.poolIdleTimeoutMs || MAX_TIMER_MS;
    if (hintMs === undefined && restMs >= mostMs) {
      if (socket.freeSocketTimeout !== undefined) socket.freeSocketTimeout = undefined;
      return true;
    }
    // agentkeepalive takes this time as it is, whatever its own options say.
    const idleMs = Math.min(hintMs ?? MAX_TIMER_MS, mostMs, restMs);
    socket.freeSocketTimeout = idleMs;
    return idleMs > 0;
  }

  /** A connection that fails one request after the other while others succeed is given up, but not many at a time. */
  #isGivenUp({ _httpMessage }: PooledSocket, { answers, home, label }: ConnectionState): boolean {
    const { leaves } = this.#pool;
    if (leaves === undefined || home === undefined) return false;
    const isWorse = answers.note(_httpMessage?.res?.statusCode ?? 0, home);
    if (answers.failuresInRow > 0) this.#choice.noteFailing(home.name);
    return isWorse && leaves.take(label?.origin ?? home.name);
  }

  /**
   * Node gives a free connection to the request that has waited longest, without asking. One that must not go on is
   * closed; for that request Node makes another.
   */
  #passOn(socket: PooledSocket): void {
    const state = connectionState(socket);
    // One that was made for a waiting request is free at once.
    if (state?.home === undefined || socket._httpMessage == null) return;
    const next = this.#agent.requests[state.home.name]?.[0];
    if (next === undefined) return;
    const isOver = this.#isGivenUp(socket, state) || state.endsAtMs <= performance.now();
    if (isOver || isRuledOut(state, demandsOf(next), this.#pool.addresses)) socket.destroy();
    else state.bytesReadBefore = socket.bytesRead;
  }

  /**
   * agentkeepalive starts the idle clock of a connection, too, that went straight on to a waiting request, which would
   * end with it (https://github.com/node-modules/agentkeepalive/issues/106).
   */
  #endIdleClock(socket: Socket): void {
    if (connectionState(socket)?.isIdle !== true) socket.setTimeout(this.#pool.silenceMs ?? 0);
  }
}

/**
 * How long a server keeps a connection by its own word, `Keep-Alive: timeout=N`. A second is taken off, because its clock
 * started before ours, or what the agent we stand in for wants taken off, if that is more; no more than that means "do
 * not keep". Node looks at the hint as well, but only next to a `timeout` of its own, which ends connections in use.
 */
function hintedIdleMs({ _httpMessage }: PooledSocket, { settings }: PoolOptions): number | undefined {
  const hintMs = keepAliveHintMs(_httpMessage?.res?.headers['keep-alive']);
  if (hintMs === undefined) return undefined;
  return hintMs - Math.max(HINT_MARGIN_MS, Number(settings?.agentKeepAliveTimeoutBuffer ?? 0));
}

/** How long a server keeps an idle connection, by its `Keep-Alive: timeout=N`; `undefined` if it does not say. */
export function keepAliveHintMs(field: unknown): number | undefined {
  const seconds = /(?:^|[\s,;])timeout\s*=\s*"?(\d+)/i.exec(String(field ?? ''))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
