// @ts-check
import assert from 'node:assert/strict';
import axios from 'axios';
import { attachPolicy, getPolicyMetadata } from 'axios-policy';
import { startOrigin } from '../../support/origin.mjs';
import { codesOf, evaluate, requestsOfCode, valuesOnErrors } from '../cells.mjs';
import { meet, policyWith } from '../sides.mjs';
import { peerWith, rax } from './peer.mjs';

/** @typedef {import('../rows.mjs').Row} Row */

const onErrors = (/** @type {Row} */ row) =>
  valuesOnErrors(row, peerWith, { scope: { rax }, answers: [503] });

/** Tests of the rows of code. */
export const codeTests = {
  'rax.attach()': async (/** @type {Row} */ row) => {
    const { theirs, ours } = codesOf(row);
    const origin = await startOrigin([503]);
    const config = { proxy: /** @type {const} */ (false), raxConfig: { retry: 1, retryDelay: 1 } };
    const id = evaluate(theirs, { rax });
    await axios.get(origin.url, config).catch(() => undefined);
    rax.detach(id);
    const policy = evaluate(ours, { attachPolicy, axios });
    const refused = await axios.get(origin.url, config).catch((error) => error);
    await policy.close();
    await origin.close();
    assert.deepEqual([origin.requests.length, refused.code], [2, 'ERR_POLICY_HTTP_NOT_ALLOWED']);
  },
  "http.get('/r', { raxConfig: { retry: 1 } })": async (/** @type {Row} */ row) => {
    assert.deepEqual(await requestsOfCode(row, peerWith), [2, 2]);
  },
  "http.get('/r', { raxConfig: { retry: 0 } })": async (/** @type {Row} */ row) => {
    assert.deepEqual(await requestsOfCode(row, peerWith), [1, 1]);
  },
  'rax.getConfig(error).currentRetryAttempt': async (/** @type {Row} */ row) => {
    assert.deepEqual(await onErrors(row), [3, 3]);
    const { value } = await meet(policyWith(), [503, 200]);
    const { retries, delaysMs, elapsedMs = 0 } = getPolicyMetadata(value) ?? {};
    assert.deepEqual([retries, delaysMs], [1, [2]]);
    assert.ok(elapsedMs > 0);
  },
  'rax.getConfig(error).retriesRemaining': async (/** @type {Row} */ row) => {
    assert.deepEqual(await onErrors(row), [0, 0]);
  },
  'rax.getConfig(error).errors.map(({ response }) => response.status)': async (/** @type {Row} */ row) => {
    assert.deepEqual(await onErrors(row), Array(2).fill([503, 503, 503, 503]));
    const { error } = await meet(policyWith({ retry: { maxRetries: 0 } }), [503]);
    assert.deepEqual(getPolicyMetadata(error)?.outcomes, [
      { kind: 'status', status: 503, code: 'ERR_BAD_RESPONSE' },
    ]);
  },
  'rax.detach(attached, http)': async (/** @type {Row} */ row) => {
    const { theirs, ours } = codesOf(row);
    const none = { retries: () => 0 };
    const peer = await meet(
      (http) => {
        evaluate(theirs, { rax, http, attached: rax.attach(http) });
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
