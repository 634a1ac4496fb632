// @ts-check
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setupCache } from 'axios-cache-interceptor';
import { getPolicyMetadata } from 'axios-policy';
import { attach, COPIES, serve } from '../support/instances.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('axios-cache-interceptor').CacheAxiosResponse} CachedResponse */

const BEFORE = 'set up before the policy is attached';
const AFTER = 'set up after the policy is attached';

/**
 * @param {TestContext} t
 * @param {object} options
 * @param {import('axios').AxiosStatic} options.axios
 * @param {string} options.order
 * @param {Parameters<typeof serve>[1]} options.answer
 * @param {import('axios-cache-interceptor').CacheOptions} [options.cache]
 */
async function setUp(t, { axios, order, answer, cache }) {
  const origin = await serve(t, answer);
  const instance = axios.create({ baseURL: origin.url });
  const setUpCache = () => setupCache(/** @type {any} */ (instance), cache);
  if (order === BEFORE) setUpCache();
  const policy = attach(t, instance);
  if (order === AFTER) setUpCache();
  const http = /** @type {import('axios-cache-interceptor').AxiosCacheInstance} */ (
    /** @type {unknown} */ (instance)
  );
  return { origin, http, policy };
}

/** @param {object} response */
const attemptsOf = (response) => getPolicyMetadata(response)?.attempts;

/**
 * An answer with an ETag, and after it what `later` answers.
 *
 * @param {(res: import('node:http').ServerResponse, n: number) => void} later
 * @returns {import('../support/origin.mjs').Answer}
 */
function taggedThen(later) {
  return (_req, res, n) => {
    if (n === 1) res.setHeader('ETag', '"1"').end('content');
    else later(res, n);
  };
}

/** Makes what is cached stale within a moment. */
const SHORT_LIVED = { ttl: 1, interpretHeader: false };

/** Until what is cached is stale. */
const untilStale = () => sleep(20);

for (const { name, axios } of COPIES) {
  for (const order of [BEFORE, AFTER]) {
    describe(`axios-cache-interceptor ${order}, ${name}`, () => {
      test('answers from the cache without a connection, a retry or a token of the budget', async (t) => {
        const { origin, http, policy } = await setUp(t, { axios, order, answer: [200, 503] });
        await http.get('/');
        for (let i = 0; i < 3; i += 1) {
          const response = await http.get('/');
          assert.equal(response.cached, true);
          assert.equal(attemptsOf(response), 1);
        }
        assert.equal(origin.requests.length, 1);
        const { retries, giveUps, attempts } = policy.stats();
        assert.deepEqual({ retries, giveUps }, { retries: 0, giveUps: {} });
        // The policy sees an answer, not where it came from.
        assert.equal(attempts, 4);
      });

      test('leaves an answer of the cache as it is, objects and all', async (t) => {
        const { http } = await setUp(t, {
          axios,
          order,
          answer: (_req, res) => void res.setHeader('Content-Type', 'application/json').end('{"a":1}'),
        });
        const first = await http.get('/');
        const second = await http.get('/');
        assert.deepEqual(first.data, { a: 1 });
        assert.deepEqual(second.data, { a: 1 });
        assert.equal(second.status, 200);
      });

      test('asks again with If-None-Match, and takes 304 for the cached answer', async (t) => {
        const { origin, http } = await setUp(t, {
          axios,
          order,
          cache: SHORT_LIVED,
          answer: taggedThen((res) => res.writeHead(304).end()),
        });
        await http.get('/');
        await untilStale();
        const response = await http.get('/');
        assert.equal(origin.requests[1]?.headers['if-none-match'], '"1"');
        assert.equal(response.data, 'content');
        assert.equal(response.status, 200);
        assert.equal(attemptsOf(response), 1);
      });

      test('is passed over for a POST, which is retried', async (t) => {
        const { origin, http } = await setUp(t, { axios, order, answer: [503, 200] });
        const response = await http.post('/', { a: 1 });
        assert.equal(attemptsOf(response), 2);
        assert.equal((await http.post('/', { a: 1 })).cached, false);
        assert.equal(origin.requests.length, 3);
      });
    });
  }

  describe(`axios-cache-interceptor ${AFTER}, ${name}`, () => {
    const order = AFTER;

    test('caches what a retry brought', async (t) => {
      const { origin, http } = await setUp(t, { axios, order, answer: [503, 503, 200, 500] });
      assert.equal(attemptsOf(await http.get('/')), 3);
      const second = await http.get('/');
      assert.equal(second.cached, true);
      assert.equal(second.data, 'OK');
      assert.equal(origin.requests.length, 3);
    });

    test('asks again with If-None-Match on a retry, too', async (t) => {
      const { origin, http } = await setUp(t, {
        axios,
        order,
        cache: SHORT_LIVED,
        answer: taggedThen((res, n) => res.writeHead(n === 2 ? 503 : 304).end()),
      });
      await http.get('/');
      await untilStale();
      const response = await http.get('/');
      assert.deepEqual(
        origin.requests.map(({ headers }) => headers['if-none-match']),
        [undefined, '"1"', '"1"'],
      );
      assert.equal(response.data, 'content');
      assert.equal(attemptsOf(response), 2);
    });

    test('gives concurrent requests the outcome of one, retries included', async (t) => {
      const { origin, http } = await setUp(t, { axios, order, answer: [503, 200, 500] });
      const responses = await Promise.all([http.get('/'), http.get('/'), http.get('/')]);
      assert.deepEqual(
        responses.map(({ data }) => data),
        ['OK', 'OK', 'OK'],
      );
      assert.equal(origin.requests.length, 2);
    });

    test('answers with what is stale when all retries have failed', async (t) => {
      const { origin, http, policy } = await setUp(t, {
        axios,
        order,
        cache: { ...SHORT_LIVED, staleIfError: true },
        answer: taggedThen((res) => res.writeHead(503).end()),
      });
      await http.get('/');
      await untilStale();
      const response = await http.get('/');
      assert.equal(response.data, 'content');
      assert.equal(response.stale, true);
      assert.equal(origin.requests.length, 1 + 4);
      assert.equal(getPolicyMetadata(response)?.giveUp, 'max-retries');
      assert.deepEqual(policy.stats().giveUps, { 'max-retries': 1 });
    });

    test('does not answer with what is stale as long as a retry helps', async (t) => {
      const { http } = await setUp(t, {
        axios,
        order,
        cache: { ...SHORT_LIVED, staleIfError: true },
        answer: taggedThen((res, n) => res.writeHead(n === 2 ? 503 : 200).end('fresh')),
      });
      await http.get('/');
      await untilStale();
      const response = await http.get('/');
      assert.equal(response.data, 'fresh');
      assert.equal(response.stale ?? false, false);
    });
  });

  describe(`axios-cache-interceptor ${BEFORE}, ${name}`, () => {
    const order = BEFORE;

    test('does not cache what a retry brought, as it forgets the request at the first failure', async (t) => {
      const { origin, http } = await setUp(t, { axios, order, answer: [503, 200] });
      assert.equal(attemptsOf(await http.get('/')), 2);
      assert.equal((await http.get('/')).cached, false);
      assert.equal((await http.get('/')).cached, true);
      assert.equal(origin.requests.length, 3);
    });

    test('answers with what is stale at the first failure, without a retry', async (t) => {
      const { origin, http } = await setUp(t, {
        axios,
        order,
        cache: { ...SHORT_LIVED, staleIfError: true },
        answer: taggedThen((res) => res.writeHead(503).end()),
      });
      await http.get('/');
      await untilStale();
      const response = await http.get('/');
      assert.equal(response.data, 'content');
      assert.equal(origin.requests.length, 2);
    });

    test('lets concurrent requests succeed that waited for one that failed first', async (t) => {
      const { http } = await setUp(t, { axios, order, answer: [503, 200] });
      const responses = await Promise.all([http.get('/'), http.get('/'), http.get('/')]);
      assert.deepEqual(
        responses.map(({ data }) => data),
        ['OK', 'OK', 'OK'],
      );
    });
  });
}
