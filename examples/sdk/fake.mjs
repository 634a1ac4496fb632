/**
 * A service on this machine that fails as told, and then answers as the real one would.
 */
import { createServer } from 'node:http';

/**
 * @typedef {object} Answer
 * @property {number} [status] 200, unless it says otherwise
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body] sent as JSON
 */

/**
 * What goes wrong with one request. A number is a status; `drop` loses the connection in the middle of the answer, so
 * that nobody but the service knows what became of the request.
 * @typedef {number | 'drop' | Answer} Failure
 */

/**
 * @typedef {object} Received
 * @property {string} method
 * @property {string} url
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} body
 * @property {number} atMs
 */

/** @param {(request: Received) => Answer} answer what follows the failures */
export async function startFake(answer) {
  /** @type {Failure[]} */
  let failures = [];
  /** @type {Received[]} */
  let received = [];
  const server = createServer(async (request, response) => {
    const seen = await receive(request);
    received.push(seen);
    const failure = failures.shift();
    if (failure === 'drop') {
      request.socket.write('HTTP/1.1 200 OK\r\n', () => request.socket.destroy());
    } else {
      const problem = typeof failure === 'number' ? { status: failure } : failure;
      send(response, problem ? { body: { message: 'Not now' }, ...problem } : answer(seen));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    host: '127.0.0.1',
    port,
    url: `http://127.0.0.1:${port}`,
    /**
     * The next requests fail like this, one after the other; those after them are answered.
     * @param {...Failure} next
     */
    fails(...next) {
      failures = next;
      received = [];
    },
    /** What has arrived since the last `fails`. */
    get received() {
      return received;
    },
    /**
     * Whether the last of it came this long after the first. Timers of Node may be early by a millisecond or two.
     * @param {number} ms
     */
    hasWaited(ms) {
      return received.length > 1 && (received.at(-1)?.atMs ?? 0) - (received[0]?.atMs ?? 0) >= ms - 10;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<Received>}
 */
async function receive(request) {
  const { method = '', url = '', headers } = request;
  let body = '';
  for await (const piece of request.setEncoding('utf8')) body += piece;
  return { method, url, headers, body, atMs: performance.now() };
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {Answer} answer
 */
function send(response, { status = 200, headers = {}, body }) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/**
 * One line of a recipe's result.
 * @param {string} sentence
 * @param {boolean} isTrue
 */
export function check(sentence, isTrue) {
  console.log(`${isTrue ? 'ok  ' : 'FAIL'} ${sentence}`);
  if (!isTrue) process.exitCode = 1;
}
