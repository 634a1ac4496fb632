import type { NetConnectOpts, Socket } from 'node:net';
import { authorityOf } from '../config/host.js';
import type { LimitMs } from '../config/resolved.js';
import { ConnectTimeoutError } from '../errors.js';
import type { ConnectAnnouncement, ConnectionLabel } from './channels.js';
import type { ConnectionTimes } from './connection-times.js';
import type { ClientSocket } from './node-internals.js';
import type { ConnectionHome, ConnectionState } from './observe.js';
import { observeConnection } from './observe.js';
import type { Dialled } from './peer.js';
import { limitTimer } from './timers.js';

/** Options of one connection, as Node's agents pass them on. */
export type ConnectionOptions = NetConnectOpts & {
  host?: string;
  port?: number | string;
  socketPath?: string;
  servername?: string;
  /** The name of the pool; see `poolNameOf`. */
  readonly _agentKey?: string;
};

/** `host:port` or the socket's path, for messages. */
export function targetOf({ host = 'localhost', port = '', socketPath }: ConnectionOptions): string {
  return socketPath || authorityOf(host, port);
}

/** The name of a connection in messages. */
export function labelOf(
  scheme: 'http' | 'https',
  options: ConnectionOptions,
  { proxy }: { readonly proxy?: string },
): ConnectionLabel {
  const origin = options.socketPath ? `unix:${options.socketPath}` : `${scheme}://${targetOf(options)}`;
  return proxy === undefined ? { origin } : { origin, proxy };
}

/**
 * Starts the clock of a connection in the making, whatever it is made of: DNS, TCP, a tunnel, TLS.
 *
 * @param spentMs how much of the limit is spent already.
 * @param onTimeout is given the error when the time is up.
 * @returns stops the clock.
 */
export function startConnectClock(
  target: string,
  timeoutMs: LimitMs,
  onTimeout: (error: ConnectTimeoutError) => void,
  spentMs = 0,
): () => void {
  if (timeoutMs === false) return () => {};
  const timer = limitTimer(() => onTimeout(new ConnectTimeoutError(target, timeoutMs)), timeoutMs - spentMs);
  return () => clearTimeout(timer);
}

/** Errors of connections that failed because of the peer's certificate. */
const rejections = new WeakSet<object>();

/**
 * Takes note of an error that a connection in the making failed with, if the reason is the peer's certificate. The error
 * does not tell: a check of the caller's own (`checkServerIdentity`) gives any error it likes.
 */
export function noteIfRejected(socket: ClientSocket, error: unknown): void {
  if (socket.authorizationError && typeof error === 'object' && error !== null) rejections.add(error);
}

/** Whether an error says that the peer's certificate was rejected. */
export function isRejection(error: object): boolean {
  return rejections.has(error);
}

/**
 * Tells if an error means that there was nobody to connect to in time: an error of a system call, or a limit of ours; not
 * that a peer was not trusted, or that the connection was given up.
 */
export function isUnreachable(error: Error | null): boolean {
  if (error === null || isRejection(error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code !== 'ECONNABORTED' && /^E[A-Z0-9]+$/.test(code ?? '');
}

/** How a connection in the making is watched. */
interface ConnectWatch {
  /** `secureConnect` for TLS, `connect` for plain TCP. */
  readonly readyEvent: 'connect' | 'secureConnect';
  /** Gets the moments of the connection. */
  readonly times: ConnectionTimes;
  /** `host:port`, for the message. Not there for somebody else's connection, which has no limit of ours. */
  readonly target?: string;
  readonly timeoutMs?: LimitMs;
  /** How much of it is spent already, on a tunnel the connection goes through. */
  readonly spentMs?: number;
  readonly label?: ConnectionLabel;
  readonly home?: ConnectionHome;
  /** Is told how it ends. */
  readonly announced?: ConnectAnnouncement | undefined;
  /** The addresses that it tries, if those of its name are known. */
  readonly dialled?: Dialled | undefined;
}

/**
 * Watches a socket that was just created until it is ready: it is destroyed with a {@link ConnectTimeoutError} if that
 * takes too long.
 *
 * One timer covers DNS, every address of TCP, and TLS, because Node hands out the socket before any of them starts. An
 * agent's own `timeout` cannot do this: it does not run while a TLS handshake stalls.
 */
export function watchConnect(socket: Socket, watch: ConnectWatch): ConnectionState {
  const {
    readyEvent,
    times,
    target = '',
    timeoutMs = false,
    spentMs,
    label,
    home,
    announced,
    dialled,
  } = watch;
  const state = observeConnection(socket, { ready: false, times, label, home });
  const stopClock = startConnectClock(target, timeoutMs, (error) => socket.destroy(error), spentMs);
  times.follow(socket);
  const onReady = () => {
    state.ready = true;
    state.peer = dialled?.reached(socket);
    times.ready();
    stop();
    announced?.ready();
  };
  const onError = (error: Error) => noteIfRejected(socket, error);
  const onClose = () => {
    if (isUnreachable(socket.errored)) state.tried = dialled?.failed(socket);
    stop();
    announced?.failed(socket.errored);
  };
  const stop = () => {
    stopClock();
    socket.removeListener(readyEvent, onReady);
    socket.removeListener('error', onError);
    socket.removeListener('close', onClose);
  };
  socket.on(readyEvent, onReady);
  // Before whoever learns of the failure of the request.
  if (readyEvent === 'secureConnect') socket.prependListener('error', onError);
  socket.on('close', onClose);
  return state;
}
