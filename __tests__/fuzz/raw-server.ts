import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { TcpServer } from '../helpers/tcp.js';
import { oneOf, pieces, type Random } from './mutate.js';

/** Starts a server that gives the head of each request to `onRequest`, and leaves it to it what is said. */
export function startRawServer(onRequest: (head: string, socket: Socket) => void): Promise<TcpServer> {
  const server = new TcpServer((socket) => {
    socket.on('data', (data: Buffer) => onRequest(data.toString('latin1'), socket));
  });
  return server.start();
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
