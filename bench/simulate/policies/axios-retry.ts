/**
 * axios-retry 4.5: three retries of network errors, 429 and 5xx. Timeouts are not retried, and a retry has only what is
 * left of the timeout (`shouldResetTimeout: false`).
 *
 * @see https://github.com/softonic/axios-retry/blob/v4.5.0/src/index.ts
 */
import type { Call, Failure, Policy, World } from '../../../lib/cli/simulate/policies.js';

const RETRIES = 3;

type Delay = (retry: number, retryAfterMs: number, world: World) => number;

class AxiosRetryCall implements Call {
  readonly #delay: Delay;
  readonly #world: World;
  #retries = 0;
  timeoutMs: number;

  constructor(timeoutMs: number, delay: Delay, world: World) {
    this.timeoutMs = timeoutMs;
    this.#delay = delay;
    this.#world = world;
  }

  failed(failure: Failure): number | undefined {
    if (this.#retries >= RETRIES || failure.kind === 'timeout') return undefined;
    this.#retries += 1;
    const retryAfterMs = 1000 * Number(failure.headers?.['retry-after'] ?? 0);
    const delayMs = this.#delay(this.#retries, retryAfterMs, this.#world);
    this.timeoutMs -= failure.durationMs + delayMs;
    return this.timeoutMs > 0 ? delayMs : undefined;
  }
}

function axiosRetry(name: string, delay: Delay): Policy {
  return {
    name,
    remembers: false,
    client: (world) => ({ call: (timeoutMs) => new AxiosRetryCall(timeoutMs, delay, world) }),
  };
}

/** As it comes: at once. */
export const axiosRetryDefaults = axiosRetry('axios-retry', (_retry, retryAfterMs) => retryAfterMs);

/** With its `exponentialDelay`: 200, 400, 800 ms, and up to a fifth more. */
export const axiosRetryExponential = axiosRetry('axios-retry, exponential', (retry, retryAfterMs, world) => {
  const delayMs = Math.max(2 ** retry * 100, retryAfterMs);
  return delayMs * (1 + 0.2 * world.random());
});
