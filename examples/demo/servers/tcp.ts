import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Keeps the set of the open connections of `server`. */
export function trackSockets(server: Server): Set<Socket> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    // Connections fail on purpose here; the client is who should mind.
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  return open;
}

/** Starts `server` on a free port of this machine. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Closes `server` and its connections. */
export async function shut(server: Server, sockets: Iterable<Socket>): Promise<void> {
  server.close();
  for (const socket of sockets) socket.destroy();
  await once(server, 'close');
}
