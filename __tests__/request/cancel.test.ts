import { Agent } from 'node:https';
import { setImmediate as turn } from 'node:timers/promises';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { startTlsStall } from '../helpers/faults.js';
import { countListeners, watchLeaks } from '../helpers/leaks.js';
import { never, reply, stallBody } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { ENDLESS, start, unavailable } from './setup.js';

describe.each(AXIOS_COPIES)('a request that is cancelled, with $name', ({ axios }) => {
  /** The two ways to cancel a request, as `cancel()` and what goes into the config. */
  const bySignal = () => {
    const controller = new AbortController();
    const listeners = () => countListeners(controller.signal);
    return { config: { signal: controller.signal }, cancel: () => controller.abort(), listeners };
  };
  const byToken = () => {
    const source = axios.CancelToken.source();
    const { token } = source as unknown as { token: { _listeners?: unknown[] | null } };
    const listeners = () => token._listeners?.length ?? 0;
    return { config: { cancelToken: source.token }, cancel: () => source.cancel(), listeners };
  };

  describe.each([
    ['a signal', bySignal],
    ['a cancel token', byToken],
  ])('given %s', (_name, handle) => {
    it('ends a request that is connecting', async () => {
      const stalled = await startTlsStall();
      const { http } = await start({ axios });
      const { config, cancel, listeners } = handle();
      const failure = failureOf(http.get(`https://${stalled.host}/`, config));
      await delay(20);
      cancel();
      expect(await failure).toBeInstanceOf(axios.CanceledError);
      expect(axios.isCancel(await failure)).toBe(true);
      expect(listeners()).toBe(0);
      await stalled.idle();
    });

    it('ends a request that waits for its answer, and does not retry it', async () => {
      const { origin, http, policy } = await start({ axios });
      origin.enqueue(never());
      const { config, cancel, listeners } = handle();
      const failure = failureOf(http.get('/', config));
      await until(() => origin.requests.length === 1);
      cancel();
      expect(await failure).toBeInstanceOf(axios.CanceledError);
      expect(listeners()).toBe(0);
      await origin.idle();
      expect(origin.requests).toHaveLength(1);
      expect(policy.stats()).toMatchObject({ attempts: 1, retries: 0, giveUps: { cancelled: 1 } });
    });

    it('ends a request whose body is arriving', async () => {
      const { origin, http } = await start({ axios });
      origin.enqueue(stallBody({ declared: 10, sent: 5 }));
      const { config, cancel, listeners } = handle();
      const failure = failureOf(http.get('/', config));
      await until(() => origin.requests.length === 1);
      await delay(20);
      cancel();
      expect(await failure).toBeInstanceOf(axios.CanceledError);
      expect(listeners()).toBe(0);
      await origin.idle();
    });

    it('ends the backoff at once, leaves no timer and no listener, and fires no hook', async () => {
      const hooks: string[] = [];
      const { origin, http, policy } = await start({
        axios,
        retry: {
          backoff: ENDLESS,
          onRetry: () => void hooks.push('onRetry'),
          onGiveUp: () => void hooks.push('onGiveUp'),
          shouldRetry: ({ kind }) => void hooks.push(`shouldRetry ${kind}`),
        },
      });
      const leaks = watchLeaks();
      origin.always(unavailable());
      const { config, cancel, listeners } = handle();
      const failure = failureOf(http.get('/', config));
      await until(() => hooks.includes('onRetry'));
      await delay(5);
      expect(listeners()).toBe(1);
      cancel();
      const error = await failure;
      expect(error).toBeInstanceOf(axios.CanceledError);
      expect(error.code).toBe('ERR_CANCELED');
      expect(listeners()).toBe(0);
      expect(hooks).toEqual(['shouldRetry status', 'onRetry']);
      expect(policy.stats()).toMatchObject({ attempts: 1, retries: 0, giveUps: { cancelled: 1 } });
      await policy.close();
      await leaks.expectNone();
      expect(origin.requests).toHaveLength(1);
    });

    it('rejects before anything is sent when it was cancelled before', async () => {
      const { origin, http } = await start({ axios });
      const { config, cancel } = handle();
      cancel();
      expect(await failureOf(http.get('/', config))).toBeInstanceOf(axios.CanceledError);
      expect(origin.connections).toBe(0);
    });

    it('fires no further hook when it is cancelled while shouldRetry thinks', async () => {
      const hooks: string[] = [];
      const { config, cancel } = handle();
      const { origin, http } = await start({
        axios,
        retry: {
          shouldRetry: async () => {
            cancel();
            await delay(5);
            return true;
          },
          onRetry: () => void hooks.push('onRetry'),
          onGiveUp: () => void hooks.push('onGiveUp'),
        },
      });
      origin.always(unavailable());
      expect(await failureOf(http.get('/', config))).toBeInstanceOf(axios.CanceledError);
      expect(hooks).toEqual([]);
      expect(origin.requests).toHaveLength(1);
    });

    it('ends a request from within onRetry, without another attempt', async () => {
      const { config, cancel } = handle();
      const { origin, http } = await start({ axios, retry: { backoff: ENDLESS, onRetry: cancel } });
      origin.always(unavailable());
      expect(await failureOf(http.get('/', config))).toBeInstanceOf(axios.CanceledError);
      expect(origin.requests).toHaveLength(1);
    });

    it('leaves no listener after success, failure and retries', async () => {
      const { origin, http } = await start({ axios, retry: { maxRetries: 1 } });
      const { config, listeners } = handle();
      await http.get('/', config);
      origin.enqueue(unavailable(), reply(), unavailable(), unavailable());
      await http.get('/', config);
      await failureOf(http.get('/', config));
      expect(listeners()).toBe(0);
    });

    it('ends every request that shares it', async () => {
      const { origin, http } = await start({ axios, retry: { backoff: ENDLESS } });
      origin.enqueue(unavailable(), unavailable()).always(never());
      const { config, cancel, listeners } = handle();
      const failures = [1, 2, 3, 4].map((n) => failureOf(http.get(`/${n}`, config)));
      await until(() => origin.requests.length === 4);
      await delay(20);
      cancel();
      for (const error of await Promise.all(failures)) expect(axios.isCancel(error)).toBe(true);
      expect(listeners()).toBe(0);
      expect(origin.requests).toHaveLength(4);
    });
  });

  it('leaves no one waiting who closes the policy, for an adapter that never settles', async () => {
    const { http, policy } = attached({
      axios,
      client: { timeout: false },
      defaults: { adapter: () => new Promise(() => {}) },
    });
    const failure = failureOf(http.get('https://nowhere.test/'));
    await turn();
    await policy.close({ abort: true });
    expect(await failure).toMatchObject({ code: 'ERR_CANCELED', config: { url: 'https://nowhere.test/' } });
  });
});

describe.each(AXIOS_COPIES)('given a request that is aborted during its backoff, with $name', ({ axios }) => {
  async function aborted() {
    const { origin, http } = await start({ axios, retry: { backoff: ENDLESS } });
    origin.enqueue(unavailable());
    const controller = new AbortController();
    const config = { signal: controller.signal, adapter: 'http' as const };
    const failure = failureOf(http.post('/', { a: 1 }, config));
    await until(() => origin.requests.length === 1);
    await delay(20);
    controller.abort();
    return { error: await failure, signal: controller.signal };
  }

  it('tells of the one attempt that was made', async () => {
    const { error } = await aborted();
    expect(getPolicyMetadata(error)).toMatchObject({
      attempts: 1,
      retries: 0,
      outcomes: [{ kind: 'status', status: 503 }],
      giveUp: 'cancelled',
    });
  });

  it('has the config as the caller left it', async () => {
    const { error, signal } = await aborted();
    const { config } = error;
    expect(config?.signal).toBe(signal);
    expect(config?.adapter).toBe('http');
    expect(config?.transformRequest).toEqual(axios.defaults.transformRequest);
    expect(Object.keys(config ?? {})).not.toContain('axiosPolicyCall');
  });
});

describe.each(AXIOS_COPIES)('given a signal of an abort before the response, with $name', ({ axios }) => {
  it('is the error of bare axios, field by field', async () => {
    const { origin, http } = await start({ axios });
    origin.always(never());
    const errors = [];
    for (const policy of [undefined, false] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const httpsAgent = new Agent({ ca });
      const own = policy === false ? { httpsAgent } : {};
      const failure = failureOf(http.get('/', { signal, policy, ...own }));
      const count = origin.requests.length;
      await until(() => origin.requests.length > count);
      controller.abort(new Error('why'));
      const error = await failure;
      const { name, message, code, status, response } = error;
      const keys = new Set(Object.keys(error));
      errors.push({
        name,
        message,
        code,
        status,
        response,
        keys,
        hasSignal: error.config?.signal === signal,
      });
    }
    expect(errors[0]).toEqual(errors[1]);
  });
});

describe.each(AXIOS_COPIES)('given a stream response, with $name', ({ axios }) => {
  it('is ended by an abort while the caller reads it', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(stallBody({ declared: 10, sent: 5 }));
    const controller = new AbortController();
    const { data } = await http.get('/', { responseType: 'stream', signal: controller.signal });
    const error = new Promise((resolve) => data.once('error', resolve));
    data.resume();
    controller.abort();
    expect(axios.isCancel(await error)).toBe(true);
    expect(countListeners(controller.signal)).toBe(0);
    await origin.idle();
  });

  it('leaves no listener once it was read to its end', async () => {
    const { http } = await start({ axios });
    const controller = new AbortController();
    const { data } = await http.get('/', { responseType: 'stream', signal: controller.signal });
    let text = '';
    for await (const chunk of data) text += chunk;
    expect(text).toBe('Hello World');
    await until(() => countListeners(controller.signal) === 0);
  });
});
