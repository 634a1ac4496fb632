// @ts-check
import * as rax from 'retry-axios';

/**
 * @typedef {import('../sides.mjs').Attach} Attach
 * @typedef {import('../sides.mjs').Side} Side
 */

export { rax };

/**
 * Attaches retry-axios with options for all requests, with a short delay if they say nothing of delays.
 *
 * @param {import('retry-axios').RetryConfig} [options]
 * @returns {Attach}
 */
export function peerWith(options = {}) {
  return (http) => {
    let retries = 0;
    const { backoffType, retryDelay, jitter, maxRetryDelay } = options;
    const isOfDelays = [backoffType, retryDelay, jitter, maxRetryDelay].some(
      (option) => option !== undefined,
    );
    http.defaults.raxConfig = {
      ...(!isOfDelays && { backoffType: 'static', retryDelay: 2 }),
      ...options,
      onError: (error) => {
        retries += 1;
        return options.onError?.(error);
      },
    };
    rax.attach(http);
    return { retries: () => retries };
  };
}

/** @type {Side} */
export const side = ({ delayMs, onRetry } = {}) =>
  peerWith({
    ...(delayMs && { backoffType: 'static', retryDelay: delayMs }),
    ...(onRetry && { onError: async () => void (await onRetry()) }),
  });
