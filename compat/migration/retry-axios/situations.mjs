// @ts-check
import { tells } from '../cells.mjs';
import { retryAfter } from '../exchanges.mjs';
import { transformed } from '../scenes/bodies.mjs';
import { throwingHook, timedOut } from '../scenes/outcomes.mjs';
import { misspelt, sharedSituations } from '../scenes/shared.mjs';
import { countRequests } from '../scenes/telling.mjs';
import { peerWith, side } from './peer.mjs';

/** @type {(value: string) => (row: import('../rows.mjs').Row) => Promise<void>} */
const afterRetryAfter = (value) => tells(countRequests(retryAfter(value)), side);

/** Tests of the rows of situations. */
export const situationTests = {
  ...sharedSituations(side),
  'PUT of `body`, a transform that puts `<` in front, one failure': tells(transformed, side),
  'GET, timed out': tells(timedOut(), side),
  'PUT, timed out': tells(timedOut({ method: 'put' }), side),
  'PUT, timed out; here `policy: { idempotent: true }`': tells(
    timedOut({ method: 'put', policy: { idempotent: true } }),
    side,
  ),
  'Retry-After: 0': afterRetryAfter('0'),
  '`Retry-After` with a date in the past': afterRetryAfter('Wed, 21 Oct 2015 07:28:00 GMT'),
  'Retry-After: soon': afterRetryAfter('soon'),
  '`onError` or `onRetryAttempt` that throws': async (/** @type {import('../rows.mjs').Row} */ row) => {
    /** @type {import('../sides.mjs').Side} */
    const attempting = (manner) => peerWith({ onRetryAttempt: async () => void (await manner?.onRetry?.()) });
    for (const peer of [side, attempting]) await tells(throwingHook, peer)(row);
  },
  'an option that does not exist': misspelt(peerWith),
};
