import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { define } from '../config/own.js';
import type { LimitMs } from '../config/resolved.js';
import { ConnectTimeoutError } from '../errors.js';
import type { ConnectAnnouncement, ConnectionLabel } from './channels.js';
import { noteIfRejected } from './rejected-certificates.js';
import { limitTimer } from './timers.js';

/** What Node keeps with the socket of a request. */
type UsedSocket = Socket & {
  readonly _httpMessage?: (ClientRequest & { readonly res?: IncomingMessage | null }) | null;
};

/**
 * Has a request fail whose connection a server takes over unasked, with 101 Switching Protocols (RFC 9110, section
 * 15.2.2). Node destroys such a connection without a word to the request, which would wait for its timeout. A 101 that
 * names no protocol is a response like any other to Node.
 */
function failOnUpgrade(socket: Socket): void {
  socket.once('close', tellOfUpgrade);
}

// One function for all connections.
function tellOfUpgrade(this: Socket): void {
  const request = (this as UsedSocket)._httpMessage;
  if (request?.res?.statusCode !== 101 || request.listenerCount('upgrade') > 0) return;
  if (request.listenerCount('error') === 0) return;
  const message = 'The server answered 101 Switching Protocols, which it was not asked for';
  request.emit('error', Object.assign(new Error(message), { code: 'ERR_BAD_RESPONSE' }));
}

const STATE = Symbol('axios-policy.connection');

/** What the transport remembers of a connection. */
interface ConnectionState {
  /** Whether a request could have been written to it: TCP is up and, for https, so is TLS. */
  ready: boolean;
  /** `socket.bytesRead` when the current request was given the connection. */
  bytesReadBefore: number;
  /** `socket.bytesWritten` by then; 0 where nobody will ask. */
  bytesWrittenBefore: number;
  /** Whether it waits in a pool. */
  isIdle: boolean;
  /** Since when it does, or last did, and until when it may; by the monotonic clock. */
  idleSinceMs: number;
  idleUntilMs: number;
  /** The turn of the event loop it was freed in; 0 where nobody will ask. */
  freedInTurn: number;
  /** What messages call it; there are none about somebody else's. */
  readonly label?: ConnectionLabel | undefined;
  /** Where it is kept between two requests. */
  readonly home?: ConnectionHome | undefined;
}

/** A pool, and the name it keeps a connection under. */
export interface ConnectionHome {
  readonly pool: { closeIdleSince(sinceMs: number, name: string): void };
  readonly name: string;
}

interface ObservedSocket extends Socket {
  [STATE]?: ConnectionState;
}

/** The state of a connection made by one of our agents; `undefined` for anybody else's socket. */
export function connectionState(socket: Socket | null | undefined): ConnectionState | undefined {
  return (socket as ObservedSocket | null | undefined)?.[STATE];
}

/** Takes note of a connection that somebody else made, and that is ready. */
export function markReady(socket: Socket, label: ConnectionLabel, home: ConnectionHome): void {
  noteState(socket, true, label, home);
}

function noteState(
  socket: Socket,
  ready: boolean,
  label: ConnectionLabel | undefined,
  home: ConnectionHome | undefined,
): ConnectionState {
  const state: ConnectionState = {
    ready,
    bytesReadBefore: 0,
    bytesWrittenBefore: 0,
    isIdle: false,
    idleSinceMs: 0,
    idleUntilMs: 0,
    freedInTurn: 0,
    label,
    home,
  };
  define(socket, STATE, { value: state });
  failOnUpgrade(socket);
  return state;
}

/** How a connection in the making is watched. */
interface ConnectWatch {
  /** `secureConnect` for TLS, `connect` for plain TCP. */
  readonly readyEvent: 'connect' | 'secureConnect';
  /** `host:port`, for the message. */
  readonly target: string;
  readonly timeoutMs: LimitMs;
  /** What of it is spent already, on a tunnel the connection goes through. */
  readonly spentMs?: number;
  readonly label?: ConnectionLabel;
  readonly home?: ConnectionHome;
  /** Is told how it ends. */
  readonly announced?: ConnectAnnouncement | undefined;
}

/**
 * Starts the connect clock of a socket that was just created: the socket is destroyed with a
 * {@link ConnectTimeoutError} unless it becomes ready in time.
 *
 * One timer covers DNS, every address of TCP, and TLS, because Node hands out the socket before any of them starts. An
 * agent's own `timeout` cannot do this: it does not run while a TLS handshake stalls.
 */
export function watchConnect<T extends Socket | TLSSocket>(socket: T, watch: ConnectWatch): T {
  const state = noteState(socket, false, watch.label, watch.home);

  const { timeoutMs, spentMs = 0, announced } = watch;
  const timer =
    timeoutMs === false
      ? undefined
      : limitTimer(
          () => socket.destroy(new ConnectTimeoutError(watch.target, timeoutMs)),
          timeoutMs - spentMs,
        );
  const onReady = () => {
    state.ready = true;
    stop();
    announced?.ready();
  };
  const onError = (error: Error) => noteIfRejected(socket, error);
  const onClose = () => {
    stop();
    announced?.failed(socket.errored);
  };
  const stop = () => {
    clearTimeout(timer);
    socket.removeListener(watch.readyEvent, onReady);
    socket.removeListener('error', onError);
    socket.removeListener('close', onClose);
  };
  socket.on(watch.readyEvent, onReady);
  // Before whoever learns of the failure of the request.
  if (watch.readyEvent === 'secureConnect') socket.prependListener('error', onError);
  socket.on('close', onClose);
  return socket;
}
