// @ts-check
import { refusingUrl } from '../support/closed-port.mjs';

/** Requests to make, and ways to answer them. */

/**
 * @typedef {import('./sides.mjs').Request} Request
 * @typedef {import('../support/origin.mjs').Answer} Answer
 */

/** @type {Request} */
export const get = (http) => http.get('/r');
/** @type {Request} */
export const post = (http) => http.post('/r', { item: 7 });
/** @type {Request} */
export const postWithKey = (http) => http.post('/r', 'x', { headers: { 'Idempotency-Key': '1' } });
/** @type {Request} */
export const put = (http) => http.put('/r', 'x');

/**
 * To a server that is not there.
 *
 * @type {Request}
 */
export const refusedPost = (http) => refusingUrl().then((baseURL) => http.post('/r', 'x', { baseURL }));

/**
 * @param {number} timeout
 * @param {import('axios').AxiosRequestConfig} [config]
 * @returns {Request}
 */
export const within =
  (timeout, config = {}) =>
  (http) =>
    http.request({ url: '/r', timeout, ...config });

/**
 * The connection is closed without an answer.
 *
 * @type {Answer}
 */
export const drop = (req) => void req.socket.destroy();

/** @type {Answer} */
export const silence = () => {};

/**
 * A 200 whose body ends too early.
 *
 * @type {Answer}
 */
export function cutShort(_req, res) {
  res.writeHead(200, { 'Content-Length': '10' });
  res.write('12345', () => res.destroy());
}

/**
 * A 503 after 25 ms.
 *
 * @type {Answer}
 */
export function slowly(_req, res) {
  setTimeout(() => res.writeHead(503).end(), 25);
}

/**
 * A 503 that asks to come back later.
 *
 * @param {string} value Of `Retry-After`.
 * @returns {Answer}
 */
export const retryAfter = (value) => (_req, res) => res.writeHead(503, { 'Retry-After': value }).end();
