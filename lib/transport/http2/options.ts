import type { EventEmitter } from 'node:events';
import type { Agent as HttpAgent, OutgoingHttpHeaders } from 'node:http';
import type { Agent as HttpsAgent, RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { AllowHttp } from '../../config/client-parsers.js';
import { authorityOf, bracketed, unbracketed } from '../../config/host.js';
import { fieldOf } from '../../config/own.js';
import type { LimitMs } from '../../config/resolved.js';
import type { OwnedConnection, Owner } from '../channels.js';
import { ConnectionTimes } from '../connection-times.js';
import type { FailedPlaces, LeaveLimit } from '../elsewhere.js';
import type { Exchange } from '../exchange.js';
import type { ConnectionChoice, QueueObserver } from '../observe.js';
import type { AddressBook } from '../peer.js';
import { nameToLookUp } from '../peer.js';
import type { UrlTarget } from '../target.js';
import type { TlsSettings } from '../tls.js';
import { serverNameOf } from '../tls.js';

/** The server of a request, and the names it goes by. */
export interface Http2Target extends UrlTarget {
  /** A unix socket or Windows pipe to connect to instead of `hostname` and `port`. */
  readonly socketPath?: string | undefined;
  /** `host:port`, or the path of the socket; for messages. */
  readonly name: string;
  /** `https://host:port`. */
  readonly origin: string;
  /** The authority as a URL writes it: without the default port. */
  readonly authority: string;
  /** The name that TLS asks for and expects on the certificate; empty for an IP address. */
  readonly serverName: string;
}

/** Options of an {@link Http2Client}: parts of a resolved configuration, and of the rest of the transport. */
export interface Http2ClientOptions {
  /** Which hosts may be requested over `http://`. */
  readonly allowHttp: AllowHttp;
  /** HTTP/2 by prior knowledge; otherwise ALPN decides, and `http://` is HTTP/1.1. */
  readonly http2Only: boolean;
  /** Longest time to a usable session: DNS, TCP, tunnel, TLS and the server's preface together. */
  readonly connectTimeoutMs: LimitMs;
  /** Idle time after which a session without streams is closed; 0 = when its last stream ends. */
  readonly poolIdleTimeoutMs: LimitMs;
  /** Sessions without streams kept per origin; 0 = a session is closed when its last stream ends. */
  readonly poolMaxIdlePerHost: number;
  /** Silence after which a PING is sent. */
  readonly http2KeepAliveIntervalMs: LimitMs;
  /** Longest time to the answer of a PING. */
  readonly http2KeepAliveTimeoutMs: number;
  /** Sends PINGs also while no stream is open. */
  readonly http2KeepAliveWhileIdle: boolean;
  /** Largest frame that we take, in bytes; `undefined` = Node's. */
  readonly http2MaxFrameSize?: number | undefined;
  /** TLS of connections to origins. */
  readonly tls: TlsSettings;
  /** `User-Agent` of requests that have none. */
  readonly userAgent?: string | undefined;
  /** Connection options taken over from an agent: a local address, a resolver. */
  readonly connection?: Readonly<Record<string, unknown>> | undefined;
  /** The same for `http://`, which has an agent of its own. */
  readonly plainConnection?: Readonly<Record<string, unknown>> | undefined;
  /** Time for one address before the next one is tried too, as for `net.connect`. */
  readonly autoSelectFamilyAttemptTimeout?: number | undefined;
  /**
   * Opens a raw connection to the target through a proxy, or answers `undefined` where none applies. The client does
   * the TLS to the origin, and owns the socket.
   */
  readonly dialTunnel?: (target: Http2Target, signal: AbortSignal) => Promise<Socket> | undefined;
  /** `http://host:port` of that proxy, for messages. */
  readonly proxyOf?: ((target: Http2Target) => string | undefined) | undefined;
  /** Agents of HTTP/1.1 requests: `http://` ones, and those to servers that chose HTTP/1.1 by ALPN. */
  readonly http1: { readonly http: HttpAgent; readonly https: HttpsAgent };
  /** Told of every socket the client opens. */
  readonly sockets?: { add(socket: Socket): void } | undefined;
  /** Where names are looked up; by default each connection asks Node. */
  readonly addresses?: AddressBook | undefined;
  /** How often a session may be given up for being worse than others; without it none is. */
  readonly leaves?: LeaveLimit | undefined;
  /** Whose connections they are, for messages. */
  readonly owner?: Owner | undefined;
  /** How old a new session may become, in ms; `undefined` = as old as it likes. */
  readonly drawMaxAgeMs?: (() => number | undefined) | undefined;
}

/** The name of a connection to the target in messages. */
export function labelOf(
  target: Http2Target,
  { proxyOf, owner }: Pick<Http2ClientOptions, 'proxyOf' | 'owner'>,
): OwnedConnection {
  const { origin, socketPath } = target;
  if (socketPath !== undefined) return { origin: `unix:${socketPath}`, owner };
  const proxy = proxyOf?.(target);
  return proxy === undefined ? { origin, owner } : { origin, proxy, owner };
}

/** The moments of a connection to the target that begins now. */
export function timesFor(target: Http2Target): ConnectionTimes {
  return new ConnectionTimes(target.protocol === 'https:', nameToLookUp(whereIs(target)) !== undefined);
}

/** Options of one request, as axios and follow-redirects give them to `http.request`. */
export type TransportRequestOptions = RequestOptions;

/** The attempt a request belongs to. */
export interface Http2Attempt {
  /** The session it may have. @defaultValue `'any'` */
  readonly connection?: ConnectionChoice;
  /** Given each exchange that runs over HTTP/2, or might; one that is known to be HTTP/1.1 is the agent's business. */
  follow?(exchange: Exchange): void;
  /** Given the exchange over HTTP/1.1 that takes the place of one, because the server chose so. */
  replace?(exchange: Exchange, by: Exchange): void;
  /** Given the request of each exchange. */
  watch?(request: EventEmitter): void;
  /** Told when a request has to wait for others. */
  readonly queueObserver?: QueueObserver | undefined;
  /** Where its request failed before. */
  readonly failed?: FailedPlaces | undefined;
}

/** Where a target is, as options of `net.connect`. */
export function whereIs({
  hostname,
  port,
  socketPath,
}: Http2Target): { host: string; port: number } | { host: string; path: string } {
  return socketPath === undefined ? { host: hostname, port } : { host: hostname, path: socketPath };
}

/** The options of a request that are about the connection it opens, if it opens one. */
export function dialingOptions(options: TransportRequestOptions): object {
  const lookup = fieldOf(options, 'lookup');
  const family = fieldOf(options, 'family');
  return { ...(lookup === undefined ? {} : { lookup }), ...(family === undefined ? {} : { family }) };
}

/**
 * The target of a request.
 *
 * @throws {TypeError} if the protocol is neither `http:` nor `https:`.
 */
export function targetOf(options: TransportRequestOptions): Http2Target {
  const { protocol } = options;
  const socketPath = fieldOf(options, 'socketPath');
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw Object.assign(new TypeError(`Protocol "${protocol}" not supported. Expected "https:"`), {
      code: 'ERR_INVALID_PROTOCOL',
    });
  }
  const hostname = unbracketed(options.hostname ?? fieldOf(options, 'host') ?? 'localhost');
  const port = Number(options.port || (protocol === 'https:' ? 443 : 80));
  const name = authorityOf(hostname, port);
  return {
    protocol,
    hostname,
    port,
    socketPath: socketPath ?? undefined,
    name: socketPath ?? name,
    origin: `${protocol}//${name}`,
    authority: port === (protocol === 'https:' ? 443 : 80) ? bracketed(hostname) : name,
    serverName: serverNameOf(hostname, hostHeaderOf(options.headers)),
  };
}

/** The `Host` header, in whatever case. */
export function hostHeaderOf(headers: TransportRequestOptions['headers']): string | undefined {
  if (headers === undefined || headers === null) return undefined;
  if (isFieldList(headers)) return headers[headers.findIndex((name, i) => i % 2 === 0 && isHost(name)) + 1];
  const name = Object.keys(headers).find(isHost);
  const host = name === undefined ? undefined : headers[name];
  return typeof host === 'string' ? host : undefined;
}

/** Headers may also be a list, of name and value by turns. `Array.isArray` tells nothing of lists that are read only. */
export function isFieldList(headers: OutgoingHttpHeaders | readonly string[]): headers is readonly string[] {
  return Array.isArray(headers);
}

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host';
}
