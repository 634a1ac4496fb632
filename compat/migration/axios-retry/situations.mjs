// @ts-check
import { tells } from '../cells.mjs';
import { retryAfter } from '../exchanges.mjs';
import { throwingHook, timedOut } from '../scenes/outcomes.mjs';
import { misspelt, sharedSituations } from '../scenes/shared.mjs';
import { countRequests } from '../scenes/telling.mjs';
import { peerWith, side, sideWith } from './peer.mjs';

const resetting = sideWith({ shouldResetTimeout: true });
const idempotentPut = { method: 'put', policy: { idempotent: true } };
const clarified = { method: 'post', transitional: { clarifyTimeoutError: true } };

/** Tests of the rows of situations. */
export const situationTests = {
  ...sharedSituations(side),
  'GET, timed out, with `shouldResetTimeout`': tells(timedOut(), resetting),
  'PUT, timed out, with `shouldResetTimeout`': tells(timedOut({ method: 'put' }), resetting),
  'PUT, timed out, with `shouldResetTimeout`; here `policy: { idempotent: true }`': tells(
    timedOut(idempotentPut),
    resetting,
  ),
  'POST, timed out, with `shouldResetTimeout` and `clarifyTimeoutError`': tells(
    timedOut(clarified),
    resetting,
  ),
  '`Retry-After` of 25 days': tells(countRequests(retryAfter('2160000')), side),
  '`onRetry` that throws': tells(throwingHook, side),
  'an option that does not exist': misspelt(peerWith),
};
