/**
 * A service on this machine that fails as told, and then answers as the real one would.
 */
import servers from '../../__tests__/helpers/servers.cjs';

const { Origin, partialHead, reply } = servers;

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
  const origin = new Origin({});
  origin.always({
    play: (exchange) => {
      const { method, url, headers, body } = exchange.recorded;
      const seen = { method, url, headers, body: body.toString(), atMs: performance.now() };
      received.push(seen);
      answerTo(failures.shift(), () => answer(seen)).play(exchange);
    },
  });
  await origin.start();
  return {
    host: '127.0.0.1',
    port: origin.port,
    url: origin.url,
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
    close: () => origin.close(),
  };
}

/**
 * @param {Failure | undefined} failure
 * @param {() => Answer} answer
 */
function answerTo(failure, answer) {
  if (failure === 'drop') return partialHead('HTTP/1.1 200 OK\r\n');
  if (failure === undefined) return reply(answer());
  const problem = typeof failure === 'number' ? { status: failure } : failure;
  return reply({ body: { message: 'Not now' }, ...problem });
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
