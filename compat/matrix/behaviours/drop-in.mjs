// @ts-check
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { refusingUrl } from '../../support/closed-port.mjs';
import { always } from '../behaviour.mjs';
import { compare } from '../compare.mjs';
import { rejectionOf, textOf } from '../world.mjs';

/** @typedef {import('../../support/origin.mjs').Answer} Answer */

/**
 * A request that goes the same way with a policy that retries nothing, and without one: what the server gets, and what
 * the caller gets.
 *
 * @param {string} what
 * @param {import('../compare.mjs').Case} one
 */
const same = (what, one) =>
  always(`Without retries, a policy makes no difference to ${what}.`, async (world) => {
    const { bare, withPolicy } = await compare(world, one);
    assert.deepEqual(withPolicy, bare);
  });

/** @type {Answer} */
const json = (_req, res) => {
  res.setHeader('Content-Type', 'application/json');
  res.end('{"a":[1,"ä"]}');
};

/**
 * @param {number} status
 * @returns {Answer}
 */
const redirecting = (status) => (req, res) => {
  if (req.url === '/start') res.writeHead(status, { Location: '/end' });
  res.end(req.method);
};

/** @type {Answer} */
const zipped = (_req, res) => {
  res.setHeader('Content-Encoding', 'gzip');
  res.end(gzipSync('unzipped'));
};

/** @param {Record<string, string>} fields */
const formOf = (fields) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
};

/** @type {import('axios').ResponseType[]} */
const TYPES = ['json', 'text', 'arraybuffer', 'stream'];

export const dropIn = [
  same('a GET', { answer: json, request: (http, url) => http.get(url) }),
  same('a POST of JSON', { answer: json, request: (http, url) => http.post(url, { b: 'ö' }) }),
  same('a HEAD', { answer: json, request: (http, url) => http.head(url) }),
  same('params and baseURL', {
    request: (http, url) =>
      http.get('/path?x=1', { baseURL: `${url}/base/`, params: { a: [1, 2], b: { c: 'ä b' }, d: null } }),
  }),
  same('auth', { request: (http, url) => http.get(url, { auth: { username: 'user', password: 'p:ß' } }) }),
  same('headers', {
    request: (http, url) => http.get(url, { headers: { 'X-One': '1', Accept: 'text/css', 'X-None': null } }),
  }),
  same('a status of 404', { answer: [404], request: (http, url) => http.get(url) }),
  same('a status of 500', { answer: [500], request: (http, url) => http.post(url, 'x') }),
  same('a status of 204', { answer: [204], request: (http, url) => http.delete(url) }),
  same('a server that hangs up', {
    answer: (req) => req.socket.destroy(),
    request: (http, url) => http.get(url),
  }),
  same('a port that refuses', {
    request: async (http) => http.get(await refusingUrl()),
  }),
  same('a status of 500 as a stream', {
    answer: [500],
    request: (http, url) =>
      http
        .get(url, { responseType: 'stream' })
        .catch(async ({ status, response }) => ({ status, data: await textOf(response.data) })),
  }),
  same('JSON that is none', {
    answer: (_req, res) => res.end('{"a":'),
    request: (http, url) =>
      http.get(url, { responseType: 'json', transitional: { silentJSONParsing: false } }),
  }),
  same('a response in pieces', {
    answer: (_req, res) => {
      res.write('one ');
      setTimeout(() => res.end('two'), 10);
    },
    request: (http, url) => http.get(url),
  }),
  same('a body of FormData', { request: (http, url) => http.post(url, formOf({ text: 'välue' })) }),
  same('a body of a Buffer', { request: (http, url) => http.put(url, Buffer.from([0, 255, 10])) }),
  same('a body of a Blob', {
    request: (http, url) => http.post(url, new Blob(['b'], { type: 'image/png' })),
  }),
  same('a body from a stream', { request: (http, url) => http.post(url, Readable.from([Buffer.from('s')])) }),
  same('what watches a download', {
    answer: (_req, res) => res.end('x'.repeat(100_000)),
    request: async (http, url) => {
      let last = {};
      await http.get(url, {
        onDownloadProgress: ({ loaded, total }) => {
          last = { loaded, total };
        },
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { data: last };
    },
  }),
  same('a redirect', { answer: redirecting(302), request: (http, url) => http.get(`${url}/start`) }),
  same('a POST that is redirected', {
    answer: redirecting(307),
    request: (http, url) => http.post(`${url}/start`, { a: 1 }),
  }),
  same('a redirect with maxRedirects 0', {
    answer: redirecting(301),
    request: (http, url) => http.get(`${url}/start`, { maxRedirects: 0 }),
  }),
  ...TYPES.map((responseType) =>
    same(`a response as ${responseType}`, {
      answer: json,
      request: (http, url) => http.get(url, { responseType }),
    }),
  ),
  same('a response that is compressed', { answer: zipped, request: (http, url) => http.get(url) }),
  same('a response over maxContentLength', {
    answer: (_req, res) => res.end('x'.repeat(100)),
    request: (http, url) => http.get(url, { maxContentLength: 50 }),
  }),
  same('a body over maxBodyLength', {
    request: (http, url) => http.post(url, 'x'.repeat(100), { maxBodyLength: 50 }),
  }),
  same('a request that is aborted', {
    request: (http, url) => http.get(url, { signal: AbortSignal.abort() }),
  }),
  same('transforms', {
    answer: json,
    request: (http, url) =>
      http.post(url, 'x', {
        transformRequest: (data, headers) => {
          headers.set('X-Seen', data);
          return `${data}y`;
        },
        transformResponse: (data) => JSON.parse(data).a,
      }),
  }),

  always('response.config is as the caller set it.', async (world) => {
    const origin = await world.serve([503, 200]);
    const transformRequest = [(/** @type {unknown} */ data) => data];
    const own = { timeout: 5000, transformRequest, params: { a: 1 }, maxRedirects: 3 };
    const { http } = world.attach();
    const { config } = await http.get(origin.url, own);
    const { timeout, params, maxRedirects, adapter } = config;
    assert.deepEqual([timeout, params, maxRedirects, adapter], [5000, { a: 1 }, 3, world.adapter]);
    assert.deepEqual(config.transformRequest, transformRequest);
    for (const key of ['httpAgent', 'httpsAgent', 'signal']) {
      assert.equal(Reflect.get(config, key), undefined, key);
    }
    assert.deepEqual(
      Object.keys(config).filter((key) => /policy/i.test(key)),
      [],
    );
  }),

  always('A request made again from error.config is a new one.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach({ retry: { maxRetries: 1 } });
    const error = await rejectionOf(http.post(origin.url, { a: 1 }, { timeout: 5000 }));
    assert.equal(error.config.timeout, 5000);
    assert.equal(error.config.adapter, world.adapter);
    const again = await rejectionOf(http.request(error.config));
    assert.equal(world.library.getPolicyMetadata(again)?.attempts, 2);
    assert.equal(world.library.getPolicyMetadata(error)?.attempts, 2);
    assert.equal(origin.requests.length, 4);
    assert.equal(new Set(origin.requests.map(({ body }) => body)).size, 1);
  }),
];
