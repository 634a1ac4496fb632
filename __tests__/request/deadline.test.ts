import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { attached, attachedFor, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES, WAYS } from '../helpers/axios-copies.js';
import { holdTime } from '../helpers/clock.js';
import { countListeners, watchLeaks } from '../helpers/leaks.js';
import {
  type Answer,
  deaf,
  drip,
  gzipDrip,
  handler,
  never,
  type Origin,
  redirect,
  reply,
  slow,
  stallBody,
  startOrigin,
} from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

const TIMEOUT = { isAxiosError: true, code: 'ECONNABORTED', message: 'timeout of 100ms exceeded' };

/** Forty pieces, one every 25 ms: alive all the time, and over long after every limit here. */
const dripping = (): Answer => drip({ pieces: Array.from({ length: 40 }, () => 'piece '), everyMs: 25 });
const gzipped = (): Answer => gzipDrip({ body: incompressible(), pieces: 40, everyMs: 25 });
const incompressible = (): string => Array.from({ length: 4000 }, () => Math.random().toString(36)).join('');

async function answering(answer: Answer): Promise<Origin> {
  return (await startOrigin()).always(answer);
}

/** What a streamed response is when it has come to its end. On a busy machine the time may be up before it begins. */
const streamed = (http: AxiosInstance, url: string, config: AxiosRequestConfig = {}): Promise<number> =>
  http.get<Readable>(url, { ...config, responseType: 'stream' }).then(({ data }) => drain(data));

/** Reads a stream to its end, or to its error. */
async function drain(stream: Readable): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
}

describe.each(WAYS)('timeout of a $when request, with $name and maxRedirects $maxRedirects,', (row) => {
  const { axios, maxRedirects, when } = row;
  const attach = () => attachedFor(when, { axios, defaults: { maxRedirects }, client: { timeout: 100 } });

  it.each([
    ['an answer that never comes', never()],
    ['a body that drips', dripping()],
    ['a compressed body that drips', gzipped()],
    ['a body that stalls', stallBody({ declared: 1000, sent: 10 })],
  ])('ends %s', async (_name, answer) => {
    const origin = await answering(answer);
    const { http } = await attach();
    const error = await failureOf(http.get(origin.url));
    expect(error).toMatchObject({ ...TIMEOUT, name: 'AxiosError' });
    expect(error).toBeInstanceOf(axios.AxiosError);
    expect(error.request).toBeDefined();
    expect(error.response).toBeUndefined();
    await origin.idle();
  });

  it.each([
    ['that drips', dripping()],
    ['that is compressed and drips', gzipped()],
    ['that stalls', stallBody({ declared: 1000, sent: 10 })],
  ])('ends a stream %s, with the timeout error', async (_name, answer) => {
    const origin = await answering(answer);
    const { http } = await attach();
    const error = await failureOf(streamed(http, origin.url));
    expect(error).toMatchObject(TIMEOUT);
    expect(error).toBeInstanceOf(axios.AxiosError);
    await origin.idle();
  });

  it('ends a stalled stream that has a maxContentLength', async () => {
    const origin = await answering(stallBody({ declared: 1000, sent: 10 }));
    const { http } = await attach();
    expect(await failureOf(streamed(http, origin.url, { maxContentLength: 5000 }))).toMatchObject(TIMEOUT);
    await origin.idle();
  });

  it('ends the stream of a status that axios rejects', async () => {
    const origin = await answering(
      drip({ pieces: Array.from({ length: 40 }, () => 'x'), everyMs: 25, status: 500 }),
    );
    const { http } = await attach();
    const error = await failureOf(http.get(origin.url, { responseType: 'stream' }));
    expect(error.response?.status).toBe(500);
    expect(await failureOf(drain(error.response?.data as Readable))).toMatchObject(TIMEOUT);
    await origin.idle();
  });

  it('ends an upload that stalls', async () => {
    const origin = await answering(deaf());
    const { http, policy } = await attach();
    const error = await failureOf(http.post(origin.url, Buffer.alloc(16 * 1024 * 1024)));
    expect(error).toMatchObject(TIMEOUT);
    await until(() => policy.stats().pools.length === 0);
  });

  it('ends an upload whose source stalls', async () => {
    const origin = await answering(reply());
    const { http } = await attach();
    const source = new Readable({ read() {} });
    source.push('first piece');
    expect(await failureOf(http.post(origin.url, source))).toMatchObject(TIMEOUT);
    await origin.idle();
  });
});

describe('timeout', () => {
  it('is of the whole chain of redirects', async () => {
    const origin = await startOrigin();
    origin.enqueue(
      slow(45, redirect(302, '/2')),
      slow(45, redirect(302, '/3')),
      slow(45, redirect(302, '/4')),
    );
    const { http } = attached({ client: { timeout: 100 } });
    expect(await failureOf(http.get(origin.url))).toMatchObject(TIMEOUT);
    expect(origin.requests.length).toBeLessThan(4);
    await origin.idle();
  });

  it('leaves a response alone that is fast enough', async () => {
    const origin = await answering(drip({ pieces: ['a', 'b', 'c'], everyMs: 10 }));
    const { http } = attached({ client: { timeout: '10s' } });
    expect((await http.get(origin.url)).data).toBe('abc');
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    expect(await drain(data)).toBe(3);
  });

  it('lets come in what has arrived while the process stood still', async () => {
    const origin = await answering(reply({ body: 'in time' }));
    const { http } = attached({ client: { timeout: 200, connectTimeout: 200 } });
    // The second finds a connection, the first has to make one.
    for (let turn = 0; turn < 2; turn += 1) {
      const response = http.get(origin.url);
      const busyUntil = performance.now() + 300;
      while (performance.now() < busyUntil);
      expect((await response).data).toBe('in time');
    }
  });

  it('is off with false', async () => {
    const origin = await answering(slow(150));
    const { http } = attached({ client: { timeout: false } });
    expect((await http.get(origin.url)).status).toBe(200);
  });

  it('ends a request whose own adapter does not care for signals', async () => {
    const { http } = attached({ client: { timeout: 40 } });
    const error = await failureOf(http.get('http://mocked.test/', { adapter: () => new Promise(() => {}) }));
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 40ms exceeded' });
  });

  it('gives a consumer that comes late the timeout error', async () => {
    const time = holdTime();
    const origin = await answering(stallBody({ declared: 1000, sent: 10 }));
    const { http } = attached({ client: { timeout: 60 } });
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    await time.advance(60);
    await until(() => data.destroyed);
    await wait(20);
    expect(await failureOf(drain(data))).toMatchObject({ message: 'timeout of 60ms exceeded' });
  });
});

describe('Who sets the timeout:', () => {
  const limits: [string, string, object, object, object][] = [
    ['the policy', '70ms', { timeout: 70 }, {}, {}],
    ["axios' timeout of the instance", '60ms', { timeout: '1h' }, { timeout: 60 }, {}],
    ["axios' timeout of the request", '50ms', { timeout: '1h' }, { timeout: 9000 }, { timeout: 50 }],
    [
      "the request's policy.timeout",
      '40ms',
      {},
      { timeout: 9000 },
      { timeout: 9000, policy: { timeout: 40 } },
    ],
    ["policy.timeout where axios' is 0", '40ms', { timeout: false }, {}, { policy: { timeout: '40ms' } }],
    ["axios' timeout, as a string", '30ms', {}, { timeout: '30' }, {}],
  ];

  it.each(limits)('%s', async (_who, duration, client, defaults, request) => {
    const origin = await answering(stallBody({ declared: 1000, sent: 10 }));
    const { http } = attached({ client, defaults });
    expect(await failureOf(http.get(origin.url, request))).toMatchObject({
      message: `timeout of ${duration} exceeded`,
    });
    expect(await failureOf(streamed(http, origin.url, request))).toMatchObject({
      message: `timeout of ${duration} exceeded`,
    });
  });

  it("the request's policy.timeout false switches the policy's off", async () => {
    const origin = await answering(slow(120));
    const { http } = attached({ client: { timeout: 50 } });
    expect((await http.get(origin.url, { policy: { timeout: false } })).status).toBe(200);
  });

  it("axios' timeout 0 leaves the policy's in force", async () => {
    const origin = await answering(never());
    const { http } = attached({ client: { timeout: 50 } });
    expect((await failureOf(http.get(origin.url, { timeout: 0 }))).code).toBe('ECONNABORTED');
  });
});

describe.each(AXIOS_COPIES)("axios' timeout of a stream, with $name,", ({ axios }) => {
  const adapters: [string, AxiosRequestConfig][] = [
    ['the http adapter', {}],
    ['the fetch adapter', { adapter: 'fetch' }],
    ["the caller's own adapter", { adapter: (config) => axios({ ...config, timeout: 0, adapter: 'http' }) }],
  ];
  const read = async (http: AxiosInstance, url: string, config: AxiosRequestConfig) => {
    const { data } = await http.get(url, { ...config, timeout: 300, responseType: 'stream' });
    return drain(data instanceof Readable ? data : Readable.fromWeb(data));
  };

  it.each(adapters)('is over with the headers, through %s', async (_name, config) => {
    const origin = await answering(drip({ pieces: Array.from({ length: 16 }, () => 'piece '), everyMs: 25 }));
    const { http } = attached({ axios, client: { timeout: '1h' } });
    expect(await read(http, origin.url, config)).toBe(96);
  });

  it.each(adapters)('ends the wait for the headers, through %s', async (_name, config) => {
    const origin = await answering(never());
    const { http } = attached({ axios, client: { timeout: '1h' } });
    expect(await failureOf(read(http, origin.url, config))).toMatchObject({
      ...TIMEOUT,
      message: 'timeout of 300ms exceeded',
    });
  });

  it.each(adapters)('is the longest silence from then on, through %s', async (_name, config) => {
    const origin = await answering(stallBody({ declared: 1000, sent: 10 }));
    const { http } = attached({ axios, client: { timeout: '1h' } });
    expect(await failureOf(read(http, origin.url, config))).toMatchObject({
      ...TIMEOUT,
      message: 'timeout of 300ms exceeded',
    });
  });
});

describe('A timeout error', () => {
  it('has the code ETIMEDOUT with clarifyTimeoutError', async () => {
    const origin = await answering(never());
    const { http } = attached({ client: { timeout: 40 } });
    const transitional = { clarifyTimeoutError: true };
    expect((await failureOf(http.get(origin.url, { transitional }))).code).toBe('ETIMEDOUT');
  });

  it('has the message the request asked for', async () => {
    const origin = await answering(never());
    const { http } = attached({ client: { timeout: 40 } });
    const error = await failureOf(http.get(origin.url, { timeoutErrorMessage: 'too slow' }));
    expect(error.message).toBe('too slow');
  });

  it('shows the config as the caller set it', async () => {
    const origin = await answering(never());
    const { http } = attached({ client: { timeout: 40 } });
    const { signal } = new AbortController();
    const adapter = http.defaults.adapter;
    const error = await failureOf(http.get(origin.url, { signal, timeout: 30 }));
    expect(error.config?.signal).toBe(signal);
    expect(error.config?.timeout).toBe(30);
    expect(error.config?.adapter).toEqual(adapter);
    expect(error.config?.httpAgent).toBeUndefined();
    expect(error.config).not.toHaveProperty('proxy');
  });
});

describe("The caller's abort", () => {
  it.each(['buffered', 'stream'])('wins over a timeout of the same moment: %s', async (kind) => {
    const origin = await answering(stallBody({ declared: 1000, sent: 10 }));
    const { http } = attached({ client: { timeout: 200 } });
    const controller = new AbortController();
    const { signal } = controller;
    setTimeout(() => controller.abort(), 190);
    const busyUntil = performance.now() + 210;
    const request =
      kind === 'stream'
        ? http.get<Readable>(origin.url, { responseType: 'stream', signal }).then(({ data }) => drain(data))
        : http.get(origin.url, { signal });
    const failure = failureOf(request);
    await until(() => origin.requests.length === 1);
    // Both timers are due when the event loop gets to them.
    await wait(Math.max(0, busyUntil - 40 - performance.now()));
    while (performance.now() < busyUntil);
    expect(await failure).toMatchObject({ code: 'ERR_CANCELED' });
    expect(countListeners(signal)).toBe(0);
  });
});

describe('A hundred requests with limits', () => {
  it('leave no timer, and no listener on a signal they share', async () => {
    const origin = await answering(reply());
    const { http, policy } = attached({
      client: { timeout: '1h', readTimeout: '1h', poolMaxIdlePerHost: 0 },
    });
    const { signal } = new AbortController();
    const leaks = watchLeaks();
    for (let i = 0; i < 10; i += 1) {
      await Promise.all([
        ...Array.from({ length: 6 }, () => http.get(origin.url, { signal })),
        http.get<Readable>(origin.url, { signal, responseType: 'stream' }).then(({ data }) => drain(data)),
        http.get<Readable>(origin.url, { signal, responseType: 'stream' }).then(({ data }) => data.destroy()),
        failureOf(http.get(origin.url, { signal, maxContentLength: 0, params: { i } })).catch(() => {}),
        http.get('http://mocked.test', { signal, adapter: async (config) => ({ config }) as never }),
      ]);
    }
    expect(policy.stats().attempts).toBe(100);
    expect(countListeners(signal)).toBe(0);
    await origin.idle();
    await leaks.expectNone(3000);
  });
});

describe('A handler that answers and resets afterwards', () => {
  it('does not turn a whole response into a timeout', async () => {
    const origin = await answering(handler((_request, response) => void response.end('done')));
    const { http } = attached({ client: { timeout: 200 } });
    const { data } = await http.get(origin.url);
    origin.endConnections('rst');
    expect(data).toBe('done');
  });
});
