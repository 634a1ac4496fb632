import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { type Answer, reply } from './answers.js';
import * as certs from './certs.js';
import { atEnd } from './cleanup.js';
import { listen, shut, trackSockets } from './tcp.js';
import { until } from './wait.js';

export {
  type Answer,
  deaf,
  drip,
  type Exchange,
  early,
  gzipDrip,
  handler,
  hangUp,
  held,
  never,
  partialHead,
  raw,
  redirect,
  reply,
  reset,
  slow,
  stallBody,
  truncate,
} from './answers.js';

export interface OriginOptions {
  /** `true` for the certificate of `certs.server`; options replace it or add to it. @defaultValue false */
  tls?: boolean | TlsOptions;
  /** The address to listen on. @defaultValue '127.0.0.1' */
  host?: string;
  /** A fixed port instead of a free one. */
  port?: number;
  /** Sends `Keep-Alive: timeout=` with this many seconds. The origin itself never closes an idle connection. */
  keepAliveHint?: number;
}

/** A request as it arrived, there from the moment its headers were complete. */
export interface RecordedRequest {
  method: string;
  /** The request target as it was sent: a path, or a whole URL if the client took the origin for a proxy. */
  url: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  /** What of the body has arrived by now. */
  readonly body: Buffer;
  /** Whether the body ended as HTTP wants it. */
  bodyComplete: boolean;
  /** Number of its TCP connection, from 1. */
  socketId: number;
  /** Its place among the requests of that connection, from 1. */
  requestOnSocket: number;
  /** The client's end of that connection. */
  from: { address: string | undefined; port: number | undefined };
}

/** What a TLS client asked for and got. */
export interface Handshake {
  servername: string | false | null;
  alpnProtocol: string | false | null;
  /** Common name of the client certificate, if there was one. */
  clientName: string | string[] | undefined;
  sessionReused: boolean;
  cipher: string;
  protocol: string | null;
}

interface Connection {
  id: number;
  /** TCP. */
  socket: Socket;
  /** TLS if there is, else TCP. */
  stream: Socket;
  requests: number;
}

/** An HTTP/1.1 server that answers by script and notes what it is asked. */
export class Origin implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  readonly handshakes: Handshake[] = [];
  /** TCP connections so far. */
  connections = 0;

  readonly #server: HttpServer | HttpsServer;
  readonly #secure: boolean;
  readonly #options: OriginOptions;
  readonly #open: Set<Socket>;
  readonly #byPeer = new Map<string, Connection>();
  readonly #queue: Answer[] = [];
  #otherwise: Answer = reply({ body: 'Hello World' });
  #port = 0;

  constructor(options: OriginOptions) {
    this.#options = options;
    this.#secure = Boolean(options.tls);
    const tls = typeof options.tls === 'object' ? options.tls : {};
    this.#server = this.#secure ? createHttpsServer({ ...certs.server, ...tls }) : createHttpServer();
    // An origin that lost patience would end a test's connection behind its back.
    Object.assign(this.#server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
    this.#open = trackSockets(this.#server);
    this.#server.on('connection', (socket: Socket) => this.#connected(socket));
    this.#server.on('secureConnection', (socket: TLSSocket) => this.#secured(socket));
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#requested(request, response),
    );
  }

  async start(): Promise<this> {
    const { host, port } = this.#options;
    this.#port = await listen(this.#server, { ...(host && { host }), ...(port && { port }) });
    return this;
  }

  get port(): number {
    return this.#port;
  }

  /** `http://127.0.0.1:port`, `https://localhost:port`, or the address given as `host`. */
  get url(): string {
    const host = this.#options.host ?? (this.#secure ? 'localhost' : '127.0.0.1');
    return `${this.#secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** Open TCP connections. */
  get openSockets(): number {
    return this.#open.size;
  }

  get secureSessionsReused(): number {
    return this.handshakes.filter(({ sessionReused }) => sessionReused).length;
  }

  /** Answers to the next requests, in this order. */
  enqueue(...answers: Answer[]): this {
    this.#queue.push(...answers);
    return this;
  }

  /** The answer to every request the queue has none for, instead of 200 `Hello World`. */
  always(answer: Answer): this {
    this.#otherwise = answer;
    return this;
  }

  /** Resolves when every connection is closed. */
  async idle(timeoutMs = 10_000): Promise<void> {
    await until(
      () => this.openSockets === 0,
      timeoutMs,
      () => `no open connection, but ${this.openSockets} of ${this.connections} are`,
    );
  }

  /** Ends every connection from this side, as a server does that is tired of idle ones. */
  endConnections(how: 'fin' | 'rst' = 'fin'): void {
    for (const { socket, stream } of this.#byPeer.values()) {
      if (how === 'fin') stream.end();
      else socket.resetAndDestroy();
    }
  }

  /** Destroys every connection and stops listening. It happens by itself when the test ends. */
  close(): Promise<void> {
    return shut(this.#server, this.#open);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connected(socket: Socket): void {
    this.connections += 1;
    const peer = peerOf(socket);
    this.#byPeer.set(peer, { id: this.connections, socket, stream: socket, requests: 0 });
    socket.once('close', () => this.#byPeer.delete(peer));
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', () => {});
    const connection = this.#byPeer.get(peerOf(socket));
    if (connection) connection.stream = socket;
    this.handshakes.push({
      servername: socket.servername,
      alpnProtocol: socket.alpnProtocol,
      clientName: socket.getPeerCertificate().subject?.CN,
      sessionReused: socket.isSessionReused(),
      cipher: socket.getCipher().name,
      protocol: socket.getProtocol(),
    });
  }

  #requested(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // A TLS socket does not tell which TCP connection it is on; both know the same peer.
    const connection = this.#byPeer.get(peerOf(socket));
    if (!connection) return;
    connection.requests += 1;
    const recorded = record(request, connection);
    this.requests.push(recorded);
    const { keepAliveHint } = this.#options;
    if (keepAliveHint !== undefined) response.setHeader('Keep-Alive', `timeout=${keepAliveHint}`);
    const answer = this.#queue.shift() ?? this.#otherwise;
    const play = () => answer.play({ request, response, recorded, socket, connection: connection.socket });
    if (answer.early) play();
    else request.once('end', play);
  }
}

/** Starts an origin; see {@link Origin}. It closes by itself when the test ends. */
export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const origin = new Origin(options);
  atEnd(() => origin.close());
  return origin.start();
}

const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;

function record(request: IncomingMessage, connection: Connection): RecordedRequest {
  const { method = '', url = '', headers, rawHeaders } = request;
  const pieces: Buffer[] = [];
  const recorded: RecordedRequest = {
    method,
    url,
    headers,
    rawHeaders,
    get body() {
      return Buffer.concat(pieces);
    },
    bodyComplete: false,
    socketId: connection.id,
    requestOnSocket: connection.requests,
    from: { address: request.socket.remoteAddress, port: request.socket.remotePort },
  };
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    recorded.bodyComplete = true;
  });
  request.on('error', () => {});
  return recorded;
}
