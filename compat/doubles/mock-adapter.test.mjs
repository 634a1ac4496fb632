// @ts-check
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import MockAdapter from 'axios-mock-adapter';
import { getPolicyMetadata } from 'axios-policy';
import { attach, COPIES, failureOf, serve } from '../support/instances.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

const BEFORE = 'made before the policy is attached';
const AFTER = 'made after the policy is attached';

/**
 * A mocked instance, and a server that listens where its requests would go.
 *
 * @param {TestContext} t
 * @param {import('axios').AxiosStatic} axios
 * @param {string} order
 */
async function setUp(t, axios, order) {
  const origin = await serve(t);
  const http = axios.create({ baseURL: origin.url });
  const mockIt = () => new MockAdapter(/** @type {any} */ (http));
  const early = order === BEFORE ? mockIt() : undefined;
  const policy = attach(t, http);
  return { origin, http, policy, mock: early ?? mockIt() };
}

for (const { name, axios } of COPIES) {
  for (const order of [BEFORE, AFTER]) {
    describe(`axios-mock-adapter ${order}, ${name}`, () => {
      test('answers every attempt of every request, and no connection is made', async (t) => {
        const { origin, http, mock } = await setUp(t, axios, order);
        for (const round of [1, 2, 3]) {
          mock.onGet('/').replyOnce(503).onGet('/').replyOnce(429).onGet('/').replyOnce(200, round);
          const response = await http.get('/');
          assert.equal(response.data, round);
          assert.equal(getPolicyMetadata(response)?.attempts, 3);
        }
        assert.equal(mock.history.get?.length, 9);
        assert.equal(origin.connections, 0);
      });

      test('answers in the place of a connection that is idle in the pool', async (t) => {
        const { origin, http, mock } = await setUp(t, axios, order);
        mock.onGet('/real').passThrough().onGet('/mocked').reply(200, 'mocked');
        for (let i = 0; i < 3; i += 1) await http.get('/real');
        assert.equal((await http.get('/mocked')).data, 'mocked');
        assert.equal(origin.requests.length, 3);
        assert.equal(origin.connections, 1);
      });

      test('gives the body of a retry as the first attempt had it', async (t) => {
        const { http, mock } = await setUp(t, axios, order);
        mock.onPut('/').replyOnce(503).onPut('/').replyOnce(200);
        await http.put('/', { a: 1 });
        assert.deepEqual(
          mock.history.put?.map(({ data }) => data),
          ['{"a":1}', '{"a":1}'],
        );
      });

      test('has a network error that is a dropped connection: a GET is retried, a POST is not', async (t) => {
        const { http, mock } = await setUp(t, axios, order);
        mock.onAny('/').networkError();
        const got = getPolicyMetadata(await failureOf(http.get('/')));
        assert.equal(got?.giveUp, 'max-retries');
        assert.deepEqual(new Set(got.outcomes.map(({ kind }) => kind)), new Set(['dropped']));
        const posted = getPolicyMetadata(await failureOf(http.post('/', {})));
        assert.equal(posted?.giveUp, 'not-idempotent');
        assert.equal(posted.attempts, 1);
      });

      test('has a timeout that is a timeout: a GET is retried, a PUT is not', async (t) => {
        const { http, mock } = await setUp(t, axios, order);
        mock.onAny('/').timeout();
        const got = getPolicyMetadata(await failureOf(http.get('/')));
        assert.equal(got?.outcomes[0]?.kind, 'timeout');
        assert.equal(got.giveUp, 'max-retries');
        const put = getPolicyMetadata(await failureOf(http.put('/', {})));
        assert.equal(put?.giveUp, 'not-idempotent');
      });

      test('has an aborted request that is a dropped connection: a PUT is retried, a POST is not', async (t) => {
        const { http, mock } = await setUp(t, axios, order);
        mock.onAny('/').abortRequestOnce().onAny('/').reply(200);
        const put = getPolicyMetadata(await http.put('/', {}));
        assert.deepEqual(
          put?.outcomes.map(({ kind }) => kind),
          ['dropped'],
        );
        mock.resetHandlers();
        mock.onAny('/').abortRequest();
        const posted = getPolicyMetadata(await failureOf(http.post('/', {})));
        assert.equal(posted?.giveUp, 'not-idempotent');
      });

      test('has a late answer cut short by a timeout, in which the delay of the mock counts', async (t) => {
        const { http, mock } = await setUp(t, axios, order);
        mock.onGet('/').withDelayInMs(500).reply(200);
        const policy = { timeout: 30, retry: { maxRetries: 1 } };
        const error = await failureOf(http.get('/', { policy }));
        assert.equal(error.code, 'ECONNABORTED');
        assert.equal(getPolicyMetadata(error)?.attempts, 2);
      });

      test('gives way to the network at restore, under the policy as before', async (t) => {
        const { origin, http, policy, mock } = await setUp(t, axios, order);
        mock.onGet('/').reply(500);
        await failureOf(http.get('/'));
        assert.equal(origin.connections, 0);
        mock.restore();
        for (let i = 0; i < 3; i += 1) await http.get('/');
        assert.equal(origin.requests.length, 3);
        assert.equal(origin.connections, 1);
        assert.equal(policy.stats().pools[0]?.idle, 1);
      });

      test('can be made anew after restore', async (t) => {
        const { origin, http, mock } = await setUp(t, axios, order);
        mock.restore();
        const second = new MockAdapter(/** @type {any} */ (http));
        second.onGet('/').replyOnce(503).onGet('/').reply(200, 'second');
        assert.equal((await http.get('/')).data, 'second');
        assert.equal(origin.connections, 0);
      });
    });
  }
}
