import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { constants, HttpAgent } from 'agentkeepalive';
import { MAX_TIMER_MS } from '../config/duration.js';
import { currentTurn } from './after-pending-io.js';
import type { PoolOptions } from './agents.js';
import { publishPool } from './channels.js';
import { connectionState } from './connect.js';
import { onceQuiet, withoutIdle } from './delegating-agent.js';
import { choiceOf, choiceOfNew } from './observe.js';

/** The parts of Node's agent that its types leave out. */
interface AgentInternals extends Agent {
  readonly options: object;
  readonly freeSockets: Record<string, Socket[] | undefined>;
  readonly sockets: Record<string, Socket[] | undefined>;
  readonly totalSocketCount: number;
  readonly scheduling: 'fifo' | 'lifo';
  getName(options: object): string;
}

/** What an agent is told of where a request goes. */
interface RequestOptions {
  readonly host?: string | null | undefined;
  readonly servername?: string | undefined;
}

type ServedSocket = Socket & {
  _httpMessage?: ClientRequest & { res?: { headers: NodeJS.Dict<string | string[]> } };
};

/** Node's own way to give a request one of an agent's connections, or to make one. */
const NODE_AGENT = HttpAgent.prototype as unknown as {
  addRequest(request: ClientRequest, options: object): void;
};

// The types have it as an object of the class Symbol.
const CREATED_AT = constants.SOCKET_CREATED_TIME as unknown as symbol;

/** What is taken off a server's hint of how long it keeps a connection. */
const HINT_MARGIN_MS = 1000;

/** What says how long a connection is kept. */
type KeepingOptions = Pick<PoolOptions, 'maxAgeMs' | 'poolIdleTimeoutMs' | 'settings' | 'sockets'>;

/** The idle connections of one agent: how long they are kept, and which of them a request may have. */
export class IdleConnections {
  readonly #agent: AgentInternals;
  readonly #pool: KeepingOptions;
  /** When the first of them is too old, at the earliest. */
  #firstEndMs = Number.POSITIVE_INFINITY;

  constructor(agent: Agent, pool: KeepingOptions) {
    this.#agent = agent as AgentInternals;
    this.#pool = pool;
  }

  /**
   * Whether a connection that has become idle stays in the pool, and for how long: agentkeepalive destroys it on
   * 'timeout', and switches that off when it is used again.
   *
   * @param answer what the superclass says. By its types nothing; at run time whether the connection stays.
   */
  keep(socket: Socket, answer: unknown): boolean {
    const state = connectionState(socket);
    // One that is not ready was for a request that was given up in the tick it was made in.
    if (answer === false || this.#pool.sockets.closing || state?.ready !== true) return false;
    const idleMs = Math.min(idleTimeMs(socket, this.#pool), restOfLifeMs(socket, this.#pool));
    if (idleMs <= 0) return false;
    socket.setTimeout(idleMs);
    state.isIdle = true;
    state.idleSinceMs = performance.now();
    state.idleUntilMs = state.idleSinceMs + idleMs;
    if (state.idleUntilMs < this.#firstEndMs) this.#firstEndMs = state.idleUntilMs;
    const { _httpMessage: request } = socket as ServedSocket;
    state.freedInTurn = request === undefined || choiceOf(request) === 'any' ? 0 : currentTurn();
    publishPool('kept', state.label);
    return true;
  }

  /** Takes note that a request was given an idle connection. */
  use(socket: Socket, request: ClientRequest): void {
    const state = connectionState(socket);
    if (state === undefined) return;
    state.isIdle = false;
    state.bytesReadBefore = socket.bytesRead;
    state.bytesWrittenBefore = choiceOf(request) === 'any' ? 0 : socket.bytesWritten;
    publishPool('reused', state.label);
  }

  /** Gives a request a connection of the kind it may have. */
  add(request: ClientRequest, options: RequestOptions): void {
    // Their timers do not run while the event loop is blocked.
    if (performance.now() >= this.#firstEndMs) this.#closeExpired();
    const choice = choiceOfNew(request);
    if (choice === 'any') this.#dispatch(request, options);
    else if (choice === 'new') this.#addToNew(request, options);
    else this.#addChecked(request, options);
  }

  /** Closes those under one name that have been idle since before `sinceMs`, by the monotonic clock. */
  closeIdleSince(sinceMs: number, name: string): void {
    this.#closeWhere(name, (socket) => (connectionState(socket)?.idleSinceMs ?? 0) < sinceMs);
  }

  #dispatch(request: ClientRequest, options: RequestOptions): void {
    NODE_AGENT.addRequest.call(this.#agent, request, options);
  }

  #addToNew(request: ClientRequest, options: RequestOptions): void {
    const name = this.#nameFor(request, options);
    // An idle one counts as well, and would keep the place from the new one.
    if (!this.#hasRoom(name)) this.#agent.freeSockets[name]?.[0]?.destroy();
    withoutIdle(this.#agent, () => this.#dispatch(request, options));
  }

  #addChecked(request: ClientRequest, options: RequestOptions): void {
    const name = this.#nameFor(request, options);
    const freshest = this.#agent.freeSockets[name]?.at(-1);
    if (freshest === undefined) this.#dispatch(request, options);
    else if (isJustFreed(freshest)) this.#addToYoung(name, request, options);
    else onceQuiet(this.#agent, request, () => this.#addToYoung(name, request, options));
  }

  /** Prefers a new connection to one that its server may be about to close. */
  #addToYoung(name: string, request: ClientRequest, options: RequestOptions): void {
    // Node takes one off its list when it is closed for good, and would give it away until then.
    this.#closeWhere(name, (socket) => !socket.writable);
    const idle = this.#agent.freeSockets[name] ?? [];
    const young = idle.findLastIndex(isYoung);
    // Node takes the first one or the last.
    if (young >= 0) idle[this.#agent.scheduling === 'fifo' ? 'unshift' : 'push'](...idle.splice(young, 1));
    if (young < 0 && this.#hasRoom(name)) withoutIdle(this.#agent, () => this.#dispatch(request, options));
    else this.#dispatch(request, options);
  }

  /** Whether the agent's limits leave room for one more connection. */
  #hasRoom(name: string): boolean {
    const { freeSockets, sockets, maxSockets, maxTotalSockets, totalSocketCount } = this.#agent;
    const count = (freeSockets[name]?.length ?? 0) + (sockets[name]?.length ?? 0);
    return count < maxSockets && totalSocketCount < maxTotalSockets;
  }

  /** What the agent calls the connections that a request may have, made as Node makes it. */
  #nameFor(request: ClientRequest, options: RequestOptions): string {
    const complete = { ...options, ...this.#agent.options };
    complete.servername ??= serverNameFor(request, complete);
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
}

/**
 * How long a connection may idle: `poolIdleTimeout`, or less if the server said so (`Keep-Alive: timeout=N`). A second
 * is taken off the hint, because the server's clock started before ours, or what the agent we stand in for wants taken
 * off, if that is more; no more than that means "do not keep".
 */
function idleTimeMs(socket: ServedSocket, { poolIdleTimeoutMs, settings }: KeepingOptions): number {
  const response = socket._httpMessage?.res;
  const hint = /(?:^|[\s,;])timeout\s*=\s*"?(\d+)/i.exec(String(response?.headers['keep-alive'] ?? ''))?.[1];
  const idleMs = poolIdleTimeoutMs === false ? MAX_TIMER_MS : poolIdleTimeoutMs;
  if (hint === undefined) return idleMs;
  const marginMs = Math.max(HINT_MARGIN_MS, Number(settings?.agentKeepAliveTimeoutBuffer ?? 0));
  return Math.min(idleMs, Number(hint) * 1000 - marginMs);
}

/** How much older a connection may become. */
function restOfLifeMs(socket: Socket, { maxAgeMs }: KeepingOptions): number {
  if (maxAgeMs === undefined) return MAX_TIMER_MS;
  const createdAt = (socket as unknown as Record<symbol, unknown>)[CREATED_AT];
  return typeof createdAt === 'number' ? maxAgeMs - (Date.now() - createdAt) : maxAgeMs;
}

/** Whether it has not been idle for more than half of the time that it may. */
function isYoung(socket: Socket): boolean {
  const { idleSinceMs = 0, idleUntilMs = 0 } = connectionState(socket) ?? {};
  return performance.now() - idleSinceMs <= (idleUntilMs - idleSinceMs) / 2;
}

/** Whether it was in use a moment ago: no close can have arrived that was not read. */
function isJustFreed(socket: Socket): boolean {
  const { freedInTurn = 0 } = connectionState(socket) ?? {};
  return freedInTurn !== 0 && freedInTurn === currentTurn();
}

function serverNameFor(request: ClientRequest, { host }: RequestOptions): string {
  const header = request.getHeader('host');
  const named = typeof header === 'string' && header !== '' ? withoutPort(header) : (host ?? '');
  return isIP(named) === 0 ? named : '';
}

function withoutPort(authority: string): string {
  const inBrackets = /^\[([^\]]*)\]/.exec(authority)?.[1];
  return inBrackets ?? authority.replace(/:.*/s, '');
}
