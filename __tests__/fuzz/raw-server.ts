import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { listen, shut, trackSockets } from '../helpers/tcp.js';
import { oneOf, pieces, type Random } from './mutate.js';

/** Called with the head of each request. */
type OnRequest = (head: string, socket: Socket) => void;

/** A TCP server that leaves to others what it says. */
export class RawServer {
  readonly #server: Server;
  readonly #open: Set<Socket>;
  port = 0;

  constructor(onRequest: OnRequest) {
    this.#server = createServer((socket) => {
      socket.once('data', function next(data: Buffer) {
        onRequest(data.toString('latin1'), socket);
        socket.once('data', next);
      });
    });
    this.#open = trackSockets(this.#server);
  }

  async start(): Promise<this> {
    this.port = await listen(this.#server);
    return this;
  }

  get openSockets(): number {
    return this.#open.size;
  }

  close(): Promise<void> {
    return shut(this.#server, this.#open);
  }
}

/** Says something piece by piece, and then closes the connection, resets it, or leaves it open. */
export async function say(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  const ending = oneOf(random, ['fin', 'fin', 'rst', 'open'] as const);
  for (const piece of [...pieces(bytes, random)].slice(0, 200)) {
    if (!socket.writable) return;
    socket.write(piece);
    await turn();
  }
  if (ending === 'fin') socket.end();
  // A reset overtakes what was not read yet.
  else if (ending === 'rst') setTimeout(() => socket.resetAndDestroy(), 20);
}
