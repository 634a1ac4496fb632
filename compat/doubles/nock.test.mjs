// @ts-check
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { getPolicyMetadata } from 'axios-policy';
import nock from 'nock';
import { attach, COPIES, failureOf, serve } from '../support/instances.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

// nock begins to intercept when it is loaded.
nock.restore();

/**
 * An instance, and a server that listens where its requests would go.
 *
 * @param {TestContext} t
 * @param {import('axios').AxiosStatic} axios
 * @param {import('axios-policy').PolicyConfig} [config]
 */
async function setUp(t, axios, config) {
  const origin = await serve(t);
  const http = axios.create({ baseURL: origin.url });
  return { origin, http, policy: attach(t, http, config) };
}

describe('nock', () => {
  beforeEach(() => {
    if (!nock.isActive()) nock.activate();
  });
  afterEach(() => {
    nock.abortPendingRequests();
    nock.cleanAll();
    nock.enableNetConnect();
    nock.restore();
  });

  for (const { name, axios } of COPIES) {
    describe(`with ${name}`, () => {
      test('answers every attempt of every request, and no connection is made', async (t) => {
        const { origin, http } = await setUp(t, axios);
        // The first request of a policy goes through axios' own adapter, later ones need not.
        for (const round of [1, 2, 3]) {
          const scope = nock(origin.url).get('/').reply(503).get('/').reply(429).get('/').reply(200, [round]);
          const response = await http.get('/');
          assert.deepEqual(response.data, [round]);
          assert.equal(getPolicyMetadata(response)?.attempts, 3);
          scope.done();
        }
        assert.equal(origin.connections, 0);
      });

      test('answers in the place of a connection that is idle in the pool', async (t) => {
        const { origin, http, policy } = await setUp(t, axios);
        nock.restore();
        for (let i = 0; i < 2; i += 1) await http.get('/');
        assert.equal(policy.stats().pools[0]?.idle, 1);
        nock.activate();
        nock(origin.url).get('/').reply(503).get('/').reply(200, 'nock');
        assert.equal((await http.get('/')).data, 'nock');
        assert.equal(origin.requests.length, 2);
        assert.equal(origin.connections, 1);
      });

      test('gives way to the network at restore, and the pool is used again', async (t) => {
        const { origin, http } = await setUp(t, axios);
        nock(origin.url).get('/').reply(200, 'nock');
        assert.equal((await http.get('/')).data, 'nock');
        nock.restore();
        for (let i = 0; i < 3; i += 1) assert.equal((await http.get('/')).data, 'OK');
        assert.equal(origin.connections, 1);
      });

      test('has what it lets pass make a connection per request, as the pool is passed over', async (t) => {
        const { origin, http } = await setUp(t, axios);
        for (let i = 0; i < 2; i += 1) assert.equal((await http.get('/')).data, 'OK');
        assert.equal(origin.connections, 2);
      });

      test('has errors that are told apart by their code', async (t) => {
        const { origin, http } = await setUp(t, axios);
        const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        nock(origin.url).post('/refused').replyWithError(refused).post('/refused').reply(200);
        const posted = getPolicyMetadata(await http.post('/refused', {}));
        assert.equal(posted?.outcomes[0]?.kind, 'connect');
        nock(origin.url)
          .post('/reset')
          .replyWithError(reset)
          .get('/reset')
          .replyWithError(reset)
          .get('/reset')
          .reply(200);
        assert.equal(getPolicyMetadata(await failureOf(http.post('/reset', {})))?.giveUp, 'not-idempotent');
        assert.equal(getPolicyMetadata(await http.get('/reset'))?.outcomes[0]?.kind, 'dropped');
        nock(origin.url).get('/unnamed').replyWithError('unnamed').get('/unnamed').reply(200);
        assert.equal(getPolicyMetadata(await http.get('/unnamed'))?.outcomes[0]?.kind, 'dropped');
      });

      for (const delay of /** @type {const} */ (['delayConnection', 'delayBody'])) {
        test(`has a ${delay} that runs into the timeout of an attempt`, async (t) => {
          const { origin, http } = await setUp(t, axios);
          nock(origin.url).get('/')[delay](10_000).reply(200, 'late').get('/').reply(200, 'in time');
          const response = await http.get('/', { policy: { timeout: 500 } });
          assert.equal(response.data, 'in time');
          assert.deepEqual(
            getPolicyMetadata(response)?.outcomes.map(({ kind }) => kind),
            ['timeout'],
          );
        });
      }

      test('has a request that it does not know fail at once', async (t) => {
        const { origin, http } = await setUp(t, axios);
        nock(origin.url).get('/known').reply(200);
        const error = await failureOf(http.get('/unknown'));
        assert.equal(error.code, 'ERR_NOCK_NO_MATCH');
        assert.equal(getPolicyMetadata(error)?.attempts, 1);
        assert.equal(origin.connections, 0);
      });

      test('has a forbidden connection retried like one that failed', async (t) => {
        const { origin, http } = await setUp(t, axios);
        nock.disableNetConnect();
        const error = await failureOf(http.post('/', {}));
        assert.equal(error.code, 'ENETUNREACH');
        assert.equal(getPolicyMetadata(error)?.attempts, 4);
        assert.equal(origin.connections, 0);
      });
    });
  }
});
