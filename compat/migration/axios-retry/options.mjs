// @ts-check
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import axios from 'axios';
import { attachPolicy, getPolicyMetadata } from 'axios-policy';
import { codesOf, delaysOf, evaluate, logsOf, optionsOf } from '../cells.mjs';
import { drop, post, put, refusedPost, retryAfter, silence, slowly, within } from '../exchanges.mjs';
import { meet, policyWith } from '../sides.mjs';
import { axiosRetry, DEFAULT_OPTIONS, peerWith } from './peer.mjs';

/**
 * @typedef {import('../rows.mjs').Row} Row
 * @typedef {import('../sides.mjs').Answers} Answers
 */

const options = (/** @type {Row} */ row) => optionsOf(row, peerWith, { axiosRetry });

/** Tests of the rows of options. */
export const optionTests = {
  'retries: 3': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
    const theirs = await meet(peerWith({ retries: undefined }), [503]);
    const ours = await meet(policyWith({ retry: { maxRetries: undefined } }), [503]);
    assert.deepEqual([theirs.requests.length, ours.requests.length], [1, 11]);
  },
  'retries: 0': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [1, 1]);
  },
  'retryCondition: axiosRetry.isNetworkOrIdempotentRequestError': async (/** @type {Row} */ row) => {
    assert.equal(DEFAULT_OPTIONS.retryCondition, axiosRetry.isNetworkOrIdempotentRequestError);
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
    assert.deepEqual(await options(row).requests([503], post), [1, 1]);
    assert.deepEqual(await options(row).requests([408]), [1, 4]);
    assert.deepEqual(await options(row).requests(drop, post), [4, 1]);
  },
  'retryCondition: axiosRetry.isNetworkError': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [1, 1]);
    assert.deepEqual(await options(row).requests(drop), [4, 4]);
    assert.deepEqual(await options(row).requests(drop, post), [4, 1]);
  },
  'retryCondition: axiosRetry.isIdempotentRequestError': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
    assert.deepEqual(await options(row).requests([503], post), [1, 1]);
    assert.deepEqual(await options(row).requests(drop, post), [1, 1]);
    assert.deepEqual(await options(row).attempts([200], refusedPost), [1, 1]);
  },
  'retryCondition: axiosRetry.isSafeRequestError': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503]), [4, 4]);
    assert.deepEqual(await options(row).requests([503], put), [1, 1]);
  },
  'retryCondition: axiosRetry.isRetryableError': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([503], post), [4, 4]);
    assert.deepEqual(await options(row).requests(drop, post), [4, 4]);
    assert.deepEqual(await options(row).attempts(silence, within(50, { method: 'post' })), [1, 4]);
  },
  'retryCondition: (error) => error.response?.status === 409': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([409, 409, 200]), [3, 3]);
    assert.deepEqual(await options(row).requests([503]), [1, 1]);
    /** @type {unknown[]} */
    const asked = [];
    const retry = { shouldRetry: (/** @type {{ status?: number }} */ { status }) => void asked.push(status) };
    const ours = await meet(policyWith({ retry }), [503, 200]);
    assert.deepEqual([asked, ours.value.status], [[503, 200], 200]);
  },
  'retryCondition: async () => undefined': async (/** @type {Row} */ row) => {
    assert.deepEqual(await options(row).requests([404]), [4, 1]);
    const no = await meet(peerWith({ retryCondition: async () => false }), [404]);
    const yes = await meet(policyWith({ retry: { shouldRetry: async () => true } }), [404]);
    assert.deepEqual([no.requests.length, yes.requests.length], [1, 4]);
  },
  'retryDelay: () => 0': async (/** @type {Row} */ row) => {
    assert.equal(DEFAULT_OPTIONS.retryDelay(1, new axios.AxiosError()), 0);
    const [, ours] = await options(row).results([503]);
    assert.deepEqual(getPolicyMetadata(ours?.error)?.delaysMs, [1, 1, 1]);
    const zero = { retry: { backoff: { initBackoff: 0 } } };
    assert.throws(() => attachPolicy(axios.create(), zero), { name: 'PolicyConfigError' });
    const { retry } = attachPolicy(axios.create()).config;
    assert.deepEqual(Object(retry).backoff, { base: 2, initBackoff: 100, maxBackoff: 15_000 });
  },
  'retryDelay: () => 50': async (/** @type {Row} */ row) => {
    const [, ours] = await options(row).results([503]);
    assert.deepEqual(getPolicyMetadata(ours?.error)?.delaysMs, [50, 50, 50]);
    const later = retryAfter('1');
    const peer = peerWith(evaluate(`{ ${codesOf(row).theirs} }`, {}));
    assert.deepEqual(await delaysOf(() => meet(peer, later)), [50, 50, 50]);
    const patience = { retryTimeout: '900ms' };
    const honoured = await meet(policyWith({ retry: patience }), later);
    assert.equal(getPolicyMetadata(honoured.error)?.giveUp, 'retry-after');
    const ignored = await meet(policyWith({ retry: { ...patience, retryAfter: false } }), later);
    assert.equal(ignored.requests.length, 4);
  },
  'retryDelay: axiosRetry.exponentialDelay': async (/** @type {Row} */ row) => {
    const peer = peerWith(evaluate(`{ retries: 9, ${codesOf(row).theirs} }`, { axiosRetry }));
    const theirs = await delaysOf(() => meet(peer, [503]));
    for (const [index, ms] of theirs.entries()) {
      assert.ok(ms >= 200 * 2 ** index && ms <= 240 * 2 ** index, `${ms} ms`);
    }
    assert.ok(Number(theirs.at(-1)) > 15_000);
    const twice = { policy: { retry: { maxRetries: 2 } } };
    const [, ours] = await options(row).results([503], (http) =>
      http.get('/r', { 'axios-retry': { retries: 0 }, ...twice }),
    );
    const [first = 0, second = 0] = getPolicyMetadata(ours?.error)?.delaysMs ?? [];
    assert.equal(first, 200);
    assert.ok(second >= 200 && second < 400, `${second} ms`);
  },
  'retryDelay: axiosRetry.linearDelay(40)': async (/** @type {Row} */ row) => {
    const peer = peerWith(evaluate(`{ ${codesOf(row).theirs} }`, { axiosRetry }));
    assert.deepEqual(await delaysOf(() => meet(peer, [503])), [40, 80, 120]);
    const random = mock.method(Math, 'random', () => 0.5);
    const ours = await meet(policyWith(evaluate(`{ ${codesOf(row).ours} }`, {})), [503]).finally(() =>
      random.mock.restore(),
    );
    assert.deepEqual(getPolicyMetadata(ours.error)?.delaysMs, [40, 60, 80]);
  },
  'shouldResetTimeout: true': async (/** @type {Row} */ row) => {
    const results = await options(row).results(slowly, within(5000));
    assert.deepEqual(
      results.map(({ error }) => error.config.timeout),
      [5000, 5000],
    );
  },
  'shouldResetTimeout: false': async (/** @type {Row} */ row) => {
    const [theirs, ours] = await options(row).results(slowly, within(5000));
    assert.ok(theirs?.error.config.timeout <= 5000 - 3 * 20);
    assert.equal(ours?.error.config.timeout, 5000);
    const late = await meet(policyWith({ retry: { retryTimeout: '10ms' } }), slowly);
    assert.equal(late.requests.length, 1);
    assert.equal(getPolicyMetadata(late.error)?.giveUp, 'retry-timeout');
  },
  'onRetry: (retryCount, error, config) => log(retryCount, error.response.status, config.url)': async (
    /** @type {Row} */ row,
  ) => {
    const calls = [1, 2, 3].map((retry) => [retry, 503, '/r']);
    assert.deepEqual(await logsOf(row, peerWith, [503]), [calls, calls]);
    await assertHooksEdit();
  },
  'onMaxRetryTimesExceeded: (error, retryCount) => log(retryCount, error.response.status)': async (
    /** @type {Row} */ row,
  ) => {
    assert.deepEqual(await logsOf(row, peerWith, [503]), [[[3, 503]], [[3, 503]]]);
    assert.deepEqual(await logsOf(row, peerWith, [404]), [[], []]);
    const none = { 'axios-retry': { retries: 0 }, policy: { retry: { maxRetries: 0 } } };
    assert.deepEqual(await logsOf(row, peerWith, [404], { request: (http) => http.get('/r', none) }), [
      [[0, 404]],
      [],
    ]);
  },
  "validateResponse: ({ data }) => data === 'OK', retryCondition: () => true": async (
    /** @type {Row} */ row,
  ) => {
    const [theirs, ours] = await options(row).results(saying(['no', 'OK']));
    assert.deepEqual([theirs?.value.data, ours?.value.data], ['OK', 'OK']);
    assert.deepEqual([theirs?.requests.length, ours?.requests.length], [2, 2]);
    const [failed, ended] = await options(row).results(saying(['no']));
    assert.deepEqual([failed?.error.response.status, ended?.value.status], [200, 200]);
    assert.deepEqual([failed?.requests.length, ended?.requests.length], [4, 4]);
    const { theirs: theirCode, ours: ourCode } = codesOf(row);
    const inFront = [peerWith(evaluate(`{ ${theirCode} }`, {})), policyWith(evaluate(`{ ${ourCode} }`, {}))];
    assert.deepEqual(await Promise.all(inFront.map(seenInFront)), ['error', 'response']);
  },
};

/** @type {(texts: string[]) => Answers} */
const saying = (texts) => (_req, res, n) => res.end(texts[Math.min(n, texts.length) - 1]);

/**
 * What an interceptor in front sees of a response that is good.
 *
 * @param {import('../sides.mjs').Attach} attach
 */
async function seenInFront(attach) {
  let seen = '';
  /** @type {import('../sides.mjs').Attach} */
  const behind = (http) => {
    http.interceptors.response.use(
      (response) => {
        seen = 'response';
        return response;
      },
      (error) => {
        seen = 'error';
        throw error;
      },
    );
    return attach(http);
  };
  await meet(behind, saying(['OK']));
  return seen;
}

async function assertHooksEdit() {
  const header = { 'X-Retry': '1' };
  /** @type {unknown[]} */
  const events = [];
  const theirs = peerWith({
    onRetry: async (_n, _error, { headers }) => void Object.assign(headers ?? {}, header),
  });
  const onRetry = async (/** @type {import('axios-policy').RetryEvent} */ { config, delayMs, reason }) => {
    events.push(delayMs, reason);
    Object.assign(/** @type {{ headers: object }} */ (config).headers, header);
  };
  for (const attach of [theirs, policyWith({ retry: { onRetry } })]) {
    const { requests } = await meet(attach, [503, 200]);
    assert.equal(requests[1]?.headers['x-retry'], '1');
  }
  assert.deepEqual(events, [2, 'status']);
}
