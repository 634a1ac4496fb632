import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What Node keeps with the socket of a request. */
type UsedSocket = Socket & {
  readonly _httpMessage?: (ClientRequest & { readonly res?: IncomingMessage | null }) | null;
};

/**
 * Has a request fail whose connection a server takes over unasked, with 101 Switching Protocols (RFC 9110, section
 * 15.2.2). Node destroys such a connection without a word to the request, which would wait for its timeout. A 101 that
 * names no protocol is a response like any other to Node.
 */
export function failOnUpgrade(socket: Socket): void {
  socket.once('close', tellOfUpgrade);
}

// One function for all connections.
function tellOfUpgrade(this: Socket): void {
  const request = (this as UsedSocket)._httpMessage;
  if (request?.res?.statusCode !== 101 || request.listenerCount('upgrade') > 0) return;
  if (request.listenerCount('error') === 0) return;
  const message = 'The server answered 101 Switching Protocols, which it was not asked for';
  request.emit('error', Object.assign(new Error(message), { code: 'ERR_BAD_RESPONSE' }));
}
