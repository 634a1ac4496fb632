// @ts-check
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { getPolicyMetadata } from 'axios-policy';
import { delay, HttpResponse, http as on, passthrough } from 'msw';
import { setupServer } from 'msw/node';
import { attach, COPIES, failureOf, serve } from '../support/instances.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

const mock = setupServer();

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

/** @param {number} status */
const answer = (status) => () => new HttpResponse(null, { status });

describe('msw', () => {
  before(() => mock.listen({ onUnhandledRequest: 'bypass' }));
  afterEach(() => mock.resetHandlers());
  after(() => mock.close());

  for (const { name, axios } of COPIES) {
    describe(`with ${name}`, () => {
      test('answers every attempt of every request, and no connection is made', async (t) => {
        const { origin, http } = await setUp(t, axios);
        const url = `${origin.url}/`;
        // The first request of a policy goes through axios' own adapter, later ones need not.
        for (const round of [1, 2, 3]) {
          mock.resetHandlers(
            on.get(url, answer(503), { once: true }),
            on.get(url, answer(429), { once: true }),
            on.get(url, () => HttpResponse.json({ round })),
          );
          const response = await http.get('/');
          assert.deepEqual(response.data, { round });
          assert.equal(getPolicyMetadata(response)?.attempts, 3);
        }
        assert.equal(origin.connections, 0);
      });

      test('answers in the place of a connection that is idle in the pool', async (t) => {
        const { origin, http, policy } = await setUp(t, axios);
        mock.close();
        for (let i = 0; i < 2; i += 1) await http.get('/');
        assert.equal(policy.stats().pools[0]?.idle, 1);
        mock.listen({ onUnhandledRequest: 'bypass' });
        mock.use(
          on.get(`${origin.url}/`, answer(503), { once: true }),
          on.get(`${origin.url}/`, () => HttpResponse.text('msw')),
        );
        assert.equal((await http.get('/')).data, 'msw');
        assert.equal(origin.requests.length, 2);
        assert.equal(origin.connections, 1);
      });

      test('sees the body of every attempt whole', async (t) => {
        const { origin, http } = await setUp(t, axios);
        /** @type {unknown[]} */
        const bodies = [];
        mock.use(
          on.put(`${origin.url}/`, async ({ request }) => {
            bodies.push(await request.json());
            return answer(bodies.length < 3 ? 503 : 200)();
          }),
        );
        await http.put('/', { a: 1 });
        assert.deepEqual(bodies, [{ a: 1 }, { a: 1 }, { a: 1 }]);
        assert.equal(origin.connections, 0);
      });

      test('has an error that is a dropped connection: a GET is retried, a POST is not', async (t) => {
        const { origin, http } = await setUp(t, axios);
        mock.use(on.all(`${origin.url}/`, () => HttpResponse.error()));
        const got = getPolicyMetadata(await failureOf(http.get('/')));
        assert.equal(got?.outcomes[0]?.kind, 'dropped');
        assert.equal(got.giveUp, 'max-retries');
        assert.equal(getPolicyMetadata(await failureOf(http.post('/', {})))?.giveUp, 'not-idempotent');
        assert.equal(origin.connections, 0);
      });

      test('has a delay that runs into the timeout of an attempt', async (t) => {
        const { origin, http } = await setUp(t, axios);
        const late = async () => {
          await delay('infinite');
          return HttpResponse.text('late');
        };
        mock.use(
          on.get(`${origin.url}/`, late, { once: true }),
          on.get(`${origin.url}/`, () => HttpResponse.text('in time')),
        );
        const response = await http.get('/', { policy: { timeout: 500 } });
        assert.equal(response.data, 'in time');
        assert.deepEqual(
          getPolicyMetadata(response)?.outcomes.map(({ kind }) => kind),
          ['timeout'],
        );
      });

      test('has a Retry-After that is waited for', async (t) => {
        const { origin, http } = await setUp(t, axios);
        const busy = () => new HttpResponse(null, { status: 429, headers: { 'Retry-After': '1' } });
        mock.use(on.get(`${origin.url}/`, busy, { once: true }), on.get(`${origin.url}/`, answer(204)));
        const waited = getPolicyMetadata(await http.get('/'))?.delaysMs[0] ?? 0;
        assert.ok(waited >= 1000, `waited ${waited} ms`);
      });

      test('has what it lets pass make a connection per request, as the pool is passed over', async (t) => {
        const { origin, http } = await setUp(t, axios);
        mock.use(on.get(`${origin.url}/`, () => passthrough()));
        for (let i = 0; i < 2; i += 1) assert.equal((await http.get('/')).data, 'OK');
        assert.equal(origin.connections, 2);
      });
    });
  }
});
