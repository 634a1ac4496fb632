import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { holdTime } from '../helpers/clock.js';
import { watchLeaks } from '../helpers/leaks.js';
import { type Answer, drip, handler, reply, stallBody, startOrigin } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { QUICK, start, times } from './setup.js';

const KILOBYTE = 1024;

const failing = (bytes: number): Answer => reply({ status: 503, body: 'x'.repeat(bytes) });

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

describe.each(AXIOS_COPIES)('a stream, with $name', ({ axios }) => {
  describe.each([
    ['one socket in all', { maxSockets: 1 }],
    ['any number of sockets', {}],
  ])('given a stream response over %s', (_name, limit) => {
    // The agent is given to the instance before, so that the policy takes its limit over.
    const defaults = { httpsAgent: new Agent({ ca, ...limit }), responseType: 'stream' } as const;

    it('reads a short failure to its end and uses the connection again', async () => {
      const { origin, http } = await start({ axios, defaults, retry: { elsewhere: false } });
      origin.enqueue(...times(2, failing(KILOBYTE)), reply({ body: 'at last' }));
      const response = await http.get('/');
      expect(await textOf(response.data)).toBe('at last');
      expect(getPolicyMetadata(response)?.attempts).toBe(3);
      expect(origin.requests.map(({ socketId }) => socketId)).toEqual([1, 1, 1]);
    });

    it('does not read a long one, but gives up its connection', async () => {
      const { origin, http } = await start({ axios, defaults });
      origin.enqueue(failing(4096 * KILOBYTE));
      const response = await http.get('/');
      expect(await textOf(response.data)).toBe('Hello World');
      expect(origin.requests.map(({ socketId }) => socketId)).toEqual([1, 2]);
    });

    it('does not wait for one that never ends', async () => {
      const { origin, http } = await start({ axios, defaults });
      const endless = handler((_request, response) => void response.writeHead(503).write('and so'));
      origin.enqueue(...times(2, endless));
      const response = await http.get('/');
      expect(await textOf(response.data)).toBe('Hello World');
      expect(origin.requests).toHaveLength(3);
    });

    it('leaves the last failure for the caller to read', async () => {
      const { origin, http } = await start({ axios, defaults, retry: { maxRetries: 1 } });
      origin.enqueue(failing(1), reply({ status: 503, body: 'why' }));
      const error = await failureOf(http.get('/'));
      expect(await textOf(error.response?.data as Readable)).toBe('why');
    });
  });
});

describe.each(AXIOS_COPIES)('given a stream that is cut short after its headers, with $name', ({ axios }) => {
  it('fails for the reader, who has a part of it already, and is not made again', async () => {
    // Over plain http: no handshake takes of the time that is limited.
    const { origin, http } = await start({ axios, tls: false });
    origin.enqueue(stallBody({ declared: 100, sent: 10 }));
    const { data } = await http.get('/', { responseType: 'stream', policy: { timeout: 200 } });
    await expect(textOf(data)).rejects.toMatchObject({ code: 'ECONNABORTED' });
    expect(origin.requests).toHaveLength(1);
    await origin.idle();
  });
});

describe.each(AXIOS_COPIES)('given a stream that is read slowly, with $name', ({ axios }) => {
  it('leaves nothing behind once it was read', async () => {
    const leaks = watchLeaks();
    const { origin, http, policy } = await start({ axios });
    origin.enqueue(drip({ pieces: ['a', 'b', 'c'], everyMs: 10 }));
    const { data } = await http.get('/', { responseType: 'stream' });
    expect(await textOf(data)).toBe('abc');
    await policy.close();
    await origin.close();
    await leaks.expectNone();
  });

  it('leaves nothing behind when the reader gives up', async () => {
    const leaks = watchLeaks();
    const { origin, http, policy } = await start({ axios });
    origin.enqueue(drip({ pieces: ['a', 'b', 'c'], everyMs: 60_000 }));
    const { data } = await http.get('/', { responseType: 'stream' });
    data.destroy();
    await policy.close();
    await origin.close();
    await leaks.expectNone();
  });
});

describe.each(AXIOS_COPIES)(
  'given five streams that nobody reads over five sockets in all, with $name',
  ({ axios }) => {
    const limited = { httpsAgent: new Agent({ ca, maxSockets: 5 }), responseType: 'stream' } as const;
    const unread: [string, Answer, object][] = [
      ['short', reply({ body: 'x' }), {}],
      ['refused', failing(KILOBYTE), { validateStatus: undefined }],
      ['long', reply({ body: Buffer.alloc(4096 * KILOBYTE) }), { timeout: 500 }],
      ['long, under a timeout of the policy', failing(4096 * KILOBYTE), { policy: { timeout: 500 } }],
    ];

    it.each(unread)(
      'gives their sockets to the next requests in the end: %s',
      async (_name, answer, config) => {
        const defaults = { ...limited, validateStatus: () => true };
        const { origin, http } = await start({ axios, defaults, retry: { maxRetries: 0 } });
        const time = holdTime();
        origin.enqueue(...times(5, answer));
        await Promise.all(times(5, answer).map(() => http.get('/', config)));
        const next = http.get('/');
        await until(async () => {
          await time.advance(500);
          // Time for the sockets, too: those that are given up close, and the request goes its way.
          await delay(20);
          return origin.requests.length === 6;
        });
        expect(await textOf((await next).data)).toBe('Hello World');
      },
    );

    it('leaves what has arrived for a reader that comes late', async () => {
      const time = holdTime();
      const { origin, http, policy } = await start({ axios, defaults: limited });
      origin.enqueue(reply({ body: 'late' }));
      const { data } = await http.get('/', { timeout: 100 });
      await until(async () => {
        await time.advance(500);
        return policy.stats().pools.length === 0;
      });
      expect(await textOf(data)).toBe('late');
    });

    it('does not end a reader that has begun and pauses', async () => {
      const time = holdTime();
      const { origin, http } = await start({ axios, defaults: limited });
      origin.enqueue(reply({ body: Buffer.alloc(4096 * KILOBYTE, 'x') }));
      const { data } = await http.get('/', { timeout: 500 });
      data.pause();
      await time.advance(1700);
      expect(await textOf(data)).toHaveLength(4096 * KILOBYTE);
    });
  },
);

describe.each(AXIOS_COPIES)('given a web stream of the fetch adapter, with $name', ({ axios }) => {
  it('gives up the body of a failure, and sends the request again as it was', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, retry: { backoff: QUICK } });
    origin.enqueue(...times(2, failing(64 * KILOBYTE)));
    const config = { adapter: 'fetch', responseType: 'stream' } as const;
    const response = await http.put(`${origin.url}/`, { a: 1 }, config);
    expect(response.status).toBe(200);
    expect(await new Response(response.data).text()).toBe('Hello World');
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(Array(3).fill('{"a":1}'));
    expect(getPolicyMetadata(response)?.attempts).toBe(3);
  });
});

describe.each(AXIOS_COPIES)('given shouldRetry over a stream, with $name', ({ axios }) => {
  it('frees the connection of a response that is accepted and retried', async () => {
    const defaults = { httpsAgent: new Agent({ ca, maxSockets: 1 }) };
    const { origin, http } = await start({
      axios,
      defaults,
      retry: { shouldRetry: ({ attempt }) => attempt < 3 },
    });
    const response = await http.get('/', { responseType: 'stream' });
    expect(await textOf(response.data)).toBe('Hello World');
    expect(origin.requests).toHaveLength(3);
  });
});
