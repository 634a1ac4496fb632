import type { ClientRequest } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { allowsHttp } from '../../config/allow-http.js';
import { HttpNotAllowedError } from '../../errors.js';
import { FailedRequest } from '../client-request.js';
import type { BufferedOptions, BufferedReceiver, BufferedSource } from './buffered-exchange.js';
import { BufferedExchange } from './buffered-exchange.js';
import { Connector } from './connect.js';
import type { OnResponse } from './facade.js';
import { RequestHead } from './headers.js';
import { Http1Origins } from './http1.js';
import type { Http2Attempt, Http2ClientOptions, Http2Target, TransportRequestOptions } from './options.js';
import { hostHeaderOf, nameOf, serverNameOf, targetOf } from './options.js';
import { Http2Request } from './request.js';
import type { Http2OriginStats } from './session-pool.js';
import { SessionPool } from './session-pool.js';
import type { SessionSource } from './wiring.js';

/** What a request may turn out to be. */
export type AnyRequest = Http2Request | ClientRequest | FailedRequest;

/** Where a request goes that is no more than bytes. */
type PlainOrigin = Pick<BufferedOptions, 'protocol' | 'hostname' | 'port'> &
  Partial<Pick<BufferedOptions, 'headers'>>;

/** Something to send requests through, as the module `node:https` is. */
export interface RequestScheme {
  request(options: TransportRequestOptions, onResponse?: OnResponse): AnyRequest;
}

/**
 * Sends requests over HTTP/2 where the server speaks it, or insists on it; with everything a policy promises of its
 * connections. One session per origin serves all requests, and more only while the server's limit of streams is hit.
 */
export class Http2Client {
  readonly #options: Http2ClientOptions;
  readonly #connector: Connector;
  readonly #pools = new Map<string, SessionPool>();
  /** For buffered requests, of the same pools. */
  readonly #sources = new Map<string, BufferedSource>();
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
    const source = this.#sourceFor(target, key);
    const { connection = 'any', queueObserver: queue } = attempt;
    const wiring = { options, connection, queue, source, http1Agent: http1.https };
    const request = new Http2Request(head, wiring, onResponse);
    attempt.follow?.(request);
    return request;
  }

  /**
   * Prepares an exchange without streams, where a session is open that takes it.
   *
   * @returns to be sent; `undefined` if {@link request} is to be asked, because the version of HTTP is yet to be found
   * out or is 1.1.
   */
  buffered(options: BufferedOptions, receiver: BufferedReceiver): BufferedExchange | undefined {
    const source = this.#sources.get(keyOfPlain(options));
    return source?.pool.isReady ? new BufferedExchange(options, source, receiver) : undefined;
  }

  /** Whether a request to an origin is known to go over HTTP/1.1. */
  isHttp1(origin: PlainOrigin): boolean {
    if (this.#options.http2Only) return false;
    if (origin.protocol === 'http:') return true;
    return !this.#http1Origins.isEmpty && this.#http1Origins.has(keyOfPlain(origin));
  }

  /** The two schemes, for one attempt. */
  schemesFor(attempt: Http2Attempt): { readonly http: RequestScheme; readonly https: RequestScheme } {
    const scheme: RequestScheme = {
      request: (options, onResponse) => this.request(options, onResponse, attempt),
    };
    return { http: scheme, https: scheme };
  }

  /** What is open, by origin. */
  stats(): Http2OriginStats[] {
    return [...this.#pools.values()].map((pool) => pool.stats);
  }

  /**
   * Closes idle sessions now and the others when their last stream ends. Requests are still taken, so that those under
   * way can follow redirects; no session is kept for another one.
   *
   * @returns resolves when no connection is open.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const pool of this.#pools.values()) pool.close();
    if (this.#pools.size === 0) return;
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
    for (const pool of this.#pools.values()) pool.destroy(error);
  }

  #poolOf(target: Http2Target, key: string): SessionPool {
    const existing = this.#pools.get(key);
    if (existing !== undefined) return existing;
    const pool: SessionPool = new SessionPool(target, this.#options, this.#connector, {
      onHttp1: () => this.#rememberHttp1(key),
      onEmpty: () => this.#dropPool(key, pool),
    });
    if (this.#isClosing) pool.close();
    this.#pools.set(key, pool);
    this.#sources.set(key, this.#bufferedSourceOf(pool, key));
    return pool;
  }

  #bufferedSourceOf(pool: SessionPool, key: string): BufferedSource {
    const { http1, userAgent } = this.#options;
    const source = this.#sourceFor(pool.target, key);
    const wiring = { options: {}, connection: 'any', source, http1Agent: http1.https } as const;
    return {
      pool,
      userAgent,
      onHttp1Required: source.onHttp1Required,
      streaming: (head) => new Http2Request(head, wiring),
    };
  }

  #sourceFor(target: Http2Target, key: string): SessionSource {
    return {
      acquire: (waiter) => this.#poolOf(target, key).acquire(waiter),
      onHttp1Required: () => this.#rememberHttp1(key),
    };
  }

  #rememberHttp1(key: string): void {
    if (!this.#options.http2Only) this.#http1Origins.add(key);
  }

  #dropPool(key: string, pool: SessionPool): void {
    if (this.#pools.get(key) !== pool) return;
    this.#pools.delete(key);
    this.#sources.delete(key);
    if (this.#pools.size > 0) return;
    this.#closed?.();
    this.#closed = undefined;
  }
}

/** What a session is for: an origin, and the name its certificate has to have. */
function keyOf({ origin, hostname, serverName, socketPath }: Http2Target): string {
  const key = namedKey(origin, hostname, serverName);
  return socketPath === undefined ? key : `${key} ${socketPath}`;
}

function keyOfPlain({ protocol, hostname, port, headers }: PlainOrigin): string {
  const origin = `${protocol}//${nameOf(hostname, port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port))}`;
  const host = hostHeaderOf(headers);
  return host === undefined ? origin : namedKey(origin, hostname, serverNameOf(hostname, host));
}

/** Without TLS, a connection is for whatever is asked of it, as over HTTP/1.1. */
function namedKey(origin: string, hostname: string, serverName: string): string {
  const isUsual = serverName === hostname || (serverName === '' && isIP(hostname) !== 0);
  return isUsual || origin.startsWith('http:') ? origin : `${origin} ${serverName}`;
}
