// @ts-check
import { startOrigin } from '../support/origin.mjs';

/** @typedef {import('./cells.mjs').Cell} Cell */
/** @typedef {import('axios-policy').PolicyConfig} PolicyConfig */

/**
 * What a behaviour is given: a cell, and the means to make servers and instances that are cleared away after it.
 *
 * @typedef {Cell & ReturnType<typeof createTools>} World
 */

/** Delays that a test can wait for. */
export const SHORT_BACKOFF = { initBackoff: 1, maxBackoff: 5 };

/**
 * @param {Cell} cell
 * @returns {World}
 */
export function createWorld(cell) {
  return { ...cell, ...createTools(cell) };
}

/** @param {Cell} cell */
function createTools({ axios, adapter, library }) {
  /** @type {(() => unknown)[]} */
  const cleanups = [];

  /** @param {() => unknown} cleanup */
  const onClose = (cleanup) => void cleanups.unshift(cleanup);

  /**
   * Starts a server.
   *
   * @param {Parameters<typeof startOrigin>[0]} [answer]
   */
  const serve = async (answer) => {
    const origin = await startOrigin(answer);
    onClose(origin.close);
    return origin;
  };

  /**
   * An instance that uses the cell's adapter, without a policy.
   *
   * @param {import('axios').CreateAxiosDefaults} [defaults]
   */
  const bare = (defaults) => axios.create({ adapter, ...defaults });

  /**
   * Attaches a policy with short delays that allows plain http, as far as `config` says nothing else.
   *
   * @param {import('axios').AxiosInstance} http
   * @param {PolicyConfig} [config]
   */
  const attachTo = (http, { client, retry } = {}) => {
    const policy = library.attachPolicy(http, {
      client: { allowHttp: true, ...client },
      retry: retry === false ? false : { backoff: SHORT_BACKOFF, ...retry },
    });
    onClose(() => policy.close({ abort: true }));
    return policy;
  };

  /**
   * An instance that uses the cell's adapter, with a policy.
   *
   * @param {PolicyConfig} [config]
   * @param {import('axios').CreateAxiosDefaults} [defaults]
   */
  const attach = (config, defaults) => {
    const http = bare(defaults);
    return { http, policy: attachTo(http, config) };
  };

  /** Clears away, the last thing first. */
  const close = async () => {
    for (const cleanup of cleanups) await cleanup();
  };

  return { onClose, serve, bare, attachTo, attach, close };
}

/**
 * What a promise rejects with.
 *
 * @param {PromiseLike<unknown>} promise
 * @returns {Promise<any>}
 */
export async function rejectionOf(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, got ${JSON.stringify(/** @type {any} */ (value)?.data)}`);
}

/**
 * Everything that comes out of a stream, Node's or the web's.
 *
 * @param {AsyncIterable<Uint8Array | string>} stream
 */
export async function textOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/**
 * An answer that closes the connection of the first `count` requests without a word, and is good then.
 *
 * @param {number} count
 * @returns {import('../support/origin.mjs').Answer}
 */
export const droppingFirst = (count) => (req, res, n) => (n > count ? res.end('OK') : req.socket.destroy());

/**
 * An answer whose body never ends, a byte at a time.
 *
 * @type {import('../support/origin.mjs').Answer}
 */
export const dripping = (_req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/plain' });
  const timer = setInterval(() => res.write('.'), 10);
  res.on('close', () => clearInterval(timer));
};
