import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { type Identity, other } from './certs.js';
import { atEnd } from './cleanup.js';
import { listen, shut, trackSockets } from './tcp.js';
import { until } from './wait.js';

/**
 * What the proxy does with CONNECT: open the tunnel, never answer, close the connection, refuse with a status, or send
 * exactly these bytes, after which the connection is a tunnel all the same, or ends.
 */
export type OnConnect = 'ok' | 'stall' | 'close' | number | { raw: string | Buffer; ends?: boolean };

export interface ProxyOptions {
  /** `true` for the certificate of `certs.other`, which is signed by `certs.otherCa`. @defaultValue false */
  tls?: boolean | Identity;
  /** Ask for these credentials. */
  auth?: { user: string; password: string };
  /** @defaultValue 'ok' */
  connect?: OnConnect;
  /** Answer requests in absolute form with this status instead of forwarding them. */
  forward?: number;
  /** @defaultValue '127.0.0.1' */
  host?: string;
  /** The ports of 127.0.0.1 where these host names are to be found, whatever port is asked for. */
  hosts?: Record<string, number>;
}

/** A request as the proxy saw it. */
export interface ProxiedRequest {
  method: string;
  /** The request target as it was sent: `host:port` for CONNECT, else a whole URL. */
  target: string;
  headers: NodeJS.Dict<string | string[]>;
  /** Request line and header lines as they were sent. */
  head: string;
  /** Number of its TCP connection, from 1. */
  socketId: number;
}

/** An HTTP proxy that tunnels, forwards and misbehaves as it is told. */
export class TestProxy {
  readonly requests: ProxiedRequest[] = [];
  /** TCP connections so far. */
  connections = 0;
  /** May be changed at any time. */
  onConnect: OnConnect;
  /** May be changed at any time. */
  onForward: number | undefined;

  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #open: Set<Socket>;
  readonly #upstream = new Set<Socket>();
  readonly #ids = new Map<string, number>();
  #port = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.onConnect = options.connect ?? 'ok';
    this.onForward = options.forward;
    const identity = typeof options.tls === 'object' ? options.tls : other;
    this.#server = options.tls ? createHttpsServer({ ...identity }) : createHttpServer();
    // A proxy that lost patience would end a test's connection behind its back.
    Object.assign(this.#server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
    this.#open = trackSockets(this.#server);
    this.#server.on('connection', (socket: Socket) => this.#connected(socket));
    this.#server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#connect(request, socket, head),
    );
    // Without a listener the server would send 100 by itself; a proxy leaves that to the origin.
    for (const event of ['request', 'checkContinue']) {
      this.#server.on(event, (request: IncomingMessage, response: ServerResponse) =>
        this.#forward(request, response),
      );
    }
  }

  async start(): Promise<this> {
    this.#port = await listen(this.#server, { host: this.#options.host ?? '127.0.0.1' });
    return this;
  }

  get port(): number {
    return this.#port;
  }

  /** `http://127.0.0.1:port` or `https://localhost:port`, or the address given as `host`. */
  get url(): string {
    const { host = this.#options.tls ? 'localhost' : '127.0.0.1', tls } = this.#options;
    return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** The URL with user and password in it, percent-encoded. */
  urlWith(user: string, password: string): string {
    return this.url.replace('://', `://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);
  }

  /** Open TCP connections of clients. */
  get openSockets(): number {
    return this.#open.size;
  }

  /** The targets of all CONNECT requests. */
  get tunnels(): string[] {
    return this.requests.filter(({ method }) => method === 'CONNECT').map(({ target }) => target);
  }

  /** Resolves when no client is connected. */
  async idle(timeoutMs = 10_000): Promise<void> {
    await until(
      () => this.openSockets === 0,
      timeoutMs,
      () => `no open connection, but ${this.openSockets} of ${this.connections} are`,
    );
  }

  /** Ends every connection of a client with RST. */
  resetConnections(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#upstream) socket.destroy();
    await shut(this.#server, this.#open);
  }

  #connected(socket: Socket): void {
    this.connections += 1;
    const peer = peerOf(socket);
    this.#ids.set(peer, this.connections);
    socket.once('close', () => this.#ids.delete(peer));
  }

  #record(request: IncomingMessage): void {
    const { method = '', url = '', headers, rawHeaders } = request;
    const lines = Array.from({ length: rawHeaders.length / 2 }, (_, i) =>
      rawHeaders.slice(2 * i, 2 * i + 2).join(': '),
    );
    const head = [`${method} ${url} HTTP/${request.httpVersion}`, ...lines].join('\r\n');
    this.requests.push({
      method,
      target: url,
      headers,
      head,
      socketId: this.#ids.get(peerOf(request.socket)) ?? 0,
    });
  }

  #connect(request: IncomingMessage, client: Socket, head: Buffer): void {
    this.#record(request);
    client.on('error', () => {});
    const action = this.#isAuthorized(request) ? this.onConnect : 407;
    // Node's HTTP server would leave the connection half open when the client has gone.
    if (action === 'stall') return void client.resume().once('end', () => client.end());
    if (action === 'close') return void client.end();
    if (typeof action === 'number') return void client.end(refusal(action));
    const reply = action === 'ok' ? 'HTTP/1.1 200 Connection established\r\n\r\n' : action.raw;
    if (typeof action === 'object' && action.ends) return void client.end(reply);
    this.#tunnel(request.url ?? '', client, head, reply);
  }

  #tunnel(authority: string, client: Socket, head: Buffer, reply: string | Buffer): void {
    const { hostname, port } = new URL(`tunnel://${authority}`);
    const upstream = this.#dial(hostname, Number(port));
    upstream.once('error', () => client.end(refusal(502)));
    upstream.once('connect', () => {
      client.write(reply);
      if (head.length > 0) upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    this.#record(request);
    const status = this.#isAuthorized(request) ? this.onForward : 407;
    if (status !== undefined) {
      request.resume();
      return void response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`proxy says ${status}`);
    }
    const { hostname, port, pathname, search } = new URL(request.url ?? '');
    const { connection: _, 'proxy-authorization': __, ...headers } = request.headers;
    const onward = httpRequest(
      {
        method: request.method,
        path: pathname + search,
        headers,
        agent: false,
        ...this.#whereIs(hostname, Number(port) || 80),
      },
      (answer) => {
        const { connection: ___, 'keep-alive': ____, ...fields } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, fields);
        answer.pipe(response);
      },
    );
    onward.on('socket', (socket) => this.#own(socket));
    onward.on('continue', () => response.writeContinue());
    onward.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    request.pipe(onward);
  }

  #dial(hostname: string, port: number): Socket {
    return this.#own(connect(this.#whereIs(hostname, port)));
  }

  #whereIs(hostname: string, port: number): { host: string; port: number } {
    const mapped = this.#options.hosts?.[hostname];
    if (mapped !== undefined) return { host: '127.0.0.1', port: mapped };
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port };
  }

  #own(socket: Socket): Socket {
    this.#upstream.add(socket);
    socket.once('close', () => this.#upstream.delete(socket));
    return socket;
  }

  #isAuthorized({ headers }: IncomingMessage): boolean {
    const { auth } = this.#options;
    if (auth === undefined) return true;
    const wanted = Buffer.from(`${auth.user}:${auth.password}`).toString('base64');
    return headers['proxy-authorization'] === `Basic ${wanted}`;
  }
}

export type { TestProxy as Proxy };

/** Starts a proxy; see {@link TestProxy}. It closes by itself when the test ends. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const proxy = new TestProxy(options);
  atEnd(() => proxy.close());
  return proxy.start();
}

function refusal(status: number): string {
  const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="test"\r\n' : '';
  return `HTTP/1.1 ${status} Refused\r\n${challenge}Content-Length: 7\r\n\r\nrefused`;
}

const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
