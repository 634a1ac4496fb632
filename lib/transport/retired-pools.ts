import type { Agent } from 'node:http';
import type { Http2Client } from './http2/client.js';
import type { RetirableSockets } from './socket-registry.js';

/** An agent of ours, and the scheme of the connections it pools. */
export interface Pool {
  readonly scheme: 'http' | 'https';
  readonly agent: Agent;
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
export function closeIdle(agent: Agent): void {
  for (const idle of Object.values(agent.freeSockets)) {
    for (const socket of idle ?? []) socket.destroy();
  }
}

function isEmpty({ sockets, freeSockets, requests }: Agent): boolean {
  return [sockets, freeSockets, requests].every((lists) => Object.keys(lists).length === 0);
}
