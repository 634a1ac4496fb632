import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ConnectionTimes } from './connection-times.js';

const HANDOVER = Symbol('axios-policy.handover');

/** A connection on its way to an agent. */
interface Handover {
  socket: TLSSocket | undefined;
}

/**
 * Adds a connection to the options of a request: ALPN settled it on HTTP/1.1 (RFC 7301), so the agent of that request
 * is to use it instead of making one, and to pool it.
 */
export function withHandover<T extends object>(options: T, socket: TLSSocket | undefined): T {
  // In the options, and not left with the agent, so that exactly this request can pick it up.
  return socket === undefined
    ? options
    : Object.assign(options, { [HANDOVER]: { socket } satisfies Handover });
}

/**
 * For an agent's `createConnection`: the connection that was handed over to it, once.
 *
 * @returns `undefined` if there is none, or if it was lost meanwhile; the agent then makes one as always.
 */
export function takeHandover(options: object): TLSSocket | undefined {
  const handover = (options as { [HANDOVER]?: Handover })[HANDOVER];
  const socket = handover?.socket;
  if (handover !== undefined) handover.socket = undefined;
  return socket?.destroyed ? undefined : socket;
}

const handedOver = new WeakMap<Socket, ConnectionTimes>();

/** Remembers the times of a connection that was opened for HTTP/2 and goes to an agent. */
export function noteHandover(socket: Socket, times: ConnectionTimes): void {
  handedOver.set(socket, times);
}

/** The times of such a connection. */
export function timesOfHandover(socket: Socket): ConnectionTimes | undefined {
  return handedOver.get(socket);
}
