import { Agent } from 'node:https';
import { inspect } from 'node:util';
import type { AxiosError, AxiosInstance } from 'axios';
import { describeFailure, getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { reply, reset } from '../helpers/origin.js';
import { delay } from '../helpers/wait.js';
import { start, times, unavailable } from './setup.js';

const KEY = 'axiosPolicyCall';

describe.each(AXIOS_COPIES)('given a response, with $name', ({ axios }) => {
  it('tells of the one attempt of a success', async () => {
    const { http } = await start({ axios });
    const before = Date.now();
    const metadata = getPolicyMetadata(await http.get('/'));
    expect(metadata).toMatchObject({ attempts: 1, retries: 0, delaysMs: [], outcomes: [] });
    expect(metadata).not.toHaveProperty('giveUp');
    expect(metadata?.startedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(metadata?.startedAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(metadata?.elapsedMs).toBeGreaterThan(0);
    expect(metadata?.remainingMs).toBeCloseTo(180_000 - (metadata?.elapsedMs ?? 0), 3);
  });

  it('tells of every attempt before it', async () => {
    const { origin, http } = await start({ axios, client: { poolMaxIdlePerHost: 0 } });
    origin.enqueue(unavailable(), reset());
    const response = await http.get('/');
    expect(getPolicyMetadata(response)).toMatchObject({
      attempts: 3,
      retries: 2,
      outcomes: [
        { kind: 'status', status: 503, code: 'ERR_BAD_RESPONSE' },
        { kind: 'dropped', code: 'ECONNRESET' },
      ],
    });
    expect(getPolicyMetadata(response)?.delaysMs).toEqual([1, expect.any(Number)]);
    expect(getPolicyMetadata(response.config)).toEqual(getPolicyMetadata(response));
  });

  it('stands still once the request has ended', async () => {
    const { http } = await start({ axios });
    const response = await http.get('/');
    const first = getPolicyMetadata(response)?.elapsedMs;
    await delay(10);
    expect(getPolicyMetadata(response)?.elapsedMs).toBe(first);
  });
});

describe.each(AXIOS_COPIES)('given an error, with $name', ({ axios }) => {
  it('tells of every attempt and why it gave up', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 2 } });
    origin.always(unavailable());
    const error = await failureOf(http.get('/'));
    expect(error).toBeInstanceOf(axios.AxiosError);
    expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', status: 503, response: { data: 'not now' } });
    const metadata = getPolicyMetadata(error);
    expect(metadata).toMatchObject({ attempts: 3, retries: 2, giveUp: 'max-retries' });
    expect(metadata?.outcomes).toHaveLength(3);
    expect(getPolicyMetadata(error.config)).toEqual(metadata);
    expect(getPolicyMetadata(new Error('mine', { cause: error }))).toEqual(metadata);
  });

  it('survives JSON, and is a value that nobody can change', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 0 } });
    origin.always(unavailable());
    const metadata = getPolicyMetadata(await failureOf(http.get('/')));
    expect(JSON.parse(JSON.stringify(metadata))).toEqual({
      ...metadata,
      startedAt: metadata?.startedAt.toISOString(),
    });
    expect(Object.isFrozen(metadata)).toBe(true);
    expect(Object.isFrozen(metadata?.outcomes)).toBe(true);
  });
});

describe.each(AXIOS_COPIES)('given a config, with $name', ({ axios }) => {
  it('is live while the request runs', async () => {
    const seen: (number | undefined)[][] = [];
    const { origin, http } = await start({
      axios,
      before: (instance: AxiosInstance) =>
        void instance.interceptors.response.use(undefined, async (error: AxiosError) => {
          const look = () => getPolicyMetadata(error.config)?.elapsedMs;
          const first = look();
          await delay(5);
          seen.push([getPolicyMetadata(error)?.attempts, first, look()]);
          throw error;
        }),
    });
    origin.enqueue(...times(2, unavailable()));
    await http.get('/');
    expect(seen.map(([attempts]) => attempts)).toEqual([1, 2]);
    for (const [, first = 0, second = 0] of seen) expect(second).toBeGreaterThan(first);
  });
});

describe('given something without a policy', () => {
  it.each([
    [undefined],
    [null],
    ['text'],
    [7],
    [{}],
    [new Error('other')],
    [{ config: null }],
    [{ cause: {} }],
  ])('tells nothing of %p', (target) => {
    expect(getPolicyMetadata(target)).toBeUndefined();
  });

  it('does not follow a chain of causes without end', () => {
    const error: Error = new Error('snake');
    error.cause = error;
    expect(getPolicyMetadata(error)).toBeUndefined();
  });

  it('describes any failure all the same', () => {
    expect(describeFailure(new Error('odd'))).toMatch(/failed.*odd/);
    expect(describeFailure(undefined)).toMatch(/failed/);
    expect(describeFailure('text')).toMatch(/text/);
  });
});

describe.each(AXIOS_COPIES)('given the config of a request that has ended, with $name', ({ axios }) => {
  it.each(['a success', 'a failure'])('shows nothing of the policy after %s', async (ending) => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 1 } });
    origin.enqueue(unavailable(), ending === 'a success' ? reply() : unavailable());
    const result = await http.get('/').catch((error: AxiosError) => error);
    const { config } = result as AxiosError;
    expect(Object.keys(config ?? {})).not.toContain(KEY);
    expect(JSON.stringify(config)).not.toContain(KEY);
    expect(inspect(config, { depth: 5 })).not.toContain(KEY);
    expect(inspect(result, { depth: 1 })).not.toContain(KEY);
    if (result instanceof axios.AxiosError) expect(JSON.stringify(result)).not.toContain(KEY);
  });

  it.each([0, 1])(
    'is the config of bare axios after %i retries, but for what axios sent',
    async (retries) => {
      const { origin, http } = await start({ axios });
      const config = { timeout: 5000, responseType: 'text', params: { q: [1] }, maxRedirects: 2 } as const;
      origin.enqueue(...times(retries, unavailable()));
      const ours = (await http.post('/', { a: 1 }, config)).config;
      const agent = new Agent({ ca });
      const bare = (await http.post('/', { a: 1 }, { ...config, policy: false, httpsAgent: agent })).config;
      const comparable = ({ httpsAgent: _, policy: __, headers, ...others }: typeof bare) => ({
        ...others,
        headers: headers.toJSON(),
      });
      expect(comparable(ours)).toEqual(comparable(bare));
      expect(new Set(Object.keys(comparable(ours)))).toEqual(new Set(Object.keys(comparable(bare))));
      expect(ours.httpsAgent).toBeUndefined();
    },
  );

  it('makes a new request when the caller sends it again', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 1 } });
    origin.enqueue(...times(2, unavailable()), unavailable(), reply({ body: 'fresh' }));
    const error = await failureOf(http.get('/path'));
    const first = getPolicyMetadata(error);
    const response = await http(error.config ?? {});
    expect(response.data).toBe('fresh');
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, retries: 1 });
    expect(getPolicyMetadata(error)).toEqual(first);
    expect(origin.requests.map(({ url }) => url)).toEqual(times4('/path'));
  });
});

describe.each(AXIOS_COPIES)('given a failure to describe, with $name', ({ axios }) => {
  it('says it in one line, without credentials and query', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 3, retryTimeout: '3min' } });
    origin.always(unavailable());
    const url = `https://me:hunter2@localhost:${origin.port}/path?token=t0p`;
    const line = describeFailure(await failureOf(http.get(url, { params: { key: 's3cret' } })));
    expect(line).toMatch(
      /^GET https:\/\/localhost:\d+\/path failed after 3 retries in [\d.]+ m?s \(maxRetries 3, retryTimeout 3m\): 503 Service Unavailable$/,
    );
  });

  it('leaves the whole URL out of a sensitive request', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 0 } });
    origin.always(unavailable());
    const line = describeFailure(await failureOf(http.get('/secret', { policy: { sensitive: true } })));
    expect(line).not.toMatch(/secret|localhost/);
  });

  it('looks through a wrapper for the request', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 0 } });
    origin.always(unavailable());
    const cause = await failureOf(http.get('/path'));
    expect(describeFailure(new Error('my api', { cause }))).toMatch(/^GET https:\S+\/path failed .*my api$/);
  });
});

describe.each(AXIOS_COPIES)('given secrets in a request, with $name', ({ axios }) => {
  const SECRETS = /hunter2|s3cret|c00kie/;

  it('has none of them in metadata, descriptions, statistics and events', async () => {
    const events: unknown[] = [];
    const { origin, http, policy } = await start({
      axios,
      retry: {
        maxRetries: 1,
        onRetry: ({ config: _, error: __, response: ___, ...event }) => void events.push(event),
        onGiveUp: ({ config: _, error: __, response: ___, ...event }) => void events.push(event),
      },
    });
    origin.always(unavailable());
    const error = await failureOf(
      http.post(`https://me:hunter2@localhost:${origin.port}/?k=s3cret`, 'x', {
        headers: { Authorization: 'Bearer s3cret', Cookie: 'c00kie=1' },
      }),
    );
    expect(events).toHaveLength(2);
    const shown = [events, getPolicyMetadata(error), describeFailure(error), policy.stats(), policy.config];
    for (const value of [...shown, policy]) {
      expect(inspect(value, { depth: 10 })).not.toMatch(SECRETS);
      expect(JSON.stringify(value)).not.toMatch(SECRETS);
    }
  });
});

const times4 = (url: string): string[] => [url, url, url, url];
