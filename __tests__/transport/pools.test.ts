import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { AxiosResponse } from 'axios';
import type { Policy, PoolMessage } from '../../lib/index.js';
import { type Attached, attached } from '../helpers/attached.js';
import { runChild } from '../helpers/child.js';
import { atEnd } from '../helpers/cleanup.js';
import { never, type Origin, reply, slow, startOrigin } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';

const socketOf = (response: AxiosResponse): Socket => (response.request as ClientRequest).socket as Socket;
const idleOf = (policy: Policy): number => policy.stats().pools.reduce((sum, { idle }) => sum + idle, 0);
const idle = (policy: Policy, count: number): Promise<void> =>
  until(
    () => idleOf(policy) === count,
    2000,
    () => `${count} idle connections, but ${idleOf(policy)}`,
  );

/** Gets `count` answers at the same time, from connections of their own. */
async function getParallel({ http }: Attached, origin: Origin, count: number): Promise<void> {
  const gate = new Promise<void>((open) => {
    const started = origin.requests.length;
    const check = setInterval(() => {
      if (origin.requests.length < started + count) return;
      clearInterval(check);
      open();
    }, 2);
  });
  origin.always({ play: (exchange) => void gate.then(() => reply().play(exchange)) });
  await Promise.all(Array.from({ length: count }, () => http.get(origin.url)));
  origin.always(reply());
}

const PATHS = [
  { path: 'http through follow-redirects', tls: false, maxRedirects: 5 },
  { path: 'http without redirects', tls: false, maxRedirects: 0 },
  { path: 'https through follow-redirects', tls: true, maxRedirects: 5 },
  { path: 'https without redirects', tls: true, maxRedirects: 0 },
] as const;

describe.each(PATHS)('Over $path', ({ tls, maxRedirects }) => {
  const defaults = { maxRedirects };

  it('requests that follow one another share one connection', async () => {
    const origin = await startOrigin({ tls });
    const { http } = attached({ defaults });
    for (let i = 0; i < 5; i += 1) await http.get(origin.url);
    expect(origin.connections).toBe(1);
    expect(origin.requests.map(({ requestOnSocket }) => requestOnSocket)).toEqual([1, 2, 3, 4, 5]);
  });

  it('all connections of a burst are kept by default', async () => {
    const origin = await startOrigin({ tls });
    const it = attached({ defaults });
    await getParallel(it, origin, 6);
    await idle(it.policy, 6);
    await getParallel(it, origin, 6);
    expect(origin.connections).toBe(6);
  });

  it('no more than poolMaxIdlePerHost are kept after a burst', async () => {
    const origin = await startOrigin({ tls });
    const it = attached({ defaults, client: { poolMaxIdlePerHost: 2 } });
    await getParallel(it, origin, 6);
    await until(() => origin.openSockets === 2);
    expect(idleOf(it.policy)).toBe(2);
    expect(origin.connections).toBe(6);
  });

  it('poolMaxIdlePerHost counts each host for itself', async () => {
    const origins = await Promise.all([startOrigin({ tls }), startOrigin({ tls })]);
    const it = attached({ defaults, client: { poolMaxIdlePerHost: 2 } });
    for (const origin of origins) await getParallel(it, origin, 4);
    await until(() => origins.every(({ openSockets }) => openSockets === 2));
    expect(it.policy.stats().pools.map(({ idle }) => idle)).toEqual([2, 2]);
  });

  it('poolMaxIdlePerHost 0 gives every request a connection of its own', async () => {
    const origin = await startOrigin({ tls });
    const { http, policy } = attached({ defaults, client: { poolMaxIdlePerHost: 0 } });
    for (let i = 0; i < 3; i += 1) await http.get(origin.url);
    expect(origin.connections).toBe(3);
    expect(idleOf(policy)).toBe(0);
    await origin.idle();
  });

  it('an idle connection is closed after poolIdleTimeout', async () => {
    const origin = await startOrigin({ tls });
    const { http, policy } = attached({ defaults, client: { poolIdleTimeout: 60 } });
    const events: string[] = [];
    const listener = (message: unknown) => void events.push((message as PoolMessage).event);
    subscribe('axios-policy:pool', listener);
    atEnd(() => void unsubscribe('axios-policy:pool', listener));
    await http.get(origin.url);
    await origin.idle();
    expect(events).toEqual(['kept', 'closed']);
    expect(policy.stats().pools).toEqual([]);
    await http.get(origin.url);
    expect(origin.connections).toBe(2);
  });

  it('a response slower than poolIdleTimeout is not cut, on a new connection or a reused one', async () => {
    const origin = await startOrigin({ tls });
    origin.enqueue(slow(110), slow(110), slow(110));
    const { http } = attached({ defaults, client: { poolIdleTimeout: 50 } });
    for (let i = 0; i < 3; i += 1) expect((await http.get(origin.url)).status).toBe(200);
    expect(origin.connections).toBe(1);
  });

  it('the listeners of a connection do not grow with its reuses', async () => {
    const origin = await startOrigin({ tls });
    const { http, policy } = attached({ defaults });
    const countAll = async () => {
      const socket = socketOf(await http.get(origin.url));
      await idle(policy, 1);
      return Object.fromEntries(
        socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]),
      );
    };
    await http.get(origin.url);
    const early = await countAll();
    for (let i = 0; i < 60; i += 1) await http.get(origin.url);
    expect(await countAll()).toEqual(early);
    expect(origin.connections).toBe(1);
  });
});

describe('A server that says how long it keeps a connection', () => {
  const idleTimerOf = async (keepAlive: string, poolIdleTimeout: number | false = 15_000) => {
    const origin = await startOrigin();
    origin.always(reply({ headers: { 'Keep-Alive': keepAlive } }));
    const { http, policy } = attached({ client: { poolIdleTimeout } });
    const socket = socketOf(await http.get(origin.url));
    await idle(policy, 1);
    return socket.timeout;
  };

  it.each([
    ['timeout=3', 2000],
    ['timeout=5, max=100', 4000],
    ['max=100, timeout=5', 4000],
    ['Timeout="7"', 6000],
    ['timeout = 9', 8000],
  ])('is left a second earlier than it said: %s', async (hint, expected) => {
    expect(await idleTimerOf(hint)).toBe(expected);
  });

  it.each(['timeout=60', 'timeout=soon', 'max=3', 'mytimeout=3'])(
    'does not lengthen poolIdleTimeout: %s',
    async (hint) => {
      expect(await idleTimerOf(hint, 10_000)).toBe(10_000);
    },
  );

  it('is heard also where poolIdleTimeout is off', async () => {
    expect(await idleTimerOf('timeout=3', false)).toBe(2000);
  });

  it.each(['timeout=1', 'timeout=0', 'max=5, timeout=1'])(
    'is not asked again on the connection: %s',
    async (hint) => {
      const origin = await startOrigin();
      origin.always(reply({ headers: { 'Keep-Alive': hint } }));
      const { http, policy } = attached();
      await http.get(origin.url);
      await origin.idle();
      await http.get(origin.url);
      expect(origin.connections).toBe(2);
      expect(idleOf(policy)).toBe(0);
    },
  );

  it('sees the connection closed when the hint runs out', async () => {
    const origin = await startOrigin({ tls: true, keepAliveHint: 2 });
    const { http, policy } = attached({ client: { poolIdleTimeout: '1h' } });
    await http.get(origin.url);
    await idle(policy, 1);
    await origin.idle(4000);
    expect(idleOf(policy)).toBe(0);
  });
});

describe('A pool without a limit on idleness', () => {
  it.each([false, '300d', { days: 300 }] as const)('keeps a connection: %j', async (poolIdleTimeout) => {
    const origin = await startOrigin();
    const { http, policy } = attached({ client: { poolIdleTimeout, connectionMaxAge: false } });
    const socket = socketOf(await http.get(origin.url));
    await idle(policy, 1);
    expect(socket.timeout).toBe(2 ** 31 - 1);
    await http.get(origin.url);
    expect(origin.connections).toBe(1);
  });

  it('keeps none at poolIdleTimeout 0', async () => {
    const origin = await startOrigin();
    const { http } = attached({ client: { poolIdleTimeout: 0 } });
    await http.get(origin.url);
    await http.get(origin.url);
    expect(origin.connections).toBe(2);
  });
});

describe('A connection whose server closed it', () => {
  it('leaves the pool, and the next request gets a new one', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached();
    await http.get(origin.url);
    await idle(policy, 1);
    origin.endConnections('fin');
    await idle(policy, 0);
    await http.get(origin.url);
    expect(origin.connections).toBe(2);
  });

  it('is not kept after "Connection: close"', async () => {
    const origin = await startOrigin();
    origin.always(reply({ headers: { Connection: 'close' } }));
    const { http } = attached();
    await http.get(origin.url);
    await origin.idle();
    await http.get(origin.url);
    expect(origin.connections).toBe(2);
  });

  it('is not kept when its body was cut short by maxContentLength', async () => {
    const origin = await startOrigin();
    origin.enqueue(reply({ body: 'x'.repeat(1000) }));
    const { http, policy } = attached();
    await expect(http.get(origin.url, { maxContentLength: 10 })).rejects.toThrow('maxContentLength');
    await origin.idle();
    expect(idleOf(policy)).toBe(0);
  });
});

describe('A new TLS connection', () => {
  it('resumes the session of an earlier one', async () => {
    const origin = await startOrigin({ tls: true });
    const { http } = attached({ client: { poolMaxIdlePerHost: 0 } });
    for (let i = 0; i < 3; i += 1) await http.get(origin.url);
    expect(origin.handshakes.map(({ sessionReused }) => sessionReused)).toEqual([false, true, true]);
  });

  it('offers http/1.1 by ALPN', async () => {
    const origin = await startOrigin({ tls: true });
    const { http } = attached();
    await http.get(origin.url);
    expect(origin.handshakes[0]).toMatchObject({ alpnProtocol: 'http/1.1', servername: 'localhost' });
  });
});

describe('stats()', () => {
  it('counts connections per origin while they work and after', async () => {
    const origins = [await startOrigin(), await startOrigin({ tls: true })];
    const { http, policy } = attached();
    for (const origin of origins) origin.always(never());
    const controller = new AbortController();
    const waiting = origins.map((origin) => http.get(origin.url, { signal: controller.signal }));
    await until(() => origins.every(({ requests }) => requests.length === 1));
    expect(policy.stats().pools).toEqual(
      origins.map(({ url }) => ({ origin: url, active: 1, idle: 0, pending: 0 })),
    );
    controller.abort();
    await Promise.allSettled(waiting);
    await until(() => policy.stats().pools.length === 0);

    for (const origin of origins) origin.always(reply());
    await Promise.all(origins.map(({ url }) => http.get(url)));
    await idle(policy, 2);
    expect(policy.stats().pools).toEqual(
      origins.map(({ url }) => ({ origin: url, active: 0, idle: 1, pending: 0 })),
    );
  });
});

describe('close()', () => {
  it('closes idle connections at once', async () => {
    const origin = await startOrigin({ tls: true });
    const it = attached();
    await getParallel(it, origin, 3);
    await idle(it.policy, 3);
    await it.policy.close();
    expect(it.policy.stats().pools).toEqual([]);
    await origin.idle();
  });

  it('lets a request under way finish, and closes its connection then', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached();
    origin.always(slow(80, reply({ body: 'whole' })));
    const order: string[] = [];
    const request = http.get(origin.url).then(({ data }) => order.push(data));
    await until(() => origin.requests.length === 1);
    await policy.close().then(() => order.push('closed'));
    await request;
    expect(order).toEqual(['whole', 'closed']);
    await origin.idle();
  });

  it('ends a request under way with { abort: true }', async () => {
    const origin = await startOrigin();
    origin.always(never());
    const { http, policy } = attached();
    const failed = expect(http.get(origin.url)).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await until(() => origin.requests.length === 1);
    await policy.close({ abort: true });
    await failed;
    await origin.idle();
  });

  it('may be called twice', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached();
    await http.get(origin.url);
    await Promise.all([policy.close(), policy.close()]);
    await policy.close();
    await origin.idle();
  });

  it('leaves requests made afterwards to bare axios', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached();
    await policy.close();
    expect((await http.get(origin.url)).status).toBe(200);
    await delay(0);
    expect(policy.stats()).toMatchObject({ pools: [], attempts: 0 });
  });
});

describe('A process with an idle connection', () => {
  it('ends by itself, and no limit was too long for a timer', async () => {
    const origin = await startOrigin();
    const { stdout, stderr } = await runChild(
      `const http = axios.create();
       const year = '400d';
       attachPolicy(http, { client: { allowHttp: true, connectTimeout: year, timeout: year, readTimeout: year,
         poolIdleTimeout: year, poolMaxIdlePerHost: Infinity }, retry: false });
       process.on('exit', () => console.log('ended'));
       http.get(process.env.ORIGIN).then(({ data }) => console.log(data));`,
      { ORIGIN: origin.url },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'Hello World\nended\n', stderr: '' });
    expect(origin.connections).toBe(1);
  }, 30_000);
});
