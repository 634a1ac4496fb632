import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import { Server, type Socket } from 'node:net';
import * as certs from './certs.js';
import { atEnd } from './cleanup.js';
import { listen, shut, trackSockets } from './tcp.js';
import { onceRead, until } from './wait.js';

/** A request on its way through the origin. */
export interface Http2Call {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly session: ServerHttp2Session;
  /** The TCP connection under it. */
  readonly connection: Socket;
  /** Its place among all requests, from 1. */
  readonly number: number;
}

/** What the origin does with a request. */
export type Http2Answer = (call: Http2Call) => void;

export interface Http2OriginOptions {
  /** `false` for h2c. @defaultValue true */
  tls?: boolean;
  /** Another certificate, ALPN, HTTP/1.1, settings. */
  server?: SecureServerOptions & ServerOptions;
  /** Answers over HTTP/1.1, if `server.allowHTTP1`. */
  http1?: (request: IncomingMessage, response: ServerResponse) => void;
  host?: string;
  /** A fixed port instead of a free one. */
  port?: number;
}

/** What the origin saw of a request. */
export interface RecordedStream {
  readonly id: number;
  readonly headers: IncomingHttpHeaders;
  /** What of the body has arrived by now. */
  readonly body: Buffer;
  /** The code the stream was closed with; `undefined` while it is open. */
  rstCode?: number;
  /** Number of its session, from 1. */
  readonly sessionNumber: number;
}

/** An HTTP/2 server that answers by script and notes what it is asked. */
export class Http2Origin {
  readonly requests: RecordedStream[] = [];
  readonly sessions: ServerHttp2Session[] = [];
  /** Requests over HTTP/1.1 so far. */
  http1Requests = 0;
  /** TCP connections so far. */
  connections = 0;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #options: Http2OriginOptions;
  readonly #open: Set<Socket>;
  readonly #byPeer = new Map<number, Socket>();
  #answer: Http2Answer = respond({ body: 'Hello World' });
  #port = 0;

  constructor(options: Http2OriginOptions) {
    this.#options = options;
    const { tls = true, server = {}, http1 } = options;
    this.#server = tls ? createSecureServer({ ...certs.server, ...server }) : createServer(server);
    this.#open = trackSockets(this.#server as unknown as Server);
    this.#server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.#byPeer.set(socket.remotePort ?? 0, socket);
    });
    this.#server.on('session', (session) => {
      this.sessions.push(session);
      session.on('error', () => {});
    });
    this.#server.on('sessionError', () => {});
    this.#server.on('stream', (stream, headers) => this.#called(stream, headers));
    if (http1) {
      this.#server.on('request', (request, response) => {
        if (request.httpVersionMajor !== 1) return;
        this.http1Requests += 1;
        http1(request as never, response as never);
      });
    }
  }

  async start(): Promise<this> {
    const { host, port } = this.#options;
    this.#port = await listen(this.#server as unknown as Server, {
      ...(host && { host }),
      ...(port && { port }),
    });
    return this;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return this.#options.tls === false ? `http://127.0.0.1:${this.#port}` : `https://localhost:${this.#port}`;
  }

  /** Open TCP connections. */
  get openSockets(): number {
    return this.#open.size;
  }

  /** The answer to every request from now on. */
  always(answer: Http2Answer): this {
    this.#answer = answer;
    return this;
  }

  /** The latest session. */
  get session(): ServerHttp2Session {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('There was no session');
    return session;
  }

  /** Ends every TCP connection without a word of HTTP/2. */
  dropConnections(how: 'fin' | 'rst' = 'rst'): void {
    for (const socket of this.#open) {
      if (how === 'rst') socket.resetAndDestroy();
      else socket.destroySoon();
    }
  }

  /** Refuses new connections; those that are open stay so. */
  refuse(): void {
    // Its own method would end the sessions, too (since Node 24).
    Server.prototype.close.call(this.#server);
  }

  async idle(timeoutMs = 10_000): Promise<void> {
    await until(
      () => this.openSockets === 0,
      timeoutMs,
      () => `no open connection, but ${this.openSockets} of ${this.connections} are`,
    );
  }

  async close(): Promise<void> {
    for (const session of this.sessions) if (!session.destroyed) session.destroy();
    await shut(this.#server as unknown as Server, this.#open);
  }

  #called(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const session = stream.session as ServerHttp2Session;
    const connection = this.#byPeer.get(session.socket.remotePort ?? 0) as Socket;
    const pieces: Buffer[] = [];
    const recorded: RecordedStream = {
      id: stream.id as number,
      headers,
      get body() {
        return Buffer.concat(pieces);
      },
      sessionNumber: this.sessions.indexOf(session) + 1,
    };
    this.requests.push(recorded);
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', () => {});
    stream.once('close', () => {
      recorded.rstCode = stream.rstCode;
    });
    // Reading is up to the answer.
    stream.pause();
    this.#answer({ stream, headers, session, connection, number: this.requests.length });
  }
}

/** Starts an HTTP/2 origin; it closes by itself when the test ends. */
export async function startHttp2Origin(options: Http2OriginOptions = {}): Promise<Http2Origin> {
  const origin = new Http2Origin(options);
  atEnd(() => origin.close());
  return origin.start();
}

/** A whole answer with Content-Length, after the whole request was read. */
export function respond({
  status = 200,
  headers = {},
  body = '',
}: {
  status?: number;
  headers?: Record<string, string | number | string[]>;
  body?: string | Buffer | object;
} = {}): Http2Answer {
  const isRaw = Buffer.isBuffer(body) || typeof body === 'string';
  const bytes = Buffer.from(isRaw ? body : JSON.stringify(body));
  return ({ stream, headers: request }) => {
    const play = () => {
      if (stream.destroyed || stream.closed) return;
      const hasBody = request[':method'] !== 'HEAD' && status !== 204 && status !== 304;
      const length = status === 204 || status === 304 ? {} : { 'content-length': bytes.length };
      stream.respond({ ':status': status, ...length, ...headers }, { endStream: !hasBody });
      if (hasBody) stream.end(bytes);
    };
    stream.resume();
    if (stream.readableEnded) play();
    else stream.once('end', play);
  };
}

/** Headers that announce `announced` bytes and `sent` bytes of body; then `then`. */
export function partial(
  announced: number | undefined,
  sent: number,
  then: Http2Answer = () => {},
  status = 200,
): Http2Answer {
  return (call) => {
    const { stream } = call;
    stream.resume();
    stream.respond({
      ':status': status,
      ...(announced === undefined ? {} : { 'content-length': announced }),
    });
    stream.write(Buffer.alloc(sent, 'x'), () => onceRead(() => then(call)));
  };
}

/** Ends the TCP connection. */
export const dropConnection =
  (how: 'fin' | 'rst' = 'rst'): Http2Answer =>
  ({ connection }) => {
    if (how === 'rst') connection.resetAndDestroy();
    else connection.end();
  };

/** No answer, and the stream stays open. */
export const silence: Http2Answer = ({ stream }) => {
  stream.resume();
};
