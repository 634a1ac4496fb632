// @ts-check
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';

const TLS = new URL('../../__tests__/fixtures/tls/', import.meta.url);

/** Path of the certificate of the authority that vouches for the server, PEM. */
export const CA_FILE = fileURLToPath(new URL('ca.pem', TLS));

/**
 * Starts an HTTPS server for `localhost` on a free port.
 *
 * @param {import('node:http').RequestListener} answer
 */
export async function startSecureOrigin(answer) {
  const cert = readFileSync(new URL('server.pem', TLS));
  const key = readFileSync(new URL('server-key.pem', TLS));
  const server = createServer({ cert, key }, answer);
  /** @type {Set<import('node:stream').Duplex>} */
  const sockets = new Set();
  // The connection below TLS, as it is there before a handshake and after a failed one.
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `https://127.0.0.1:${address.port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
