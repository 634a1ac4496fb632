import type { Readable } from 'node:stream';
import { attachPolicy, getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { countListeners, watchLeaks } from '../helpers/leaks.js';
import { never } from '../helpers/origin.js';
import { delay, onceRead, until } from '../helpers/wait.js';
import { ENDLESS, QUICK, type StartOptions, start as startAny } from '../request/setup.js';
import { digest, pseudoRandomBytes, type Serving, serve } from './object-server.js';

const OBJECT = 'Hello World!';
const streamed = { responseType: 'stream' } as const;
const cut: Serving = { cutAfter: 5 };
const { axios } = AXIOS_COPIES[0] as (typeof AXIOS_COPIES)[number];

const start = (options: Omit<StartOptions, 'axios'> = {}) => startAny({ axios, ...options });

/** Reads, and resolves when a stream is closed. */
const closed = (stream: Readable): Promise<void> => {
  stream.on('error', () => undefined).resume();
  return new Promise((resolve) => stream.once('close', resolve));
};

describe('the consumer of a stream', () => {
  it('ends its request by destroying it while bytes come', async () => {
    const { origin, http, policy } = await start();
    origin.enqueue(serve(OBJECT, { ...cut, how: 'stall' }));
    const response = await http.get('/object', streamed);
    response.data.once('data', () => response.data.destroy());
    await closed(response.data);
    expect(response.data.errored).toBeNull();
    await origin.idle();
    expect(origin.requests).toHaveLength(1);
    expect(policy.stats().giveUps).toEqual({});
  });

  it('ends its request by destroying it before it has read anything', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { ...cut, how: 'stall' }));
    const { data } = await http.get('/object', streamed);
    data.destroy();
    await origin.idle();
    expect(data.aborted).toBe(true);
  });

  it('ends its request by destroying it while it waits for a retry', async () => {
    const onGiveUp = jest.fn();
    const { origin, http, policy } = await start({ retry: { backoff: ENDLESS, onGiveUp } });
    origin.enqueue(serve(OBJECT, cut));
    const response = await http.get('/object', streamed);
    const end = closed(response.data);
    await until(() => getPolicyMetadata(response)?.outcomes.length === 1);
    await delay(10);
    response.data.destroy();
    await end;
    await until(() => getPolicyMetadata(response)?.giveUp === 'cancelled');
    expect(origin.requests).toHaveLength(1);
    expect(onGiveUp).not.toHaveBeenCalled();
    await policy.close();
  });

  it('ends its request by destroying it before the rest begins to come', async () => {
    const { origin, http, policy } = await start();
    origin.enqueue(serve(OBJECT, cut), never());
    const { data } = await http.get('/object', streamed);
    const end = closed(data);
    await until(() => origin.requests.length === 2);
    data.destroy();
    await end;
    await origin.idle();
    await policy.close();
  });

  it('ends its request by destroying it while the rest comes', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT, { cutAfter: 2, how: 'stall' }));
    const { data } = await http.get('/object', streamed);
    let received = 0;
    data.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received === 7) data.destroy();
    });
    await closed(data);
    await origin.idle();
    expect(origin.requests).toHaveLength(2);
  });

  it('ends its request by destroying it while it reads nothing', async () => {
    const { origin, http, policy } = await start();
    origin.enqueue(serve(OBJECT, cut));
    const { data } = await http.get('/object', streamed);
    await until(() => origin.openSockets === 0);
    await delay(20);
    data.destroy();
    await policy.close();
    expect(origin.requests).toHaveLength(1);
  });

  it('may be told of it by an error of its own', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, { ...cut, how: 'stall' }));
    const { data } = await http.get('/object', streamed);
    const own = new Error('disk full');
    data.once('data', () => data.destroy(own));
    expect(await new Promise((resolve) => data.once('error', resolve))).toBe(own);
  });
});

describe('a policy that is detached', () => {
  it('still goes on with a stream', async () => {
    const { origin, http, policy } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    const { data } = await http.get('/object', streamed);
    policy.detach();
    let text = '';
    for await (const chunk of data) text += chunk;
    expect(text).toBe(OBJECT);
    await policy.close();
  });

  it.each([
    ['reads', true],
    ['does not read', false],
  ])('cancels on demand a stream whose consumer %s', async (_what, reads) => {
    const { origin, http, policy } = await start({ retry: { backoff: ENDLESS } });
    origin.enqueue(serve(OBJECT, cut));
    const { data } = await http.get('/object', streamed);
    if (reads) data.on('data', () => undefined);
    const failed = new Promise((resolve) => data.once('error', resolve));
    await until(() => origin.openSockets === 0);
    await delay(20);
    policy.detach({ abort: true });
    expect(axios.isCancel(await failed)).toBe(true);
    await policy.close();
  });

  it('cancels on demand the rest of a stream', async () => {
    const { origin, http, policy } = await start();
    origin.enqueue(serve(OBJECT, cut), never());
    const { data } = await http.get('/object', streamed);
    const failed = new Promise((resolve) => data.once('error', resolve));
    data.resume();
    await until(() => origin.requests.length === 2);
    policy.detach({ abort: true });
    expect(axios.isCancel(await failed)).toBe(true);
  });
});

describe('a body in several responses', () => {
  it.each(['stream', 'arraybuffer'] as const)('leaves nothing behind as %s', async (responseType) => {
    const { origin, http, policy } = await start();
    const controller = new AbortController();
    const leaks = watchLeaks();
    for (let round = 0; round < 5; round += 1) {
      origin.enqueue(serve(OBJECT, cut), serve(OBJECT, { cutAfter: 3, how: 'fin' }), serve(OBJECT));
      const { data } = await http.get('/object', { responseType, signal: controller.signal });
      if (responseType === 'stream') await closed(data);
    }
    expect(countListeners(controller.signal)).toBe(0);
    await policy.close();
    await leaks.expectNone();
    await origin.idle();
  });

  it('leaves no listener on a signal where it fails, is cancelled or left', async () => {
    const { origin, http, policy } = await start({ retry: { maxRetries: 1 } });
    const controller = new AbortController();
    const get = () => http.get('/object', { ...streamed, signal: controller.signal });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT, cut));
    await closed((await get()).data);
    origin.enqueue(serve(OBJECT, cut), never());
    const { data } = await get();
    data.resume();
    await until(() => origin.requests.length === 4);
    data.destroy();
    await policy.close();
    expect(countListeners(controller.signal)).toBe(0);
  });

  it('leaves a connection that can be used again', async () => {
    const { origin, http } = await start();
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT));
    await closed((await http.get('/object', streamed)).data);
    await http.get('/next');
    expect(origin.connections).toBe(2);
    expect(origin.requests.at(-1)).toMatchObject({ socketId: 2, requestOnSocket: 2 });
  });
});

describe('a body over HTTP/2', () => {
  it.each(['stream', 'arraybuffer'] as const)(
    'goes on where its stream was reset, as %s',
    async (responseType) => {
      const object = pseudoRandomBytes(200_000);
      const origin = await startHttp2Origin();
      const http = axios.create({ baseURL: origin.url });
      const policy = attachPolicy(http, {
        client: { tls: { ca }, http2Only: true },
        retry: { backoff: QUICK },
      });
      atEnd(() => policy.close({ abort: true }));
      const ranges: unknown[] = [];
      origin.always(({ stream, headers }) => {
        const { range } = headers;
        ranges.push(range);
        const first = Number(/\d+/.exec(range ?? '0')?.[0]);
        const fields = { etag: '"v1"', 'accept-ranges': 'bytes', 'content-length': object.length - first };
        const part = { 'content-range': `bytes ${first}-${object.length - 1}/${object.length}` };
        stream.respond(
          range === undefined ? { ':status': 200, ...fields } : { ':status': 206, ...fields, ...part },
        );
        if (range !== undefined) stream.end(object.subarray(first));
        else stream.write(object.subarray(0, 50_000), () => onceRead(() => stream.close(2)));
      });
      const { data, status } = await http.get('/object', { responseType });
      const chunks: Buffer[] = responseType === 'stream' ? await data.toArray() : [data];
      expect(digest(Buffer.concat(chunks))).toBe(digest(object));
      expect(status).toBe(200);
      expect(ranges).toEqual([undefined, 'bytes=50000-199999']);
    },
  );
});

describe('a body that another adapter brings', () => {
  it('is left alone', async () => {
    const { origin, http } = await start({ retry: { maxRetries: 1 } });
    origin.enqueue(serve(OBJECT, cut), serve(OBJECT, cut));
    const http1 = axios.getAdapter('http');
    const adapter: typeof http1 = (config) => http1(config);
    await failureOf(http.get('/object', { responseType: 'arraybuffer', adapter }));
    expect(origin.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  });
});
