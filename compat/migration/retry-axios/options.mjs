// @ts-check
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { getPolicyMetadata } from 'axios-policy';
import { codesOf, delaysOf, evaluate, logsOf, optionsOf } from '../cells.mjs';
import { drop, post, put, retryAfter } from '../exchanges.mjs';
import { meet, policyWith } from '../sides.mjs';
import { peerWith, rax } from './peer.mjs';

/** @typedef {import('../rows.mjs').Row} Row */

const options = (/** @type {Row} */ row) => optionsOf(row, peerWith, { rax });

/**
 * The delays before three retries, all random numbers being the same.
 *
 * @param {Row} row
 * @param {number} [drawn]
 */
async function delays(row, drawn = 0.5) {
  const { theirs, ours } = codesOf(row);
  const random = mock.method(Math, 'random', () => drawn);
  try {
    const peer = await delaysOf(() => meet(peerWith(evaluate(`{ ${theirs} }`, {})), [503]));
    // Without clocks on the attempts, whose timers are not waited for either.
    const client = { timeout: false, connectTimeout: false };
    const attach = policyWith({ client, ...evaluate(`{ ${ours} }`, {}) });
    /** @type {unknown} */
    let error;
    await delaysOf(async () => {
      ({ error } = await meet(attach, [503]));
    });
    return [peer, getPolicyMetadata(error)?.delaysMs];
  } finally {
    random.mock.restore();
  }
}

/** Tests of the rows of options. */
export const optionTests = {
  'retry: 3': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
  },
  'retry: 0': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [1, 1]);
  },
  'noResponseRetries: 0': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests(drop), [4, 1]);
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
  },
  "httpMethodsToRetry: ['GET']": async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
    assert.deepEqual(await options(row).requests([503], put), [1, 1]);
    assert.deepEqual(await options(row).requests(drop, put), [1, 4]);
    const theirs = await meet(peerWith({ httpMethodsToRetry: ['get'] }), [503]);
    const ours = await meet(policyWith({ retry: { methods: ['get'] } }), [503]);
    assert.deepEqual([theirs.requests.length, ours.requests.length], [1, 4]);
  },
  "httpMethodsToRetry: ['GET', 'POST']": async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503], post), [4, 4]);
    assert.deepEqual(await options(row).requests(drop, post), [4, 4]);
    assert.deepEqual(await options(row).requests([503], put), [1, 1]);
  },
  'statusCodesToRetry: [[500, 599]]': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
    assert.deepEqual(await options(row).requests([429]), [1, 1]);
    const ours = await meet(policyWith({ retry: { statuses: [502, 503] } }), [502, 503, 504]);
    assert.equal(ours.requests.length, 3);
  },
  "backoffType: 'exponential', retryDelay: 100": async (/** @type {Row} */ row) => {
    assert.deepEqual(await delays(row), [
      [50, 150, 350],
      [50, 75, 100],
    ]);
    assert.deepEqual((await delays(row, 0))[1], [50, 50, 50]);
    const uncapped = await delaysOf(() => meet(peerWith({ retry: 9, retryDelay: 100 }), [503]));
    assert.equal(uncapped.at(-1), 25_550);
  },
  "backoffType: 'static', retryDelay: 50": async (/** @type {Row} */ row) => {
    assert.deepEqual(await delays(row), [
      [50, 50, 50],
      [50, 50, 50],
    ]);
  },
  "backoffType: 'linear'": async (/** @type {Row} */ row) => {
    assert.deepEqual(await delays(row), [
      [1000, 2000, 3000],
      [1000, 1500, 2000],
    ]);
    const theirs = await delaysOf(() => meet(peerWith({ backoffType: 'linear', retryDelay: 1 }), [503]));
    assert.deepEqual(theirs, [1000, 2000, 3000]);
  },
  "jitter: 'full'": async (/** @type {Row} */ row) => {
    assert.deepEqual(await delays(row), [
      [25, 75, 175],
      [10, 15, 20],
    ]);
    assert.deepEqual(await delays(row, 0.25), [
      [12.5, 37.5, 87.5],
      [10, 12.5, 13.75],
    ]);
  },
  'maxRetryDelay: 120': async (/** @type {Row} */ row) => {
    assert.deepEqual(await delays(row, 0.9), [
      [50, 120, 120],
      [100, 120, 120],
    ]);
  },
  'checkRetryAfter: false': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests(retryAfter('3600')), [4, 4]);
  },
  'maxRetryAfter: 500': async (/** @type {Row} */ row) => {
    const [theirs, ours] = await options(row).results(retryAfter('1'));
    assert.deepEqual([theirs?.requests.length, ours?.requests.length], [1, 1]);
    assert.equal(getPolicyMetadata(ours?.error)?.giveUp, 'retry-after');
  },
  'shouldRetry: (error) => error.response?.status === 409': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([409, 409, 200]), [3, 3]);
    assert.deepEqual(await options(row).requests([503]), [1, 1]);
    /** @type {unknown[]} */
    const asked = [];
    const shouldRetry = async (/** @type {{ status?: number }} */ { status }) => {
      asked.push(status);
      return false;
    };
    const ours = await meet(policyWith({ retry: { shouldRetry } }), [200]);
    assert.deepEqual([asked, ours.value.status], [[200], 200]);
    const { error } = await meet(policyWith({ retry: { shouldRetry } }), [503]);
    assert.equal(getPolicyMetadata(error)?.attempts, 1);
    const promising = /** @type {() => any} */ (async () => false);
    const theirs = await meet(peerWith({ shouldRetry: promising }), [404]);
    assert.equal(theirs.requests.length, 4);
  },
  'shouldRetry: (error) => error.response?.status === 409 || rax.shouldRetryRequest(error)': async (
    /** @type {Row} */ row,
  ) => {
    assert.deepEqual(await options(row).requests([409, 503, 200]), [3, 3]);
    assert.deepEqual(await options(row).requests([404]), [1, 1]);
  },
  'onError: (error) => log(error.response.status)': async (/** @type {Row} */ row) => {
    assert.deepEqual(await logsOf(row, peerWith, [503]), Array(2).fill([[503], [503], [503]]));
  },
  'onRetryAttempt: async (error) => log(rax.getConfig(error).currentRetryAttempt)': async (
    /** @type {Row} */ row,
  ) => {
    assert.deepEqual(await logsOf(row, peerWith, [503], { scope: { rax } }), Array(2).fill([[1], [2], [3]]));
    const header = { 'X-Retry': '1' };
    const theirs = peerWith({
      onRetryAttempt: async ({ config }) => void Object.assign(config?.headers ?? {}, header),
    });
    const onRetry = (/** @type {import('axios-policy').RetryEvent} */ { config }) =>
      void Object.assign(/** @type {{ headers: object }} */ (config).headers, header);
    for (const attach of [theirs, policyWith({ retry: { onRetry } })]) {
      const { requests } = await meet(attach, [503, 200]);
      assert.equal(requests[1]?.headers['x-retry'], '1');
    }
  },
};
