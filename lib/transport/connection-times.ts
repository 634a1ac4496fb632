import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/**
 * When a new connection came how far, by the monotonic clock, in ms; 0 = not, or not yet. Noted once per connection; the
 * phases of an attempt are worked out of it when somebody asks.
 */
export class ConnectionTimes {
  readonly isSecure: boolean;
  /** A name is looked up for it, of which {@link lookedUp} tells: the ways to proxies do not. */
  resolvesName: boolean;
  readonly startedMs = performance.now();
  lookedUpMs = 0;
  connectedMs = 0;
  /** A request may be sent. */
  readyMs = 0;

  constructor(isSecure: boolean, resolvesName: boolean) {
    this.isSecure = isSecure;
    this.resolvesName = resolvesName;
  }

  /** Takes the times from a tunnel, if there is one. Of the way to its proxy no socket tells. */
  async through(tunnel: Promise<Socket> | undefined): Promise<Socket | undefined> {
    if (tunnel === undefined) return undefined;
    this.resolvesName = false;
    const socket = await tunnel;
    this.connected();
    return socket;
  }

  /** Takes the times from a socket that is just being connected. */
  follow(socket: Socket): void {
    socket.once('connect', () => this.connected());
  }

  /** The addresses of the name are known. */
  lookedUp(): void {
    this.lookedUpMs = performance.now();
  }

  connected(): void {
    this.connectedMs = performance.now();
  }

  ready(): void {
    this.readyMs = performance.now();
  }
}

/** Connections in the making that have no socket yet, by the request that waits. */
const pending = new WeakMap<ClientRequest, ConnectionTimes>();

/** Remembers the times of a connection for the request that it is made for, until there is a socket to ask. */
export function notePending(request: ClientRequest, times: ConnectionTimes): void {
  pending.set(request, times);
}

/** The times of a connection that has no socket yet. */
export function timesOfPending(request: ClientRequest): ConnectionTimes | undefined {
  return pending.get(request);
}
