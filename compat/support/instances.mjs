// @ts-check
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import axios from 'axios';
import oldest from 'axios-1.7.9';
import { attachPolicy } from 'axios-policy';
import { startOrigin } from './origin.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('axios-policy').PolicyConfig} PolicyConfig */

const require = createRequire(import.meta.url);

// The servers are on this machine, whatever proxy the environment names.
process.env.NO_PROXY = '127.0.0.1,localhost';

/** The axios an application may have: the newest in both formats, and the oldest. */
export const COPIES = [
  { name: `axios ${axios.VERSION}`, axios },
  { name: `axios ${axios.VERSION} as CommonJS`, axios: /** @type {typeof axios} */ (require('axios')) },
  {
    name: `axios ${oldest.VERSION}`,
    axios: /** @type {typeof axios} */ (/** @type {unknown} */ (oldest)),
  },
];

/** Retries that a test can wait for. */
export const SHORT_RETRY = { maxRetries: 3, backoff: { initBackoff: 1, maxBackoff: 5 } };

/**
 * A policy with short delays that allows plain http, as far as `config` says nothing else. Closed after the test.
 *
 * @param {TestContext} test
 * @param {object} http
 * @param {PolicyConfig} [config]
 */
export function attach(test, http, { client, retry } = {}) {
  const policy = attachPolicy(/** @type {import('axios').AxiosInstance} */ (http), {
    client: { allowHttp: true, ...client },
    retry: retry === false ? false : { ...SHORT_RETRY, ...retry },
  });
  test.after(() => policy.close({ abort: true }));
  return policy;
}

/**
 * A server that is closed after the test.
 *
 * @param {TestContext} test
 * @param {Parameters<typeof startOrigin>[0]} [answer]
 */
export async function serve(test, answer) {
  const origin = await startOrigin(answer);
  test.after(origin.close);
  return origin;
}

/**
 * What a request fails with.
 *
 * @param {Promise<unknown>} request
 * @returns {Promise<import('axios').AxiosError>}
 */
export async function failureOf(request) {
  return request.then(
    () => assert.fail('the request was expected to fail'),
    (error) => error,
  );
}
