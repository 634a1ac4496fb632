import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { type Answer, status } from './answers.js';
import { server as identity } from './certificates.js';
import { listen, shut, trackSockets } from './tcp.js';

/** An https server that fails as its script says, and is well when the script is over. */
export class Origin {
  readonly #https = createHttpsServer(identity);
  // In front of TLS, so that a connection can be left without a handshake, or be reset.
  readonly #tcp = createServer((socket) => this.#connected(socket));
  readonly #open = trackSockets(this.#tcp);
  readonly #byPort = new Map<number | undefined, Socket>();
  readonly #script: Answer[] = [];
  #stalls = 0;
  #port = 0;

  /** Requests so far. */
  requests = 0;
  /** TCP connections so far. */
  connections = 0;

  /** Starts one on a free port. */
  static async start(): Promise<Origin> {
    const origin = new Origin();
    origin.#https.on('request', (request, response) => origin.#requested(request, response));
    origin.#https.on('tlsClientError', () => {});
    origin.#port = await listen(origin.#tcp);
    return origin;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}/`;
  }

  /** Answers to the next requests, in this order. */
  script(...answers: Answer[]): void {
    this.#script.push(...answers);
  }

  /** Accepts the next connections, and says nothing on them. */
  stall(connections: number): void {
    this.#stalls += connections;
  }

  close(): Promise<void> {
    return shut(this.#tcp, this.#open);
  }

  #connected(socket: Socket): void {
    this.connections += 1;
    if (this.#stalls > 0) {
      this.#stalls -= 1;
      socket.resume();
      return;
    }
    const { remotePort } = socket;
    this.#byPort.set(remotePort, socket);
    socket.once('close', () => this.#byPort.delete(remotePort));
    this.#https.emit('connection', socket);
  }

  #requested(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    const answer = this.#script.shift() ?? status(200);
    const reset = () => this.#byPort.get(request.socket.remotePort)?.resetAndDestroy();
    request.resume().once('end', () => answer({ response, reset }));
  }
}
