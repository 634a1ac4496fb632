import { once } from 'node:events';
import { type AddressInfo, createServer, isIP, type ListenOptions, type Server, type Socket } from 'node:net';
import { until } from './wait.js';

/** Starts `server` on a free port. */
export async function listen(server: Server, options: ListenOptions = {}): Promise<number> {
  server.listen({ host: '127.0.0.1', port: 0, ...options });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Closes `server` and destroys `sockets`: TCP ones, TLS above them goes with them. Resolves when all is closed. */
export async function shut(server: Server, sockets: Iterable<Socket>): Promise<void> {
  const closed: Promise<unknown>[] = [];
  if (server.listening) {
    closed.push(once(server, 'close'));
    server.close();
  }
  for (const socket of sockets) {
    closed.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.destroy();
  }
  await Promise.all(closed);
}

/** Keeps the set of the open TCP connections of `server`. */
export function trackSockets(server: Server): Set<Socket> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    // Connections are torn down on purpose here; their errors are the business of the other side.
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  return open;
}

/** A TCP server without a protocol. */
export class TcpServer {
  /** Every connection so far, also the closed ones. */
  readonly sockets: Socket[] = [];
  readonly #server: Server;
  readonly #open: Set<Socket>;
  #host = '';
  #port = 0;

  /** @param onSocket is given each connection. */
  constructor(onSocket: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      onSocket(socket);
    });
    this.#open = trackSockets(this.#server);
  }

  async start(host = '127.0.0.1', port = 0): Promise<this> {
    this.#host = isIP(host) === 6 ? `[${host}]` : host;
    this.#port = await listen(this.#server, { host, port });
    return this;
  }

  get port(): number {
    return this.#port;
  }

  /** `127.0.0.1:port`. */
  get host(): string {
    return `${this.#host}:${this.#port}`;
  }

  get openSockets(): number {
    return this.#open.size;
  }

  /** Resolves when every connection is closed. */
  idle(timeoutMs?: number): Promise<void> {
    return until(
      () => this.openSockets === 0,
      timeoutMs,
      () => `no open connection, but ${this.openSockets}`,
    );
  }

  /** Destroys every connection, and goes on listening. */
  dropConnections(): void {
    for (const socket of this.#open) socket.destroy();
  }

  close(): Promise<void> {
    return shut(this.#server, this.#open);
  }
}

// Below every system's ephemeral ports (RFC 6335, section 6): none of these is given to whoever asks for any.
const REFUSING = 20_000;
const REFUSING_COUNT = 12_000;
/** Apart from those that refuse, and from those of the other workers of jest. */
const TO_TAKE = 10_000 + 1000 * (Number(process.env.JEST_WORKER_ID ?? 1) % 10);
const TO_TAKE_COUNT = 1000;
let taken = Math.floor(Math.random() * TO_TAKE_COUNT);

/** A port of 127.0.0.1 nobody listens on, and no other test will by chance: connections are refused. */
export async function closedPort(): Promise<number> {
  for (;;) {
    const port = REFUSING + Math.floor(Math.random() * REFUSING_COUNT);
    if (await isFree(port)) return port;
  }
}

/** A port of 127.0.0.1 for a server that has to be told one. Nobody else gets it, also while that server is away. */
export async function portToTake(): Promise<number> {
  for (;;) {
    taken = (taken + 1) % TO_TAKE_COUNT;
    if (await isFree(TO_TAKE + taken)) return TO_TAKE + taken;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await listen(server, { port }).catch(() => undefined);
  if (free === undefined) return false;
  await shut(server, []);
  return true;
}
