// @ts-check
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getPolicyMetadata } from 'axios-policy';
import axiosRetry from 'axios-retry';
import { attach as attachRetryAxios } from 'retry-axios';
import { attach, COPIES, failureOf, serve } from '../support/instances.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

const BEFORE = 'added before the policy is attached';
const AFTER = 'added after the policy is attached';

/** @type {Record<string, string>} */
const TITLES = {
  [BEFORE]: 'adds up: its own retries first, and the retries of the policy after them',
  [AFTER]: 'multiplies: the attempts of the one times the attempts of the other',
};

/** Adds two retries to an instance. */
const OTHERS = {
  'axios-retry': (/** @type {any} */ http) => void axiosRetry(http, { retries: 2, retryDelay: () => 1 }),
  'retry-axios': (/** @type {any} */ http) => {
    http.defaults.raxConfig = {
      retry: 2,
      retryDelay: 1,
      backoffType: 'static',
      statusCodesToRetry: [[500, 599]],
    };
    attachRetryAxios(http);
  },
};

/**
 * @param {TestContext} t
 * @param {object} options
 * @param {import('axios').AxiosStatic} options.axios
 * @param {string} options.order
 * @param {(http: object) => void} options.addOther
 * @param {false} [options.retry]
 */
async function setUp(t, { axios, order, addOther, retry }) {
  const origin = await serve(t, [503]);
  const http = axios.create({ baseURL: origin.url });
  if (order === BEFORE) addOther(http);
  const policy = attach(t, http, { retry: retry ?? { maxRetries: 3 } });
  if (order === AFTER) addOther(http);
  return { origin, http, policy };
}

for (const { name, axios } of COPIES) {
  for (const [other, addOther] of Object.entries(OTHERS)) {
    for (const order of [BEFORE, AFTER]) {
      describe(`${other} ${order}, ${name}`, () => {
        test(TITLES[order] ?? '', async (t) => {
          const { origin, http } = await setUp(t, { axios, order, addOther });
          const error = await failureOf(http.get('/'));
          assert.equal(error.response?.status, 503);
          assert.equal(getPolicyMetadata(error)?.attempts, 4);
          assert.equal(origin.requests.length, order === AFTER ? (1 + 2) * (1 + 3) : 2 + (1 + 3));
        });

        test('makes its own retries alone where those of the policy are off', async (t) => {
          const { origin, http, policy } = await setUp(t, { axios, order, addOther, retry: false });
          await failureOf(http.get('/'));
          assert.equal(origin.requests.length, 3);
          assert.equal(origin.connections, 1);
          assert.equal(policy.stats().retries, 0);
        });
      });
    }
  }
}
