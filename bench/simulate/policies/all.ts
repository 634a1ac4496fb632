import { axiosRetryDefaults, axiosRetryExponential } from './axios-retry.js';
import { noRetry } from './no-retry.js';
import type { Policy } from './policy.js';
import { axiosPolicy, reference } from './product.js';
import { retryAxios } from './retry-axios.js';

/** What is compared, in the order of the tables. */
export const POLICIES: readonly Policy[] = [
  noRetry,
  axiosRetryDefaults,
  axiosRetryExponential,
  retryAxios,
  reference,
  axiosPolicy,
];
