import type { TLSSocket } from 'node:tls';
import type { ConnectionChoice, QueueObserver } from '../observe.js';
import type { Http2ClientOptions, TransportRequestOptions } from './options.js';
import type { PooledSession } from './session.js';

/** A request in want of a session. It is called back once. */
export interface SessionWaiter {
  /** Which session it may have. */
  readonly connection: ConnectionChoice;
  /** Options for dialing, should it come to that. */
  readonly dialing: object;
  /** Told when all streams are taken and it has to wait for one. */
  readonly queue?: QueueObserver | undefined;
  onSession(session: PooledSession): void;
  /** The server chose HTTP/1.1. One of the waiters is given the connection that found out. */
  onHttp1(socket: TLSSocket | undefined): void;
  onError(error: unknown): void;
}

/** How a request gets its session. */
export interface SessionSource {
  /** @returns takes the request back. */
  acquire(waiter: SessionWaiter): () => void;
  /** The server refused a request over HTTP/2 and wants it over HTTP/1.1. */
  onHttp1Required(): void;
}

/** How a request is sent. */
export interface RequestWiring {
  readonly options: TransportRequestOptions;
  /** Which session it may have. */
  readonly connection: ConnectionChoice;
  /** Told when it has to wait for others. */
  readonly queue?: QueueObserver | undefined;
  readonly source: SessionSource;
  readonly http1Agent: Http2ClientOptions['http1']['https'];
}
