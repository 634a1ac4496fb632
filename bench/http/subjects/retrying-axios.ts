import type { AxiosInstance } from 'axios';
import { keepAliveInstance, sendBy } from './axios.js';
import type { Subject } from './subject.js';

// Their ES modules, because what they offer to `require` keeps more alive. They are typed for axios' ES module, whose
// instance type TypeScript holds to be another; hence `as never`.

/** Options of axios-retry. */
interface AxiosRetryOptions {
  readonly retries?: number;
  readonly retryDelay?: () => number;
  readonly retryCondition?: () => boolean;
}

/** Makes an instance retry by axios-retry. */
export async function attachAxiosRetry(instance: AxiosInstance, options?: AxiosRetryOptions): Promise<void> {
  const { default: axiosRetry } = await import('axios-retry');
  axiosRetry(instance as never, options);
}

/** Options of retry-axios. */
interface RetryAxiosOptions {
  readonly retry?: number;
  readonly backoffType?: 'static';
  readonly retryDelay?: number;
  readonly httpMethodsToRetry?: string[];
}

/** Makes an instance retry by retry-axios. */
export async function attachRetryAxios(instance: AxiosInstance, options?: RetryAxiosOptions): Promise<void> {
  if (options !== undefined) Object.assign(instance.defaults, { raxConfig: options });
  const { attach } = await import('retry-axios');
  attach(instance as never);
}

function retrying(name: string, attach: typeof attachAxiosRetry | typeof attachRetryAxios): Subject {
  return {
    name,
    wires: ['http', 'https', 'proxy', 'none'],
    async open(target) {
      const instance = keepAliveInstance(target);
      await attach(instance);
      return sendBy(instance, target);
    },
  };
}

/** The other ways to make axios retry, with their defaults. */
export const retryingSubjects: readonly Subject[] = [
  retrying('axios-retry', attachAxiosRetry),
  retrying('retry-axios', attachRetryAxios),
];
