import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { LimitMs } from '../config/resolved.js';
import { ConnectTimeoutError } from '../errors.js';
import type { ConnectAnnouncement, ConnectionLabel } from './channels.js';

const STATE = Symbol('axios-policy.connection');

/** What the transport remembers of a connection. */
export interface ConnectionState {
  /** Whether a request could have been written to it: TCP is up and, for https, so is TLS. */
  ready: boolean;
  /** `socket.bytesRead` when the current request was given the connection. */
  bytesReadBefore: number;
  /** What messages call it; there are none about somebody else's. */
  readonly label?: ConnectionLabel | undefined;
}

interface ObservedSocket extends Socket {
  [STATE]?: ConnectionState;
}

/** The state of a connection made by one of our agents; `undefined` for anybody else's socket. */
export function connectionState(socket: Socket | null | undefined): ConnectionState | undefined {
  return (socket as ObservedSocket | null | undefined)?.[STATE];
}

/** Takes note of a connection that somebody else made, and that is ready. */
export function markReady(socket: Socket, label: ConnectionLabel): void {
  Object.defineProperty(socket, STATE, {
    value: { ready: true, bytesReadBefore: 0, label } satisfies ConnectionState,
  });
}

/** How a connection in the making is watched. */
export interface ConnectWatch {
  /** `secureConnect` for TLS, `connect` for plain TCP. */
  readonly readyEvent: 'connect' | 'secureConnect';
  /** `host:port`, for the message. */
  readonly target: string;
  readonly timeoutMs: LimitMs;
  /** What of it is spent already, on a tunnel the connection goes through. */
  readonly spentMs?: number;
  readonly label?: ConnectionLabel;
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
  const state: ConnectionState = { ready: false, bytesReadBefore: 0, label: watch.label };
  Object.defineProperty(socket, STATE, { value: state });

  const { timeoutMs, spentMs = 0, announced } = watch;
  const timer =
    timeoutMs === false
      ? undefined
      : setTimeout(
          () => socket.destroy(new ConnectTimeoutError(watch.target, timeoutMs)),
          timeoutMs - spentMs,
        );
  const onReady = () => {
    state.ready = true;
    stop();
    announced?.ready();
  };
  const onClose = () => {
    stop();
    announced?.failed(socket.errored);
  };
  const stop = () => {
    clearTimeout(timer);
    socket.removeListener(watch.readyEvent, onReady);
    socket.removeListener('close', onClose);
  };
  socket.on(watch.readyEvent, onReady);
  socket.on('close', onClose);
  return socket;
}
