import type { ClientRequest } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { BoundedMap } from '../../config/bounded-map.js';
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
  readonly #origins: BoundedMap<string, true>;

  /** @param nowMs a monotonic clock in milliseconds. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#origins = new BoundedMap(MAX_ORIGINS, { maxIdleMs: MEMORY_MS, nowMs });
  }

  add(origin: string): void {
    this.#origins.set(origin, true);
  }

  get isEmpty(): boolean {
    return this.#origins.size === 0;
  }

  has(origin: string): boolean {
    // Not used by that: a server that was upgraded is to be noticed.
    return this.#origins.peek(origin) === true;
  }
}
