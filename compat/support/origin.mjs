// @ts-check
import { STATUS_CODES } from 'node:http';
import servers from '../../__tests__/helpers/servers.cjs';

const { handler, Origin } = servers;

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
  /** @type {Received[]} */
  const requests = [];
  const origin = new Origin({}).always(
    handler((req, res, { body: bytes }) => {
      const { method, url, headers } = req;
      requests.push({ method, url, headers, body: bytes.toString(), bytes });
      reply(req, res, requests.length);
    }),
  );
  await origin.start();
  return {
    url: origin.url,
    requests,
    get connections() {
      return origin.connections;
    },
    close: () => origin.close(),
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
