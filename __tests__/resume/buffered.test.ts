import { gzipSync } from 'node:zlib';
import type { AxiosProgressEvent } from 'axios';
import { getPolicyMetadata, type Outcome } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { type Origin, redirect, reply } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';
import { QUICK, type StartOptions, start as startAny, times, unavailable } from '../request/setup.js';
import {
  digest,
  NOT_THE_REST,
  OBJECT,
  pseudoRandomBytes,
  type Serving,
  serve,
  unsatisfiable,
} from './object-server.js';

const buffered = { responseType: 'arraybuffer' } as const;
const cut: Serving = { cutAfter: 5 };

/** What axios says of a connection that is lost; not that an attempt was cancelled. */
const CUT = /aborted|ECONNRESET/;

const rangesOf = (origin: Origin) => origin.requests.map(({ headers }) => headers.range);

describe.each(AXIOS_COPIES)('a buffered body that was cut, with $name,', ({ axios }) => {
  const start = (options: Omit<StartOptions, 'axios'> = {}) => startAny({ axios, ...options });

  it('goes on where it stopped, and looks like the first response', async () => {
    const { origin, http, policy } = await start();
    origin.enqueue(serve(OBJECT, { ...cut, headers: { 'X-Answer': 'first' } }), serve(OBJECT));
    const response = await http.get('/object', buffered);
    expect(response.data.toString()).toBe(OBJECT);
    expect(response.status).toBe(200);
    expect(response.statusText).toBe('OK');
    expect(response.headers).toMatchObject({ 'content-length': '12', 'x-answer': 'first' });
    expect(response.headers['content-range']).toBeUndefined();
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11']);
    expect(origin.requests.map(({ headers }) => headers['if-range'])).toEqual([undefined, '"v1"']);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, outcomes: [{ kind: 'dropped' }] });
    expect(policy.stats()).toMatchObject({ attempts: 2, retries: 1, giveUps: {} });
  });

  it('leaves nothing of the range on the config, so that it can be sent again', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const { config } = await http.get('/object', buffered);
    expect(config.headers.get('Range')).toBeUndefined();
    expect(config.headers.get('If-Range')).toBeUndefined();
    origin.enqueue(serve(OBJECT));
    expect((await http.request(config)).data.toString()).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11', undefined]);
  });

  it('keeps the range from interceptors that send a failed request again', async () => {
    const { origin, http } = await start({
      before: (instance) => {
        instance.interceptors.response.use(undefined, (error) =>
          error.response?.status === 401 ? instance.request(error.config) : Promise.reject(error),
        );
      },
    });
    origin.enqueue(serve(OBJECT, cut), reply({ status: 401 }), serve(OBJECT));
    expect((await http.get('/object', buffered)).data.toString()).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11', undefined]);
  });

  it('goes on after several cuts, refusals and a part that is shorter than it should be', async () => {
    const { origin, http } = await start();
    origin.enqueue(
      serve(OBJECT, { cutAfter: 2 }),
      unavailable(),
      serve(OBJECT, { cutAfter: 3 }),
      serve(OBJECT, { part: [5, 6] }),
      serve(OBJECT, { dropsLast: 1, chunked: true }),
      serve(OBJECT),
    );
    const response = await http.get('/object', buffered);
    expect(response.data.toString()).toBe(OBJECT);
    expect(response.status).toBe(200);
    expect(rangesOf(origin)).toEqual([
      undefined,
      'bytes=2-11',
      'bytes=2-11',
      'bytes=5-11',
      'bytes=7-11',
      'bytes=11-11',
    ]);
  });

  it('takes what it needs of a server that sends more', async () => {
    const { origin, http } = await start();
    const range = { headers: { Range: 'bytes=2-9' }, ...buffered };
    origin.enqueue(serve(OBJECT, { cutAfter: 3 }), serve(OBJECT, { part: [3, 11] }));
    expect((await http.get('/object', range)).data.toString()).toBe('llo Worl');
    origin.enqueue(serve(OBJECT, { cutAfter: 3 }), serve(OBJECT, { ignoresRange: true }));
    const response = await http.get('/object', range);
    expect(response.data.toString()).toBe('llo Worl');
    expect(response.status).toBe(206);
    expect(response.headers['content-range']).toBe('bytes 2-9/12');
    expect(rangesOf(origin)).toEqual(['bytes=2-9', 'bytes=5-9', 'bytes=2-9', 'bytes=5-9']);
    expect(response.config.headers.get('Range')).toBe('bytes=2-9');
  });

  it.each([false, true])(
    'is whole if it is not cut, at the first request and later (TLS: %s)',
    async (tls) => {
      const { origin, http } = await start({ tls });
      const whole = pseudoRandomBytes(300_000);
      origin.always(serve(whole));
      for (let request = 0; request < 4; request += 1)
        expect(digest((await http.get('/object', buffered)).data)).toBe(digest(whole));
      origin.always(serve(OBJECT));
      for (let request = 0; request < 4; request += 1)
        expect((await http.get('/object', buffered)).data.toString()).toBe(OBJECT);
      expect(rangesOf(origin)).toEqual(Array(8).fill(undefined));
    },
  );

  it('is asked for in whole again where nothing had come', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { cutAfter: 0 }), serve(OBJECT));
    expect((await http.get('/object', buffered)).data.toString()).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, undefined]);
  });

  it('goes on after a silence, when the time for it is up', async () => {
    const { origin, http } = await start({ client: { readTimeout: 80 }, tls: false });
    origin.enqueue(serve(OBJECT, { ...cut, how: 'stall' }), serve(OBJECT));
    const response = await http.get('/object', buffered);
    expect(response.data.toString()).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11']);
    expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ kind: 'timeout' }]);
  });

  it.each(NOT_THE_REST)('fails with the error that cut it if %s comes', async (_what, answer) => {
    const onGiveUp = jest.fn();
    const { origin, http, policy } = await start({ retry: { onGiveUp } });
    origin.enqueue(serve(OBJECT, cut), answer);
    const error = await failureOf(http.get('/object', buffered));
    expect(error).toBeInstanceOf(axios.AxiosError);
    expect(error.message).toMatch(CUT);
    expect(error.config?.headers.get('Range')).toBeUndefined();
    expect(origin.requests).toHaveLength(2);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 2, giveUp: 'not-retryable' });
    expect(policy.stats().giveUps).toEqual({ 'not-retryable': 1 });
    expect(onGiveUp).not.toHaveBeenCalled();
  });

  it('is asked for in whole if shouldRetry wants the object that took its place', async () => {
    const seen: Outcome[] = [];
    const shouldRetry = (outcome: Outcome) => {
      seen.push(outcome);
      return outcome.kind === 'permanent' ? true : undefined;
    };
    const { origin, http } = await start({ retry: { shouldRetry } });
    origin.enqueue(serve(OBJECT, cut)).always(serve('another one', { etag: '"v2"' }));
    expect((await http.get('/object', buffered)).data.toString()).toBe('another one');
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11', undefined]);
    expect(seen.map(({ kind }) => kind)).toEqual(['dropped', 'permanent', 'ok']);
  });

  it('fails with the last error, once, when the retries are used up', async () => {
    const onGiveUp = jest.fn();
    const { origin, http } = await start({ retry: { maxRetries: 2, onGiveUp } });
    origin.enqueue(serve(OBJECT, cut)).always(unavailable());
    const error = await failureOf(http.get('/object', buffered));
    expect(error.response?.status).toBe(503);
    expect(error.config?.headers.get('Range')).toBeUndefined();
    expect(onGiveUp).toHaveBeenCalledTimes(1);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 3, giveUp: 'max-retries' });
  });

  it('is complete whatever validateStatus says of a 206', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const validateStatus = (status: number) => status === 200;
    const { data } = await http.get('/object', { ...buffered, validateStatus });
    expect(data.toString()).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11']);
  });

  it('never takes an error for the rest, whatever validateStatus says of it', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), unavailable(), serve(OBJECT));
    const { data } = await http.get('/object', { ...buffered, validateStatus: null });
    expect(data.toString()).toBe(OBJECT);
  });

  it('is transformed once, as a whole', async () => {
    const transformResponse = jest.fn((data: Buffer | undefined) => data?.toString());
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const { data } = await http.get('/object', { ...buffered, transformResponse });
    expect(data).toBe(OBJECT);
    expect(transformResponse.mock.calls.filter(([body]) => body !== undefined)).toHaveLength(1);
  });

  it('is followed through a redirect', async () => {
    const { origin, http } = await start();
    const there = redirect(302, '/there');
    origin.enqueue(there, serve(OBJECT, cut), there, serve(OBJECT));
    expect((await http.get('/object', buffered)).data.toString()).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, undefined, 'bytes=5-11', 'bytes=5-11']);
  });

  it.each([
    ['another path', () => '/elsewhere'],
    ['another query', () => '/there?b=1'],
    ['another host', ({ port }: Origin) => `https://127.0.0.1:${port}/there`],
  ])('is not completed from %s, whatever the ETag', async (_place, elsewhere) => {
    const { origin, http } = await start({ defaults: { baseURL: undefined as never } });
    const url = `https://localhost:${origin.port}/object`;
    const there = redirect(302, '/there');
    origin.enqueue(there, serve(OBJECT, cut), redirect(302, elsewhere(origin)), serve(OBJECT));
    const error = await failureOf(http.get(url, buffered));
    expect(error.message).toMatch(CUT);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 2, giveUp: 'not-retryable' });
  });

  it('reports a progress that never falls', async () => {
    const object = pseudoRandomBytes(400_000);
    const { origin, http } = await start();
    origin.enqueue(
      serve(object, { cutAfter: 150_000 }),
      serve(object, { part: [100_000, 399_999], cutAfter: 100_000 }),
      serve(object, { ignoresRange: true }),
    );
    const events: AxiosProgressEvent[] = [];
    const onDownloadProgress = (event: AxiosProgressEvent) => events.push(event);
    const { data } = await http.get('/object', { ...buffered, onDownloadProgress });
    expect(digest(data)).toBe(digest(object));
    // axios reports up to a third of a second late.
    await until(() => events.at(-1)?.loaded === 400_000);
    const loaded = events.map((event) => event.loaded);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
    expect(loaded.at(-1)).toBe(400_000);
    expect(events.every(({ total, download }) => total === 400_000 && download === true)).toBe(true);
    expect(events.at(-1)).toMatchObject({ progress: 1, lengthComputable: true });
    expect(events.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(400_000);
  });
});

describe('a buffered body that was cut', () => {
  const start = (options: Omit<StartOptions, 'axios'> = {}) =>
    startAny({ axios: (AXIOS_COPIES[0] as (typeof AXIOS_COPIES)[number]).axios, ...options });

  it.each<[string, Serving, object]>([
    ['the ETag is weak', { etag: 'W/"v1"' }, {}],
    ['there is no ETag', { etag: null }, {}],
    ['the server does not accept ranges', { acceptRanges: null }, {}],
    ['it is longer than maxContentLength allows', { chunked: true }, { maxContentLength: 100 }],
    ['the caller would not accept the response', {}, { validateStatus: (status: number) => status === 206 }],
    ['it is to be text', {}, { responseType: 'text' }],
    ['the request says so', {}, { policy: { retry: { resume: false } } }],
  ])('is asked for in whole again if %s', async (_why, serving, config) => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { ...cut, ...serving }));
    origin.always(serve(OBJECT, serving));
    await http.get('/object', { ...buffered, ...config }).catch(() => undefined);
    expect(rangesOf(origin)).toEqual([undefined, undefined]);
  });

  it('is asked for in whole again if the policy says so, unless the request does not', async () => {
    const { origin, http } = await start({ retry: { resume: 'off' } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT), serve(OBJECT, cut), serve(OBJECT));
    await http.get('/object', buffered);
    const policy = { retry: { resume: true } };
    expect((await http.get('/object', { ...buffered, policy })).data.toString()).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, undefined, undefined, 'bytes=5-11']);
  });

  it('is asked for in whole again if it is compressed', async () => {
    const compressed = gzipSync(pseudoRandomBytes(10_000));
    const headers = { 'Content-Encoding': 'gzip' };
    const { origin, http } = await start();
    origin.enqueue(serve(compressed, { cutAfter: 5000, headers }), serve(compressed, { headers }));
    const { data } = await http.get('/object', buffered);
    expect(digest(data)).toBe(digest(pseudoRandomBytes(10_000)));
    expect(rangesOf(origin)).toEqual([undefined, undefined]);
  });

  it('goes on compressed if it is not to be decompressed', async () => {
    const compressed = gzipSync(pseudoRandomBytes(10_000));
    const headers = { 'Content-Encoding': 'gzip' };
    const { origin, http } = await start();
    origin.enqueue(serve(compressed, { cutAfter: 5000, headers }), serve(compressed));
    const { data } = await http.get('/object', { ...buffered, decompress: false });
    expect(digest(data)).toBe(digest(compressed));
    expect(rangesOf(origin)).toEqual([undefined, `bytes=5000-${compressed.length - 1}`]);
  });

  it('is whole if a body of unknown length was cut behind its last byte', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { chunked: true, cutAfter: 12 }), unsatisfiable(12));
    const response = await http.get('/object', buffered);
    expect(response.data.toString()).toBe(OBJECT);
    expect(response.status).toBe(200);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=12-']);
  });

  it('goes on without anybody knowing its length', async () => {
    const { origin, http } = await start();
    origin.enqueue(
      serve(OBJECT, { chunked: true, cutAfter: 5 }),
      serve(OBJECT, { chunked: true, ignoresRange: true }),
    );
    expect((await http.get('/object', buffered)).data.toString()).toBe(OBJECT);
  });

  it('fails if a whole of unknown length ends before what was received', async () => {
    const { origin, http } = await start({ retry: { maxRetries: 2 } });
    origin.enqueue(serve(OBJECT, { chunked: true, cutAfter: 5 }));
    origin.always(serve('Hell', { chunked: true, ignoresRange: true }));
    const error = await failureOf(http.get('/object', buffered));
    expect(error.message).toMatch(CUT);
    expect(origin.requests).toHaveLength(3);
  });

  it('is asked for under the caller’s own If-Range first', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const headers = { Range: 'bytes=0-', 'If-Range': '"v1"' };
    const { config } = await http.get('/object', { ...buffered, headers });
    expect(rangesOf(origin)).toEqual(['bytes=0-', 'bytes=5-11']);
    expect(config.headers.get('If-Range')).toBe('"v1"');
  });

  it('shows the range to onRetry, which may sign it', async () => {
    const shown: unknown[] = [];
    const onRetry = ({ config }: Outcome) => {
      const { headers } = config as { headers: Map<string, string> };
      shown.push(headers.get('Range'));
      headers.set('Authorization', 'signed');
    };
    const { origin, http } = await start({ retry: { onRetry } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    await http.get('/object', buffered);
    expect(shown).toEqual(['bytes=5-11']);
    expect(origin.requests[1]?.headers.authorization).toBe('signed');
  });

  it.each([
    ['POST', 'post'],
    ['HEAD', 'head'],
  ])('is nothing a %s has', async (_name, method) => {
    const { origin, http } = await start({ retry: { idempotent: true } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    await http.request({ url: '/object', method, ...buffered });
    expect(rangesOf(origin)).not.toContain('bytes=5-11');
  });

  it.each([{ maxRetries: 0 }, false] as const)('fails with the retries %j', async (retry) => {
    const { origin, http } = await start({ retry });
    origin.enqueue(serve(OBJECT, cut));
    expect((await failureOf(http.get('/object', buffered))).message).toMatch(CUT);
    expect(origin.requests).toHaveLength(1);
  });

  it('keeps nothing of what came with the error it fails with', async () => {
    const { origin, http } = await start({ retry: { maxRetries: 1 } });
    origin.always(serve(OBJECT, cut));
    const error = await failureOf(http.get('/object', buffered));
    const { axiosPolicyCall: call } = error.config as unknown as { axiosPolicyCall: object };
    expect(call).toMatchObject({ download: undefined });
  });

  it('comes in 10 MB, cut at several places', async () => {
    const object = pseudoRandomBytes(10 * 1024 * 1024);
    const { origin, http } = await start({ retry: { backoff: QUICK } });
    origin.enqueue(
      serve(object, { cutAfter: 1_234_567 }),
      serve(object, { cutAfter: 1, how: 'fin' }),
      serve(object, { cutAfter: 4_000_000 }),
      ...times(2, serve(object, { cutAfter: 1_000_000, how: 'fin' })),
    );
    origin.always(serve(object));
    const { data } = await http.get('/object', buffered);
    expect(data).toHaveLength(object.length);
    expect(digest(data)).toBe(digest(object));
    expect(origin.requests).toHaveLength(6);
  });
});
