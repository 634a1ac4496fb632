/** Configurations of the product. */

import {
  type Policy,
  productPolicy,
  type SimulatedBudget,
  type World,
} from '../../../lib/cli/simulate/policies.js';
import { resolvePolicy } from '../../../lib/config/resolve.js';
import type { RetryConfig } from '../../../lib/config/types.js';

/** A configuration of the product; with `makeBudget`, each client has that one instead of the configured budget. */
export function product(
  name: string,
  config: RetryConfig,
  makeBudget?: (world: World) => SimulatedBudget,
): Policy {
  const { retry } = resolvePolicy({ retry: config });
  if (retry === false) throw new Error('a policy without retries is no policy to simulate');
  return productPolicy(name, retry, makeBudget);
}

/** What object_store does: ten retries with decorrelated jitter, no budget, no ear for Retry-After. */
export const reference = product('reference (no budget)', { budget: false, retryAfter: false });

/** As it comes. */
export const axiosPolicy = product('axios-policy', {});
