// @ts-check
import assert from 'node:assert/strict';
import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { tells } from '../cells.mjs';
import { cutShort, drop, get, post, postWithKey } from '../exchanges.mjs';
import { meet, policyWith } from '../sides.mjs';
import * as bodies from './bodies.mjs';
import * as interceptors from './interceptors.mjs';
import * as outcomes from './outcomes.mjs';
import { countRequests, requests } from './telling.mjs';
import * as waiting from './waiting.mjs';

/**
 * @param {import('../sides.mjs').Side} side
 * @returns {(row: import('../rows.mjs').Row) => Promise<void>}
 */
const plainHttp =
  (side) =>
  async ({ cells }) => {
    const ours = await meet(policyWith({ client: { allowHttp: false } }), [200]);
    assert.equal(ours.requests.length, 0);
    assert.deepEqual([requests(await meet(side(), [200])), `\`${ours.error.code}\``], cells.slice(1));
  };

/**
 * Tests of the situations that both guides have.
 *
 * @param {import('../sides.mjs').Side} side
 */
export const sharedSituations = (side) => ({
  '`http://` URL, without `allowHttp`': plainHttp(side),
  'request interceptor, two failures': tells(interceptors.requestInterceptor, side),
  'request interceptor that puts `/v1` in front of the URL, two failures': tells(interceptors.prefix, side),
  'request interceptor that mints an `Idempotency-Key`, two failures': tells(interceptors.mintedKey, side),
  'later interceptor `(response) => response.data`, one failure': tells(interceptors.laterUnwrap, side),
  'later error interceptor, all attempts fail': tells(interceptors.laterRejected, side),
  'earlier response interceptor, two failures': tells(interceptors.earlier, side),
  "earlier interceptor that throws `new Error('api', { cause })`": tells(interceptors.wrapped, side),
  'GET, dropped after it arrived': tells(countRequests(drop), side),
  'POST, dropped after it arrived': tells(countRequests(drop, post), side),
  'POST with an `Idempotency-Key`, dropped after it arrived': tells(countRequests(drop, postWithKey), side),
  'POST, connection refused': tells(outcomes.refused, side),
  'POST, answered 503': tells(countRequests([503], post), side),
  'GET, answered 408': tells(countRequests([408], get), side),
  'GET, body cut short after a 200': tells(countRequests(cutShort), side),
  'certificate that is not trusted': tells(outcomes.untrusted, side),
  '`timeout: 600`, a body that drips for twice that time': tells(bodies.drip, side),
  'PUT of a stream, answered 503, then 200': tells(bodies.streamUpload, side),
  '`putForm()`, answered 503, then 200': tells(bodies.form, side),
  "`responseType: 'stream'`, answered 503, agent with `maxSockets: 1`": tells(bodies.unreadBodies, side),
  'abort by `signal` during the first delay': tells(waiting.cancelled('signal'), side),
  'abort by `cancelToken` during the first delay': tells(waiting.cancelled('cancelToken'), side),
  'attached twice': tells(outcomes.attachedTwice, side),
  '40 requests to a server that is down, `budget: { initialTokens: 20 }` here': tells(outcomes.outage, side),
});

/**
 * A test of the situation of an option that neither has.
 *
 * @param {(options: object) => import('../sides.mjs').Attach} peerWith
 */
export const misspelt =
  (peerWith) =>
  async (/** @type {import('../rows.mjs').Row} */ { cells }) => {
    const options = { retrys: 5 };
    assert.equal(requests(await meet(peerWith(options), [503])), cells[1]);
    assert.throws(
      () => attachPolicy(axios.create(), { retry: /** @type {object} */ (options) }),
      ({ name }) => `throws \`${name}\`` === cells[2],
    );
  };
