import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listen, shut, trackSockets } from './tcp.js';

/** An HTTP proxy that opens tunnels, as those of companies do (RFC 9110, section 9.3.6). */
export class TunnelProxy {
  readonly #server = createServer();
  readonly #open = trackSockets(this.#server);
  #port = 0;

  /** TCP connections of clients so far. */
  connections = 0;
  /** Tunnels so far. */
  tunnels = 0;

  /** Starts one on a free port. */
  static async start(): Promise<TunnelProxy> {
    const proxy = new TunnelProxy();
    proxy.#server.on('connection', () => {
      proxy.connections += 1;
    });
    proxy.#server.on('connect', (request: IncomingMessage, client: Socket) => proxy.#tunnel(request, client));
    proxy.#port = await listen(proxy.#server);
    return proxy;
  }

  get host(): string {
    return '127.0.0.1';
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  close(): Promise<void> {
    return shut(this.#server, this.#open);
  }

  #tunnel(request: IncomingMessage, client: Socket): void {
    this.tunnels += 1;
    const { hostname, port } = new URL(`tunnel://${request.url}`);
    const origin = connect(Number(port), hostname);
    origin.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(origin).pipe(client);
    });
    origin.on('error', () => client.destroy());
    client.once('close', () => origin.destroy());
    origin.once('close', () => client.destroy());
  }
}
