// @ts-check
import * as axiosRetryModule from 'axios-retry';

/**
 * @typedef {import('../sides.mjs').Attach} Attach
 * @typedef {import('../sides.mjs').Side} Side
 */

const { default: axiosRetry, DEFAULT_OPTIONS } = axiosRetryModule;

export { axiosRetry, axiosRetryModule, DEFAULT_OPTIONS };

/** @type {(options?: import('axios-retry').IAxiosRetryConfig) => Attach} */
export const peerWith = (options) => (http) => {
  let retries = 0;
  const onRetry = DEFAULT_OPTIONS.onRetry;
  axiosRetry(http, {
    ...options,
    onRetry: (...args) => {
      retries += 1;
      return (options?.onRetry ?? onRetry)(...args);
    },
  });
  return { retries: () => retries };
};

/** @type {(options?: import('axios-retry').IAxiosRetryConfig) => Side} */
export const sideWith = (options) => (manner) => {
  const delayMs = manner?.delayMs;
  return peerWith({
    ...options,
    ...(delayMs && { retryDelay: () => delayMs }),
    ...(manner?.onRetry && { onRetry: async () => void (await manner.onRetry?.()) }),
  });
};
export const side = sideWith();
