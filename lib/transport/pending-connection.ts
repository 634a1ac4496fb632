import type { ClientRequest } from 'node:http';
import { Socket } from 'node:net';
import { define } from '../config/own.js';
import { limitTimer } from './limit-timer.js';

/** The parts of Node's agent that its types leave out. */
export interface AgentInternals {
  readonly sockets: Record<string, Socket[]>;
  readonly requests: Record<string, ClientRequest[]>;
  totalSocketCount: number;
  removeSocket(socket: Socket, options: object): void;
}

/** Whose connection it is, and where it belongs. */
export interface PendingFor {
  readonly agent: AgentInternals;
  /** The options the agent was given, and the name it pools the connection under. */
  readonly options: object & { readonly _agentKey: string };
  readonly request: ClientRequest | undefined;
}

/**
 * A connection while there is no socket for it yet. A direct connection has its socket before DNS begins, and that is
 * in the pool, counts there, and can be destroyed; a tunnel has this placeholder, which can do the same.
 */
export class PendingConnection {
  readonly placeholder = new Socket();
  readonly #of: PendingFor;
  /** The connections of the pool, this one among them. */
  readonly #list: Socket[];
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #unfollow: (() => void) | undefined;

  constructor(of: PendingFor) {
    this.#of = of;
    const { agent, options, request } = of;
    this.placeholder.once('close', () => this.#controller.abort(hangUp()));
    this.#list = agent.sockets[options._agentKey] ??= [];
    this.#list.push(this.placeholder);
    agent.totalSocketCount += 1;
    if (request !== undefined)
      this.#unfollow = onDestroy(request, (error) => this.#controller.abort(error ?? hangUp()));
  }

  /** Aborted when the connection is no longer wanted, or took too long. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts with `reason` in `timeoutMs`. */
  limit(timeoutMs: number, reason: () => Error): void {
    this.#timer = limitTimer(() => this.#controller.abort(reason()), timeoutMs);
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
    const queue = agent.requests[options._agentKey];
    if (queue !== undefined && request !== undefined && queue.includes(request))
      queue.splice(queue.indexOf(request), 1);
    if (queue?.length === 0) delete agent.requests[options._agentKey];
    agent.removeSocket(this.placeholder, options);
  }

  #settle(): void {
    clearTimeout(this.#timer);
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
