// @ts-check
/** One server program, met once with a peer on the instance and once with the policy. */
import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { startOrigin } from '../support/origin.mjs';
import { get } from './exchanges.mjs';

/**
 * @typedef {import('axios').AxiosInstance} Http
 * @typedef {import('../support/origin.mjs').Origin} Origin
 * @typedef {import('../support/origin.mjs').Answer} Answer
 * @typedef {readonly number[] | Answer} Answers
 * @typedef {(http: Http, origin: Origin) => unknown} Request
 * @typedef {import('axios-policy').PolicyConfig} PolicyConfig
 */

/**
 * @typedef {object} Attached
 * @property {() => number} retries How many retries there were so far.
 * @property {() => unknown} [release]
 */

/** @typedef {(http: Http) => Attached} Attach Attaches a peer, or the policy. */

/**
 * @typedef {object} Manner
 * @property {number} [delayMs] Before each retry.
 * @property {() => unknown} [onRetry]
 * @property {import('axios-policy').RetryConfig['budget']} [budget] Of the policy only.
 */

/** @typedef {(manner?: Manner) => Attach} Side The peer, or the policy, at its defaults but for the manner. */

/**
 * @typedef {object} Result
 * @property {any} [value] What the request resolved with.
 * @property {any} [error] What it rejected with.
 * @property {import('../support/origin.mjs').Received[]} requests What the server received.
 * @property {number} connections
 * @property {number} attempts Also those that never came to the server.
 */

// Long enough for a delay to be one, too short to be waited for.
const FAST = { initBackoff: 2, maxBackoff: 2 };

/**
 * Attaches a policy as a user would, but for plain HTTP and with short delays; retries as many as the peers' default.
 *
 * @param {PolicyConfig} [config]
 * @returns {Attach}
 */
export function policyWith({ client, retry } = {}) {
  return (http) => {
    let retries = 0;
    const counting = retry !== false && {
      maxRetries: 3,
      backoff: FAST,
      ...retry,
      onRetry: (/** @type {import('axios-policy').RetryEvent} */ event) => {
        retries += 1;
        return retry?.onRetry?.(event);
      },
    };
    const policy = attachPolicy(http, { client: { allowHttp: true, ...client }, retry: counting });
    return { retries: () => retries, release: () => policy.close({ abort: true }) };
  };
}

/**
 * The policy at its defaults, but for the manner.
 *
 * @type {Side}
 */
export const policySide = ({ delayMs, onRetry, budget } = {}) =>
  policyWith({
    retry: {
      ...(delayMs && { backoff: { initBackoff: delayMs, maxBackoff: delayMs } }),
      budget,
      ...(onRetry && { onRetry: async () => void (await onRetry()) }),
    },
  });

/**
 * Makes one request to a server of its own.
 *
 * @param {Attach} attach
 * @param {Answers} answers
 * @param {Request} request
 * @returns {Promise<Result>}
 */
export async function meet(attach, answers, request = get) {
  const origin = await startOrigin(answers);
  const http = axios.create({ baseURL: origin.url, proxy: false });
  const { retries, release } = attach(http);
  try {
    const settled = await Promise.resolve()
      .then(() => request(http, origin))
      .then(
        (value) => ({ value }),
        (error) => ({ error }),
      );
    const { requests, connections } = origin;
    return { ...settled, requests, connections, attempts: retries() + 1 };
  } finally {
    await release?.();
    await origin.close();
  }
}

/** @param {number} ms */
export function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
