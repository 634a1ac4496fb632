/**
 * retry-axios 4.0: three retries of timeouts, network errors, 429 and 5xx, after 50, 150 and 350 ms without jitter, or
 * after what Retry-After says.
 *
 * @see https://github.com/JustinBeckwith/retry-axios/blob/v4.0.3/src/index.ts
 */
import type { Call, Failure, Policy } from '../../../lib/cli/simulate/policies.js';

const RETRIES = 3;

class RetryAxiosCall implements Call {
  readonly timeoutMs: number;
  #retries = 0;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  failed({ headers }: Failure): number | undefined {
    if (this.#retries >= RETRIES) return undefined;
    this.#retries += 1;
    const retryAfter = headers?.['retry-after'];
    return retryAfter === undefined ? ((2 ** this.#retries - 1) / 2) * 100 : 1000 * Number(retryAfter);
  }
}

/** As it comes. */
export const retryAxios: Policy = {
  name: 'retry-axios',
  remembers: false,
  client: () => ({ call: (timeoutMs) => new RetryAxiosCall(timeoutMs) }),
};
