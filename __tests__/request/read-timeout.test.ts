import { once } from 'node:events';
import { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { attached, attachedFor, failureOf } from '../helpers/attached.js';
import { holdTime } from '../helpers/clock.js';
import {
  type Answer,
  deaf,
  drip,
  early,
  gzipDrip,
  handler,
  never,
  type Origin,
  reply,
  slow,
  stallBody,
  startOrigin,
} from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

const SILENCE = { isAxiosError: true, code: 'ECONNABORTED', message: 'readTimeout of 60ms exceeded' };
const client = { readTimeout: 60, timeout: false } as const;

async function answering(answer: Answer, tls = false): Promise<Origin> {
  return (await startOrigin({ tls })).always(answer);
}

async function drain(stream: Readable): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
}

const text = (length: number): string => Array.from({ length }, () => Math.random().toString(36)[2]).join('');

describe.each([
  { when: 'first', scheme: 'http', tls: false },
  { when: 'later', scheme: 'http', tls: false },
  { when: 'later', scheme: 'https', tls: true },
] as const)('readTimeout of a $when request over $scheme', ({ when, tls }) => {
  it('ends the wait for response headers', async () => {
    const origin = await answering(never(), tls);
    const { http } = await attachedFor(when, { client });
    expect(await failureOf(http.get(origin.url))).toMatchObject(SILENCE);
    await origin.idle();
  });

  it('ends a body that stalls', async () => {
    const origin = await answering(stallBody({ declared: 1000, sent: 10 }), tls);
    const { http } = await attachedFor(when, { client });
    expect(await failureOf(http.get(origin.url))).toMatchObject(SILENCE);
    await origin.idle();
  });

  it.each(['by iteration', 'by events', 'by pausing after the first piece', 'not at all'])(
    'ends a stream that stalls while it is read %s',
    async (how) => {
      const origin = await answering(stallBody({ declared: 1000, sent: 10 }), tls);
      const { http } = await attachedFor(when, { client });
      const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
      const failed = once(data, 'error');
      if (how === 'by iteration') drain(data).catch(() => {});
      if (how === 'by events') data.on('data', () => {});
      if (how === 'by pausing after the first piece') data.on('data', () => data.pause());
      if (how === 'not at all') {
        // What came waits for its reader, who may be slow; it is the reader's turn.
        await wait(150);
        expect(data.destroyed).toBe(false);
        data.resume();
      }
      expect((await failed)[0]).toMatchObject(SILENCE);
      await origin.idle();
    },
  );

  it('lets a body live that is slow but comes', async () => {
    const pieces = Array.from({ length: 10 }, () => 'piece');
    const origin = await answering(drip({ pieces, everyMs: 15 }), tls);
    const { http } = await attachedFor(when, { client });
    expect((await http.get(origin.url)).data).toBe(pieces.join(''));
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    expect(await drain(data)).toBe(50);
  });

  it('lets an upload live that is slow but goes', async () => {
    const time = holdTime();
    let tookMs = 0;
    const slowly: Answer = early({
      play: async ({ request, response }) => {
        request.pause();
        request.once('end', () => response.end('received'));
        while (!request.readableEnded && !request.destroyed) {
          request.read(250_000) ?? request.read();
          await time.advance(10);
          tookMs += 10;
          await wait(1);
        }
      },
    });
    const origin = await answering(slowly, tls);
    const { http } = await attachedFor(when, { client });
    // Longer than for the others: the buffers of the system empty in steps of megabytes.
    const own = { policy: { readTimeout: 400 } };
    expect((await http.post(origin.url, Buffer.alloc(14 * 1024 * 1024), own)).data).toBe('received');
    expect(tookMs).toBeGreaterThan(400);
    expect(origin.requests[0]?.bodyComplete).toBe(true);
  });

  it('ends an upload that stalls', async () => {
    const origin = await answering(deaf(), tls);
    const { http, policy } = await attachedFor(when, { client });
    expect(await failureOf(http.post(origin.url, Buffer.alloc(16 * 1024 * 1024)))).toMatchObject(SILENCE);
    await until(() => policy.stats().pools.length === 0);
  });
});

describe('A consumer that pauses', () => {
  it('does not lose its stream, whatever is still to come', async () => {
    const body = text(300_000);
    const origin = await answering(reply({ body }));
    const { http } = attached({ client });
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    await wait(150);
    expect(await drain(data)).toBe(body.length);
  });

  it('does not lose a compressed stream that has arrived whole', async () => {
    const body = text(20_000);
    const origin = await answering(gzipDrip({ body, pieces: 1, everyMs: 1 }));
    const { http } = attached({ client });
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    await wait(150);
    expect(await drain(data)).toBe(body.length);
  });
});

describe('What is not silence of the server', () => {
  it('the wait for a connection of a busy pool', async () => {
    const origin = await startOrigin();
    origin.enqueue(drip({ pieces: Array.from({ length: 10 }, () => 'x'), everyMs: 15 }));
    const httpAgent = new Agent({ maxSockets: 1, keepAlive: true });
    const { http } = attached({ client });
    const first = http.get(`${origin.url}/first`, { httpAgent });
    await until(() => origin.requests.length === 1);
    const second = await http.get(`${origin.url}/second`, { httpAgent });
    expect((await first).data).toBe('x'.repeat(10));
    expect(second.status).toBe(200);
    expect(origin.connections).toBe(1);
    httpAgent.destroy();
  });

  it.each(['first', 'later'] as const)(
    'the time in which the process stood still, of a %s request',
    async (when) => {
      const origin = await answering(
        slow(
          35,
          // Behind which the event loop gets to its timers first, and then to its input.
          handler((_request, response) =>
            setImmediate(() => {
              response.end('in time');
              const busyUntil = performance.now() + 150;
              while (performance.now() < busyUntil);
            }),
          ),
        ),
      );
      const { http } = await attachedFor(when, { client });
      expect((await http.get(origin.url)).data).toBe('in time');
    },
  );
});

describe('A request of its own', () => {
  it('sets another readTimeout, or none', async () => {
    const origin = await answering(slow(150));
    const { http } = attached({ client: { readTimeout: 50, timeout: false } });
    const patient = [{ readTimeout: '10s' }, { readTimeout: false }] as const;
    for (const policy of patient) expect((await http.get(origin.url, { policy })).status).toBe(200);
    const error = await failureOf(http.get(origin.url, { policy: { readTimeout: 60 } }));
    expect(error.message).toBe('readTimeout of 60ms exceeded');
  });
});

describe('A stream under default limits', () => {
  // The default is 30 s. Given as the instance's default it would be a value somebody chose, so the clock is faked.
  const attachDefault = () => attached({ client: {} });

  it('is bounded until its headers', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    try {
      const origin = await answering(never());
      const { http } = attachDefault();
      const failure = failureOf(http.get(origin.url, { responseType: 'stream' }));
      await until(() => origin.requests.length === 1);
      jest.advanceTimersByTime(29_999);
      jest.advanceTimersByTime(1);
      expect(await failure).toMatchObject({ message: 'timeout of 30000ms exceeded' });
    } finally {
      jest.useRealTimers();
    }
  });

  it('lives for longer than that while it moves, and ends after 30 s of silence', async () => {
    let nowMs = 0;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const pass = (ms: number) => {
      for (let step = 0; step < ms; step += 1000) {
        nowMs += 1000;
        jest.advanceTimersByTime(1000);
      }
    };
    try {
      let push: (piece: string) => void = () => {};
      const origin = await answering(
        handler((_request, response) => {
          push = (piece) => void response.write(piece);
          push('first');
        }),
      );
      const { http } = attachDefault();
      const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
      let received = '';
      data.on('data', (piece) => {
        received += piece;
      });
      const failed = once(data, 'error');
      for (let minute = 1; minute <= 4; minute += 1) {
        pass(28_000);
        push(` ${minute}`);
        await until(() => received.endsWith(` ${minute}`));
      }
      expect(data.destroyed).toBe(false);
      pass(45_000);
      expect((await failed)[0]).toMatchObject({ message: 'timeout of 30000ms exceeded' });
    } finally {
      clock.mockRestore();
      jest.useRealTimers();
    }
  });
});
