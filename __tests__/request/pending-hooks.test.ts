import type { AxiosRequestConfig } from 'axios';
import { getPolicyMetadata, type RetryConfig } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { countListeners, watchLeaks } from '../helpers/leaks.js';
import { delay, until } from '../helpers/wait.js';
import { start, unavailable } from './setup.js';

type Hook = 'shouldRetry' | 'onRetry' | 'onGiveUp';

/** Hooks of which one stays pending until it is settled by hand; `fired` has the names of all that were called. */
function pendingHooks(pending: Hook) {
  const fired: string[] = [];
  let fail: (error: Error) => void = () => {};
  let succeed: (answer: never) => void = () => {};
  const hook = (name: Hook) => () => {
    fired.push(name);
    if (name !== pending) return undefined;
    return new Promise<never>((resolve, reject) => {
      succeed = resolve;
      fail = reject;
    });
  };
  const retry: RetryConfig = {
    maxRetries: pending === 'onGiveUp' ? 0 : 3,
    shouldRetry: hook('shouldRetry'),
    onRetry: hook('onRetry'),
    onGiveUp: hook('onGiveUp'),
  };
  return {
    retry,
    fired,
    succeed: (answer: unknown) => succeed(answer as never),
    fail: (e: Error) => fail(e),
  };
}

const FIRED: Record<Hook, string[]> = {
  shouldRetry: ['shouldRetry'],
  onRetry: ['shouldRetry', 'onRetry'],
  onGiveUp: ['shouldRetry', 'onGiveUp'],
};

describe.each(AXIOS_COPIES)('a hook that takes its time, with $name', ({ axios }) => {
  interface Handle {
    config: AxiosRequestConfig;
    cancel?: () => void;
    listeners: () => number;
  }
  const WAYS: Record<string, () => Handle> = {
    'a signal': () => {
      const controller = new AbortController();
      const { signal } = controller;
      return {
        config: { signal },
        cancel: () => controller.abort(),
        listeners: () => countListeners(signal),
      };
    },
    'a cancel token': () => {
      const { token, cancel } = axios.CancelToken.source();
      const listeners = () => (token as { _listeners?: unknown[] })._listeners?.length ?? 0;
      return { config: { cancelToken: token }, cancel, listeners };
    },
    detach: () => ({ config: {}, listeners: () => 0 }),
  };
  const CASES = (['shouldRetry', 'onRetry', 'onGiveUp'] as const).flatMap((hook) =>
    Object.entries(WAYS).map(([way, handle]) => [hook, way, handle] as const),
  );

  describe.each(CASES)('given %s that is pending, and %s', (hook, _way, handle) => {
    async function cancelled() {
      const hooks = pendingHooks(hook);
      const { origin, http, policy } = await start({ axios, retry: hooks.retry });
      const leaks = watchLeaks();
      origin.always(unavailable());
      const { config, cancel, listeners } = handle();
      const failure = failureOf(http.get('/', config));
      await until(() => hooks.fired.includes(hook));
      if (cancel) cancel();
      else policy.detach({ abort: true });
      return { error: await failure, origin, policy, leaks, listeners, ...hooks };
    }

    it('ends at once as a cancelled request, with no other hook, listener or timer', async () => {
      const { error, origin, policy, leaks, listeners, fired, fail } = await cancelled();
      expect(error).toBeInstanceOf(axios.CanceledError);
      expect(error.code).toBe('ERR_CANCELED');
      expect(listeners()).toBe(0);
      await policy.close();
      await leaks.expectNone();
      // A late failure concerns nobody, least of all the process.
      fail(new Error('late'));
      await delay(5);
      expect(fired).toEqual(FIRED[hook]);
      expect(origin.requests).toHaveLength(1);
      const reason = hook === 'onGiveUp' ? 'max-retries' : 'cancelled';
      expect(policy.stats().giveUps).toEqual({ [reason]: 1 });
    });

    it('ignores what the hook says afterwards', async () => {
      const { origin, policy, fired, succeed } = await cancelled();
      succeed(true);
      await policy.close();
      expect(fired).toEqual(FIRED[hook]);
      expect(origin.requests).toHaveLength(1);
    });
  });
});

describe.each(AXIOS_COPIES)('given detach while a hook is pending, with $name', ({ axios }) => {
  it('rejects with an error that has the config as the caller left it', async () => {
    const hooks = pendingHooks('shouldRetry');
    const { origin, http, policy } = await start({ axios, retry: hooks.retry });
    origin.always(unavailable());
    const failure = failureOf(http.get('/path', { adapter: 'http' }));
    await until(() => hooks.fired.length === 1);
    policy.detach({ abort: true });
    const error = await failure;
    expect(error.config).toMatchObject({ url: '/path', adapter: 'http' });
    expect(Object.keys(error.config ?? {})).not.toContain('axiosPolicyCall');
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'cancelled' });
  });
});

describe.each(AXIOS_COPIES)('given a 200 about which shouldRetry thinks, with $name', ({ axios }) => {
  it('is cancelled by the signal', async () => {
    const hooks = pendingHooks('shouldRetry');
    const { http } = await start({ axios, retry: hooks.retry });
    const controller = new AbortController();
    const failure = failureOf(http.get('/', { signal: controller.signal, responseType: 'stream' }));
    await until(() => hooks.fired.length === 1);
    controller.abort();
    expect(axios.isCancel(await failure)).toBe(true);
    expect(countListeners(controller.signal)).toBe(0);
  });
});

describe.each(AXIOS_COPIES)(
  'given onRetry that puts another signal on the config, with $name',
  ({ axios }) => {
    it('leaves no listener on either', async () => {
      const [first, second] = [new AbortController(), new AbortController()];
      const { origin, http } = await start({
        axios,
        retry: {
          onRetry: async ({ config }) => {
            await delay(1);
            Object.assign(config, { signal: second.signal });
          },
        },
      });
      origin.enqueue(unavailable());
      await http.get('/', { signal: first.signal });
      expect([first, second].map(({ signal }) => countListeners(signal))).toEqual([0, 0]);
    });
  },
);
