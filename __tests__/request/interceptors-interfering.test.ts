import { AsyncLocalStorage } from 'node:async_hooks';
import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { reply } from '../helpers/origin.js';
import { start, times, unavailable } from './setup.js';

describe.each(AXIOS_COPIES)(
  'given a request interceptor that refuses the request, with $name',
  ({ axios }) => {
    it.each([
      [
        'an AxiosError',
        (config: InternalAxiosRequestConfig) => new axios.AxiosError('no', undefined, config),
      ],
      [
        'a network error',
        (config: InternalAxiosRequestConfig) => new axios.AxiosError('no', 'ECONNRESET', config),
      ],
    ])('does not get round it by a retry of %s', async (_name, make) => {
      const hooks: string[] = [];
      let thrown: unknown;
      const before = (instance: AxiosInstance) =>
        void instance.interceptors.request.use((config) => {
          thrown = make(config);
          throw thrown;
        });
      const { origin, http, policy } = await start({
        axios,
        before,
        retry: { shouldRetry: () => true, onGiveUp: () => void hooks.push('onGiveUp') },
      });
      const error = await failureOf(http.get('/'));
      expect(error).toBe(thrown);
      expect(Object.keys(error.config ?? {})).not.toContain('axiosPolicyCall');
      expect(origin.connections).toBe(0);
      expect(hooks).toEqual([]);
      expect(policy.stats()).toMatchObject({ attempts: 0, retries: 0 });
    });
  },
);

describe.each(AXIOS_COPIES)(
  'given a response interceptor in front that calls a success an error, with $name',
  ({ axios }) => {
    const judge = (instance: AxiosInstance) =>
      void instance.interceptors.response.use((response: AxiosResponse) => {
        if (response.data.ok) return response;
        throw new axios.AxiosError('rejected', undefined, response.config, response.request, response);
      });

    it('does not ask the server again', async () => {
      const { origin, http } = await start({ axios, before: judge });
      origin.always(reply({ body: { ok: false } }));
      const error = await failureOf(http.get('/'));
      expect(error.message).toBe('rejected');
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
      expect(origin.requests).toHaveLength(1);
    });

    it('asks again if shouldRetry wants it', async () => {
      const { origin, http } = await start({
        axios,
        before: judge,
        retry: { shouldRetry: ({ kind }) => kind === 'permanent' },
      });
      origin.enqueue(reply({ body: { ok: false } }), reply({ body: { ok: true } }));
      expect((await http.get('/')).data).toEqual({ ok: true });
    });
  },
);

describe.each(AXIOS_COPIES)(
  'given a create() that gives new instances interceptors, with $name',
  ({ axios }) => {
    it('runs none of them on an attempt', async () => {
      const seen: string[] = [];
      const before = (instance: AxiosInstance) => {
        const create = instance.create.bind(instance);
        instance.create = (...args) => {
          const created = create(...args);
          created.interceptors.request.use((config) => {
            seen.push('request');
            return config;
          });
          created.interceptors.response.use((response) => {
            seen.push('response');
            return response;
          });
          return created;
        };
      };
      const { origin, http } = await start({ axios, before });
      origin.enqueue(unavailable());
      for (let i = 0; i < 2; i += 1) await http.get('/');
      expect(origin.requests).toHaveLength(3);
      expect(seen).toEqual([]);
    });
  },
);

describe.each(AXIOS_COPIES)(
  'given a request interceptor that makes a config of its own, with $name',
  ({ axios }) => {
    it('sends the request over the connections of the policy, but without retries', async () => {
      const before = (instance: AxiosInstance) =>
        void instance.interceptors.request.use((config) => {
          const { url, method, baseURL, headers, adapter, validateStatus } = config;
          return { url, method, baseURL, headers, adapter, validateStatus } as typeof config;
        });
      const { origin, http } = await start({ axios, before });
      origin.enqueue(reply({ body: 'as it is' }), unavailable());
      const response = await http.get('/');
      expect(response.data).toBe('as it is');
      expect(getPolicyMetadata(response)).toBeUndefined();
      expect((await failureOf(http.get('/'))).response?.status).toBe(503);
      expect(origin.requests).toHaveLength(2);
    });
  },
);

describe.each(AXIOS_COPIES)('given a request interceptor that encrypts, with $name', ({ axios }) => {
  const encrypt = (data: string) => `[${data}]`;
  const before = (instance: AxiosInstance) =>
    void instance.interceptors.request.use((config) => {
      config.transformRequest = [...[config.transformRequest ?? []].flat(), encrypt];
      return config;
    });

  it('sends the same encrypted bytes again, and shows its transforms on the config', async () => {
    const { origin, http } = await start({ axios, before });
    origin.enqueue(...times(2, unavailable()));
    const { config } = await http.post('/', { a: 1 });
    expect(origin.requests.map(({ body }) => body.toString())).toEqual([
      '[{"a":1}]',
      '[{"a":1}]',
      '[{"a":1}]',
    ]);
    expect([config.transformRequest].flat().at(-1)).toBe(encrypt);
  });

  it('encrypts what onRetry puts in place of the data', async () => {
    const { origin, http } = await start({
      axios,
      before,
      retry: { onRetry: ({ config }) => void Object.assign(config, { data: { b: 2 } }) },
    });
    origin.enqueue(unavailable());
    await http.post('/', { a: 1 });
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['[{"a":1}]', '[{"b":2}]']);
  });
});

describe.each(AXIOS_COPIES)(
  'given an adapter that an interceptor chose for one request, with $name',
  ({ axios }) => {
    it('is left alone when it answers, and its response looks as without a policy', async () => {
      const before = (instance: AxiosInstance) =>
        void instance.interceptors.request.use((config) => {
          config.adapter = async (own) => ({
            data: 1,
            status: 200,
            statusText: '',
            headers: {},
            config: own,
          });
          return config;
        });
      const { origin, http, policy } = await start({ axios, before });
      const response = await http.get('/');
      expect(response.data).toBe(1);
      expect(Object.keys(response.config)).not.toContain('axiosPolicyCall');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1, outcomes: [] });
      expect(policy.stats()).toMatchObject({ attempts: 1 });
      expect(origin.connections).toBe(0);
    });
  },
);

describe.each(AXIOS_COPIES)(
  'given an adapter that sends equal requests but once, with $name',
  ({ axios }) => {
    it('retries for all that wait, once', async () => {
      let sent = 0;
      let shared: Promise<AxiosResponse> | undefined;
      const answer = async (config: InternalAxiosRequestConfig) => {
        sent += 1;
        if (sent === 1) throw new axios.AxiosError('reset', 'ECONNRESET', config);
        return { data: sent, status: 200, statusText: '', headers: {}, config };
      };
      const before = (instance: AxiosInstance) => {
        instance.defaults.adapter = (config) => {
          shared ??= answer(config).finally(() => {
            shared = undefined;
          });
          return shared;
        };
      };
      const { http } = await start({ axios, before });
      const responses = await Promise.all([http.get('/same'), http.get('/same'), http.get('/same')]);
      expect(responses.map(({ data }) => data)).toEqual([2, 2, 2]);
      expect(sent).toBe(2);
    });
  },
);

describe.each(AXIOS_COPIES)('given an asynchronous context, with $name', ({ axios }) => {
  it('is there in hooks, transforms and interceptors, and after the last attempt', async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = () => void seen.push(context.getStore());
    const { origin, http } = await start({
      axios,
      before: (instance) =>
        void instance.interceptors.response.use((response) => {
          look();
          return response;
        }),
      retry: { onRetry: look, shouldRetry: look },
    });
    origin.enqueue(unavailable());
    await Promise.all(
      ['a', 'b'].map((name) =>
        context.run(name, async () => {
          await http.get(`/${name}`);
          look();
        }),
      ),
    );
    expect(seen).not.toContain(undefined);
    expect(new Set(seen)).toEqual(new Set(['a', 'b']));
  });
});
