// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { wrapper } from 'axios-cookiejar-support';
import { getPolicyMetadata } from 'axios-policy';
import { CookieJar } from 'tough-cookie';
import servers from '../../__tests__/helpers/servers.cjs';
import { attach, COPIES, failureOf, serve } from '../support/instances.mjs';
import { runBlock } from '../support/run-block.mjs';
import { CA_FILE, startSecureOrigin } from '../support/secure-origin.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('axios-policy').ClientConfig} ClientConfig */

const BEFORE = 'wrapped before the policy is attached';
const AFTER = 'wrapped after the policy is attached';

/**
 * An instance with a cookie jar and a policy.
 *
 * @param {TestContext} t
 * @param {object} options
 * @param {import('axios').AxiosStatic} options.axios
 * @param {string} options.order
 * @param {string} [options.baseURL]
 * @param {ClientConfig} [options.client]
 */
function setUp(t, { axios, order, baseURL, client = {} }) {
  const jar = new CookieJar();
  const http = axios.create(/** @type {object} */ ({ baseURL, jar }));
  if (order === BEFORE) wrapper(/** @type {any} */ (http));
  const policy = attach(t, http, { client });
  if (order === AFTER) wrapper(/** @type {any} */ (http));
  return { jar, http, policy };
}

/**
 * Sets a cookie with the number of the request on every answer; the first is a 503.
 *
 * @type {import('../support/origin.mjs').Answer}
 */
const baker = (_req, res, n) => {
  res.writeHead(n === 1 ? 503 : 200, { 'Set-Cookie': `n=${n}` }).end();
};

/**
 * A server that accepts connections and says nothing.
 *
 * @param {TestContext} t
 */
async function serveNothing(t) {
  const server = await new servers.TcpServer(() => {}).start();
  t.after(() => server.close());
  return server;
}

for (const { name, axios } of COPIES) {
  for (const order of [BEFORE, AFTER]) {
    describe(`axios-cookiejar-support, ${order}, ${name}`, () => {
      test('sends a cookie on the retry that came with the 503', async (t) => {
        const origin = await serve(t, baker);
        const { http, jar } = setUp(t, { axios, order, baseURL: origin.url });
        const response = await http.get('/');
        assert.equal(getPolicyMetadata(response)?.attempts, 2);
        await http.get('/');
        assert.deepEqual(
          origin.requests.map(({ headers }) => headers.cookie),
          [undefined, 'n=1', 'n=2'],
        );
        assert.equal(await jar.getCookieString(origin.url), 'n=3');
      });

      test('sends the body of a retry whole, with the cookie', async (t) => {
        const origin = await serve(t, baker);
        const { http } = setUp(t, { axios, order, baseURL: origin.url });
        await http.put('/', { a: 1 });
        assert.deepEqual(
          origin.requests.map(({ body }) => body),
          ['{"a":1}', '{"a":1}'],
        );
        assert.equal(origin.requests[1]?.headers.cookie, 'n=1');
      });

      test('uses an agent of its own: a connection per attempt, and nothing in the pools', async (t) => {
        const origin = await serve(t, [503, 200]);
        const { http, policy } = setUp(t, { axios, order, baseURL: origin.url });
        for (let i = 0; i < 3; i += 1) await http.get('/');
        assert.equal(origin.requests.length, 4);
        assert.equal(origin.connections, 4);
        assert.deepEqual(policy.stats().pools, []);
      });

      test('leaves a request without a jar to the pools', async (t) => {
        const origin = await serve(t);
        const { http } = setUp(t, { axios, order, baseURL: origin.url });
        for (let i = 0; i < 3; i += 1) await http.get('/', /** @type {object} */ ({ jar: null }));
        assert.equal(origin.connections, 1);
      });

      test('knows no connectTimeout: the timeout of the attempt ends a handshake that stalls', async (t) => {
        const { host } = await serveNothing(t);
        const client = { connectTimeout: 50, timeout: 150 };
        const { http } = setUp(t, { axios, order, baseURL: `https://${host}`, client });
        const error = await failureOf(http.get('/', { policy: { retry: false } }));
        assert.equal(error.message, 'timeout of 150ms exceeded');
        const bare = await failureOf(
          http.get('/', /** @type {object} */ ({ jar: null, policy: { retry: false } })),
        );
        assert.match(String(bare.cause), /connect/);
      });

      test('knows no proxy: the request goes to the server itself', async (t) => {
        const origin = await serve(t);
        const proxy = await serve(t);
        const { http } = setUp(t, {
          axios,
          order,
          baseURL: origin.url,
          client: { proxyUrl: proxy.url },
        });
        await http.get('/');
        assert.equal(origin.requests.length, 1);
        assert.equal(proxy.connections, 0);
        await http.get('/', /** @type {object} */ ({ jar: null }));
        assert.equal(origin.requests.length, 1);
        assert.equal(proxy.connections, 1);
      });

      test('knows no http2Only: the request is HTTP/1.1', async (t) => {
        const origin = await serve(t, (req, res) => res.end(req.httpVersion));
        const client = { http2Only: true, http1Only: false };
        const { http } = setUp(t, { axios, order, baseURL: origin.url, client });
        assert.equal(String((await http.get('/')).data), '1.1');
      });

      test('knows no tls: a certificate of an authority of your own is refused', async (t) => {
        const origin = await startSecureOrigin((_req, res) => res.end('secret'));
        t.after(origin.close);
        const client = { tls: { ca: readFileSync(CA_FILE) } };
        const { http } = setUp(t, { axios, order, baseURL: origin.url, client });
        const error = await failureOf(http.get('/'));
        assert.equal(error.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
        assert.equal((await http.get('/', /** @type {object} */ ({ jar: null }))).data, 'secret');
      });

      test('is refused plain http where that is not allowed', async (t) => {
        const origin = await serve(t);
        const { http } = setUp(t, { axios, order, baseURL: origin.url, client: { allowHttp: false } });
        const error = await failureOf(http.get('/'));
        assert.equal(error.code, 'ERR_POLICY_HTTP_NOT_ALLOWED');
        assert.equal(origin.connections, 0);
      });
    });
  }
}

/**
 * A program that gets a URL with cookies, and prints what it got.
 *
 * @param {{ module: string, order: string, url: string, client?: ClientConfig }} options
 */
function programOf({ module, order, url, client }) {
  const wrap = 'wrapper(http);';
  return `
    import axios from '${module}';
    import { wrapper } from 'axios-cookiejar-support';
    import { attachPolicy } from 'axios-policy';
    import { CookieJar } from 'tough-cookie';
    const http = axios.create({ jar: new CookieJar() });
    ${order === BEFORE ? wrap : ''}
    attachPolicy(http, { client: ${JSON.stringify(client)}, retry: { backoff: { initBackoff: 1 } } });
    ${order === AFTER ? wrap : ''}
    console.log((await http.get('${url}')).data);`;
}

for (const module of ['axios', 'axios-1.7.9']) {
  for (const order of [BEFORE, AFTER]) {
    describe(`a program with axios-cookiejar-support, ${order}, ${module}`, () => {
      test('sends a cookie over https on the retry, with plain http refused', async (t) => {
        const origin = await startSecureOrigin((req, res) => {
          res.writeHead(req.headers.cookie === undefined ? 503 : 200, { 'Set-Cookie': 'n=1; Secure' });
          res.end(req.headers.cookie);
        });
        t.after(origin.close);
        const program = programOf({ module, order, url: origin.url });
        assert.equal(await runBlock(program, { env: { NODE_EXTRA_CA_CERTS: CA_FILE } }), 'n=1\n');
      });

      test('goes through the proxy of the environment, as without a policy', async (t) => {
        const origin = await serve(t);
        const proxy = await serve(t);
        const program = programOf({ module, order, url: origin.url, client: { allowHttp: true } });
        const env = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: '', no_proxy: '' };
        assert.equal(await runBlock(program, { env }), 'OK\n');
        assert.equal(proxy.requests.length, 1);
        assert.equal(origin.requests.length, 0);
      });
    });
  }
}
