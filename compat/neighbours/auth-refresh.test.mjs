// @ts-check
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getPolicyMetadata } from 'axios-policy';
import { attach, COPIES, failureOf, serve } from '../support/instances.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('axios-policy').RetryConfig} RetryConfig */

const BEFORE = 'registered before the policy is attached';
const AFTER = 'registered after the policy is attached';

/**
 * Sends a request again with a new token when the old one was refused, once.
 *
 * @param {import('axios').AxiosInstance} http
 * @param {() => Promise<string>} fetchToken
 */
function refreshTokens(http, fetchToken) {
  http.interceptors.response.use(undefined, async (error) => {
    const { config, response } = error;
    if (response?.status !== 401 || config.wasRefreshed) throw error;
    const token = await fetchToken();
    config.headers.set('Authorization', `Bearer ${token}`);
    return http({ ...config, wasRefreshed: true });
  });
}

/**
 * @param {TestContext} t
 * @param {object} options
 * @param {import('axios').AxiosStatic} options.axios
 * @param {string} options.order
 * @param {Parameters<typeof serve>[1]} options.answer
 * @param {RetryConfig} [options.retry]
 */
async function setUp(t, { axios, order, answer, retry = {} }) {
  const origin = await serve(t, answer);
  const http = axios.create({ baseURL: origin.url, headers: { Authorization: 'Bearer old' } });
  const refreshed = { times: 0 };
  const fetchToken = async () => {
    refreshed.times += 1;
    return 'new';
  };
  if (order === BEFORE) refreshTokens(http, fetchToken);
  const policy = attach(t, http, { retry });
  if (order === AFTER) refreshTokens(http, fetchToken);
  return { origin, http, policy, refreshed };
}

/**
 * Answers with these statuses whoever has the new token, and with 401 who has not.
 *
 * @param {readonly number[]} statuses
 * @returns {import('../support/origin.mjs').Answer}
 */
function toTheNewToken(statuses) {
  let n = 0;
  return (req, res) => {
    if (req.headers.authorization !== 'Bearer new') return res.writeHead(401).end();
    const status = statuses[Math.min(n, statuses.length - 1)] ?? 200;
    n += 1;
    return res.writeHead(status).end();
  };
}

/** @param {import('../support/origin.mjs').Origin} origin */
const tokensOf = ({ requests }) => requests.map(({ headers }) => headers.authorization?.split(' ')[1]);

for (const { name, axios } of COPIES) {
  for (const order of [BEFORE, AFTER]) {
    describe(`a token refresh ${order}, ${name}`, () => {
      test('sends the request again with the new token, as a request of its own', async (t) => {
        const { origin, http, policy, refreshed } = await setUp(t, {
          axios,
          order,
          answer: toTheNewToken([200]),
        });
        const response = await http.get('/');
        assert.equal(response.status, 200);
        assert.deepEqual(tokensOf(origin), ['old', 'new']);
        assert.equal(refreshed.times, 1);
        assert.equal(getPolicyMetadata(response)?.attempts, 1);
        assert.equal(policy.stats().retries, 0);
      });

      test('gives the new request all of maxRetries, each with the new token', async (t) => {
        const { origin, http } = await setUp(t, {
          axios,
          order,
          answer: toTheNewToken([503, 503, 503, 200]),
          retry: { maxRetries: 3 },
        });
        const metadata = getPolicyMetadata(await http.get('/'));
        assert.deepEqual(tokensOf(origin), ['old', 'new', 'new', 'new', 'new']);
        assert.equal(metadata?.retries, 3);
        assert.deepEqual(
          metadata?.outcomes.map(({ status }) => status),
          [503, 503, 503],
        );
      });

      test('gives the new request all of retryTimeout', async (t) => {
        const origin = await serve(t, toTheNewToken([503, 200]));
        const http = axios.create({ baseURL: origin.url });
        let refreshedAt = Number.NaN;
        // Longer than what retryTimeout leaves to one request.
        const slowToken = async () => {
          await sleep(600);
          refreshedAt = Date.now();
          return 'new';
        };
        if (order === BEFORE) refreshTokens(http, slowToken);
        attach(t, http, { retry: { retryTimeout: 500 } });
        if (order === AFTER) refreshTokens(http, slowToken);
        const metadata = getPolicyMetadata(await http.get('/'));
        assert.equal(metadata?.attempts, 2);
        assert.ok(
          metadata.startedAt.getTime() >= refreshedAt,
          `began at ${metadata.startedAt.toISOString()}`,
        );
      });

      test('comes after the retries that led to the 401', async (t) => {
        const { origin, http } = await setUp(t, {
          axios,
          order,
          answer: (req, res, n) => {
            const refused = req.headers.authorization === 'Bearer old';
            res.writeHead(n === 1 ? 503 : refused ? 401 : 200).end();
          },
        });
        assert.equal((await http.get('/')).status, 200);
        assert.deepEqual(tokensOf(origin), ['old', 'old', 'new']);
      });

      test('fails with the error of the new request, which is not retried once more', async (t) => {
        const { origin, http, policy } = await setUp(t, {
          axios,
          order,
          answer: toTheNewToken([503]),
          retry: { maxRetries: 2 },
        });
        const error = await failureOf(http.get('/'));
        assert.equal(error.response?.status, 503);
        assert.equal(getPolicyMetadata(error)?.giveUp, 'max-retries');
        assert.deepEqual(tokensOf(origin), ['old', 'new', 'new', 'new']);
        assert.equal(policy.stats().giveUps['max-retries'], 1);
      });

      test('sends a body and a minted Idempotency-Key again as they were', async (t) => {
        const { origin, http } = await setUp(t, {
          axios,
          order,
          answer: toTheNewToken([503, 200]),
          retry: { idempotencyKey: true },
        });
        await http.post('/', { a: 1 });
        assert.deepEqual(
          origin.requests.map(({ body }) => body),
          ['{"a":1}', '{"a":1}', '{"a":1}'],
        );
        const keys = origin.requests.map(({ headers }) => headers['idempotency-key']);
        assert.equal(new Set(keys).size, 1);
        assert.equal(typeof keys[0], 'string');
      });

      test('leaves nothing under way: the policy closes', async (t) => {
        const { http, policy } = await setUp(t, { axios, order, answer: toTheNewToken([200]) });
        await Promise.all([http.get('/'), http.get('/'), http.get('/')]);
        await policy.close();
        assert.deepEqual(policy.stats().pools, []);
      });

      test('works where shouldRetry is asked about every outcome', async (t) => {
        /** @type {(number | undefined)[]} */
        const asked = [];
        const { origin, http } = await setUp(t, {
          axios,
          order,
          answer: toTheNewToken([503, 200]),
          retry: {
            shouldRetry: ({ status }) => {
              asked.push(status);
              return undefined;
            },
          },
        });
        assert.equal((await http.get('/')).status, 200);
        assert.deepEqual(tokensOf(origin), ['old', 'new', 'new']);
        assert.deepEqual(asked, order === BEFORE ? [503, 200] : [401, 503, 200]);
      });
    });
  }
}
