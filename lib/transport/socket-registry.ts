import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { AgentStatus } from 'agentkeepalive';
import { publishPool } from './channels.js';
import type { Http2Client } from './http2/client.js';
import { connectionState } from './observe.js';

const leftToCallers = new WeakSet<Socket>();

/**
 * Leaves a socket to who asked an agent of ours for it, without a request: nock and msw do, for what they let pass, and
 * take every listener off it before it closes.
 */
export function leaveToCaller(socket: Socket): void {
  leftToCallers.add(socket);
}

/** Knows the sockets of a pool. */
export interface SocketKeeper {
  /** Whether connections are no longer kept for reuse: a plain field, because it is asked for every request. */
  readonly closing: boolean;
  add(socket: Socket): void;
}

/** The sockets of pools that may be given up before the policy is closed, which knows them all. */
export class RetirableSockets implements SocketKeeper {
  closing: boolean;
  readonly #all: SocketKeeper;

  constructor(all: SocketKeeper) {
    this.#all = all;
    this.closing = all.closing;
  }

  add(socket: Socket): void {
    this.#all.add(socket);
  }

  /** From here on connections end with their requests. */
  retire(): void {
    this.closing = true;
  }
}

/** Every open socket of one policy, so that closing can wait for the last one. */
export class SocketRegistry implements SocketKeeper {
  closing = false;
  readonly #open = new Set<Socket>();

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#remove(socket));
  }

  /** Has connections of these pools, and of pools made from now on, end with their requests; closes idle ones. */
  startClosing(pools: readonly Pool[]): void {
    this.closing = true;
    for (const pool of pools) {
      pool.sockets.retire();
      closeIdle(pool.agent);
    }
  }

  /** Destroys every open socket, also one that is in use. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Resolves when no socket is open. */
  async whenEmpty(): Promise<void> {
    // What is opened meanwhile is waited for as well.
    for (const socket of this.#open) {
      if (!leftToCallers.has(socket)) await new Promise((resolve) => socket.once('close', resolve));
      this.#open.delete(socket);
    }
  }

  #remove(socket: Socket): void {
    this.#open.delete(socket);
    const state = connectionState(socket);
    if (state?.ready) publishPool('closed', state.label);
  }
}

/** An agent of ours, without the imports that its class has. */
export type PooledAgent = Agent & {
  addRequest(request: ClientRequest, options: object): void;
  /** The counts of agentkeepalive. */
  getCurrentStatus(): Pick<AgentStatus, 'sockets' | 'freeSockets' | 'requests'>;
};

/** An agent of ours, and the scheme of the connections it pools. */
export interface Pool {
  readonly scheme: 'http' | 'https';
  readonly agent: PooledAgent;
  readonly sockets: RetirableSockets;
}

/** Pools that no new request is given to. They are known until their last connection is closed. */
export class RetiredPools {
  readonly #pools = new Set<Pool>();
  readonly #http2 = new Set<Http2Client>();

  /** Closes idle connections now, and the others when they become idle. */
  add(pool: Pool): void {
    this.#forgetEmpty();
    pool.sockets.retire();
    closeIdle(pool.agent);
    this.#pools.add(pool);
  }

  /** The same for connections of HTTP/2. */
  addHttp2(client: Http2Client): void {
    this.#forgetEmpty();
    void client.close();
    this.#http2.add(client);
  }

  /** Those that have connections. */
  pools(): Pool[] {
    this.#forgetEmpty();
    return [...this.#pools];
  }

  /** Those that have connections. */
  http2(): Http2Client[] {
    this.#forgetEmpty();
    return [...this.#http2];
  }

  #forgetEmpty(): void {
    for (const pool of this.#pools) {
      if (isEmpty(pool.agent)) this.#pools.delete(pool);
    }
    for (const client of this.#http2) {
      if (client.stats().length === 0) this.#http2.delete(client);
    }
  }
}

/** Closes the connections that no request is on. */
function closeIdle(agent: Agent): void {
  for (const idle of Object.values(agent.freeSockets)) {
    for (const socket of idle ?? []) socket.destroy();
  }
}

function isEmpty({ sockets, freeSockets, requests }: Agent): boolean {
  return [sockets, freeSockets, requests].every((lists) => Object.keys(lists).length === 0);
}
