import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of the example's own, in place of somebody's API: it fails some of its requests. */
export class Upstream {
  readonly #server: Server;
  #requests = 0;

  /**
   * @param body of its answers, as JSON.
   * @param answersEvery of so many requests it answers the last, and 503 to the others.
   */
  constructor(body: object, answersEvery: number) {
    this.#server = createServer((_request, response) => {
      this.#requests += 1;
      if (this.#requests % answersEvery !== 0) return response.writeHead(503).end();
      return response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
