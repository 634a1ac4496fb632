import { Agent } from 'node:https';
import type { AxiosError, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { reply } from '../helpers/origin.js';
import { start, times, unavailable } from './setup.js';

/** Counts how often each side of the interceptors runs. */
function counting() {
  const runs = { request: 0, fulfilled: 0, rejected: 0 };
  const add = (instance: AxiosInstance) => {
    instance.interceptors.request.use((config) => {
      runs.request += 1;
      return config;
    });
    instance.interceptors.response.use(
      (response) => {
        runs.fulfilled += 1;
        return response;
      },
      (error) => {
        runs.rejected += 1;
        throw error;
      },
    );
  };
  return { runs, add };
}

describe.each(AXIOS_COPIES)(
  'given a request interceptor that freezes the config, with $name',
  ({ axios }) => {
    it('sends the request, and retries it', async () => {
      const { origin, http } = await start({ axios });
      http.interceptors.request.use((config) => Object.freeze(config));
      origin.enqueue(unavailable());
      expect(getPolicyMetadata(await http.post('/', { a: 1 }))?.attempts).toBe(2);
      expect(origin.requests.map(({ body }) => body.toString())).toEqual(['{"a":1}', '{"a":1}']);
    });
  },
);

describe.each(AXIOS_COPIES)('given interceptors registered before the policy, with $name', ({ axios }) => {
  it('runs the request side once, and the response side for each of three attempts', async () => {
    const { runs, add } = counting();
    const { origin, http } = await start({ axios, before: add });
    origin.enqueue(...times(2, unavailable()));
    await http.get('/');
    expect(runs).toEqual({ request: 1, fulfilled: 1, rejected: 2 });
    expect(origin.requests).toHaveLength(3);
  });

  it('gives the caller what `res => res.data` makes of the response, retried or not', async () => {
    const before = (instance: AxiosInstance) =>
      void instance.interceptors.response.use((response) => response.data);
    const { origin, http } = await start({ axios, before });
    origin.enqueue(reply({ body: { n: 1 } }), ...times(2, unavailable()), reply({ body: { n: 2 } }));
    expect([await http.get('/'), await http.get('/')]).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('is not misled by a body with a status of its own when shouldRetry looks at it', async () => {
    const before = (instance: AxiosInstance) =>
      void instance.interceptors.response.use((response) => response.data);
    const statuses: unknown[] = [];
    const { origin, http } = await start({
      axios,
      before,
      retry: { shouldRetry: ({ status }) => void statuses.push(status) },
    });
    origin.enqueue(unavailable(), reply({ body: { status: 'active' } }));
    expect(await http.get('/')).toEqual({ status: 'active' });
    expect(statuses).toEqual([503, undefined]);
  });

  it('retries an error that was wrapped with its cause', async () => {
    const before = (instance: AxiosInstance) =>
      void instance.interceptors.response.use(undefined, (cause: AxiosError) => {
        throw new Error('api', { cause });
      });
    const { origin, http } = await start({ axios, before, retry: { maxRetries: 1 } });
    origin.enqueue(unavailable(), reply(), ...times(2, unavailable()));
    expect((await http.get('/')).status).toBe(200);
    const error = await failureOf(http.get('/'));
    expect(error.message).toBe('api');
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 2, giveUp: 'max-retries' });
  });

  it.each([[new Error('api')], ['a string'], [null], [undefined], [{ code: 7 }]])(
    'lets %p through that says nothing of its cause',
    async (thrown) => {
      const before = (instance: AxiosInstance) =>
        void instance.interceptors.response.use(undefined, () => Promise.reject(thrown));
      const { origin, http } = await start({ axios, before });
      origin.always(unavailable());
      expect(await failureOf(http.get('/'))).toBe(thrown);
      expect(origin.requests).toHaveLength(1);
    },
  );

  it('lets a failure pass that one of them has recovered from', async () => {
    const before = (instance: AxiosInstance) =>
      void instance.interceptors.response.use(undefined, () => 'recovered');
    const { origin, http } = await start({ axios, before });
    origin.enqueue(unavailable());
    expect(await http.get('/')).toBe('recovered');
    expect(origin.requests).toHaveLength(1);
  });

  it('sees nothing of the policy on the config but its metadata', async () => {
    const configs: string[] = [];
    const before = (instance: AxiosInstance) =>
      void instance.interceptors.response.use(undefined, (error: AxiosError) => {
        configs.push(JSON.stringify(error.config));
        throw error;
      });
    const { origin, http } = await start({ axios, before });
    origin.enqueue(unavailable());
    await http.get('/', { headers: { 'X-Mine': '1' } });
    expect(JSON.parse(configs[0] ?? '')).toMatchObject({ axiosPolicyCall: { attempts: 1 } });
  });
});

describe.each(AXIOS_COPIES)('given interceptors registered after the policy, with $name', ({ axios }) => {
  it('runs each side once for three attempts', async () => {
    const { runs, add } = counting();
    const { origin, http } = await start({ axios });
    add(http);
    origin.enqueue(...times(2, unavailable()));
    await http.get('/');
    expect(runs).toEqual({ request: 1, fulfilled: 1, rejected: 0 });
  });

  it('runs the rejected side once, on the last failure', async () => {
    const { runs, add } = counting();
    const { origin, http } = await start({ axios, retry: { maxRetries: 3 } });
    add(http);
    origin.always(unavailable());
    await failureOf(http.get('/'));
    expect(runs).toEqual({ request: 1, fulfilled: 0, rejected: 1 });
    expect(origin.requests).toHaveLength(4);
  });

  it('gives the caller what `res => res.data` makes of the last response', async () => {
    const { origin, http } = await start({ axios });
    let runs = 0;
    http.interceptors.response.use((response) => {
      runs += 1;
      return response.data;
    });
    origin.enqueue(...times(2, unavailable()), reply({ body: { n: 1 } }));
    expect(await http.get('/')).toEqual({ n: 1 });
    expect(runs).toBe(1);
  });
});

describe.each(AXIOS_COPIES)('given a request interceptor that edits the request, with $name', ({ axios }) => {
  const knowsOrder = 'legacyInterceptorReqResOrdering' in (axios.defaults.transitional ?? {});

  it.each(knowsOrder ? [true, false] : [undefined])(
    'sends the same bytes and headers on every attempt (legacyInterceptorReqResOrdering: %p)',
    async (legacyInterceptorReqResOrdering) => {
      let made = 0;
      const edit = (instance: AxiosInstance) =>
        void instance.interceptors.request.use((config) => {
          made += 1;
          config.url = `/v${made}${config.url}`;
          config.headers.set('Idempotency-Key', `k${made}`);
          config.headers.delete('X-Default');
          return { ...config };
        });
      const { origin, http } = await start({
        axios,
        before: edit,
        defaults: {
          headers: { 'X-Default': 'gone', 'X-Kept': 'here' },
          ...(knowsOrder && { transitional: { legacyInterceptorReqResOrdering } }),
        },
      });
      edit(http);
      origin.enqueue(...times(2, unavailable()));
      await http.post('/path', { a: [1, 'ü'] }, { params: { q: 1 }, auth: { username: 'u', password: 'p' } });
      expect(origin.requests).toHaveLength(3);
      const [first, ...others] = origin.requests.map(({ method, url, rawHeaders, body }) => {
        const headers = Array.from({ length: rawHeaders.length / 2 }, (_, i) =>
          rawHeaders.slice(2 * i, 2 * i + 2).join(': '),
        );
        return { method, url, headers: new Set(headers), body: body.toString() };
      });
      expect(first).toMatchObject({ url: '/v2/v1/path?q=1', body: '{"a":[1,"ü"]}' });
      expect(first?.headers).toContain('X-Kept: here');
      expect(first?.headers).not.toContain('X-Default: gone');
      expect(others).toEqual([first, first]);
    },
  );

  it('runs transformRequest once', async () => {
    const { origin, http } = await start({ axios });
    let runs = 0;
    origin.enqueue(...times(2, unavailable()));
    const transformRequest = (data: string) => {
      runs += 1;
      return `${data}${runs}`;
    };
    await http.post('/', 'body', { transformRequest });
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['body1', 'body1', 'body1']);
  });

  it('runs transformResponse for each attempt, on that attempt’s body', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable(), reply({ body: 'good' }));
    const bodies: unknown[] = [];
    const { data } = await http.get('/', {
      transformResponse: (body: string) => {
        bodies.push(body);
        return body.toUpperCase();
      },
    });
    expect(bodies).toEqual(['not now', 'good']);
    expect(data).toBe('GOOD');
  });

  it('keeps what it put on the config, by identity, until the response', async () => {
    const symbol = Symbol('trace');
    const trace = { started: 1 };
    const { origin, http } = await start({ axios });
    http.interceptors.request.use((config) => Object.assign(config, { trace, [symbol]: trace }));
    origin.enqueue(...times(2, unavailable()));
    const { config } = (await http.get('/')) as AxiosResponse & { config: Record<PropertyKey, unknown> };
    expect(config.trace).toBe(trace);
    expect(config[symbol]).toBe(trace);
  });

  it('uses an adapter that it chose, on every attempt', async () => {
    let runs = 0;
    const before = (instance: AxiosInstance) =>
      void instance.interceptors.request.use((config) => {
        config.adapter = async (own) => {
          runs += 1;
          const response = { data: 'cached', status: runs < 3 ? 503 : 200, statusText: '', headers: {} };
          if (response.status === 200) return { ...response, config: own };
          throw new axios.AxiosError('bad', 'ERR_BAD_RESPONSE', own, null, { ...response, config: own });
        };
        return config;
      });
    const { origin, http } = await start({ axios, before });
    const response = await http.get('/');
    expect(response.data).toBe('cached');
    expect(runs).toBe(3);
    expect(origin.requests).toEqual([]);
    expect(Object.keys(response.config)).not.toContain('axiosPolicyCall');
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 3 });
  });

  it('rejects with what it throws, without an attempt', async () => {
    const { origin, http } = await start({ axios });
    const thrown = new Error('no token');
    http.interceptors.request.use(() => Promise.reject(thrown));
    expect(await failureOf(http.get('/'))).toBe(thrown);
    expect(origin.requests).toEqual([]);
  });
});

describe.each(AXIOS_COPIES)(
  'given an interceptor that makes requests with the same instance, with $name',
  ({ axios }) => {
    it('does not retry the outer request for a failure of the inner one', async () => {
      const gaveUp: string[] = [];
      const { origin, http, policy } = await start({
        axios,
        retry: { maxRetries: 1, onGiveUp: ({ url }) => void gaveUp.push(new URL(url).pathname) },
      });
      http.interceptors.request.use(async (config: InternalAxiosRequestConfig) => {
        if (config.url !== '/token') await http.post('/token');
        return config;
      });
      origin.always(unavailable());
      const error = await failureOf(http.get('/data'));
      expect(error.config?.url).toBe('/token');
      expect(origin.requests.map(({ url }) => url)).toEqual(['/token', '/token']);
      expect(gaveUp).toEqual(['/token']);
      expect(policy.stats().giveUps).toEqual({ 'max-retries': 1 });
    });

    it.each(['before', 'after'])('refreshes a token %s the policy and asks again', async (when) => {
      const refresh = (instance: AxiosInstance) =>
        void instance.interceptors.response.use(undefined, async (error: AxiosError) => {
          if (error.response?.status !== 401 || error.config === undefined) throw error;
          error.config.headers.set('Authorization', 'Bearer new');
          return instance(error.config);
        });
      const asked: unknown[] = [];
      const { origin, http } = await start({
        axios,
        before: when === 'before' ? refresh : () => undefined,
        retry: { shouldRetry: ({ status }) => void asked.push(status) },
      });
      if (when === 'after') refresh(http);
      origin.enqueue(reply({ status: 401 }), unavailable(), reply({ body: 'in' }));
      const response = await http.get('/');
      expect(response.data).toBe('in');
      expect(origin.requests.map(({ headers }) => headers.authorization)).toEqual([
        undefined,
        'Bearer new',
        'Bearer new',
      ]);
      expect(asked).toEqual(when === 'before' ? [503, 200] : [401, 503, 200]);
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2 });
    });

    it('does not retry a request that was made without the policy', async () => {
      const httpsAgent = new Agent({ ca });
      const before = (instance: AxiosInstance) =>
        void instance.interceptors.response.use(undefined, (error: AxiosError) => {
          if (error.config?.policy === false) throw error;
          return instance({ ...error.config, policy: false, httpsAgent });
        });
      const { origin, http } = await start({ axios, before });
      origin.always(unavailable());
      const error = await failureOf(http.get('/'));
      expect(error.response?.status).toBe(503);
      expect(origin.requests).toHaveLength(2);
      expect(getPolicyMetadata(error)).toBeUndefined();
    });
  },
);

describe.each(AXIOS_COPIES)('given eleven attempts, with $name', ({ axios }) => {
  async function stackAfter(maxRetries: number): Promise<string[]> {
    const { origin, http } = await start({ axios, retry: { maxRetries } });
    origin.always(unavailable());
    const error = await failureOf(http.get('/'));
    expect(origin.requests).toHaveLength(maxRetries + 1);
    return error.stack?.split('\n') ?? [];
  }

  it('ends with a stack no longer than after two', async () => {
    const [short, long] = [await stackAfter(1), await stackAfter(10)];
    expect(long.length).toBe(short.length);
  });

  it('ends with the caller in the stack, and few frames of ours', async () => {
    const stack = await stackAfter(10);
    expect(stack.join('\n')).toContain('stackAfter');
    expect(stack.filter((frame) => /[\\/]lib[\\/]request/.test(frame)).length).toBeLessThanOrEqual(8);
  });
});

describe.each(AXIOS_COPIES)('given interceptors of others that are ejected, with $name', ({ axios }) => {
  it('leaves every one where it was, so that its own id still removes it', async () => {
    const runs: string[] = [];
    const note = (name: string) => (response: AxiosResponse) => {
      runs.push(name);
      return response;
    };
    let early = -1;
    const { origin, http } = await start({
      axios,
      before: (instance) => {
        early = instance.interceptors.response.use(note('early'));
      },
    });
    const late = http.interceptors.response.use(note('late'));
    await http.get('/');
    http.interceptors.response.eject(early);
    await http.get('/');
    http.interceptors.response.eject(late);
    origin.enqueue(unavailable());
    await http.get('/');
    expect(runs).toEqual(['early', 'late', 'late']);
    expect(origin.requests).toHaveLength(4);
  });

  it('finishes a request under way when all are cleared', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    const request = http.get('/');
    http.interceptors.response.clear();
    expect((await request).status).toBe(200);
  });
});

describe.each(AXIOS_COPIES)('given nothing but synchronous interceptors, with $name', ({ axios }) => {
  it('dispatches in the calling tick, as bare axios does', async () => {
    const { http } = await start({ axios });
    let dispatched = false;
    const request = http.get('/', {
      adapter: async (config) => {
        dispatched = true;
        return { data: 1, status: 200, statusText: 'OK', headers: {}, config };
      },
    });
    expect(dispatched).toBe(true);
    await request;
  });

  it('hands the request to Node in the calling tick', async () => {
    const { http, policy } = await start({ axios });
    const request = http.get('/');
    const [pool] = policy.stats().pools;
    expect((pool?.active ?? 0) + (pool?.pending ?? 0)).toBe(1);
    await request;
  });
});
