import { createReadStream, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { AxiosAdapter, AxiosError, AxiosInstance, AxiosRequestConfig } from 'axios';
import FormDataPackage from 'form-data';
import { getPolicyMetadata, type RetryEvent } from '../../lib/index.js';
import { attached, failureOf, policyCodeOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { atEnd } from '../helpers/cleanup.js';
import { type Http2Origin, respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { countListeners, watchLeaks } from '../helpers/leaks.js';
import { early, never, reply, reset } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { start, times, unavailable } from './setup.js';

const TEXT = 'x'.repeat(100_000);
const stream = (text = TEXT): Readable => Readable.from([Buffer.from(text)]);

const denied = () => reply({ status: 401, body: 'who?' });

function form(file: unknown): FormDataPackage {
  const data = new FormDataPackage();
  data.append('name', 'value');
  data.append('file', file, { filename: 'a.bin', knownLength: TEXT.length });
  return data;
}

/** Asks again once, with a new token, for what a 401 answered. */
function refresh(instance: AxiosInstance, again: (error: AxiosError) => Promise<unknown>): void {
  let wasRefreshed = false;
  instance.interceptors.response.use(undefined, (error: AxiosError) => {
    if (error.response?.status !== 401 || wasRefreshed) throw error;
    wasRefreshed = true;
    return again(error);
  });
}

const configOf = ({ config }: { config?: object }): AxiosRequestConfig => config as AxiosRequestConfig;

/** A stream that is counted as long as it is open. */
function counted(open: Set<Readable>, text = TEXT): Readable {
  const made = stream(text);
  open.add(made);
  return made.once('close', () => open.delete(made));
}

describe.each(AXIOS_COPIES)(
  'given a request that is made again from the config of an error, with $name',
  ({ axios }) => {
    const WAYS: [string, (http: AxiosInstance, error: AxiosError) => Promise<unknown>][] = [
      ['http(error.config)', (http, error) => http(configOf(error))],
      ['http.request(error.config)', (http, error) => http.request(configOf(error))],
      ['a spread copy of it', (http, error) => http({ ...configOf(error) })],
      ['error.response.config', (http, error) => http(configOf(error.response ?? {}))],
    ];
    const BODIES: [string, () => unknown][] = [
      ['a Node stream', () => stream()],
      ['a stream of a promise', async () => stream()],
      ['a Buffer', () => Buffer.from(TEXT)],
      ['a string', () => TEXT],
      ['a Blob', () => new Blob([TEXT])],
      ['a form with a stream', () => form(stream())],
      ['a form in memory', () => form(Buffer.from(TEXT))],
    ];

    it.each(WAYS)('has policy.body asked anew, by %s', async (_name, again) => {
      let made = 0;
      const body = () => {
        made += 1;
        return stream();
      };
      const { origin, http } = await start({ axios });
      refresh(http, (error) => again(http, error));
      origin.enqueue(denied());
      await http.put('/', undefined, { policy: { body } });
      expect(origin.requests.map(({ body: { length } }) => length)).toEqual([TEXT.length, TEXT.length]);
      expect(made).toBe(2);
    });

    it.each(BODIES)('sends %s of policy.body whole again', async (_name, body) => {
      const { origin, http } = await start({ axios });
      refresh(http, (error) => http(configOf(error)));
      origin.enqueue(denied(), unavailable());
      await http.post('/', undefined, { policy: { body } });
      const lengths = origin.requests.map(({ body: { length } }) => length);
      expect(lengths).toEqual([lengths[0], lengths[0], lengths[0]]);
      expect(lengths[0]).toBeGreaterThanOrEqual(TEXT.length);
    });

    it('has it asked anew for an interceptor in front of the policy', async () => {
      const before = (instance: AxiosInstance) => refresh(instance, (error) => instance(configOf(error)));
      const { origin, http } = await start({ axios, before });
      origin.enqueue(denied());
      await http.patch('/', undefined, { policy: { body: () => stream() } });
      expect(origin.requests.map(({ body: { length } }) => length)).toEqual([TEXT.length, TEXT.length]);
    });

    it('has it asked anew where the first body was the data of the request', async () => {
      const { origin, http } = await start({ axios });
      refresh(http, (error) => http(configOf(error)));
      origin.enqueue(denied());
      await http.put('/', stream(), { policy: { body: () => stream() } });
      expect(origin.requests.map(({ body: { length } }) => length)).toEqual([TEXT.length, TEXT.length]);
    });

    it('has it asked anew over HTTP/2, and over axios’ own adapter after a warm-up', async () => {
      const origin: Http2Origin = await startHttp2Origin();
      const { http } = attached({ axios, client: { http2Only: true }, retry: { maxRetries: 1 } });
      origin.always((call) => respond({ status: call.number === 2 ? 401 : 200 })(call));
      await http.get(origin.url);
      refresh(http, (error) => http(configOf(error)));
      await http.put(origin.url, undefined, { policy: { body: () => stream() } });
      const [, ...uploads] = origin.requests.map(({ body: { length } }) => length);
      expect(uploads).toEqual([TEXT.length, TEXT.length]);
    });

    it('has it asked anew for a caller’s own adapter, also one that answers with a copy of the config', async () => {
      const got: unknown[] = [];
      const adapter: AxiosAdapter = async (config) => {
        got.push(config.data);
        return { data: '', status: 200, statusText: '', headers: {}, config: { ...config } };
      };
      const { http } = await start({ axios });
      let made = 0;
      const body = () => {
        made += 1;
        return `body ${made}`;
      };
      const { config } = await http.put('/', undefined, { adapter, policy: { body } });
      expect(config.data).toBeUndefined();
      await http(config);
      expect(got).toEqual(['body 1', 'body 2']);
    });

    it('does so after a success as well', async () => {
      const { origin, http } = await start({ axios });
      const { config } = await http.put('/', undefined, { policy: { body: () => stream() } });
      await http.request(config);
      expect(origin.requests.map(({ body: { length } }) => length)).toEqual([TEXT.length, TEXT.length]);
    });

    it('measures and types each body of its own accord', async () => {
      let made = 0;
      const { origin, http } = await start({ axios });
      const body = () => (++made === 1 ? { json: true } : Buffer.from('bytes'));
      const { config } = await http.put('/', undefined, { policy: { body } });
      await http(config);
      const sent = origin.requests.map(({ headers }) => [headers['content-length'], headers['content-type']]);
      expect(sent).toEqual([
        ['13', 'application/json'],
        ['5', 'application/x-www-form-urlencoded'],
      ]);
    });
  },
);

describe.each(AXIOS_COPIES)('given the config of a request with policy.body, with $name', ({ axios }) => {
  it('is as the caller left it when the request is over', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 1 } });
    origin.enqueue(unavailable(), unavailable());
    const headers = { 'X-Mine': '1' };
    const error = await failureOf(http.put('/', undefined, { headers, policy: { body: () => stream() } }));
    const response = await http.put('/', undefined, { headers, policy: { body: () => ({ a: 1 }) } });
    for (const { config } of [error, response]) {
      expect(config?.data).toBeUndefined();
      expect(config?.headers.has('Content-Length')).toBe(false);
      expect(config?.headers.has('Content-Type')).toBe(false);
      expect(config?.headers.get('X-Mine')).toBe('1');
    }
  });
});

describe.each(AXIOS_COPIES)('given a stream that a request has read, with $name', ({ axios }) => {
  const STREAMS: [string, () => unknown][] = [
    ['a Node stream', () => stream()],
    ['a form with a stream', () => form(stream())],
  ];

  it.each(STREAMS)('refuses %s that is sent again, and sends nothing', async (_name, make) => {
    const gaveUp: unknown[] = [];
    const { origin, http } = await start({
      axios,
      retry: { shouldRetry: () => true, maxRetries: 2, onGiveUp: ({ reason }) => void gaveUp.push(reason) },
    });
    const data = make();
    origin.enqueue(denied());
    const first = await failureOf(http.put('/', data));
    const again = await failureOf(http(configOf(first)));
    const other = await failureOf(http.post('/elsewhere', data));
    expect(origin.requests).toHaveLength(1);
    for (const error of [again, other]) {
      expect(error).toBeInstanceOf(axios.AxiosError);
      expect(policyCodeOf(error)).toBe('ERR_POLICY_BODY_CONSUMED');
      expect(error.message).toContain('policy.body');
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'body-not-replayable' });
    }
    expect(gaveUp).toEqual(['body-not-replayable']);
  });

  it('refuses one that a caller’s own adapter has read, with retries off too', async () => {
    const { http } = await start({ axios, retry: false });
    const got: number[] = [];
    const adapter: AxiosAdapter = async (config) => {
      const pieces = await (config.data as Readable).toArray();
      got.push(pieces.length);
      return { data: '', status: 200, statusText: '', headers: {}, config };
    };
    const { config } = await http.put('/', stream(), { adapter });
    expect(policyCodeOf(await failureOf(http(config)))).toBe('ERR_POLICY_BODY_CONSUMED');
    expect(got).toEqual([1]);
  });

  it('refuses one that policy.body gives a second time', async () => {
    const same = stream();
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    const error = await failureOf(http.put('/', undefined, { policy: { body: () => same } }));
    expect(policyCodeOf(error)).toBe('ERR_POLICY_BODY_CONSUMED');
    expect(origin.requests).toHaveLength(1);
  });

  it('sends a form in memory whole again, which a caller’s own adapter has read', async () => {
    const got: number[] = [];
    const adapter: AxiosAdapter = async (config) => {
      const pieces: Buffer[] = [];
      const data = config.data as FormDataPackage | Buffer;
      if (Buffer.isBuffer(data)) pieces.push(data);
      else {
        data.on('data', (piece: Buffer | string) => pieces.push(Buffer.from(piece)));
        await new Promise((resolve) => data.once('end', resolve).resume());
      }
      got.push(Buffer.concat(pieces).length);
      return { data: '', status: 200, statusText: '', headers: {}, config };
    };
    const { http } = await start({ axios });
    const { config } = await http.put('/', form(Buffer.from(TEXT)), { adapter });
    await http(config);
    expect(got).toEqual([got[0], got[0]]);
    expect(got[0]).toBeGreaterThan(TEXT.length);
  });

  it('refuses one that somebody else has read to its end', async () => {
    const { origin, http } = await start({ axios });
    const data = stream();
    await data.toArray();
    expect(policyCodeOf(await failureOf(http.put('/', data)))).toBe('ERR_POLICY_BODY_CONSUMED');
    expect(origin.requests).toEqual([]);
  });

  it('sends one that no request has begun to read', async () => {
    const { origin, http } = await start({ axios, client: { allowHttp: false } });
    const data = stream();
    await failureOf(http.put('http://localhost/', data));
    await failureOf(http.put('/', data, { signal: AbortSignal.abort() }));
    const controller = new AbortController();
    http.interceptors.request.use((config) => {
      if (config.url === '/late') controller.abort();
      return config;
    });
    await failureOf(http.put('/late', data, { signal: controller.signal }));
    await http.put('/', data);
    expect(origin.requests.map(({ body: { length } }) => length)).toEqual([TEXT.length]);
  });

  it('sends the rest of one that the caller has begun to read', async () => {
    const { origin, http } = await start({ axios });
    const data = Readable.from(['head', 'rest']);
    await new Promise((resolve) => data.once('readable', resolve));
    expect(data.read()).toBe('head');
    await http.put('/', data);
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['rest']);
  });
});

describe.each(AXIOS_COPIES)('given a length that was declared for a stream, with $name', ({ axios }) => {
  const headers = { 'Content-Length': String(TEXT.length), 'Content-Type': 'image/png' };
  const seen = { 'content-length': String(TEXT.length), 'content-type': 'image/png' };

  it.each([
    ['data', { data: true }],
    ['policy.body', { data: false }],
  ])('stays on every attempt, the first one with %s', async (_name, { data }) => {
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()), denied());
    refresh(http, (error) => http(configOf(error)));
    await http.put('/', data ? stream() : undefined, { headers, policy: { body: () => stream() } });
    expect(origin.requests).toHaveLength(4);
    for (const request of origin.requests) {
      expect(request.headers).toMatchObject(seen);
      expect(request.headers['transfer-encoding']).toBeUndefined();
      expect(request.body.length).toBe(TEXT.length);
    }
  });

  it('stays on a request that is sent again after a lost keep-alive race', async () => {
    const { origin, http } = await start({ axios });
    await http.get('/');
    origin.enqueue(reset());
    await http.put('/', undefined, { headers, policy: { body: () => stream() } });
    expect(origin.requests.slice(1).map((request) => request.headers)).toMatchObject([seen, seen]);
  });

  it('stays over HTTP/2', async () => {
    const origin = await startHttp2Origin();
    const { http } = attached({
      axios,
      client: { http2Only: true },
      retry: { backoff: { initBackoff: 1 } },
    });
    origin.always((call) => respond({ status: call.number === 1 ? 503 : 200 })(call));
    await http.put(origin.url, undefined, { headers, policy: { body: () => stream() } });
    expect(origin.requests.map((request) => request.headers)).toMatchObject([seen, seen]);
  });

  it('may be declared in onRetry, with the type', async () => {
    const onRetry = ({ config, retry }: RetryEvent) => {
      const next = config as AxiosRequestConfig & { headers: { set(headers: object): void } };
      next.headers.set({ 'Content-Length': String(retry), 'Content-Type': `x/${retry}` });
    };
    let made = 0;
    const body = () => stream('x'.repeat(made++));
    const { origin, http } = await start({ axios, retry: { onRetry } });
    origin.enqueue(...times(2, unavailable()));
    await http.put('/', undefined, { policy: { body } });
    const sent = origin.requests.map(({ headers: fields, body: bytes }) => [
      fields['content-length'],
      fields['content-type'],
      bytes.length,
    ]);
    expect(sent).toEqual([
      ['0', 'application/x-www-form-urlencoded', 0],
      ['1', 'x/1', 1],
      ['2', 'x/2', 2],
    ]);
  });

  it('may be declared for a stream that onRetry puts in the place of a body in memory', async () => {
    const onRetry = ({ config, retry }: RetryEvent) => {
      if (retry > 1) return;
      Object.assign(config, { data: stream('longer') });
      (config as { headers: { set(name: string, value: string): void } }).headers.set('Content-Length', '6');
    };
    const { origin, http } = await start({ axios, retry: { onRetry } });
    origin.enqueue(unavailable());
    await http.put('/', 'abc');
    expect(origin.requests.map((request) => request.headers['content-length'])).toEqual(['3', '6']);
  });

  it('is not what axios measured of another body', async () => {
    const onRetry = ({ config }: RetryEvent) => void Object.assign(config, { data: stream('longer') });
    const { origin, http } = await start({ axios, retry: { onRetry } });
    origin.enqueue(unavailable());
    await http.put('/', 'abc');
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['abc', 'longer']);
    expect(origin.requests[1]?.headers['transfer-encoding']).toBe('chunked');
  });

  it('gives way to that of a body in memory', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    const body = () => Buffer.from('four');
    await http.put('/', stream(), { headers, policy: { body } });
    expect(origin.requests.map((request) => request.headers['content-length'])).toEqual([
      headers['Content-Length'],
      '4',
    ]);
  });
});

describe.each(AXIOS_COPIES)('given streams that policy.body made, with $name', ({ axios }) => {
  it('are destroyed with their attempts, whatever becomes of these', async () => {
    const open = new Set<Readable>();
    const body = () => counted(open);
    const { origin, http } = await start({ axios, retry: { maxRetries: 1 } });
    origin.enqueue(unavailable(), unavailable(), early(reply({ status: 413 })));
    await failureOf(http.put('/', undefined, { policy: { body } }));
    await failureOf(http.put('/', undefined, { policy: { body } }));
    await failureOf(http.put('http://localhost/', undefined, { policy: { body } })).catch(() => undefined);
    await http.put('/', undefined, { policy: { body } });
    const { data } = await http.put('/', undefined, { responseType: 'stream', policy: { body } });
    for await (const _ of data);
    origin.enqueue(never());
    await failureOf(http.put('/', undefined, { timeout: 100, policy: { body } }));
    const controller = new AbortController();
    const { signal } = controller;
    const cancelled = failureOf(http.put('/', undefined, { signal, policy: { body: () => endless(open) } }));
    const before = origin.requests.length;
    await until(() => origin.requests.length > before);
    controller.abort();
    await cancelled;
    await until(() => open.size === 0);
  });

  it('leave the caller’s own stream to axios', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(early(reply({ status: 413 })));
    const data = Readable.from(slowly());
    await failureOf(http.put('/', data, { policy: { body: () => stream() } }));
    expect(data.destroyed).toBe(false);
    data.destroy();
  });

  it('do not cut an upload whose response is read while it goes on', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue({
      early: true,
      play: ({ request, response }) => {
        response.writeHead(200).flushHeaders();
        request.pipe(response);
      },
    });
    const body = () => Readable.from(slowly(3));
    const { data } = await http.put('/', undefined, { responseType: 'stream', policy: { body } });
    let text = '';
    for await (const piece of data) text += piece;
    expect(text).toBe('slowly'.repeat(3));
  });
});

describe.each(AXIOS_COPIES)('given a body that fails by itself, with $name', ({ axios }) => {
  const broken = () =>
    Readable.from(
      (async function* () {
        yield Buffer.from('begun');
        throw Object.assign(new Error('the disk is gone'), { code: 'ECONNRESET' });
      })(),
    );
  it.each([
    ['a file that is not there', () => createReadStream(join(tmpdir(), 'axios-policy-none', 'none'))],
    ['a stream that breaks', broken],
    ['a factory that is refused', () => Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' }))],
  ])('is no failure of the network: %s', async (_name, body) => {
    const { http, policy } = await start({ axios });
    const error = await failureOf(http.put('/', undefined, { policy: { body } }));
    expect(getPolicyMetadata(error)).toMatchObject({
      attempts: 1,
      outcomes: [{ kind: 'permanent' }],
      giveUp: 'not-retryable',
    });
    expect(policy.stats().retries).toBe(0);
  });
});

describe.each(AXIOS_COPIES)('given a factory that takes its time, with $name', ({ axios }) => {
  const pending = () => {
    let arrive: (body: unknown) => void = () => {};
    let fail: (error: unknown) => void = () => {};
    const made = new Promise<unknown>((resolve, reject) => {
      arrive = resolve;
      fail = reject;
    });
    return { made, arrive, fail };
  };

  it('is bounded by the timeout, and its stream destroyed when it comes late', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 0 } });
    const { made, arrive } = pending();
    const error = await failureOf(http.post('/', undefined, { timeout: 50, policy: { body: () => made } }));
    expect([error.code, error.message]).toEqual(['ECONNABORTED', 'timeout of 50ms exceeded']);
    const late = stream();
    arrive(late);
    await until(() => late.destroyed);
    expect(origin.connections).toBe(0);
  });

  const CANCELS: [
    string,
    () => { config: AxiosRequestConfig; cancel?: () => void; listeners: () => number },
  ][] = [
    [
      'a signal',
      () => {
        const { signal, abort } = controllerOf();
        return { config: { signal }, cancel: abort, listeners: () => countListeners(signal) };
      },
    ],
    [
      'a cancel token',
      () => {
        const { token, cancel } = axios.CancelToken.source();
        const { _listeners } = token as unknown as { _listeners?: unknown[] };
        return { config: { cancelToken: token }, cancel, listeners: () => _listeners?.length ?? 0 };
      },
    ],
    ['detach', () => ({ config: {}, listeners: () => 0 })],
  ];

  it.each(CANCELS)('is ended at once by %s', async (_name, handle) => {
    const { origin, http, policy } = await start({ axios, client: { timeout: '1m' } });
    const leaks = watchLeaks();
    const { config, cancel, listeners } = handle();
    const { made, arrive } = pending();
    let asked = 0;
    const body = () => {
      asked += 1;
      return made;
    };
    const failure = failureOf(http.put('/', undefined, { ...config, policy: { body } }));
    await until(() => asked === 1);
    if (cancel) cancel();
    else policy.detach({ abort: true });
    const error = await failure;
    expect(axios.isCancel(error)).toBe(true);
    expect(error.code).toBe('ERR_CANCELED');
    expect(getPolicyMetadata(error) ?? { giveUp: 'cancelled' }).toMatchObject({ giveUp: 'cancelled' });
    expect(listeners()).toBe(0);
    const late = stream();
    arrive(late);
    await until(() => late.destroyed);
    expect(origin.connections).toBe(0);
    await policy.close();
    await leaks.expectNone();
  });

  it('may fail late without anybody caring', async () => {
    const { http } = await start({ axios, retry: false });
    const { made, fail } = pending();
    await failureOf(http.put('/', undefined, { timeout: 20, policy: { body: () => made } }));
    fail(new Error('late'));
    await delay(5);
  });

  it('is not asked for a request that was cancelled before', async () => {
    const { http } = await start({ axios });
    const body = jest.fn(() => stream());
    const controller = new AbortController();
    http.interceptors.request.use((config) => {
      controller.abort();
      return config;
    });
    const { signal } = controller;
    expect(axios.isCancel(await failureOf(http.put('/', undefined, { signal, policy: { body } })))).toBe(
      true,
    );
    expect(body).not.toHaveBeenCalled();
  });
});

describe('given files that policy.body opens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'axios-policy-'));
  const file = join(folder, 'upload.bin');
  writeFileSync(file, TEXT.repeat(10));
  afterAll(() => rmSync(folder, { recursive: true }));

  const openFiles = () => {
    if (process.platform !== 'linux') return 0;
    return readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === file;
      } catch {
        return false;
      }
    }).length;
  };

  it.each([
    ['a stream', () => createReadStream(file)],
    ['a form', () => form(createReadStream(file))],
  ])('has none of them open after ten uploads that failed, as %s', async (_name, body) => {
    const { origin, http } = await start({
      axios: AXIOS_COPIES[0]?.axios as never,
      retry: { maxRetries: 2 },
    });
    origin.always(early(unavailable()));
    await Promise.all(
      Array.from({ length: 10 }, () => failureOf(http.put('/', undefined, { policy: { body } }))),
    );
    await until(() => openFiles() === 0);
  });
});

describe('given a stream of the web', () => {
  it('is cancelled with its attempt, and made anew for a request that is made again', async () => {
    const axios = AXIOS_COPIES[0]?.axios as never;
    const cancelled: unknown[] = [];
    const body = () =>
      new ReadableStream({
        pull: async (controller) => {
          await delay(2);
          controller.enqueue(Buffer.from('x'));
        },
        cancel: (reason) => void cancelled.push(reason),
      });
    const { origin, http } = await start({ axios, tls: false, retry: false });
    origin.always(early(denied()));
    const error = await failureOf(http.put('/', undefined, { adapter: 'fetch', policy: { body } }));
    expect(error.response?.status).toBe(401);
    await failureOf(http(configOf(error)));
    expect(origin.requests).toHaveLength(2);
    await until(() => cancelled.length === 2);
  });
});

async function* slowly(count = 1000): AsyncGenerator<Buffer> {
  for (let n = 0; n < count; n += 1) {
    yield Buffer.from('slowly');
    await delay(5);
  }
}

function endless(open: Set<Readable>): Readable {
  const made = Readable.from(slowly());
  open.add(made);
  return made.once('close', () => open.delete(made));
}

function controllerOf(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  atEnd(() => controller.abort());
  return { signal: controller.signal, abort: () => controller.abort() };
}
