// @ts-check
import { fileURLToPath } from 'node:url';
import servers from '../../__tests__/helpers/servers.cjs';

const { handler, Origin } = servers;

/** Path of the certificate of the authority that vouches for the server, PEM. */
export const CA_FILE = fileURLToPath(new URL('../../__tests__/fixtures/tls/ca.pem', import.meta.url));

/**
 * Starts an HTTPS server on a free port of 127.0.0.1.
 *
 * @param {import('node:http').RequestListener} answer
 */
export async function startSecureOrigin(answer) {
  const origin = await new Origin({ tls: true, host: '127.0.0.1' }).always(handler(answer)).start();
  return { url: origin.url, close: () => origin.close() };
}
