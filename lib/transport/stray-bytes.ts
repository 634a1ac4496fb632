import type { Socket } from 'node:net';
import { connectionState } from './connect.js';

/** What Node's types leave out: who reads the response that a connection is to bring. */
type HttpSocket = Socket & { readonly parser?: object | null };

/**
 * Closes a connection as soon as it brings bytes that nobody asked for. They are no part of a response, and would become
 * the beginning of the next one. Newer Nodes look for them on idle connections; here it is also done on older ones, and
 * from the end of a response on, which its reader may be far from.
 */
export function closeOnStrayBytes(socket: Socket): void {
  socket.on('data', onData);
  // Whoever upgrades the connection speaks what he likes on it.
  socket.once('agentRemove', onRemove);
}

function onData(this: HttpSocket): void {
  // Node takes the parser off with the last byte of a response. Before the first request there is none.
  if (this.parser === null || connectionState(this)?.isIdle) this.destroy();
}

function onRemove(this: HttpSocket): void {
  this.removeListener('data', onData);
}
