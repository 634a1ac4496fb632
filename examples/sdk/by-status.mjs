/**
 * For SDKs whose `validateStatus` accepts every status, because they make their own errors: such an answer is a success
 * to axios, and so to the policy, unless `retry.shouldRetry` says otherwise.
 *
 * @param {import('axios-policy').Outcome} outcome
 */
export function byStatus({ kind, status = 0 }) {
  return kind === 'ok' && (status === 408 || status === 429 || status >= 500) ? true : undefined;
}
