import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { onceQuiet, withoutIdle } from './delegating-agent.js';
import { isElsewhere, isHeldBack } from './elsewhere.js';
import { currentTurn } from './event-loop.js';
import type { AgentInternals } from './node-internals.js';
import { internalsOf } from './node-internals.js';
import type { ConnectionDemands, ConnectionState } from './observe.js';
import { addressWishOf, connectionState } from './observe.js';
import type { AddressBook } from './peer.js';
import { nameToLookUp } from './peer.js';
import type { RequestEndpoint } from './target.js';
import { serverNameOf } from './tls.js';

/** Names with failing connections that are remembered. */
const MAX_FAILING = 1000;

/** Has Node give a request one of the agent's connections, or make one. */
type Dispatch = (request: ClientRequest, options: RequestEndpoint) => void;

/**
 * The choice among the idle connections of one agent, for a request that may not have any of them, or where they are not
 * all the same: because the last requests on some failed, or their address is out of order.
 */
export class IdleChoice {
  /** Names under which there may be connections whose last request failed. */
  readonly failing = new Set<string>();
  readonly #agent: AgentInternals;
  readonly #addresses: AddressBook | undefined;
  readonly #dispatch: Dispatch;

  constructor(agent: Agent, addresses: AddressBook | undefined, dispatch: Dispatch) {
    this.#agent = internalsOf(agent);
    this.#addresses = addresses;
    this.#dispatch = dispatch;
  }

  /** Takes note of a name with a connection whose last request failed. */
  noteFailing(name: string): void {
    // A crawler meets failing origins without end.
    if (this.failing.size >= MAX_FAILING) this.failing.clear();
    this.failing.add(name);
  }

  /** Gives a request a connection of the kind it may have. */
  add(request: ClientRequest, options: RequestEndpoint, demands: ConnectionDemands): void {
    const name = this.#nameFor(request, options);
    if (demands.connection === 'new') this.#addToNew(name, request, options);
    else if (demands.connection === 'checked') this.#addChecked(name, request, options, demands);
    else this.#addToBest(name, request, options, demands);
  }

  #addToNew(name: string, request: ClientRequest, options: RequestEndpoint): void {
    // An idle one counts as well, and would keep the place from the new one.
    if (!this.#hasRoom(name)) this.#agent.freeSockets[name]?.[0]?.destroy();
    withoutIdle(this.#agent, () => this.#dispatch(request, options));
  }

  #addChecked(
    name: string,
    request: ClientRequest,
    options: RequestEndpoint,
    demands: ConnectionDemands,
  ): void {
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
    // Node takes one off its list when it is closed for good, and would give it away until then.
    closeWhere(this.#agent, name, (socket) => !socket.writable);
    const idle = this.#agent.freeSockets[name] ?? [];
    if (!idle.some(isFailing)) this.failing.delete(name);
    const isProbe = demands.failed === undefined && this.#isProbe(options, demands);
    const best = isProbe ? -1 : chooseIdle(idle, demands, this.#addresses);
    // Node takes the first one or the last.
    if (best >= 0) idle[this.#agent.scheduling === 'fifo' ? 'unshift' : 'push'](...idle.splice(best, 1));
    if (best >= 0 || idle.length === 0) this.#dispatch(request, options);
    else if (demands.failed !== undefined) this.#addToNew(name, request, options);
    else if (this.#hasRoom(name)) withoutIdle(this.#agent, () => this.#dispatch(request, options));
    else this.#dispatch(request, options);
  }

  /** Whether it is up to a request to find out if an address works again. */
  #isProbe({ host, port }: RequestEndpoint, demands: ConnectionDemands): boolean {
    const addresses = this.#addresses;
    if (addresses === undefined || addresses.isQuiet) return false;
    const name = nameToLookUp({ host: host ?? undefined, port: port ?? undefined });
    return name !== undefined && addresses.takeProbe(name, addressWishOf(demands));
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
    // Of connections without TLS, the name is none of this.
    if (this.#agent.protocol === 'https:') {
      const header = request.getHeader('host');
      const host = typeof header === 'string' ? header : undefined;
      complete.servername ??= serverNameOf(complete.host ?? '', host);
    }
    return this.#agent.getName(complete);
  }
}

/** Closes the idle connections under one name that are over. */
export function closeWhere(
  { freeSockets }: Pick<AgentInternals, 'freeSockets'>,
  name: string,
  isOver: (socket: Socket) => boolean,
): void {
  const idle = freeSockets[name] ?? [];
  const over = idle.filter(isOver);
  if (over.length === 0) return;
  const left = idle.filter((socket) => !over.includes(socket));
  if (left.length > 0) freeSockets[name] = left;
  else delete freeSockets[name];
  for (const socket of over) socket.destroy();
}

/**
 * Closes the idle connections whose time is over.
 *
 * @returns when that of the next one is, by the monotonic clock.
 */
export function closeExpired(agent: Pick<AgentInternals, 'freeSockets'>): number {
  const nowMs = performance.now();
  let firstEndMs = Number.POSITIVE_INFINITY;
  for (const name of Object.keys(agent.freeSockets)) {
    closeWhere(agent, name, (socket) => {
      const { idleUntilMs = 0 } = connectionState(socket) ?? {};
      if (idleUntilMs > nowMs) firstEndMs = Math.min(firstEndMs, idleUntilMs);
      return idleUntilMs <= nowMs;
    });
  }
  return firstEndMs;
}

/**
 * The idle connection that suits a request best: elsewhere than where it failed, and one whose last request did not fail.
 *
 * @returns its place in the list, the last of several; -1 if none suits it.
 */
function chooseIdle(
  idle: readonly Socket[],
  demands: ConnectionDemands,
  addresses: AddressBook | undefined,
): number {
  let best = -1;
  let leastCost = Number.POSITIVE_INFINITY;
  idle.forEach((socket, i) => {
    const state = connectionState(socket);
    const cost = state === undefined ? 0 : costOf(state, demands, addresses);
    if (cost > leastCost || cost === Number.POSITIVE_INFINITY) return;
    best = i;
    leastCost = cost;
  });
  return best;
}

/** The lower, the better it suits; infinite if it does not. */
function costOf(
  state: ConnectionState,
  { connection, failed }: ConnectionDemands,
  addresses: AddressBook | undefined,
): number {
  if (connection === 'checked' && !isYoung(state)) return Number.POSITIVE_INFINITY;
  if (isRuledOut(state, { failed }, addresses)) return Number.POSITIVE_INFINITY;
  const failingCost = state.answers.failuresInRow > 0 ? 1 : 0;
  return 2 * (failed?.nearness(state) ?? 0) + failingCost;
}

/** Whether a request is not to have a connection: its address is held back, or the request failed there. */
export function isRuledOut(
  state: ConnectionState,
  { failed }: Pick<ConnectionDemands, 'failed'>,
  addresses: AddressBook | undefined,
): boolean {
  if (isHeldBack(state, addresses)) return true;
  return failed !== undefined && !isElsewhere(state, failed, addresses);
}

/** Whether it has not been idle for more than half of the time that it may. */
function isYoung({ idleSinceMs, idleUntilMs }: ConnectionState): boolean {
  return performance.now() - idleSinceMs <= (idleUntilMs - idleSinceMs) / 2;
}

function isFailing(socket: Socket): boolean {
  return (connectionState(socket)?.answers.failuresInRow ?? 0) > 0;
}

/** Whether it was in use a moment ago: no close can have arrived that was not read. */
function isJustFreed(socket: Socket): boolean {
  const { freedInTurn = 0 } = connectionState(socket) ?? {};
  return freedInTurn !== 0 && freedInTurn === currentTurn();
}
