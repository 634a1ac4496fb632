// @ts-check
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * The address of a server that is not there: connections to it are refused, for as long as the tests run.
 *
 * @returns {Promise<string>}
 */
export async function refusingUrl() {
  for (;;) {
    // Below every system's ephemeral ports (RFC 6335, section 6): none of these is given to whoever asks for any.
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return `http://127.0.0.1:${port}`;
  }
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
