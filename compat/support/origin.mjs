// @ts-check
import { createServer, STATUS_CODES } from 'node:http';

/**
 * @typedef {object} Received
 * @property {string | undefined} method
 * @property {string | undefined} url The request target, as it was sent.
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} body The whole body as UTF-8 text; empty when there was none.
 * @property {Buffer} bytes The same body, byte for byte.
 */

/**
 * @callback Answer
 * @param {import('node:http').IncomingMessage} req
 * @param {import('node:http').ServerResponse} res
 * @param {number} n The number of this request, from 1.
 * @returns {void}
 */

/**
 * @typedef {object} Origin
 * @property {string} url Without a slash at its end.
 * @property {Received[]} requests In the order in which they were complete.
 * @property {number} connections How many connections were accepted.
 * @property {() => Promise<void>} close Destroys every connection; resolves when the port is free. May be called twice.
 */

/**
 * Starts an HTTP/1.1 server on a free port of the loopback interface. It answers a request when its body is complete.
 *
 * @param {readonly number[] | Answer} [answer] One status per request, the last one repeated, or a handler.
 * @returns {Promise<Origin>}
 */
export async function startOrigin(answer = [200]) {
  const reply = typeof answer === 'function' ? answer : statuses(answer);
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  /** @type {Received[]} */
  const requests = [];
  let connections = 0;

  const server = createServer((req, res) => {
    /** @type {Buffer[]} */
    const chunks = [];
    // A caller that goes away is an event of these tests, not a failure of the server.
    req.on('error', () => {});
    res.on('error', () => {});
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      const bytes = Buffer.concat(chunks);
      requests.push({
        method: req.method,
        url: req.url,
        headers: req.headers,
        body: bytes.toString(),
        bytes,
      });
      reply(req, res, requests.length);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  // Otherwise the server itself would close idle connections while a slow machine is between two requests.
  server.keepAliveTimeout = 60_000;

  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    get connections() {
      return connections;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * @param {readonly number[]} list
 * @returns {Answer}
 */
function statuses(list) {
  return (_req, res, n) => {
    const status = list[Math.min(n, list.length) - 1] ?? 200;
    const bodiless = status === 204 || status === 304;
    res.writeHead(status, bodiless ? {} : { 'Content-Type': 'text/plain' });
    res.end(bodiless ? undefined : STATUS_CODES[status]);
  };
}
