import type { AxiosRequestConfig, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { type GiveUpEvent, getPolicyMetadata, type Outcome, type RetryEvent } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { never, reply, reset } from '../helpers/origin.js';
import { delay } from '../helpers/wait.js';
import { start, times, unavailable } from './setup.js';

const dataOf = ({ response }: Outcome): unknown => (response as AxiosResponse | undefined)?.data;

/** Catches the process warnings of a test; what they say. */
function warnings(): () => string[] {
  const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  return () => emitWarning.mock.calls.map(([message]) => String(message));
}

afterEach(() => jest.restoreAllMocks());

describe.each(AXIOS_COPIES)('given shouldRetry, with $name', ({ axios }) => {
  it('is asked for every outcome, with what is known of it', async () => {
    const outcomes: Outcome[] = [];
    const { origin, http } = await start({
      axios,
      client: { poolMaxIdlePerHost: 0 },
      retry: { shouldRetry: (outcome) => void outcomes.push(outcome) },
    });
    origin.enqueue(unavailable(), reset());
    await http.put(`https://me:hunter2@localhost:${origin.port}/p?q=1`, 'x');
    const url = `https://localhost:${origin.port}/p`;
    const shared = { method: 'PUT', url, idempotent: true, elapsedMs: expect.any(Number) };
    expect(outcomes).toEqual([
      expect.objectContaining({ ...shared, kind: 'status', status: 503, attempt: 1, retries: 0 }),
      expect.objectContaining({ ...shared, kind: 'dropped', code: 'ECONNRESET', attempt: 2, retries: 1 }),
      expect.objectContaining({ ...shared, kind: 'ok', status: 200, attempt: 3, error: undefined }),
    ]);
    expect(outcomes[0]?.error).toBeInstanceOf(axios.AxiosError);
  });

  it.each([false, true])('retries a 200 whose body is an error (async: %p)', async (isAsync) => {
    const shouldRetry = (outcome: Outcome) => {
      const answer = (dataOf(outcome) as { error?: string }).error === 'busy' || undefined;
      return isAsync ? delay(2).then(() => answer) : answer;
    };
    const { origin, http } = await start({ axios, retry: { shouldRetry } });
    origin.enqueue(...times(2, reply({ body: { error: 'busy' } })), reply({ body: { n: 1 } }));
    const response = await http.get('/');
    expect(response.data).toEqual({ n: 1 });
    const refused = { kind: 'ok', status: 200 };
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 3, outcomes: [refused, refused] });
  });

  it('resolves with the last one, and says so to onGiveUp, when a limit ends it', async () => {
    const gaveUp: unknown[] = [];
    const { origin, http, policy } = await start({
      axios,
      retry: {
        maxRetries: 2,
        shouldRetry: ({ status }) => status === 503,
        onGiveUp: ({ reason, status }) => void gaveUp.push([reason, status]),
      },
      defaults: { validateStatus: () => true },
    });
    origin.enqueue(...times(2, unavailable()), reply({ status: 503, body: 'the last' }));
    const response = await http.get('/');
    expect(response.data).toBe('the last');
    expect(gaveUp).toEqual([['max-retries', 503]]);
    const { giveUp, outcomes } = getPolicyMetadata(response) ?? {};
    expect([giveUp, outcomes?.length]).toEqual(['max-retries', 3]);
    expect(policy.stats().giveUps).toEqual({ 'max-retries': 1 });
    expect(Object.keys(response.config)).not.toContain('axiosPolicyCall');
  });

  it('takes a response that validateStatus accepts for a success, if nobody else says otherwise', async () => {
    const { origin, http } = await start({ axios, defaults: { validateStatus: () => true } });
    origin.enqueue(unavailable());
    expect((await http.get('/')).status).toBe(503);
    expect(origin.requests).toHaveLength(1);
  });

  it.each([[1], ['yes'], [null], [{}], [undefined]])('does not take %p for an answer', async (answer) => {
    const shouldRetry = (() => answer) as unknown as () => boolean;
    const { origin, http } = await start({ axios, retry: { maxRetries: 1, shouldRetry } });
    origin.enqueue(unavailable(), reply(), reply({ status: 404 }));
    await http.get('/');
    await failureOf(http.get('/'));
    expect(origin.requests).toHaveLength(3);
  });

  it('refuses with false, without onGiveUp', async () => {
    const hooks: string[] = [];
    const { origin, http } = await start({
      axios,
      retry: { shouldRetry: () => false, onGiveUp: () => void hooks.push('onGiveUp') },
    });
    origin.enqueue(unavailable());
    expect(getPolicyMetadata(await failureOf(http.get('/')))?.giveUp).toBe('should-retry');
    expect(hooks).toEqual([]);
  });

  it('may insist on a POST that timed out, and is held by maxRetries', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 1, shouldRetry: () => true } });
    origin.always(never());
    const error = await failureOf(http.post('/', 'x', { timeout: 300 }));
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 2, giveUp: 'max-retries' });
  });

  it.each([false, true])('leaves the decision to the table when it throws (async: %p)', async (isAsync) => {
    const shouldRetry = () => {
      const error = new Error('oops');
      if (isAsync) return Promise.reject(error);
      throw error;
    };
    const { origin, http } = await start({ axios, retry: { shouldRetry } });
    origin.enqueue(reply({ status: 404 }));
    const warned = warnings();
    const error = await failureOf(http.get('/'));
    expect(error.response?.status).toBe(404);
    expect(warned()).toEqual([expect.stringMatching(/shouldRetry.*oops/)]);
  });
});

describe.each(AXIOS_COPIES)('given other functions that throw, with $name', ({ axios }) => {
  const fail = () => {
    throw new Error('oops');
  };
  const budget = { withdraw: fail, deposit: fail };

  it.each([
    ['statuses', { statuses: fail }, unavailable()],
    ['idempotent', { idempotent: fail }, reset()],
    ['budget', { budget }, unavailable()],
  ])('does not retry, and rejects with the original error, for %s', async (name, retry, answer) => {
    const { origin, http } = await start({ axios, retry });
    origin.enqueue(answer);
    const warned = warnings();
    const error = await failureOf(http.get('/'));
    expect(error.code).toMatch(/ERR_BAD_RESPONSE|ECONNRESET/);
    expect(warned()).toContainEqual(expect.stringContaining(name));
    expect(origin.requests).toHaveLength(1);
  });

  it.each([
    ['statuses', { statuses: async () => true }, reply({ status: 404 })],
    ['idempotent', { idempotent: async () => true }, reset()],
    ['budget', { budget: { withdraw: async () => true, deposit: fail } }, unavailable()],
  ])('takes a promise for no answer, for %s', async (name, retry, answer) => {
    const { origin, http } = await start({ axios, retry: retry as object });
    origin.enqueue(answer);
    const warned = warnings();
    await failureOf(http.get('/'));
    expect(warned()).toContainEqual(expect.stringMatching(`${name}.*promise`));
    expect(origin.requests).toHaveLength(1);
  });

  it('does not end the process if a budget is told and rejects later', async () => {
    const deposit = async () => fail();
    const { http } = await start({ axios, retry: { budget: { withdraw: () => true, deposit } } });
    const warned = warnings();
    expect((await http.get('/')).status).toBe(200);
    await delay(1);
    expect(warned()).toEqual([expect.stringMatching(/budget.*oops/)]);
  });

  it('does not fail a request that succeeded', async () => {
    const { http } = await start({ axios, retry: { budget } });
    const warned = warnings();
    expect((await http.get('/')).status).toBe(200);
    expect(warned()).toEqual([expect.stringContaining('budget')]);
  });
});

describe.each(AXIOS_COPIES)('given onRetry, with $name', ({ axios }) => {
  it('tells of each retry before it is made', async () => {
    const events: RetryEvent[] = [];
    const { origin, http } = await start({ axios, retry: { onRetry: (event) => void events.push(event) } });
    origin.enqueue(...times(2, unavailable()));
    await http.get('/');
    expect(events).toEqual([
      expect.objectContaining({
        retry: 1,
        attempt: 1,
        retries: 0,
        delayMs: 1,
        reason: 'status',
        status: 503,
      }),
      expect.objectContaining({ retry: 2, attempt: 2, retries: 1, reason: 'status' }),
    ]);
  });

  it('may sign each attempt anew, the headers and the params', async () => {
    const { origin, http } = await start({
      axios,
      retry: {
        onRetry: async ({ config, retry }) => {
          await delay(1);
          const next = config as InternalAxiosRequestConfig;
          next.headers.set('X-Signature', `s${retry}`);
          next.headers.delete('X-Once');
          next.params = { ...next.params, t: retry };
        },
      },
    });
    origin.enqueue(...times(2, unavailable()));
    const response = await http.get('/', {
      headers: { 'X-Signature': 's0', 'X-Once': '1' },
      params: { a: 1 },
    });
    const seen = origin.requests.map(({ url, headers }) => [url, headers['x-signature'], headers['x-once']]);
    expect(seen).toEqual([
      ['/?a=1', 's0', '1'],
      ['/?a=1&t=1', 's1', undefined],
      ['/?a=1&t=2', 's2', undefined],
    ]);
    expect(response.config.params).toEqual({ a: 1, t: 2 });
  });

  it.each([
    ['an object', { b: 'longer' }, '{"b":"longer"}', 'application/json'],
    ['a string', '"s"', '"s"', 'application/json'],
    ['URLSearchParams', new URLSearchParams('a=1'), 'a=1', undefined],
    ['a Buffer', Buffer.from('xyz'), 'xyz', undefined],
    ['nothing', undefined, '', undefined],
  ])('may put %s in place of the data, with the length that it has', async (_name, data, body, type) => {
    const { origin, http } = await start({
      axios,
      retry: {
        onRetry: ({ config }) => {
          (config as AxiosRequestConfig).data = data;
        },
      },
    });
    origin.enqueue(...times(2, unavailable()));
    await http.post('/', { a: 1 });
    const [, ...others] = origin.requests;
    for (const { headers, body: bytes } of others) {
      expect(bytes.toString()).toBe(body);
      if (body !== '') expect(headers['content-length']).toBe(String(body.length));
      if (type !== undefined) expect(headers['content-type']).toBe(type);
    }
    expect(others).toHaveLength(2);
  });

  it('gives a body to a request that had none, encoded as JSON', async () => {
    const { origin, http } = await start({
      axios,
      retry: { onRetry: ({ config }) => void Object.assign(config, { data: { late: true } }) },
    });
    origin.enqueue(unavailable());
    await http.post('/');
    expect(origin.requests[1]?.body.toString()).toBe('{"late":true}');
    expect(origin.requests[1]?.headers['content-type']).toBe('application/json');
  });

  it('is heeded before policy.body, from then on', async () => {
    const { origin, http } = await start({
      axios,
      retry: {
        onRetry: ({ config, retry }) => void (retry === 1 && Object.assign(config, { data: 'edited' })),
      },
    });
    origin.enqueue(...times(2, unavailable()));
    await http.put('/', undefined, { policy: { body: () => 'made' } });
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['made', 'edited', 'edited']);
  });

  it('may change the address', async () => {
    const { origin, http } = await start({
      axios,
      retry: { onRetry: ({ config }) => void Object.assign(config, { url: '/replica' }) },
    });
    origin.enqueue(unavailable());
    expect((await http.get('/main')).config.url).toBe('/replica');
    expect(origin.requests.map(({ url }) => url)).toEqual(['/main', '/replica']);
  });

  it('does not change the config of the attempt that failed', async () => {
    const { origin, http } = await start({
      axios,
      retry: { maxRetries: 1, onRetry: ({ config }) => void Object.assign(config, { url: '/other' }) },
    });
    let first: AxiosRequestConfig | undefined;
    http.interceptors.request.use((config) => {
      first = config;
      return config;
    });
    origin.enqueue(unavailable());
    await http.get('/main');
    expect(first?.url).toBe('/main');
  });

  it.each([false, true])('does not hide the outcome when it throws (async: %p)', async (isAsync) => {
    const onRetry = () => {
      if (isAsync) return Promise.reject(new Error('oops'));
      throw new Error('oops');
    };
    const { origin, http } = await start({ axios, retry: { onRetry } });
    origin.enqueue(unavailable());
    const warned = warnings();
    expect((await http.get('/')).status).toBe(200);
    expect(warned()).toEqual([expect.stringMatching(/onRetry.*oops/)]);
  });

  it('keeps the body it was about to replace when the transforms refuse the new one', async () => {
    const { origin, http } = await start({
      axios,
      retry: { onRetry: ({ config }) => void Object.assign(config, { data: 'bad' }) },
    });
    origin.enqueue(unavailable());
    const warned = warnings();
    const transformRequest = (data: string) => {
      if (data === 'bad') throw new Error('refused');
      return data;
    };
    await http.put('/', 'good', { transformRequest });
    expect(warned()).toEqual([expect.stringMatching(/onRetry.*refused/)]);
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['good', 'good']);
  });
});

describe.each(AXIOS_COPIES)('given onGiveUp, with $name', ({ axios }) => {
  it('runs once, on a failure that would have been retried', async () => {
    const events: GiveUpEvent[] = [];
    const { origin, http } = await start({
      axios,
      retry: { maxRetries: 2, onGiveUp: (event) => void events.push(event) },
    });
    origin.always(unavailable());
    const error = await failureOf(http.get('/'));
    expect(events).toEqual([
      expect.objectContaining({ reason: 'max-retries', attempt: 3, error, status: 503 }),
    ]);
  });

  it.each([
    ['a 404', reply({ status: 404 })],
    ['a POST whose answer was lost', reset()],
  ])('does not run for %s', async (_name, answer) => {
    const events: GiveUpEvent[] = [];
    const { origin, http } = await start({
      axios,
      retry: { onGiveUp: (event) => void events.push(event) },
    });
    origin.enqueue(answer);
    await failureOf(http.post('/', 'x'));
    expect(events).toEqual([]);
  });

  it('does not hide the error when it throws', async () => {
    const { origin, http } = await start({
      axios,
      retry: { maxRetries: 0, onGiveUp: () => Promise.reject(new Error('oops')) },
    });
    origin.always(unavailable());
    const warned = warnings();
    expect((await failureOf(http.get('/'))).response?.status).toBe(503);
    expect(warned()).toEqual([expect.stringMatching(/onGiveUp.*oops/)]);
  });
});
