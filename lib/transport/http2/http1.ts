import type { ClientRequest } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { withHandover } from '../handover.js';
import { observeForeignSocket } from '../http1-exchange.js';
import type { QueueObserver } from '../observe.js';
import { followQueue } from '../observe.js';
import { stopIgnoringErrors } from './connect.js';
import type { TransportRequestOptions } from './options.js';

/** Long enough to save most probes, short enough to notice that a server was upgraded. */
const MEMORY_MS = 10 * 60 * 1000;

const MAX_ORIGINS = 1000;

/**
 * Makes a request over HTTP/1.1, because the server chose that.
 *
 * @param socket the connection that found out, for the request's agent to use and to pool.
 * @param queue told when the request has to wait for another connection.
 */
export function requestOverHttp1(
  options: TransportRequestOptions,
  socket: TLSSocket | undefined,
  queue: QueueObserver | undefined,
): ClientRequest {
  const request = requestHttps(withHandover(options, socket));
  observeForeignSocket(request);
  followQueue(request, queue);
  if (socket !== undefined)
    request.once('socket', (used) => {
      // If it is another one, the agent had an idle connection, or does not know of handovers.
      if (used === socket) stopIgnoringErrors(socket);
      else socket.destroy();
    });
  return request;
}

/** Origins whose servers chose HTTP/1.1, so that not every request has to ask them. */
export class Http1Origins {
  readonly #expiries = new Map<string, number>();
  readonly #now: () => number;

  /** @param now a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(origin: string): void {
    this.#expiries.delete(origin);
    this.#expiries.set(origin, this.#now() + MEMORY_MS);
    const [oldest] = this.#expiries.keys();
    if (this.#expiries.size > MAX_ORIGINS && oldest !== undefined) this.#expiries.delete(oldest);
  }

  get isEmpty(): boolean {
    return this.#expiries.size === 0;
  }

  has(origin: string): boolean {
    const expiry = this.#expiries.get(origin);
    if (expiry === undefined) return false;
    if (this.#now() < expiry) return true;
    this.#expiries.delete(origin);
    return false;
  }
}
