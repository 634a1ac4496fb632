import type { ClientRequest } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { allowsHttp } from '../../config/client-parsers.js';
import { HttpNotAllowedError } from '../../errors.js';
import { FailedRequest } from '../client-request.js';
import type { Origin } from '../target.js';
import { serverNameOf } from '../tls.js';
import type { BufferedOptions, BufferedOrigin, BufferedReceiver } from './buffered.js';
import { BufferedRequest } from './buffered.js';
import { Connector } from './connect.js';
import { RequestHead } from './headers.js';
import { Http1Origins } from './http1.js';
import type { Http2Attempt, Http2ClientOptions, Http2Target, TransportRequestOptions } from './options.js';
import { dialingOptions, hostHeaderOf, targetOf } from './options.js';
import type { OnResponse } from './request.js';
import { Http2Request } from './request.js';
import { SessionPool } from './session-pool.js';
import type { Http2OriginStats } from './session-state.js';

// A request is an Http2Request (streams, for axios' adapter) or a BufferedRequest (for the direct path). Either has an
// Http2Exchange, which asks the SessionPool of its origin for a PooledSession, opens a stream on it and watches that to
// its end. The pool has the Connector make a session, unless the server chooses HTTP/1.1: then the request goes on as a
// native one, on the same connection, and Http1Origins remembers it for the next.

/** A request, over whichever version of HTTP it goes. */
type AnyRequest = Http2Request | ClientRequest | FailedRequest;

/** Something to send requests through, as the module `node:https` is. */
export interface RequestScheme {
  request(options: TransportRequestOptions, onResponse?: OnResponse): AnyRequest;
}

/** The sessions of one origin, and how requests get at them, also once this pool is gone. */
interface OpenOrigin {
  readonly pool: SessionPool;
  readonly origin: BufferedOrigin;
}

/**
 * Sends requests over HTTP/2 where the server speaks it, or insists on it; with everything a policy promises of its
 * connections. One session per address serves all requests to an origin, and more only while the server's limit of
 * streams is hit.
 */
export class Http2Client {
  readonly #options: Http2ClientOptions;
  readonly #connector: Connector;
  readonly #origins = new Map<string, OpenOrigin>();
  readonly #http1Origins = new Http1Origins();
  #isClosing = false;
  #closed: (() => void) | undefined;

  constructor(options: Http2ClientOptions) {
    this.#options = options;
    this.#connector = new Connector(options);
  }

  /**
   * Sends a request, with the options and the manners of `http.request`: what is wrong with the options is thrown,
   * whatever happens later is emitted.
   *
   * A request that is bound to be HTTP/1.1 is a native one, of the agent in its own options or else of ours.
   */
  request(options: TransportRequestOptions, onResponse?: OnResponse, attempt: Http2Attempt = {}): AnyRequest {
    const { allowHttp, http2Only, http1, userAgent } = this.#options;
    const target = targetOf(options);
    if (target.protocol === 'http:') {
      // Emitted, not thrown: thrown from within a redirect it would be wrapped beyond recognition.
      if (!allowsHttp(allowHttp, target.hostname, target.port)) {
        return new FailedRequest(new HttpNotAllowedError(target.name, typeof allowHttp === 'object'));
      }
      if (!http2Only) return requestHttp({ ...options, agent: options.agent ?? http1.http }, onResponse);
    }
    const key = keyOf(target);
    if (!http2Only && this.#http1Origins.has(key)) {
      return requestHttps({ ...options, agent: options.agent ?? http1.https }, onResponse);
    }
    const head = new RequestHead(target, options, userAgent);
    const { connection = 'any', queueObserver: queue, failed } = attempt;
    const demands = { connection, queue, failed, dialing: dialingOptions(options) };
    const source = this.#originOf(target, key);
    const request = new Http2Request(
      head,
      { source, demands, options, http1Agent: http1.https, attempt },
      onResponse,
    );
    attempt.follow?.(request.exchange);
    attempt.watch?.(request);
    return request;
  }

  /**
   * Prepares a request without streams, where a session is open that takes it.
   *
   * @returns to be sent; `undefined` if {@link request} is to be asked, because the version of HTTP is yet to be found
   * out or is 1.1.
   */
  buffered(options: BufferedOptions, receiver: BufferedReceiver): BufferedRequest | undefined {
    const open = this.#origins.get(keyOfOrigin(options));
    return open?.pool.isReady ? new BufferedRequest(options, open.origin, receiver) : undefined;
  }

  /** A request to this origin is known to go over HTTP/1.1. */
  isHttp1(origin: Origin): boolean {
    if (this.#options.http2Only) return false;
    if (origin.protocol === 'http:') return true;
    return !this.#http1Origins.isEmpty && this.#http1Origins.has(keyOfOrigin(origin));
  }

  /** The two schemes, for one attempt. */
  schemesFor(attempt: Http2Attempt): { readonly http: RequestScheme; readonly https: RequestScheme } {
    const scheme: RequestScheme = {
      request: (options, onResponse) => this.request(options, onResponse, attempt),
    };
    return { http: scheme, https: scheme };
  }

  /** Sessions, by origin. */
  stats(): Http2OriginStats[] {
    return [...this.#origins.values()].map(({ pool }) => pool.stats);
  }

  /**
   * Closes idle sessions now and the others when their last stream ends. Requests are still taken, so that those under
   * way can follow redirects; no session is kept for another one.
   *
   * @returns resolves when no connection is open.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { pool } of this.#origins.values()) pool.close();
    if (this.#origins.size === 0) return;
    await new Promise<void>((resolve) => {
      const before = this.#closed;
      this.#closed = () => {
        before?.();
        resolve();
      };
    });
  }

  /** Closes every session at once; requests under way fail with `error`. */
  destroy(error: Error): void {
    for (const { pool } of this.#origins.values()) pool.destroy(error);
  }

  #originOf(target: Http2Target, key: string): BufferedOrigin {
    return (
      this.#origins.get(key)?.origin ?? {
        target,
        userAgent: this.#options.userAgent,
        acquire: (waiter) => this.#poolOf(target, key).acquire(waiter),
        onHttp1Required: () => this.#rememberHttp1(key),
      }
    );
  }

  #poolOf(target: Http2Target, key: string): SessionPool {
    const existing = this.#origins.get(key);
    if (existing !== undefined) return existing.pool;
    const pool: SessionPool = new SessionPool(target, this.#options, this.#connector, {
      onHttp1: () => this.#rememberHttp1(key),
      onEmpty: () => this.#dropPool(key, pool),
    });
    if (this.#isClosing) pool.close();
    this.#origins.set(key, { pool, origin: this.#originOf(target, key) });
    return pool;
  }

  #rememberHttp1(key: string): void {
    if (!this.#options.http2Only) this.#http1Origins.add(key);
  }

  #dropPool(key: string, pool: SessionPool): void {
    if (this.#origins.get(key)?.pool !== pool) return;
    this.#origins.delete(key);
    if (this.#origins.size > 0) return;
    this.#closed?.();
    this.#closed = undefined;
  }
}

/** Name of the sessions that a request may share: those of its origin, and of the name on the certificate. */
function keyOf({ protocol, hostname, port, serverName, socketPath }: Http2Target): string {
  const key = namedKey(protocol, hostname, port, serverName);
  return socketPath === undefined ? key : `${key} ${socketPath}`;
}

function keyOfOrigin({ protocol, hostname, port, headers }: Origin): string {
  const host = hostHeaderOf(headers);
  const serverName = host === undefined ? hostname : serverNameOf(hostname, host);
  return namedKey(protocol, hostname, port || (protocol === 'https:' ? 443 : 80), serverName);
}

function namedKey(
  protocol: Origin['protocol'],
  hostname: string,
  port: number | string,
  serverName: string,
): string {
  const key = `${protocol}//${hostname} ${port}`;
  const isUsual = serverName === hostname || (serverName === '' && isIP(hostname) !== 0);
  // Without TLS, a connection is for whatever is asked of it, as over HTTP/1.1.
  return isUsual || protocol === 'http:' ? key : `${key} ${serverName}`;
}
