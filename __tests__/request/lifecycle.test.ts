import { setTimeout as sleepFor } from 'node:timers/promises';
import type { AxiosInstance } from 'axios';
import { attachPolicy, getPolicyMetadata, PolicyConfigError } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { watchLeaks } from '../helpers/leaks.js';
import { drip, handler, never, reply, slow, startOrigin } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';
import { ENDLESS, QUICK, start, times, unavailable } from './setup.js';

interface Handlers {
  handlers: (object | null)[];
}

/** What of an instance a policy might change; an ejected handler is a hole in the list of old versions. */
function picture(instance: AxiosInstance) {
  const list = (manager: unknown) => (manager as Handlers).handlers.filter((handler) => handler !== null);
  return {
    defaults: { ...instance.defaults },
    headers: structuredClone({
      ...instance.defaults.headers,
      common: { ...instance.defaults.headers.common },
    }),
    request: list(instance.interceptors.request),
    response: list(instance.interceptors.response),
    keys: Reflect.ownKeys(instance),
    methods: Object.values(instance),
  };
}

const nothing = (): undefined => undefined;

const pathsOf = (problems: readonly { path: string }[]): string[] => problems.map(({ path }) => path);

describe.each(AXIOS_COPIES)('given an instance, with $name', ({ axios }) => {
  it('is the same after attach and detach, handlers and defaults too', () => {
    const http = axios.create({ timeout: 7, headers: { 'X-Mine': '1' } });
    http.interceptors.request.use((config) => config);
    http.interceptors.response.use((response) => response);
    const before = picture(http);
    const policy = attachPolicy(http);
    const { defaults } = picture(http);
    expect(defaults).toEqual(before.defaults);
    policy.detach();
    expect(picture(http)).toEqual(before);
    expect(http.defaults.adapter).toBe(before.defaults.adapter);
  });

  it('is untouched by a configuration that is refused', () => {
    const http = axios.create();
    const before = picture(http);
    expect(() => attachPolicy(http, { client: { timeout: 0, typo: 1 } as object })).toThrow(
      PolicyConfigError,
    );
    expect(picture(http)).toEqual(before);
    attachPolicy(http).detach();
  });

  it('cannot be given two policies, but another after the first is detached', () => {
    const http = axios.create();
    const policy = attachPolicy(http);
    const before = picture(http);
    let error: unknown;
    try {
      attachPolicy(http);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PolicyConfigError);
    expect(pathsOf((error as PolicyConfigError).problems)).toEqual(['instance']);
    expect(picture(http)).toEqual(before);
    policy.detach();
    const second = attachPolicy(http);
    policy.detach();
    expect(() => attachPolicy(http)).toThrow('has a policy already');
    second.detach();
  });

  it('has children without the policy', async () => {
    const { origin, http } = await start({ axios });
    const child = http.create({ baseURL: origin.url });
    expect(picture(child).request).toEqual([]);
    // Without the policy's authority a certificate of the tests is not trusted.
    expect(getPolicyMetadata(await failureOf(child.get('/')))).toBeUndefined();
  });

  it('may be axios itself, or an Axios made with new', async () => {
    const origin = await startOrigin({ tls: true });
    const instances: AxiosInstance[] = [axios, new axios.Axios({ baseURL: origin.url }) as AxiosInstance];
    for (const instance of instances) {
      const policy = attachPolicy(instance, { client: { tls: { ca } }, retry: { backoff: QUICK } });
      origin.enqueue(unavailable());
      try {
        // Without the transforms and the defaults of an instance, but for validateStatus this is all it needs.
        const response = await instance.request({
          url: `${origin.url}/`,
          method: 'get',
          validateStatus: (status: number) => status < 300,
        });
        expect(getPolicyMetadata(response)?.attempts).toBe(2);
      } finally {
        await policy.close();
      }
    }
  });
});

describe('given something that is no axios instance', () => {
  it.each([
    [undefined],
    [null],
    ['axios'],
    [{}],
    [() => undefined],
    [{ request: nothing, defaults: {} }],
    [{ request: nothing, defaults: {}, interceptors: { request: { use: 1 } } }],
  ])('refuses %p with one clear error', (instance) => {
    expect(() => attachPolicy(instance as never)).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path: 'instance' })] }),
    );
  });
});

describe.each(AXIOS_COPIES)('given policy: false on a request, with $name', ({ axios }) => {
  it('is made as if no policy were attached', async () => {
    const { origin, http, policy } = await start({ axios });
    const error = await failureOf(http.get('/', { policy: false }));
    expect(error.code).toMatch(/CERT|SIGNED|VERIFY/);
    expect(getPolicyMetadata(error)).toBeUndefined();
    expect(policy.stats()).toMatchObject({ attempts: 0, retries: 0, giveUps: {} });
    expect(origin.requests).toEqual([]);
  });

  it('wins over a policy in the defaults, and a request over both', async () => {
    const { origin, http } = await start({
      axios,
      defaults: { policy: { retry: { maxRetries: 2 } } } as object,
    });
    origin.always(unavailable());
    await failureOf(http.get('/default'));
    await failureOf(http.get('/own', { policy: { retry: { maxRetries: 1 } } }));
    await failureOf(http.get('/none', { policy: { retry: false } }));
    await failureOf(http.get('/off', { policy: false }));
    const count = (url: string) => origin.requests.filter((request) => request.url === url).length;
    expect(['/default', '/own', '/none', '/off'].map(count)).toEqual([3, 2, 1, 0]);
  });
});

describe.each(AXIOS_COPIES)('given retry: false for the policy, with $name', ({ axios }) => {
  it('makes one attempt, unless a request asks for more', async () => {
    const { origin, http } = await start({ axios, retry: false });
    origin.always(unavailable());
    const error = await failureOf(http.get('/'));
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    await failureOf(http.get('/', { policy: { retry: { maxRetries: 2, backoff: QUICK } } }));
    expect(origin.requests).toHaveLength(4);
  });
});

describe.each(AXIOS_COPIES)('given a detach while requests are under way, with $name', ({ axios }) => {
  it('lets one in its backoff finish under the policy, interceptors and all', async () => {
    let runs = 0;
    const { origin, http, policy } = await start({
      axios,
      before: (instance) =>
        void instance.interceptors.response.use((response) => {
          runs += 1;
          return response;
        }),
      retry: { backoff: { initBackoff: 50, maxBackoff: 50 } },
    });
    origin.enqueue(...times(3, unavailable()));
    const request = http.get('/');
    await until(() => origin.requests.length === 1);
    policy.detach();
    const response = await request;
    expect(response.status).toBe(200);
    expect(getPolicyMetadata(response)?.attempts).toBe(4);
    expect(runs).toBe(1);
  });

  it('makes new requests without the policy', async () => {
    const { http, policy } = await start({ axios });
    policy.detach();
    expect(getPolicyMetadata(await failureOf(http.get('/')))).toBeUndefined();
  });

  it.each([
    ['waits for its answer', never()],
    ['is in its backoff', unavailable()],
    ['has a stream as its answer', drip({ pieces: ['a', 'b'], everyMs: 60_000 })],
  ])('cancels one that %s when told to abort', async (_state, answer) => {
    const { origin, http, policy } = await start({ axios, retry: { backoff: ENDLESS } });
    origin.enqueue(answer);
    const failure = failureOf(
      http.get('/', { responseType: 'stream' }).then(async ({ data }) => {
        for await (const _ of data);
      }),
    );
    await until(() => origin.requests.length === 1);
    await sleepFor(30);
    policy.detach({ abort: true });
    expect(axios.isCancel(await failure)).toBe(true);
    await policy.close();
    await origin.idle();
    expect(origin.requests).toHaveLength(1);
  });

  it('cancels one that a hook holds up', async () => {
    let isHeld = false;
    let letGo = () => {};
    const onRetry = () => {
      isHeld = true;
      return new Promise<void>((resolve) => {
        letGo = resolve;
      });
    };
    const { origin, http, policy } = await start({ axios, retry: { onRetry } });
    origin.enqueue(unavailable());
    const failure = failureOf(http.get('/'));
    await until(() => isHeld);
    policy.detach({ abort: true });
    letGo();
    const error = await failure;
    expect(axios.isCancel(error)).toBe(true);
    expect(error.config?.signal).toBeUndefined();
    expect(origin.requests).toHaveLength(1);
  });

  it('may be detached any number of times, and aborted later', async () => {
    const { origin, http, policy } = await start({ axios });
    origin.enqueue(never());
    const failure = failureOf(http.get('/'));
    await until(() => origin.requests.length === 1);
    policy.detach();
    policy.detach();
    policy.detach({ abort: true });
    expect(axios.isCancel(await failure)).toBe(true);
  });
});

describe.each(AXIOS_COPIES)('given a policy to close, with $name', ({ axios }) => {
  it('closes, on demand, the body of a refused response that nobody reads', async () => {
    const { origin, http, policy } = await start({ axios, retry: false });
    origin.enqueue(drip({ status: 503, pieces: ['a', 'b', 'c'], everyMs: 10_000 }));
    const error = await failureOf(http.get('/', { responseType: 'stream' }));
    expect(error.response?.status).toBe(503);
    await policy.close({ abort: true });
    await origin.idle();
    expect(policy.stats().pools).toEqual([]);
  });

  it('closes idle connections and resolves when they are gone', async () => {
    const { origin, http, policy } = await start({ axios });
    await Promise.all([http.get('/'), http.get('/')]);
    expect(origin.openSockets).toBeGreaterThan(0);
    await policy.close();
    await origin.idle();
    expect(policy.stats().pools).toEqual([]);
  });

  it('resolves after the request under way, and closes its connection', async () => {
    const order: string[] = [];
    const { origin, http, policy } = await start({ axios });
    origin.enqueue(slow(50, reply()));
    const request = http.get('/').then(() => order.push('response'));
    await until(() => origin.requests.length === 1);
    await policy.close().then(() => order.push('closed'));
    await request;
    expect(order).toEqual(['response', 'closed']);
    await origin.idle();
  });

  it('resolves after a request that was in its backoff', async () => {
    const order: string[] = [];
    const { origin, http, policy } = await start({
      axios,
      retry: { backoff: { initBackoff: 60, maxBackoff: 60 } },
    });
    origin.enqueue(unavailable());
    const request = http.get('/').then(() => order.push('response'));
    await until(() => origin.requests.length === 1);
    await sleepFor(20);
    await policy.close().then(() => order.push('closed'));
    await request;
    expect(order).toEqual(['response', 'closed']);
    await origin.idle();
  });

  it('may be closed twice, and disposed of', async () => {
    const { http, policy } = await start({ axios });
    await http.get('/');
    await Promise.all([policy.close(), policy.close(), policy[Symbol.asyncDispose]()]);
    expect(getPolicyMetadata(await failureOf(http.get('/')))).toBeUndefined();
  });

  it('leaves nothing behind after successes, retries, timeouts and failures', async () => {
    const leaks = watchLeaks();
    const { origin, http, policy } = await start({ axios, retry: { maxRetries: 2 } });
    origin.enqueue(unavailable(), reply(), never(), reply(), ...times(3, unavailable()));
    await http.get('/');
    await http.get('/', { policy: { timeout: 200 } });
    await failureOf(http.get('/'));
    await failureOf(http.get('/', { policy: { retry: false }, maxContentLength: 1 }));
    await policy.close();
    await origin.close();
    await leaks.expectNone();
  });
});

describe.each(AXIOS_COPIES)('given statistics, with $name', ({ axios }) => {
  it('counts attempts, retries, reasons, connections and the budget', async () => {
    const { origin, http, policy } = await start({ axios, retry: { maxRetries: 1 } });
    origin.enqueue(unavailable(), reply(), ...times(2, unavailable()), reply({ status: 404 }));
    await http.get('/');
    await failureOf(http.get('/'));
    await failureOf(http.get('/'));
    const url = `https://localhost:${origin.port}`;
    expect(policy.stats()).toMatchObject({
      attempts: 5,
      retries: 2,
      giveUps: { 'max-retries': 1, 'not-retryable': 1 },
      // Retries went to another connection; the first one failed twice, and that one succeeded meanwhile.
      pools: [{ origin: url, active: 0, idle: 1, pending: 0 }],
      addresses: [],
      budget: [{ origin: url, tokens: 499, capacity: 500 }],
    });
  });
});

describe.each(AXIOS_COPIES)('given many requests at once, with $name', ({ axios }) => {
  it('keeps them apart', async () => {
    const { origin, http, policy } = await start({ axios });
    const seen = new Map<string, number>();
    origin.always(
      handler((request, response) => {
        const count = (seen.get(request.url ?? '') ?? 0) + 1;
        seen.set(request.url ?? '', count);
        response.writeHead(count < 3 ? 503 : 200).end(request.url);
      }),
    );
    const paths = Array.from({ length: 60 }, (_, n) => `/${n}`);
    const responses = await Promise.all(paths.map((path) => http.get(path)));
    expect(responses.map(({ data }) => data)).toEqual(paths);
    expect(responses.map((response) => getPolicyMetadata(response)?.attempts)).toEqual(paths.map(() => 3));
    expect(policy.stats()).toMatchObject({ attempts: 180, retries: 120, giveUps: {} });
  });
});
