import type { Policy } from './policy.js';

/** Bare axios. */
export const noRetry: Policy = {
  name: 'no retry',
  remembers: false,
  client: () => ({ call: (timeoutMs) => ({ timeoutMs, failed: () => undefined }) }),
};
