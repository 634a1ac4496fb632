// @ts-check
import assert from 'node:assert/strict';
import { attachPolicy, getPolicyMetadata } from 'axios-policy';
import { codesOf, evaluate, requestsOfCode, valuesOnErrors } from '../cells.mjs';
import { cutShort, drop, refusedPost, silence, within } from '../exchanges.mjs';
import { meet, policyWith } from '../sides.mjs';
import { axiosRetry, peerWith } from './peer.mjs';

/**
 * @typedef {import('../rows.mjs').Row} Row
 * @typedef {import('../sides.mjs').Answers} Answers
 * @typedef {import('../sides.mjs').Request} Request
 */

/**
 * @param {Row} row
 * @param {Answers} answers
 * @param {Request} [request]
 */
const onErrors = (row, answers, request) =>
  valuesOnErrors(row, peerWith, { answers, ...(request && { request }), scope: { axiosRetry } });

/** Tests of the rows of code. */
export const codeTests = {
  "http.get('/r', { 'axios-retry': { retries: 1 } })": async (/** @type {Row} */ row) => {
    assert.deepEqual(await requestsOfCode(row, peerWith), [2, 2]);
  },
  "http.get('/r', { 'axios-retry': { retries: 0 } })": async (/** @type {Row} */ row) => {
    assert.deepEqual(await requestsOfCode(row, peerWith), [1, 1]);
    // Without the policy not even plain HTTP is refused.
    const { value } = await meet(policyWith({ client: { allowHttp: false } }), [200], (http) =>
      http.get('/r', { policy: false }),
    );
    assert.equal(value.status, 200);
  },
  "error.config['axios-retry'].retryCount": async (/** @type {Row} */ row) => {
    assert.deepEqual(await onErrors(row, [503]), [3, 3]);
    const { value } = await meet(policyWith(), [503, 200]);
    const { retries, delaysMs, outcomes: failures } = getPolicyMetadata(value) ?? {};
    assert.deepEqual([retries, delaysMs?.length, failures?.map(({ status }) => status)], [1, 1, [503]]);
  },
  'axiosRetry.isNetworkError(error)': async (/** @type {Row} */ row) => {
    assert.deepEqual(await onErrors(row, [200], refusedPost), [true, true]);
    assert.deepEqual(await onErrors(row, drop), [true, true]);
    assert.deepEqual(await onErrors(row, [503]), [false, false]);
    assert.deepEqual(await onErrors(row, cutShort), [false, true]);
    await assertHelpersAgree();
  },
  'axiosRetry.isRetryableError(error)': async (/** @type {Row} */ row) => {
    assert.deepEqual(await onErrors(row, [503]), [true, true]);
    assert.deepEqual(await onErrors(row, [404]), [false, false]);
    assert.deepEqual(await onErrors(row, silence, within(50)), [false, true]);
  },
  'http.interceptors.response.eject(attached.responseInterceptorId)': async (/** @type {Row} */ row) => {
    const { theirs, ours } = codesOf(row);
    const none = { retries: () => 0 };
    const peer = await meet(
      (http) => {
        evaluate(theirs, { http, attached: axiosRetry(http) });
        return none;
      },
      [503],
    );
    const policy = await meet(
      (http) => {
        evaluate(ours, { attached: attachPolicy(http) });
        return none;
      },
      [503],
    );
    assert.deepEqual([peer.requests.length, policy.requests.length], [1, 1]);
  },
};

async function assertHelpersAgree() {
  const { isNetworkError, isRetryableError, isSafeRequestError, isIdempotentRequestError } = axiosRetry;
  const helpers = [isNetworkError, isRetryableError, isSafeRequestError, isIdempotentRequestError];
  for (const answers of [drop, [503], [404]]) {
    const theirs = await meet(peerWith(), answers);
    const ours = await meet(policyWith(), answers);
    assert.deepEqual(
      helpers.map((helper) => helper(ours.error)),
      helpers.map((helper) => helper(theirs.error)),
    );
  }
}
