import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type OnApplicationShutdown } from '@nestjs/common';

/** A server that answers every third request, and 503 to the others. */
export class Upstream implements OnApplicationShutdown {
  readonly #server: Server;
  #requests = 0;

  constructor() {
    this.#server = createServer((_request, response) => {
      this.#requests += 1;
      if (this.#requests % 3 !== 0) return response.writeHead(503).end();
      return response.setHeader('Content-Type', 'application/json').end('{"price":1.25}');
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  onApplicationShutdown(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

@Module({
  providers: [{ provide: Upstream, useFactory: () => new Upstream().listen() }],
  exports: [Upstream],
})
export class UpstreamModule {}
