import { IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import newest, { type AxiosProgressEvent } from 'axios';
import { getPolicyMetadata, type Outcome } from '../../lib/index.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { type Answer, type Origin, redirect, reply, reset } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { type StartOptions, start as startAny, times, unavailable } from '../request/setup.js';
import {
  digest,
  NOT_THE_REST,
  OBJECT,
  pseudoRandomBytes,
  type Serving,
  serve,
  unsatisfiable,
} from './object-server.js';

const streamed = { responseType: 'stream' } as const;
const cut: Serving = { cutAfter: 5 };
/** What Node says of a connection that is lost. */
const CUT = /aborted|ECONNRESET/;

const rangesOf = (origin: Origin) => origin.requests.map(({ headers }) => headers.range);

/** What a stream brings, and the error it ends with, if it does. */
async function drain(stream: Readable): Promise<{ body: Buffer; error?: Error & { code?: string } }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { body: Buffer.concat(chunks) };
  } catch (error) {
    return { body: Buffer.concat(chunks), error: error as Error };
  }
}

const textOf = async (stream: Readable): Promise<string> => {
  const { body, error } = await drain(stream);
  if (error !== undefined) throw error;
  return body.toString();
};

/** With whichever axios, for what does not depend on it. */
const start = (options: Partial<StartOptions> = {}) => startAny({ axios: newest, ...options });

describe.each(AXIOS_COPIES)('a stream that was cut, with $name,', ({ axios }) => {
  const start = (options: Omit<StartOptions, 'axios'> = {}) => startAny({ axios, ...options });

  it('goes on where it stopped', async () => {
    const { origin, http, policy } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const response = await http.get('/object', streamed);
    expect(response.status).toBe(200);
    expect(response.headers['content-length']).toBe('12');
    expect(await textOf(response.data)).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11']);
    expect(origin.requests.map(({ headers }) => headers['if-range'])).toEqual([undefined, '"v1"']);
    expect(response.config.headers.get('Range')).toBeUndefined();
    expect(response.status).toBe(200);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, outcomes: [{ kind: 'dropped' }] });
    expect(policy.stats()).toMatchObject({ attempts: 2, retries: 1, giveUps: {} });
  });

  it('goes on after several cuts, refusals and parts that are shorter than they should be', async () => {
    const { origin, http } = await start();
    origin.enqueue(
      serve(OBJECT, { cutAfter: 2, how: 'fin' }),
      unavailable(),
      serve(OBJECT, { cutAfter: 3 }),
      reset(),
      serve(OBJECT, { part: [5, 6] }),
      serve(OBJECT, { dropsLast: 1, chunked: true }),
      serve(OBJECT),
    );
    const { data } = await http.get('/object', streamed);
    expect(await textOf(data)).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([
      undefined,
      'bytes=2-11',
      'bytes=2-11',
      'bytes=5-11',
      'bytes=5-11',
      'bytes=7-11',
      'bytes=11-11',
    ]);
  });

  it('takes what it needs of a server that sends more', async () => {
    const { origin, http } = await start();
    const range = { headers: { Range: 'bytes=2-9' }, ...streamed };
    origin.enqueue(serve(OBJECT, { cutAfter: 3 }), serve(OBJECT, { part: [3, 11] }));
    expect(await textOf((await http.get('/object', range)).data)).toBe('llo Worl');
    origin.enqueue(serve(OBJECT, { cutAfter: 3 }), serve(OBJECT, { ignoresRange: true }));
    const response = await http.get('/object', range);
    expect(await textOf(response.data)).toBe('llo Worl');
    expect(response.status).toBe(206);
    expect(rangesOf(origin)).toEqual(['bytes=2-9', 'bytes=5-9', 'bytes=2-9', 'bytes=5-9']);
    expect(response.config.headers.get('Range')).toBe('bytes=2-9');
  });

  it('goes on before its first byte', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { cutAfter: 0 }), serve(OBJECT));
    const { data } = await http.get('/object', streamed);
    expect(await textOf(data)).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=0-11']);
  });

  it.each<[string, object, object]>([
    ['a silence', { client: { readTimeout: 80 } }, {}],
    ['a deadline for the whole of an attempt', {}, { timeout: 150 }],
    ['a deadline of the policy', { client: { timeout: 150 } }, {}],
  ])('goes on after %s', async (_what, options, config) => {
    // Over plain http: no handshake takes of the time that is limited.
    const { origin, http } = await start({ ...options, tls: false });
    origin.enqueue(serve(OBJECT, { ...cut, how: 'stall' }), serve(OBJECT));
    const response = await http.get('/object', { ...streamed, ...config });
    expect(await textOf(response.data)).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11']);
    expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ kind: 'timeout' }]);
  });

  it.each<[string, Answer]>([...NOT_THE_REST, ['a 404', reply({ status: 404, body: 'gone' })]])(
    'fails with the error that cut it if %s comes',
    async (_what, answer) => {
      const onGiveUp = jest.fn();
      const { origin, http, policy } = await start({ retry: { onGiveUp } });
      origin.enqueue(serve(OBJECT, cut), answer);
      const response = await http.get('/object', streamed);
      const { body, error } = await drain(response.data);
      expect(body.toString()).toBe('Hello');
      expect(error?.message).toMatch(CUT);
      expect(origin.requests).toHaveLength(2);
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, giveUp: 'not-retryable' });
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 2 });
      expect(policy.stats().giveUps).toEqual({ 'not-retryable': 1 });
      expect(onGiveUp).not.toHaveBeenCalled();
    },
  );

  it('fails with the error that cut it, and says so once, when the retries are used up', async () => {
    const onGiveUp = jest.fn();
    const onRetry = jest.fn();
    const { origin, http } = await start({ retry: { maxRetries: 2, onGiveUp, onRetry } });
    origin.enqueue(serve(OBJECT, cut)).always(unavailable());
    const response = await http.get('/object', streamed);
    const { body, error } = await drain(response.data);
    expect(body.toString()).toBe('Hello');
    expect(error?.message).toMatch(CUT);
    expect(onRetry.mock.calls.map(([{ kind, retry }]) => [kind, retry])).toEqual([
      ['dropped', 1],
      ['status', 2],
    ]);
    expect(onGiveUp).toHaveBeenCalledTimes(1);
    expect(onGiveUp.mock.calls[0]?.[0]).toMatchObject({ reason: 'max-retries', status: 503, attempt: 3 });
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 3, giveUp: 'max-retries' });
  });

  it('ends with a CanceledError when its signal is aborted while it waits for a retry', async () => {
    const onGiveUp = jest.fn();
    const backoff = { initBackoff: '1min', maxBackoff: '1min' };
    const { origin, http } = await start({ retry: { backoff, onGiveUp } });
    origin.enqueue(serve(OBJECT, cut));
    const controller = new AbortController();
    const response = await http.get('/object', { ...streamed, signal: controller.signal });
    const reading = drain(response.data);
    await until(() => getPolicyMetadata(response)?.outcomes.length === 1);
    controller.abort();
    const { body, error } = await reading;
    expect(body.toString()).toBe('Hello');
    expect(axios.isCancel(error)).toBe(true);
    expect(origin.requests).toHaveLength(1);
    expect(onGiveUp).not.toHaveBeenCalled();
  });

  it('ends with a CanceledError when its cancel token is used while the rest arrives', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT, { cutAfter: 2, how: 'stall' }));
    const source = axios.CancelToken.source();
    const { data } = await http.get('/object', { ...streamed, cancelToken: source.token });
    let received = '';
    data.on('data', (chunk: Buffer) => {
      received += chunk;
      if (received.length === 7) source.cancel('enough');
    });
    const error = await new Promise((resolve) => data.once('error', resolve));
    expect(axios.isCancel(error)).toBe(true);
    expect(error).toMatchObject({ message: 'enough' });
    expect(received).toBe('Hello W');
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
    const { data } = await http.get('/object', { ...streamed, onDownloadProgress });
    expect(digest((await drain(data)).body)).toBe(digest(object));
    // axios reports up to a third of a second late.
    await until(() => events.at(-1)?.loaded === 400_000);
    const loaded = events.map((event) => event.loaded);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
    expect(loaded.at(-1)).toBe(400_000);
    expect(events.every(({ total }) => total === 400_000)).toBe(true);
  });

  it('begins anew where it is compressed, and passes over what was delivered', async () => {
    const object = pseudoRandomBytes(300_000, 7);
    const headers = { 'Content-Encoding': 'gzip' };
    const compressed = gzipSync(object);
    const { origin, http } = await start();
    origin.enqueue(serve(compressed, { cutAfter: 150_000, headers }), serve(compressed, { headers }));
    const response = await http.get('/object', streamed);
    expect(digest((await drain(response.data)).body)).toBe(digest(object));
    expect(rangesOf(origin)).toEqual([undefined, undefined]);
  });

  it('fails where it is compressed and has changed', async () => {
    const headers = { 'Content-Encoding': 'br' };
    const compressed = brotliCompressSync(pseudoRandomBytes(300_000));
    const { origin, http } = await start();
    origin.enqueue(serve(compressed, { cutAfter: 150_000, headers }));
    origin.enqueue(serve(compressed, { headers, etag: '"v2"' }));
    const { body, error } = await drain((await http.get('/object', streamed)).data);
    expect(error?.message).toMatch(/aborted|ECONNRESET|[Pp]remature/);
    expect(body.equals(pseudoRandomBytes(300_000).subarray(0, body.length))).toBe(true);
    expect(origin.requests).toHaveLength(2);
  });

  it('fails without blame for interceptors that are not there', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve('another one', { etag: '"v2"' }));
    const { error } = await drain((await http.get('/object', streamed)).data);
    expect(error?.message).toMatch(CUT);
    await delay(10);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it('is whole, cut anywhere, if it is of 10 MB', async () => {
    const object = pseudoRandomBytes(10 * 1024 * 1024, 3);
    const { origin, http } = await start();
    // The same places each time; at the latter, most of the rest is asked for.
    const places = pseudoRandomBytes(24, 11);
    for (let at = 0; at < places.length; at += 4) {
      const how = at % 8 === 0 ? 'rst' : 'fin';
      origin.enqueue(serve(object, { cutAfter: places.readUInt32LE(at) % 2_500_000, how }));
    }
    origin.always(serve(object));
    const response = await http.get('/object', streamed);
    const { body, error } = await drain(response.data);
    expect(error).toBeUndefined();
    expect(body).toHaveLength(object.length);
    expect(digest(body)).toBe(digest(object));
    expect(getPolicyMetadata(response)?.retries).toBe(origin.requests.length - 1);
    expect(origin.requests.length).toBeGreaterThan(4);
  }, 15_000);
});

describe('a stream that was cut', () => {
  it.each<[string, Serving, object]>([
    ['the ETag is weak', { etag: 'W/"v1"' }, {}],
    ['there is no ETag', { etag: null }, {}],
    ['the server does not accept ranges', { acceptRanges: null }, {}],
    ['the server accepts none', { acceptRanges: 'none' }, {}],
    ['the request says so', {}, { policy: { retry: { resume: false } } }],
    ['the request takes no retries', {}, { policy: { retry: false } }],
    ['the request takes no retries by number', {}, { policy: { retry: { maxRetries: 0 } } }],
  ])('is the very stream of axios, and fails, if %s', async (_why, serving, config) => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { ...cut, ...serving }));
    const { data, request } = await http.get('/object', { ...streamed, ...config });
    expect(data).toBeInstanceOf(IncomingMessage);
    expect(data).toBe(request.res);
    const { body, error } = await drain(data);
    expect(body.toString()).toBe('Hello');
    expect(error?.message).toMatch(CUT);
    expect(origin.requests).toHaveLength(1);
  });

  it('fails as before where a second delivery may do harm', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut));
    const { data } = await http.get('/object', { ...streamed, policy: { idempotent: false } });
    expect((await drain(data)).error?.message).toMatch(CUT);
    expect(origin.requests).toHaveLength(1);
  });

  it('fails where the budget is empty', async () => {
    const onGiveUp = jest.fn();
    const budget = { withdraw: () => false, deposit: jest.fn() };
    const { origin, http } = await start({ retry: { budget, onGiveUp } });
    origin.enqueue(serve(OBJECT, cut));
    const { data } = await http.get('/object', streamed);
    expect((await drain(data)).error?.message).toMatch(CUT);
    expect(onGiveUp).toHaveBeenCalledTimes(1);
    expect(onGiveUp.mock.calls[0]?.[0]).toMatchObject({ reason: 'budget' });
    expect(budget.deposit.mock.calls).toEqual([[origin.url, 0]]);
  });

  it('gives back the tokens it took, once it goes on', async () => {
    const budget = { withdraw: jest.fn(() => true), deposit: jest.fn() };
    const { origin, http } = await start({ retry: { budget } });
    origin.enqueue(unavailable(), serve(OBJECT, cut), unavailable(), serve(OBJECT));
    const response = await http.get('/object', streamed);
    expect(await textOf(response.data)).toBe(OBJECT);
    expect(budget.withdraw).toHaveBeenCalledTimes(3);
    expect(budget.deposit.mock.calls).toEqual([
      [origin.url, 1],
      [origin.url, 2],
    ]);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 4, retries: 3 });
  });

  it('does not go on after retryTimeout', async () => {
    const { origin, http } = await start({ retry: { retryTimeout: 100 } });
    origin.enqueue(serve(OBJECT, cut));
    const response = await http.get('/object', streamed);
    await delay(150);
    const { error } = await drain(response.data);
    expect(error?.message).toMatch(CUT);
    expect(getPolicyMetadata(response)).toMatchObject({ giveUp: 'retry-timeout', attempts: 1 });
  });

  it('is not completed from where another redirect leads, whatever the ETag', async () => {
    const { origin, http } = await start();
    origin.enqueue(redirect(302, '/there'), serve(OBJECT, cut), redirect(302, '/elsewhere'), serve(OBJECT));
    const response = await http.get('/object', streamed);
    const { error } = await drain(response.data);
    expect(error?.message).toMatch(CUT);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, giveUp: 'not-retryable' });
  });
});

describe('a stream that goes on', () => {
  it('has what people read of an IncomingMessage', async () => {
    const { origin, http } = await start();
    const there = redirect(302, '/there');
    origin.enqueue(there, serve(OBJECT, cut), there, serve(OBJECT));
    const { data, request } = await http.get('/object', streamed);
    const first: IncomingMessage & { responseUrl?: string } = request.res;
    expect(data).not.toBe(first);
    const { statusCode, statusMessage, headers, rawHeaders, url, httpVersion } = first;
    expect(data).toMatchObject({ statusCode, statusMessage, headers, rawHeaders, url, httpVersion });
    expect(data).toMatchObject({
      httpVersionMajor: 1,
      httpVersionMinor: 1,
      headersDistinct: first.headersDistinct,
      responseUrl: `${origin.url}/there`,
      redirects: [],
      complete: false,
      aborted: false,
    });
    expect(data.req).toBe(request);
    expect(data.socket).toBe(first.socket);
    expect(data.connection).toBe(first.socket);
    expect(data.setTimeout(1000)).toBe(data);
    expect(await textOf(data)).toBe(OBJECT);
    expect(data).toMatchObject({ complete: true, aborted: false, trailers: {}, rawTrailers: [] });
    expect(data.socket).not.toBe(first.socket);
  });

  it('can be piped, decoded and read by events', async () => {
    const { origin, http } = await start();
    origin.always({
      play: (exchange) => serve(OBJECT, exchange.recorded.headers.range ? {} : cut).play(exchange),
    });
    const get = async (): Promise<Readable> => (await http.get('/object', streamed)).data;

    const through = new PassThrough();
    (await get()).pipe(through);
    expect(await textOf(through)).toBe(OBJECT);

    const decoded = (await get()).setEncoding('utf8');
    const pieces: unknown[] = [];
    for await (const piece of decoded) pieces.push(piece);
    expect(pieces.join('')).toBe(OBJECT);
    expect(pieces.every((piece) => typeof piece === 'string')).toBe(true);

    const paused = await get();
    let text = '';
    paused.on('readable', () => {
      for (let piece = paused.read(); piece !== null; piece = paused.read()) text += piece;
    });
    await new Promise((resolve) => paused.once('end', resolve));
    expect(text).toBe(OBJECT);
  });

  it('is asked for no more than is read', async () => {
    const object = pseudoRandomBytes(8 * 1024 * 1024);
    const { origin, http } = await start();
    origin.enqueue(serve(object, { cutAfter: 4 * 1024 * 1024, how: 'fin' }), serve(object));
    const { data } = await http.get('/object', streamed);
    let received = 0;
    const pieces: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write: (piece: Buffer, _encoding, done) => {
        received += piece.length;
        pieces.push(piece);
        // Not a whole second in all, but a pause every megabyte.
        if (received % (1024 * 1024) < piece.length) setTimeout(done, 20);
        else setImmediate(done);
        expect(data.readableLength).toBeLessThan(1024 * 1024);
      },
    });
    await pipeline(data, slow);
    expect(digest(Buffer.concat(pieces))).toBe(digest(object));
  });

  it('does not go on before somebody reads', async () => {
    const { origin, http } = await start({ retry: { retryTimeout: '1min' } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const { data } = await http.get('/object', streamed);
    await until(() => origin.openSockets === 0);
    await delay(50);
    expect(origin.requests).toHaveLength(1);
    expect(await textOf(data)).toBe(OBJECT);
    expect(origin.requests).toHaveLength(2);
  });

  it('waits for a reader no longer than it could go on', async () => {
    const { origin, http } = await start({ retry: { retryTimeout: 150 } });
    origin.enqueue(serve(OBJECT, cut));
    const response = await http.get('/object', streamed);
    const error = await new Promise<Error>((resolve) => response.data.once('error', resolve));
    expect(error.message).toMatch(CUT);
    expect(getPolicyMetadata(response)).toMatchObject({ giveUp: 'retry-timeout' });
    expect(origin.requests).toHaveLength(1);
  });

  it('ends no process if it fails and nobody listens', async () => {
    const { origin, http } = await start({ retry: { maxRetries: 1 } });
    origin.always(serve(OBJECT, { cutAfter: 0 }));
    const { data } = await http.get('/object', streamed);
    const aborted = jest.fn();
    data.on('aborted', aborted);
    data.on('data', () => undefined);
    await new Promise((resolve) => data.once('close', resolve));
    expect(data).toMatchObject({ aborted: true, complete: false });
    expect(aborted).toHaveBeenCalledTimes(1);
    expect(origin.requests).toHaveLength(2);
  });
});

describe('a stream that was cut, given interceptors or shouldRetry,', () => {
  it('passes the interceptors and transforms once', async () => {
    const prior = jest.fn((response) => response);
    const later = jest.fn((response) => response);
    const transformResponse = jest.fn((data: unknown) => data);
    const { origin, http } = await start({ before: (instance) => instance.interceptors.response.use(prior) });
    http.interceptors.response.use(later);
    origin.enqueue(serve(OBJECT, cut), unavailable(), serve(OBJECT));
    const { data } = await http.get('/object', { ...streamed, transformResponse });
    expect(await textOf(data)).toBe(OBJECT);
    expect(prior).toHaveBeenCalledTimes(1);
    expect(later).toHaveBeenCalledTimes(1);
    expect(transformResponse).toHaveBeenCalledTimes(1);
  });

  it('is not gone on with if shouldRetry refused its response', async () => {
    const shouldRetry = ({ kind, attempt }: Outcome) => (kind === 'ok' && attempt === 1 ? true : undefined);
    const { origin, http } = await start({ retry: { shouldRetry, backoff: { initBackoff: 100 } } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT, cut), serve(OBJECT));
    const { data } = await http.get('/object', streamed);
    expect(await textOf(data)).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, undefined, 'bytes=5-11']);
  });

  it('is not gone on with if shouldRetry refused its response after it was cut', async () => {
    const shouldRetry = async ({ kind, attempt }: Outcome) => {
      if (kind !== 'ok' || attempt > 1) return undefined;
      await until(() => origin.openSockets === 0);
      await delay(20);
      return true;
    };
    const { origin, http } = await start({ retry: { shouldRetry } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const { data, status } = await http.get('/object', streamed);
    expect(await textOf(data)).toBe(OBJECT);
    expect(status).toBe(200);
    expect(rangesOf(origin)).toEqual([undefined, undefined]);
  });

  it('is gone on with if shouldRetry accepted its response after it was cut', async () => {
    const shouldRetry = async ({ attempt }: Outcome) => {
      if (attempt > 1) return undefined;
      await origin.idle();
      await delay(60);
      return undefined;
    };
    const { origin, http } = await start({ retry: { shouldRetry } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const response = await http.get('/object', streamed);
    expect(await textOf(response.data)).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=0-11']);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2 });
  });

  it('asks shouldRetry of what cut it', async () => {
    const shouldRetry = ({ kind }: Outcome) => (kind === 'dropped' ? false : undefined);
    const { origin, http } = await start({ retry: { shouldRetry } });
    origin.enqueue(serve(OBJECT, cut));
    const response = await http.get('/object', streamed);
    expect((await drain(response.data)).error?.message).toMatch(CUT);
    expect(getPolicyMetadata(response)?.giveUp).toBe('should-retry');
  });

  it('is whole if it was of unknown length and cut behind its last byte', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { chunked: true, cutAfter: 12 }), unsatisfiable(12));
    const { data } = await http.get('/object', streamed);
    expect(await textOf(data)).toBe(OBJECT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=12-']);
  });
});

describe('a stream that was cut, of whatever length,', () => {
  it('goes on without anybody knowing its length', async () => {
    const { origin, http } = await start();
    const unsized = { chunked: true, ignoresRange: true };
    origin.enqueue(serve(OBJECT, { chunked: true, cutAfter: 5 }), serve(OBJECT, unsized));
    expect(await textOf((await http.get('/object', streamed)).data)).toBe(OBJECT);
    origin.enqueue(serve(OBJECT, { chunked: true, cutAfter: 5 }));
    origin.enqueue(...times(10, serve('Hell', unsized)));
    expect((await drain((await http.get('/object', streamed)).data)).error?.message).toMatch(CUT);
  });

  it.each<[string, Serving, Buffer]>([
    ['compressed', { headers: { 'Content-Encoding': 'gzip' } }, gzipSync(pseudoRandomBytes(200_000))],
    ['of unknown length', { chunked: true }, pseudoRandomBytes(200_000)],
  ])('reports a progress that never falls if it is %s', async (_what, serving, object) => {
    const { origin, http } = await start();
    origin.enqueue(serve(object, { ...serving, cutAfter: 100_000 }));
    origin.enqueue(serve(object, { ...serving, ignoresRange: true }));
    const loaded: number[] = [];
    const onDownloadProgress = (event: AxiosProgressEvent) => loaded.push(event.loaded);
    const { data } = await http.get('/object', { ...streamed, onDownloadProgress });
    expect((await drain(data)).body).toHaveLength(200_000);
    await until(() => loaded.at(-1) === object.length);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
  });

  it('takes no rest that came past the connections it knows', async () => {
    const elsewhere = {
      request: (options: RequestOptions, listener: (response: IncomingMessage) => void) =>
        https.request({ ...options, ca, agent: false }, listener),
    };
    const onRetry = ({ config }: Outcome) => void Object.assign(config, { transport: elsewhere });
    const { origin, http } = await start({ retry: { onRetry } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const { body, error } = await drain((await http.get('/object', streamed)).data);
    expect(body.toString()).toBe('Hello');
    expect(error?.message).toMatch(CUT);
    expect(rangesOf(origin)).toEqual([undefined, 'bytes=5-11']);
  });

  it('goes on if it does not exceed maxContentLength', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const { data } = await http.get('/object', { ...streamed, maxContentLength: 12 });
    expect(await textOf(data)).toBe(OBJECT);
  });

  it('is complete if its object was not asked for before its last byte', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { cutAfter: 12 }));
    const { data } = await http.get('/object', streamed);
    expect(await textOf(data)).toBe(OBJECT);
    expect(origin.requests).toHaveLength(1);
  });
});
