import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AxiosError, AxiosRequestConfig } from 'axios';
import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { type Answer, redirect, reply } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { ENDLESS, start, times, unavailable } from './setup.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How many of these objects are still there after garbage collection, if need be several times. */
async function alive(refs: readonly WeakRef<object>[]): Promise<number> {
  const count = () => refs.filter((ref) => ref.deref() !== undefined).length;
  for (let round = 0; round < 5; round += 1) {
    await delay(5);
    collectGarbage();
    if (count() === 0) return 0;
  }
  return count();
}

describe.each(AXIOS_COPIES)('given many retries, with $name', ({ axios }) => {
  it('keeps none of the failures but the last', async () => {
    const errors: WeakRef<object>[] = [];
    const { origin, http } = await start({
      axios,
      retry: { maxRetries: 60, onRetry: ({ error }) => void errors.push(new WeakRef(error as AxiosError)) },
    });
    origin.enqueue(...times(60, unavailable()), reply());
    const response = await http.get('/');
    expect(getPolicyMetadata(response)?.attempts).toBe(61);
    expect(errors).toHaveLength(60);
    expect(await alive(errors)).toBe(0);
  });

  it('keeps no failure while it sleeps', async () => {
    const errors: WeakRef<object>[] = [];
    const { origin, http, policy } = await start({
      axios,
      retry: {
        backoff: ENDLESS,
        onRetry: ({ error }) => void errors.push(new WeakRef(error as AxiosError)),
      },
    });
    origin.always(unavailable());
    const failure = failureOf(http.get('/'));
    await until(() => errors.length === 1);
    expect(await alive(errors)).toBe(0);
    policy.detach({ abort: true });
    expect(axios.isCancel(await failure)).toBe(true);
  });
});

describe.each(AXIOS_COPIES)('given a connection that idles, with $name', ({ axios }) => {
  // The first request of an instance goes through axios' adapter, the second does not.
  it.each<[string, Answer, AxiosRequestConfig]>([
    ['a body', reply({ body: 'x'.repeat(100_000) }), {}],
    ['a body that axios’ adapter read', reply({ body: 'x'.repeat(100_000) }), { maxContentLength: 1e6 }],
    ['a stream', reply({ body: 'x' }), { responseType: 'stream' }],
    ['a failure', reply({ status: 404 }), { validateStatus: () => true }],
    ['the end of a redirect', redirect(307, '/'), {}],
  ])('keeps nothing of the requests it was used for: %s', async (_name, answer, config) => {
    const { origin, http, policy } = await start({ axios });
    const used: WeakRef<object>[] = [];
    const use = async () => {
      const response = await http.get('/', config);
      if (config.responseType === 'stream') await text(response.data);
      used.push(new WeakRef(response), new WeakRef(response.request));
    };
    origin.enqueue(answer);
    await use();
    origin.enqueue(answer);
    await use();
    await until(() => policy.stats().pools[0]?.idle === 1);
    expect(policy.stats().pools[0]).toMatchObject({ active: 0, idle: 1 });
    expect(await alive(used)).toBe(0);
  });
});

describe.each(AXIOS_COPIES)('given failures that nobody waits for, with $name', ({ axios }) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  beforeAll(() => void process.on('unhandledRejection', note));
  afterAll(() => void process.off('unhandledRejection', note));

  it('leaves no rejection unhandled but the caller’s own', async () => {
    const { origin, http, policy } = await start({ axios, retry: { maxRetries: 2 } });
    origin.always(unavailable());
    await failureOf(http.get('/'));
    await failureOf(http.get('/', { responseType: 'stream', policy: { timeout: 200 } }));
    await failureOf(http.get('/', { signal: AbortSignal.timeout(1) }));
    const failure = failureOf(http.get('/', { policy: { retry: { backoff: ENDLESS } } }));
    await delay(20);
    policy.detach({ abort: true });
    await failure;
    await policy.close();
    await delay(10);
    expect(unhandled).toEqual([]);
  });

  it('survives an adapter that answers after its time was over', async () => {
    let answer: ((response: never) => void) | undefined;
    let attempts = 0;
    const { http } = await start({ axios, retry: { maxRetries: 1 } });
    const late = http.get('/', {
      policy: { timeout: 50 },
      adapter: (config) => {
        attempts += 1;
        if (attempts === 2)
          return Promise.resolve({ data: 2, status: 200, statusText: '', headers: {}, config });
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const response = await late;
    answer?.({ data: 1, status: 200 } as never);
    await delay(10);
    expect(response.data).toBe(2);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, outcomes: [{ kind: 'timeout' }] });
    expect(unhandled).toEqual([]);
  });
});
