import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { HttpAgent } from 'agentkeepalive';
import { MAX_TIMER_MS } from '../config/duration.js';
import { poolChannel, publishPool } from './channels.js';
import { onceQuiet, withoutIdle } from './delegating-agent.js';
import { WORSE_AFTER } from './elsewhere.js';
import { currentTurn } from './event-loop.js';
import { chooseIdle } from './idle-choice.js';
import type { AgentInternals, ClientSocket } from './node-internals.js';
import { createdAtMs, internalsOf } from './node-internals.js';
import type { ConnectionDemands, ConnectionState } from './observe.js';
import { connectionState, demandsOf, demandsOfNew, isDemanding, noteIfQueued } from './observe.js';
import { nameToLookUp } from './peer.js';
import type { PoolOptions } from './pool-options.js';
import type { RequestEndpoint } from './target.js';
import { serverNameOf } from './tls.js';

/** A connection that a server may have said something of. */
type PooledSocket = ClientSocket & {
  /** agentkeepalive's own place for it: how long this connection may idle, in ms. */
  freeSocketTimeout?: number | undefined;
};

/** Node's own way to give a request one of an agent's connections, or to make one. */
const NODE_AGENT = internalsOf(HttpAgent.prototype);

/** What is taken off a server's hint of how long it keeps a connection. */
const HINT_MARGIN_MS = 1000;

/** Names with failing connections that are remembered. */
const MAX_FAILING = 1000;

/** What says how long a connection is kept. */
type KeepingOptions = Pick<
  PoolOptions,
  'addresses' | 'leaves' | 'maxAgeMs' | 'poolIdleTimeoutMs' | 'settings' | 'silenceMs' | 'sockets'
>;

/**
 * The idle connections of one agent. agentkeepalive keeps them for `freeSocketTimeout`, closes them then, and switches
 * the clock off when they are used again. Added here: a hint of the server's that says less, no connection that nobody
 * made ready, and which of them a request may have.
 */
export class IdleConnections {
  readonly #agent: AgentInternals;
  readonly #pool: KeepingOptions;
  /** When the first of them is too old, at the earliest. */
  #firstEndMs = Number.POSITIVE_INFINITY;
  /** Names under which there may be connections whose last request failed. */
  readonly #failing = new Set<string>();

  constructor(agent: Agent, pool: KeepingOptions) {
    this.#agent = internalsOf(agent);
    this.#pool = pool;
    agent.on('free', (socket: Socket) => this.#endIdleClock(socket));
    if (pool.maxAgeMs !== undefined)
      agent.prependListener('free', (socket: Socket) => this.#endIfOld(socket));
  }

  /**
   * Says whether a connection that has become free may stay, and tells agentkeepalive of a server that keeps it for less
   * than `poolIdleTimeout`.
   */
  mayKeep(socket: PooledSocket): boolean {
    // One that is not ready was for a request that was given up in the tick it was made in.
    const state = connectionState(socket);
    if (this.#pool.sockets.closing || state?.ready !== true || this.#isGivenUp(socket, state)) return false;
    const hintMs = hintedIdleMs(socket, this.#pool);
    const restMs = state.endsAtMs - performance.now();
    const mostMs = this.#pool.poolIdleTimeoutMs || MAX_TIMER_MS;
    if (hintMs === undefined && restMs >= mostMs) {
      if (socket.freeSocketTimeout !== undefined) socket.freeSocketTimeout = undefined;
      return true;
    }
    // agentkeepalive takes this time as it is, whatever its own options say.
    const idleMs = Math.min(hintMs ?? MAX_TIMER_MS, mostMs, restMs, restOfLifeMs(socket, this.#pool));
    socket.freeSocketTimeout = idleMs;
    return idleMs > 0;
  }

  /** Takes note of a connection that agentkeepalive keeps, with its clock running. */
  kept(socket: PooledSocket): void {
    const state = connectionState(socket);
    if (state === undefined) return;
    state.isIdle = true;
    state.idleSinceMs = performance.now();
    state.idleUntilMs = state.idleSinceMs + (socket.timeout || MAX_TIMER_MS);
    if (state.idleUntilMs < this.#firstEndMs) this.#firstEndMs = state.idleUntilMs;
    const { _httpMessage: request } = socket;
    state.freedInTurn = request == null || demandsOf(request).connection === 'any' ? 0 : currentTurn();
    if (poolChannel.hasSubscribers) publishPool('kept', state.label);
  }

  /** Takes note that a request was given an idle connection. */
  use(socket: Socket, request: ClientRequest): void {
    const state = connectionState(socket);
    if (state === undefined) return;
    state.isIdle = false;
    state.usedSinceMs = performance.now();
    state.bytesReadBefore = socket.bytesRead;
    state.bytesWrittenBefore = demandsOf(request).connection === 'any' ? 0 : socket.bytesWritten;
    if (poolChannel.hasSubscribers) publishPool('reused', state.label);
  }

  /** Gives a request a connection of the kind it may have. */
  add(request: ClientRequest, options: RequestEndpoint): void {
    // Their timers do not run while the event loop is blocked.
    if (performance.now() >= this.#firstEndMs) this.#closeExpired();
    const demands = demandsOfNew(request);
    if (demands.connection === 'new') this.#addToNew(request, options);
    else if (demands.connection === 'checked') this.#addChecked(request, options, demands);
    else if (this.#isCalm && !isDemanding(demands)) this.#dispatch(request, options);
    else this.#addToBest(this.#nameFor(request, options), request, options, demands);
  }

  /** Any idle connection is as good as another. */
  get #isCalm(): boolean {
    return this.#failing.size === 0 && this.#pool.addresses?.isQuiet !== false;
  }

  /** Closes those under one name that have been idle since before `sinceMs`, by the monotonic clock. */
  closeIdleSince(sinceMs: number, name: string): void {
    this.#closeWhere(name, (socket) => (connectionState(socket)?.idleSinceMs ?? 0) < sinceMs);
  }

  #dispatch(request: ClientRequest, options: RequestEndpoint): void {
    NODE_AGENT.addRequest.call(this.#agent, request, options);
    noteIfQueued(this.#agent, request);
  }

  #addToNew(request: ClientRequest, options: RequestEndpoint): void {
    const name = this.#nameFor(request, options);
    // An idle one counts as well, and would keep the place from the new one.
    if (!this.#hasRoom(name)) this.#agent.freeSockets[name]?.[0]?.destroy();
    withoutIdle(this.#agent, () => this.#dispatch(request, options));
  }

  #addChecked(request: ClientRequest, options: RequestEndpoint, demands: ConnectionDemands): void {
    const name = this.#nameFor(request, options);
    const freshest = this.#agent.freeSockets[name]?.at(-1);
    const add = () => this.#addToBest(name, request, options, demands);
    if (freshest === undefined) this.#dispatch(request, options);
    else if (isJustFreed(freshest)) add();
    else onceQuiet(this.#agent, request, add);
  }

  /** Gives a request the idle connection that suits it best, or else a new one. */
  #addToBest(
    name: string,
    request: ClientRequest,
    options: RequestEndpoint,
    demands: ConnectionDemands,
  ): void {
    const { addresses } = this.#pool;
    // Node takes one off its list when it is closed for good, and would give it away until then.
    this.#closeWhere(name, (socket) => !socket.writable);
    const idle = this.#agent.freeSockets[name] ?? [];
    if (!idle.some((socket) => (connectionState(socket)?.failuresInRow ?? 0) > 0)) this.#failing.delete(name);
    const isProbe = !isDemanding(demands) && this.#isProbe(options);
    const best = isProbe ? -1 : chooseIdle(idle, demands, addresses);
    // Node takes the first one or the last.
    if (best >= 0) idle[this.#agent.scheduling === 'fifo' ? 'unshift' : 'push'](...idle.splice(best, 1));
    if (best >= 0 || idle.length === 0) this.#dispatch(request, options);
    else if (demands.failed !== undefined) this.#addToNew(request, options);
    else if (this.#hasRoom(name)) withoutIdle(this.#agent, () => this.#dispatch(request, options));
    else this.#dispatch(request, options);
  }

  /** Whether it is up to a request to find out if an address works again. */
  #isProbe({ host, port }: RequestEndpoint): boolean {
    const { addresses } = this.#pool;
    if (addresses === undefined || addresses.isQuiet) return false;
    const name = nameToLookUp({ host: host ?? undefined, port: port ?? undefined });
    return name !== undefined && addresses.takeProbe(name);
  }

  /** A connection that fails one request after the other while others succeed is given up, but not many at a time. */
  #isGivenUp({ _httpMessage }: PooledSocket, state: ConnectionState): boolean {
    const { leaves } = this.#pool;
    const status = _httpMessage?.res?.statusCode ?? 0;
    if (status < 500 || leaves === undefined) {
      if (state.failuresInRow > 0) state.failuresInRow = 0;
      return false;
    }
    state.failuresInRow += 1;
    if (state.failuresInRow === 1) state.failingSinceMs = performance.now();
    const { name = '' } = state.home ?? {};
    // A crawler meets failing origins without end.
    if (this.#failing.size >= MAX_FAILING) this.#failing.clear();
    this.#failing.add(name);
    if (state.failuresInRow < WORSE_AFTER || !this.#hasSucceededSince(state.failingSinceMs, name))
      return false;
    return leaves.take(state.label?.origin ?? name);
  }

  #hasSucceededSince(sinceMs: number, name: string): boolean {
    const { freeSockets, sockets } = this.#agent;
    return [...(freeSockets[name] ?? []), ...(sockets[name] ?? [])].some((socket) => {
      const state = connectionState(socket);
      return state !== undefined && state.failuresInRow === 0 && state.idleSinceMs > sinceMs;
    });
  }

  /** Whether the agent's limits leave room for one more connection. */
  #hasRoom(name: string): boolean {
    const { freeSockets, sockets, maxSockets, maxTotalSockets, totalSocketCount } = this.#agent;
    const count = (freeSockets[name]?.length ?? 0) + (sockets[name]?.length ?? 0);
    return count < maxSockets && totalSocketCount < maxTotalSockets;
  }

  /** What the agent calls the connections that a request may have, made as Node makes it. */
  #nameFor(request: ClientRequest, options: RequestEndpoint): string {
    const complete = { ...options, ...this.#agent.options };
    const header = request.getHeader('host');
    const host = typeof header === 'string' ? header : undefined;
    complete.servername ??= serverNameOf(complete.host ?? '', host);
    return this.#agent.getName(complete);
  }

  #closeExpired(): void {
    const nowMs = performance.now();
    this.#firstEndMs = Number.POSITIVE_INFINITY;
    for (const name of Object.keys(this.#agent.freeSockets)) {
      this.#closeWhere(name, (socket) => {
        const { idleUntilMs = 0 } = connectionState(socket) ?? {};
        if (idleUntilMs > nowMs) this.#firstEndMs = Math.min(this.#firstEndMs, idleUntilMs);
        return idleUntilMs <= nowMs;
      });
    }
  }

  #closeWhere(name: string, isOver: (socket: Socket) => boolean): void {
    const { freeSockets } = this.#agent;
    const idle = freeSockets[name] ?? [];
    const over = idle.filter(isOver);
    if (over.length === 0) return;
    const left = idle.filter((socket) => !over.includes(socket));
    if (left.length > 0) freeSockets[name] = left;
    else delete freeSockets[name];
    for (const socket of over) socket.destroy();
  }

  /** Node gives a free connection to a waiting request without asking how old it is; for that request it makes another. */
  #endIfOld(socket: Socket): void {
    if (restOfLifeMs(socket, this.#pool) <= 0) socket.destroy();
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
function hintedIdleMs({ _httpMessage }: PooledSocket, { settings }: KeepingOptions): number | undefined {
  const header = _httpMessage?.res?.headers['keep-alive'];
  if (header === undefined) return undefined;
  const hint = /(?:^|[\s,;])timeout\s*=\s*"?(\d+)/i.exec(String(header))?.[1];
  if (hint === undefined) return undefined;
  return Number(hint) * 1000 - Math.max(HINT_MARGIN_MS, Number(settings?.agentKeepAliveTimeoutBuffer ?? 0));
}

/** How much older a connection may become. */
function restOfLifeMs(socket: Socket, { maxAgeMs }: KeepingOptions): number {
  if (maxAgeMs === undefined) return MAX_TIMER_MS;
  return maxAgeMs - (Date.now() - (createdAtMs(socket) ?? Date.now()));
}

/** Whether it was in use a moment ago: no close can have arrived that was not read. */
function isJustFreed(socket: Socket): boolean {
  const { freedInTurn = 0 } = connectionState(socket) ?? {};
  return freedInTurn !== 0 && freedInTurn === currentTurn();
}
