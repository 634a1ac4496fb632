import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { server as identity } from './certificates.js';
import { listen, shut, trackSockets } from './tcp.js';

/** An https server that speaks HTTP/2, and HTTP/1.1 with clients that do not. */
export class Http2Origin {
  readonly #https = createSecureServer({ ...identity, allowHTTP1: true });
  readonly #httpsOpen = trackSockets(this.#https);
  // In front of it, so that a connection can fall silent without an end, as one does whose network is gone.
  readonly #path = createServer((near) => this.#connected(near));
  readonly #pathOpen = trackSockets(this.#path);
  readonly #freezers = new Map<number | undefined, () => void>();
  #httpsPort = 0;
  #port = 0;
  #freezes = 0;
  #requestsPerSession = Infinity;

  /** Requests so far. */
  requests = 0;
  /** TCP connections so far. */
  connections = 0;

  /** Starts one on a free port. */
  static async start(): Promise<Http2Origin> {
    const origin = new Http2Origin();
    origin.#https.on('request', (request, response) => origin.#requested(request, response));
    origin.#https.on('session', (session) => origin.#retire(session));
    origin.#httpsPort = await listen(origin.#https);
    origin.#port = await listen(origin.#path);
    return origin;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}/`;
  }

  /** Lets the connection of the next request fall silent for ever, and open. */
  freeze(): void {
    this.#freezes += 1;
  }

  /** Sends GOAWAY with the answer to the last of so many requests of each new connection. */
  retireAfter(requests: number): void {
    this.#requestsPerSession = requests;
  }

  async close(): Promise<void> {
    await shut(this.#path, this.#pathOpen);
    await shut(this.#https, this.#httpsOpen);
  }

  #connected(near: Socket): void {
    this.connections += 1;
    const far = connect(this.#httpsPort, '127.0.0.1', () => {
      const { localPort } = far;
      this.#freezers.set(localPort, () => {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      });
      far.once('close', () => this.#freezers.delete(localPort));
      near.pipe(far).pipe(near);
    });
    far.on('error', () => near.destroy());
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  #requested(request: Http2ServerRequest, response: Http2ServerResponse): void {
    this.requests += 1;
    if (this.#freezes > 0) {
      this.#freezes -= 1;
      this.#freezers.get(request.socket.remotePort)?.();
      return;
    }
    request.resume().once('end', () => {
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      response.end('That is all.\n');
    });
  }

  #retire(session: ServerHttp2Session): void {
    let streams = 0;
    session.on('error', () => {});
    session.on('stream', () => {
      streams += 1;
      if (streams === this.#requestsPerSession) session.close();
    });
  }
}
