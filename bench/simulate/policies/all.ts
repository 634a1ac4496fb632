import { noRetry, type Policy } from '../../../lib/cli/simulate/policies.js';
import { axiosRetryDefaults, axiosRetryExponential } from './axios-retry.js';
import { dearTimeouts, fewTokens, sharedBudget } from './budgets.js';
import { axiosPolicy, reference } from './product.js';
import { retryAxios } from './retry-axios.js';

/** Other budgets for axios-policy. */
export const ALTERNATIVES: readonly Policy[] = [fewTokens, dearTimeouts, sharedBudget];

/** What is compared, in the order of the tables. */
export const POLICIES: readonly Policy[] = [
  noRetry,
  axiosRetryDefaults,
  axiosRetryExponential,
  retryAxios,
  reference,
  axiosPolicy,
  ...ALTERNATIVES,
];
