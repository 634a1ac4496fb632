import type { ClientRequest } from 'node:http';
import type { NetConnectOpts, Socket } from 'node:net';
import { authorityOf } from '../config/host.js';
import type { LimitMs } from '../config/resolved.js';
import { ConnectTimeoutError } from '../errors.js';
import type { ConnectAnnouncement, OwnedConnection, Owner } from './channels.js';
import { publishConnect } from './channels.js';
import type { ConnectionTimes } from './connection-times.js';
import { poolNameOf } from './node-internals.js';
import type { ConnectionHome, ConnectionState } from './observe.js';
import { addressWishOf, demandsOf, isRejection, noteIfRejected, observeConnection } from './observe.js';
import type { AddressWish, Dialled } from './peer.js';
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
  { proxy, owner }: Pick<PoolOfConnection, 'proxy' | 'owner'>,
): OwnedConnection {
  const origin = options.socketPath ? `unix:${options.socketPath}` : `${scheme}://${targetOf(options)}`;
  return proxy === undefined ? { origin, owner } : { origin, proxy, owner };
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
  readonly label?: OwnedConnection;
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

/** For whom a connection is being made right now. */
let requester: ClientRequest | undefined;

/** Makes a connection for a request; Node does not tell the one who makes it for which. */
export function connectFor(request: ClientRequest, make: () => void): void {
  requester = request;
  try {
    make();
  } finally {
    requester = undefined;
  }
}

/** What the request that a connection is being made for wants of its address. */
export function currentAddressWish(): AddressWish {
  return requester === undefined ? {} : addressWishOf(demandsOf(requester));
}

/** How a connection got as far as it is when it is watched. */
export interface ConnectProgress {
  /** How much of the connect timeout is spent. */
  readonly spentMs: number;
  /** Is to be told how it ends, if it was announced before. */
  readonly announced?: ConnectAnnouncement | undefined;
  /** The moments of that. */
  readonly times?: ConnectionTimes;
}

/** What a pool says of its connections. */
interface PoolOfConnection {
  readonly connectTimeoutMs: LimitMs;
  readonly sockets: { add(socket: Socket): void };
  readonly maxAgeMs?: number | undefined;
  readonly drawMaxAgeMs?: (() => number | undefined) | undefined;
  readonly proxy?: string;
  readonly owner?: Owner | undefined;
}

/** The pool of a connection. */
interface Belonging {
  readonly pool: PoolOfConnection;
  readonly idle: { homeOf(name: string): ConnectionHome };
}

/** Watches a new connection of an agent of ours, which will pool it. */
export function watchPooled(
  socket: Socket,
  readyEvent: ConnectWatch['readyEvent'],
  options: ConnectionOptions,
  { pool, idle, dialled }: Belonging & { readonly dialled: Dialled | undefined },
  { spentMs, announced, times }: ConnectProgress & { readonly times: ConnectionTimes },
): void {
  pool.sockets.add(socket);
  const label = labelOf(readyEvent === 'connect' ? 'http' : 'https', options, pool);
  const state = watchConnect(socket, {
    // What an origin behind a proxy answers says nothing of the addresses of the proxy.
    dialled: pool.proxy === undefined ? dialled : undefined,
    readyEvent,
    times,
    target: targetOf(options),
    timeoutMs: pool.connectTimeoutMs,
    spentMs,
    label,
    home: idle.homeOf(poolNameOf(options)),
    announced: announced ?? publishConnect(label),
  });
  limitAge(state, pool);
}

/** Observes a connection that is ready already, and was made for an agent of ours. */
export function observePooled(
  socket: Socket,
  options: ConnectionOptions,
  { pool, idle }: Belonging,
  times: ConnectionTimes,
): void {
  const label = labelOf('https', options, pool);
  limitAge(
    observeConnection(socket, { ready: true, times, label, home: idle.homeOf(poolNameOf(options)) }),
    pool,
  );
}

/** The age that an agent named that ours stands in for, or that which the policy draws. */
function limitAge(
  state: ConnectionState,
  { drawMaxAgeMs, maxAgeMs = Number.POSITIVE_INFINITY }: PoolOfConnection,
): void {
  state.endsAtMs = performance.now() + Math.min(maxAgeMs, drawMaxAgeMs?.() ?? Number.POSITIVE_INFINITY);
}
