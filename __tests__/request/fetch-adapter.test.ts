import { attachPolicy, type ClientConfig, getPolicyMetadata, PolicyConfigError } from '../../lib/index.js';
import { attached, failureOf, policyCodeOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { drip, reply, startOrigin } from '../helpers/origin.js';
import { ENDLESS, QUICK, unavailable } from './setup.js';

/** Everything that is about connections. */
const CONNECTIONS = {
  allowInvalidCertificates: true,
  connectTimeout: '2s',
  http1Only: false,
  http2Only: true,
  http2KeepAliveInterval: '15s',
  http2KeepAliveTimeout: '5s',
  http2KeepAliveWhileIdle: true,
  poolIdleTimeout: '10s',
  poolMaxIdlePerHost: 4,
  proxyUrl: 'http://user:secret@proxy.test:3128',
  proxyExcludes: ['.internal'],
  readTimeout: '1s',
  tls: { ca: 'secret' },
} satisfies ClientConfig;

const SWITCHED_OFF = {
  allowInvalidCertificates: 'no',
  connectTimeout: false,
  http1Only: true,
  http2Only: 'false',
  http2KeepAliveInterval: false,
  http2KeepAliveWhileIdle: false,
  proxyExcludes: [],
  readTimeout: false,
  tls: {},
} satisfies ClientConfig;

const ENDLESSLY = { pieces: Array(10_000).fill('x') as string[], everyMs: 10 };

/** Without the trust that the tests' instances have otherwise, which is a field about connections. */
const CLIENT = { allowHttp: true, tls: undefined } as const;

function problemsOf(attach: () => unknown): PolicyConfigError['problems'] {
  try {
    attach();
  } catch (error) {
    if (error instanceof PolicyConfigError) return error.problems;
    throw error;
  }
  return [];
}

function warnings() {
  return jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
}

afterEach(() => jest.restoreAllMocks());

describe.each(AXIOS_COPIES)('a policy beside the fetch adapter, with $name', ({ axios }) => {
  it.each([
    ['has the default adapters', undefined],
    ['may choose http', ['xhr', 'http'] as never],
    ['has an adapter of its own', async () => ({}) as never],
  ])('an instance that %s takes fields about connections', (_what, adapter) => {
    const http = axios.create(adapter === undefined ? {} : { adapter });
    const client = { ...CONNECTIONS, tls: undefined, allowInvalidCertificates: undefined };
    expect(problemsOf(() => attachPolicy(http, { client }).detach())).toEqual([]);
  });

  it('a request over connections of the policy warns of nothing', async () => {
    const warned = warnings();
    const origin = await startOrigin();
    const { http } = attached({ axios, client: { connectTimeout: '2s' } });
    await http.get(origin.url);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe.each(AXIOS_COPIES)('an instance whose only adapter is fetch, with $name', ({ axios }) => {
  it('refuses every field about connections, by name', () => {
    const http = axios.create({ adapter: 'fetch' });
    const problems = problemsOf(() => attachPolicy(http, { client: CONNECTIONS }));
    expect(problems.map(({ path }) => path)).toEqual(Object.keys(CONNECTIONS).map((key) => `client.${key}`));
    expect(problems[1]).toEqual({
      path: 'client.connectTimeout',
      expected: 'no value (adapter fetch makes its own connections)',
      received: "'2s'",
    });
    expect(JSON.stringify(problems)).not.toContain('secret');
  });

  it('refuses them together with whatever else is wrong, as they were spelled', () => {
    const http = axios.create({ adapter: ['xhr', 'fetch'] });
    const config = { client_options: { pool_idle_timeout: '10s' }, retry: { maxRetries: -1 } };
    expect(problemsOf(() => attachPolicy(http, config as never)).map(({ path }) => path)).toEqual([
      'retry.maxRetries',
      'client_options.pool_idle_timeout',
    ]);
  });

  it('is not touched by a policy that it refuses', () => {
    const http = axios.create({ adapter: 'fetch' });
    expect(problemsOf(() => attachPolicy(http, { client: { connectTimeout: 1 } }))).toHaveLength(1);
    expect(problemsOf(() => attachPolicy(http).detach())).toEqual([]);
  });

  it.each([
    ['nothing', {}],
    ['fields that merely switch something off', SWITCHED_OFF],
    ['a deadline, a User-Agent and a type', { timeout: '1s', userAgent: 'a', defaultContentType: 'a/b' }],
  ])('takes %s', (_what, client) => {
    const http = axios.create({ adapter: 'fetch' });
    expect(problemsOf(() => attachPolicy(http, { client }).detach())).toEqual([]);
  });
});

describe.each(AXIOS_COPIES)('a request through the fetch adapter, with $name', ({ axios }) => {
  const defaults = { adapter: 'fetch' } as const;

  it('is tried again, and tells of it', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: CLIENT, defaults, retry: { backoff: QUICK } });
    origin.enqueue(unavailable(), unavailable());
    const response = await http.put(origin.url, { a: 1 });
    expect(response.data).toBe('Hello World');
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(Array(3).fill('{"a":1}'));
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 3, retries: 2 });
  });

  it('ends with its deadline, also while the body drips', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: { ...CLIENT, timeout: 100 }, defaults });
    origin.enqueue(drip(ENDLESSLY));
    const error = await failureOf(http.get(origin.url));
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 100ms exceeded' });
    expect(getPolicyMetadata(error)?.outcomes).toMatchObject([{ kind: 'timeout' }]);
  });

  it('ends in the middle of a delay when it is aborted', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: CLIENT, defaults, retry: { backoff: ENDLESS } });
    origin.enqueue(unavailable());
    const controller = new AbortController();
    const onRetry = () => void setTimeout(() => controller.abort());
    const { signal } = controller;
    const failure = failureOf(http.get(origin.url, { signal, policy: { retry: { onRetry } } }));
    expect(axios.isCancel(await failure)).toBe(true);
    expect(origin.requests).toHaveLength(1);
  });

  it('has the default Content-Type and User-Agent', async () => {
    const origin = await startOrigin();
    const own = { ...CLIENT, defaultContentType: 'application/x-thing', userAgent: 'thing/1' };
    const { http } = attached({ axios, client: own, defaults });
    await http.post(origin.url, Buffer.from('a'));
    expect(origin.requests[0]?.headers).toMatchObject({
      'content-type': 'application/x-thing',
      'user-agent': 'thing/1',
    });
  });

  it.each([
    ['plain', 'http://'],
    ['with a tab, which fetch passes over', 'ht\ttp://'],
  ])('is refused without allowHttp if its URL is http:// (%s)', async (_how, scheme) => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: { ...CLIENT, allowHttp: false }, defaults });
    const error = await failureOf(http.get(origin.url.replace('http://', scheme)));
    expect(policyCodeOf(error)).toBe('ERR_POLICY_HTTP_NOT_ALLOWED');
    expect(origin.requests).toHaveLength(0);
  });
});

describe.each(AXIOS_COPIES)('a body that is streamed by the fetch adapter, with $name', ({ axios }) => {
  const defaults = { adapter: 'fetch', responseType: 'stream' } as const;

  it('arrives whole, and lets go of the policy', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached({ axios, client: CLIENT, defaults });
    origin.enqueue(reply({ body: 'x'.repeat(200_000) }));
    const { data } = await http.get<ReadableStream>(origin.url);
    expect(await new Response(data).text()).toHaveLength(200_000);
    await policy.close();
  });

  it('ends with its deadline', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: { ...CLIENT, timeout: 150 }, defaults });
    origin.enqueue(drip(ENDLESSLY));
    // On a busy machine the time may be up before there is a body.
    const text = http.get<ReadableStream>(origin.url).then(({ data }) => new Response(data).text());
    const error = await failureOf(text);
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 150ms exceeded' });
    expect(error).toBeInstanceOf(axios.AxiosError);
  });

  it('outlives a deadline that only bounds silence', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: CLIENT, defaults });
    origin.enqueue(drip({ pieces: Array(20).fill('x'), everyMs: 10 }));
    const { data } = await http.get<ReadableStream>(origin.url);
    expect(await new Response(data).text()).toBe('x'.repeat(20));
  });

  it('ends when the request is aborted, read or not', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached({ axios, client: CLIENT, defaults });
    origin.enqueue(drip(ENDLESSLY));
    const controller = new AbortController();
    const { data } = await http.get<ReadableStream>(origin.url, { signal: controller.signal });
    controller.abort();
    await policy.close();
    expect(axios.isCancel(await failureOf(data.getReader().read()))).toBe(true);
  });

  it('ends when nobody wants it', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached({ axios, client: CLIENT, defaults });
    origin.enqueue(drip(ENDLESSLY));
    const { data } = await http.get<ReadableStream>(origin.url);
    await data.cancel();
    await policy.close();
    expect(policy.stats()).toMatchObject({ attempts: 1, giveUps: {} });
  });

  it('fails as it does without a policy when it is cut', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: CLIENT, defaults });
    origin.enqueue(drip(ENDLESSLY));
    const { data } = await http.get<ReadableStream>(origin.url);
    const text = failureOf(new Response(data).text());
    await origin.close();
    expect(await text).toMatchObject({ name: 'TypeError', message: 'terminated' });
  });
});

describe.each(AXIOS_COPIES)(
  'a request that chooses the fetch adapter for itself, with $name',
  ({ axios }) => {
    it('warns once per policy of the fields that were set and cannot hold', async () => {
      const warned = warnings();
      const origin = await startOrigin();
      const client = { connectTimeout: '2s', poolMaxIdlePerHost: 3, userAgent: 'a' };
      const { http } = attached({ axios, client: { ...CLIENT, ...client } });
      await http.get(origin.url, { adapter: 'fetch' });
      await http.get(origin.url, { adapter: ['fetch'], policy: { readTimeout: '1s' } });
      expect(warned.mock.calls).toEqual([
        [
          'client.connectTimeout, client.poolMaxIdlePerHost: cannot hold for a request whose adapter fetch makes its own connections',
          { type: 'AxiosPolicyWarning', code: 'AXIOS_POLICY_UNHELD_FIELDS' },
        ],
      ]);
    });

    it('warns again after an update only of what the update changed', async () => {
      const warned = warnings();
      const origin = await startOrigin();
      const client = { ...CLIENT, connectTimeout: '2s' } as const;
      const { http, policy } = attached({ axios, client });
      const warnedOf = async (set: ClientConfig) => {
        policy.update({ client: set });
        await http.get(origin.url, { adapter: 'fetch' });
        const paths = warned.mock.calls.map(([message]) => String(message).split(':')[0]);
        warned.mockClear();
        return paths;
      };
      expect(await warnedOf(client)).toEqual(['client.connectTimeout']);
      expect(await warnedOf({ ...client, userAgent: 'b' })).toEqual([]);
      expect(await warnedOf({ ...client, poolMaxIdlePerHost: 3 })).toEqual([
        'client.connectTimeout, client.poolMaxIdlePerHost',
      ]);
    });

    it('warns of its own readTimeout', async () => {
      const warned = warnings();
      const origin = await startOrigin();
      const { http } = attached({ axios, client: CLIENT });
      await http.get(origin.url, { adapter: 'fetch', policy: { readTimeout: '1s' } });
      expect(warned.mock.calls.map(([message]) => message)).toEqual([
        expect.stringMatching(/^policy\.readTimeout: cannot hold/),
      ]);
    });

    it('warns of nothing if nothing was set', async () => {
      const warned = warnings();
      const origin = await startOrigin();
      const { http } = attached({ axios, client: { ...CLIENT, timeout: '5s' } });
      await http.get(origin.url, { adapter: 'fetch' });
      await http.get(origin.url);
      expect(warned).not.toHaveBeenCalled();
    });
  },
);
