import type { EventEmitter } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect as startSession } from 'node:http2';
import type { NetConnectOpts, Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { keepOut, withoutPrototype } from '../../config/own.js';
import { Http2NotSupportedError, Http2SessionError } from '../../errors.js';
import { publishConnect } from '../channels.js';
import { isUnreachable, startConnectClock } from '../connect.js';
import type { ConnectionTimes } from '../connection-times.js';
import type { PlaceInTheMaking } from '../elsewhere.js';
import { noteHandover } from '../handover.js';
import { noteIfRejected } from '../observe.js';
import type { AddressWish } from '../peer.js';
import { type Dialled, dial } from '../peer.js';
import { secureContextOf } from '../tls.js';
import { UNSET_DIAL, UNSET_SESSION, UNSET_TLS } from '../unset-options.js';
import { isNodeError, isProtocolError } from './failure.js';
import type { Http2ClientOptions, Http2Target } from './options.js';
import { labelOf, whereIs } from './options.js';

/**
 * How much one stream may receive before the application has read it. A stream gets at most one window per round
 * trip: Node's 64 KiB are 1.6 MB/s at 40 ms, 4 MiB are 100 MB/s. It is also what one unread response may hold in
 * memory. For comparison, hyper gives 2 MiB and browsers 6 MiB.
 */
export const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * The same for all streams of a session together: two streams at full speed. Node gives this window back as bytes
 * arrive, not as they are read, so that a stream nobody reads cannot starve the others.
 */
export const SESSION_WINDOW_BYTES = 8 * 1024 * 1024;

/** As many header lines as Node's HTTP/1.1 client takes (`maxHeadersCount`); http2 takes 128 by default. */
const MAX_HEADER_PAIRS = 2000;

/** Megabytes. Frames waiting to be sent count; at Node's 10 a few parallel uploads would fail. */
const MAX_SESSION_MEMORY = 256;

/** Offers of ALPN (RFC 7301). */
const EITHER = ['h2', 'http/1.1'];
const HTTP2_ONLY = ['h2'];

/** A new connection, by the version of HTTP that the server chose. */
export type Connection = Http2Connection | { readonly kind: 'http1'; readonly socket: TLSSocket };

/** A new connection on which the server speaks HTTP/2. */
export interface Http2Connection {
  readonly kind: 'http2';
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
}

/** What decides where a connection goes, besides its target. */
interface Dialing extends AddressWish {
  /** Options of the request the connection is opened for: a resolver, an address family. */
  readonly options: object;
  /** Gets the moments of the connection. */
  readonly times: ConnectionTimes;
  /** Gets its far end, or the addresses that were tried in vain. */
  readonly place: PlaceInTheMaking;
}

/** Opens connections with one configuration. */
export class Connector {
  readonly #options: Http2ClientOptions;

  constructor(options: Http2ClientOptions) {
    this.#options = options;
  }

  /**
   * Opens a connection: DNS, TCP or a tunnel, TLS, and the server's HTTP/2 preface, all within the connect timeout.
   *
   * @param signal destroys the connection in the making; its reason is thrown.
   * @throws {ConnectTimeoutError} it took too long.
   * @throws {Http2NotSupportedError} HTTP/2 is a must and the server has none.
   * @throws errors of DNS, TCP, TLS and of the tunnel as they are.
   */
  async connect(target: Http2Target, dialing: Dialing, signal: AbortSignal): Promise<Connection> {
    const { connectTimeoutMs } = this.#options;
    const announced = publishConnect(labelOf(target, this.#options));
    const attempt = new AbortController();
    const leave = () => attempt.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    const stopClock = startConnectClock(target.name, connectTimeoutMs, (error) => attempt.abort(error));
    try {
      const connection = await this.#open(target, dialing, attempt.signal);
      dialing.times.ready();
      if (connection.kind === 'http1') noteHandover(connection.socket, dialing.times);
      announced?.ready();
      return connection;
    } catch (error) {
      announced?.failed(error);
      throw error;
    } finally {
      stopClock();
      signal.removeEventListener('abort', leave);
    }
  }

  async #open(target: Http2Target, dialing: Dialing, signal: AbortSignal): Promise<Connection> {
    if (!this.#options.http2Only) return this.#dial(target, dialing, signal, EITHER);
    try {
      return await this.#dial(target, dialing, signal, HTTP2_ONLY);
    } catch (error) {
      // A server that ends the handshake without the alert that says why (Node 20.0 and 22.0) is asked what it speaks.
      if (!isHandshakeEnd(error) || signal.aborted) throw error;
      return this.#dial(target, dialing, signal, EITHER);
    }
  }

  async #dial(
    target: Http2Target,
    dialing: Dialing,
    signal: AbortSignal,
    protocols: readonly string[],
  ): Promise<Connection> {
    const { http2Only, sockets } = this.#options;
    const { times, place } = dialing;
    const tunnel = await times.through(this.#options.dialTunnel?.(target, signal));
    if (tunnel !== undefined) ignoreErrors(tunnel);
    if (target.protocol === 'http:') {
      const { options, dialled } = this.#dialOptions(target, dialing);
      const socket = tunnel ?? ignoreErrors(connectTcp(options));
      sockets?.add(socket);
      if (tunnel === undefined) times.follow(socket);
      if (socket.connecting) await this.#ready(socket, 'connect', signal, place, dialled);
      else if (signal.aborted) throw destroyed(socket, signal.reason);
      return { kind: 'http2', session: await this.#preface(socket, target, signal), socket };
    }
    const { socket, dialled } = this.#secure(target, dialing, tunnel, protocols);
    sockets?.add(socket);
    if (tunnel === undefined) times.follow(socket);
    await this.#ready(socket, 'secureConnect', signal, place, dialled).catch((error: unknown) => {
      throw http2Only && isAlpnRefusal(error) ? new Http2NotSupportedError(target.name, error) : error;
    });
    if (socket.alpnProtocol === 'h2')
      return { kind: 'http2', session: await this.#preface(socket, target, signal), socket };
    if (http2Only) throw destroyed(socket, new Http2NotSupportedError(target.name));
    return { kind: 'http1', socket };
  }

  #secure(
    target: Http2Target,
    dialing: Dialing,
    tunnel: Socket | undefined,
    protocols: readonly string[],
  ): { readonly socket: TLSSocket; readonly dialled: Dialled | undefined } {
    const { tls } = this.#options;
    const direct = tunnel === undefined ? this.#dialOptions(target, dialing) : undefined;
    const secureContext = secureContextOf(tls);
    const socket = connectTls({
      ...keepOut(UNSET_TLS),
      ...(direct?.options ?? { host: target.hostname, socket: tunnel }),
      // Without one the certificate is checked against `host`.
      ...(target.serverName === '' ? {} : { servername: target.serverName }),
      ...(secureContext === undefined ? {} : { secureContext }),
      ...tls.handshake,
      ALPNProtocols: [...protocols],
    });
    // TLS on a stream that is no plain TCP socket does not take it along when it is destroyed.
    if (tunnel !== undefined) socket.once('close', () => tunnel.destroy());
    return { socket: ignoreErrors(socket), dialled: direct?.dialled };
  }

  #dialOptions(
    target: Http2Target,
    { options, avoid, mayProbe, times }: Dialing,
  ): { readonly options: NetConnectOpts; readonly dialled: Dialled | undefined } {
    const { addresses, connection, plainConnection, autoSelectFamilyAttemptTimeout } = this.#options;
    // As in Node's agents, what an agent says goes before what a request does.
    const complete = {
      ...keepOut(UNSET_DIAL),
      ...(autoSelectFamilyAttemptTimeout === undefined ? {} : { autoSelectFamilyAttemptTimeout }),
      ...options,
      ...(target.protocol === 'http:' ? plainConnection : connection),
      ...whereIs(target),
    };
    const dialled = dial(complete, addresses, { avoid, mayProbe }, times);
    return { options: dialled?.options ?? complete, dialled };
  }

  async #ready(
    socket: Socket,
    event: 'connect' | 'secureConnect',
    signal: AbortSignal,
    place: PlaceInTheMaking,
    dialled: Dialled | undefined,
  ): Promise<void> {
    try {
      await eventOf(socket, event, signal);
      place.peer = dialled?.reached(socket);
    } catch (error) {
      noteIfRejected(socket, error);
      if (isUnreachable(error as Error)) place.tried = dialled?.failed(socket);
      socket.destroy();
      throw error;
    }
  }

  /**
   * Starts HTTP/2 on a connection and waits for the server's preface, its first SETTINGS (RFC 9113, section 3.4): until
   * then nothing shows that the server speaks HTTP/2, nor how many streams it takes.
   */
  async #preface(socket: Socket, target: Http2Target, signal: AbortSignal): Promise<ClientHttp2Session> {
    const { http2MaxFrameSize: maxFrameSize } = this.#options;
    const session = startSession(target.origin, {
      ...keepOut(UNSET_SESSION),
      createConnection: () => socket,
      maxHeaderListPairs: MAX_HEADER_PAIRS,
      maxSessionMemory: MAX_SESSION_MEMORY,
      settings: withoutPrototype({
        enablePush: false,
        initialWindowSize: STREAM_WINDOW_BYTES,
        ...(maxFrameSize === undefined ? {} : { maxFrameSize }),
      }),
    });
    session.on('error', ignore);
    session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
    try {
      await eventOf(session, 'remoteSettings', signal);
      return session;
    } catch (error) {
      session.destroy();
      socket.destroy();
      // nghttp2 could make no sense of what the server sent.
      throw isProtocolError(error) ? new Http2NotSupportedError(target.name, error) : error;
    }
  }
}

/** The server ended the handshake because it speaks none of the protocols we offered (RFC 7301). */
function isAlpnRefusal(error: unknown): boolean {
  return isNodeError(error) && /NO_APPLICATION_PROTOCOL/.test(String(error.code));
}

/** The server ended the handshake in order; as Node says it, without a system call that failed. */
function isHandshakeEnd(error: unknown): boolean {
  if (!isNodeError(error) || error instanceof Http2SessionError) return false;
  return error.code === 'ECONNRESET' && error.syscall === undefined;
}

/** Between two phases nobody listens to a socket, and an error without a listener ends the process. */
function ignoreErrors<T extends Socket>(socket: T): T {
  socket.on('error', ignore);
  return socket;
}

/** Takes back the listener that kept a socket's errors from ending the process, for a new owner with one of its own. */
export function stopIgnoringErrors(socket: Socket): void {
  socket.removeListener('error', ignore);
}

function ignore(): void {}

function destroyed(socket: Socket, reason: unknown): unknown {
  socket.destroy();
  return reason;
}

/** Waits for an event of something that may fail, close or be aborted first. */
function eventOf(emitter: EventEmitter, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      emitter
        .removeListener(event, onEvent)
        .removeListener('error', onError)
        .removeListener('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    const onEvent = () => {
      stop();
      resolve();
    };
    const onError = (error: unknown) => {
      stop();
      reject(error);
    };
    const onClose = () =>
      onError(new Http2SessionError('connection closed while it was opened', { code: 'ECONNRESET' }));
    const onAbort = () => onError(signal.reason);
    emitter.once(event, onEvent).once('error', onError).once('close', onClose);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}
