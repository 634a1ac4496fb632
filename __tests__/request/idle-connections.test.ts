import { Agent } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import type { AxiosRequestConfig } from 'axios';
import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { atEnd } from '../helpers/cleanup.js';
import { startTcp } from '../helpers/faults.js';
import { watchLeaks } from '../helpers/leaks.js';
import { held, never, reply, reset, slow, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { delay, until } from '../helpers/wait.js';
import { type Started, type StartOptions, start } from './setup.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

const PATHS: ReadonlyArray<[string, AxiosRequestConfig]> = [
  ['made directly', {}],
  ['made by axios’ adapter', { onDownloadProgress: () => undefined }],
];

/** With what resets the connections, where that is not the origin. */
type StartedWay = Started & { reset?: () => void };

const idleOf = ({ policy }: Started): number => policy.stats().pools.reduce((sum, { idle }) => sum + idle, 0);

/** Fills the pool with `count` idle connections. */
async function fill({ origin, http, policy }: Started, count: number): Promise<void> {
  const arrived = () => origin.requests.length >= count;
  origin.always({
    play: (exchange) => void until(arrived).then(() => reply({ body: 'warm' }).play(exchange)),
  });
  await Promise.all(Array.from({ length: count }, () => http.get('/warm')));
  await until(() => policy.stats().pools[0]?.idle === count);
  origin.always(reply());
}

/** Makes it later for the rest of the test. No timer runs because of it. */
function passes(ms: number): void {
  const now = performance.now.bind(performance);
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  atEnd(() => clock.mockRestore());
}

/** Keeps the thread busy, so that no timer and no input is handled. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe.each(AXIOS_COPIES)('idle connections, with $name', ({ axios }) => {
  /** Each way to a server that answers on connections of the policy. */
  const WAYS: ReadonlyArray<[string, (options?: Partial<StartOptions>) => Promise<StartedWay>]> = [
    ['over https', (options) => start({ axios, ...options })],
    ['over http', (options) => start({ axios, tls: false, ...options })],
    [
      'through tunnels',
      async (options) => {
        const proxy = await startProxy();
        const client = { proxyUrl: proxy.url, ...options?.client };
        return { ...(await start({ axios, ...options, client })), reset: () => proxy.resetConnections() };
      },
    ],
    [
      'to a forward proxy',
      async (options) => {
        const proxy = await startOrigin();
        const client = { proxyUrl: proxy.url, ...options?.client };
        const defaults = { baseURL: 'http://origin.test' };
        return { ...(await start({ axios, tls: false, defaults, ...options, client })), origin: proxy };
      },
    ],
  ];

  describe.each(WAYS)('%s, given idle connections that went silent', (_way, begin) => {
    it.each(PATHS)(
      'takes a new one after the first timeout, and closes them: a GET %s',
      async (_how, config) => {
        const it = await begin();
        await fill(it, 6);
        const { origin, http } = it;
        const last = origin.connections;
        origin.always({
          play: (exchange) => (exchange.recorded.socketId > last ? reply() : never()).play(exchange),
        });
        const limited = { ...config, policy: { timeout: 200 } };
        const response = await http.get('/', limited);
        // On a busy machine a new connection may take longer than the limit, which is no silence.
        const kinds = getPolicyMetadata(response)?.outcomes.map(({ kind }) => kind);
        expect(kinds?.filter((kind) => kind !== 'connect')).toEqual(['timeout']);
        await until(() => origin.openSockets === 1);
        const { connections } = origin;
        expect(getPolicyMetadata(await http.get('/', config))).toMatchObject({ attempts: 1 });
        expect(origin.connections).toBe(connections);
      },
    );
  });

  describe.each(WAYS)('%s, given a connection that was idle for too long', (_way, begin) => {
    it.each(PATHS)('does not use it though its timer could not run: %s', async (_how, config) => {
      const it = await begin({ client: { poolIdleTimeout: 60 } });
      await it.http.get('/warm', config);
      // Until here its timer may have run, on a slow machine.
      await it.http.get('/warm', config);
      const { connections } = it.origin;
      block(80);
      await it.http.get('/', config);
      expect(it.origin.requests.at(-1)).toMatchObject({ socketId: connections + 1, requestOnSocket: 1 });
    });
  });

  describe.each(WAYS)('%s, given a request that may not be sent twice', (_way, begin) => {
    it.each(PATHS)('takes another connection than one that was just closed: %s', async (_how, config) => {
      const it = await begin();
      await fill(it, 2);
      const { origin, http } = it;
      if (it.reset === undefined) origin.endConnections('rst');
      else it.reset();
      const responses = await Promise.all([http.post('/', 'a', config), http.post('/', 'b', config)]);
      expect(responses.map((response) => getPolicyMetadata(response))).toMatchObject([
        { attempts: 1, resends: 0 },
        { attempts: 1, resends: 0 },
      ]);
    });

    it.each(PATHS)(
      'leaves a connection to others that was idle for half of its time: %s',
      async (_how, config) => {
        const it = await begin({ client: { poolIdleTimeout: '10s' } });
        await it.http.get('/warm');
        const { connections } = it.origin;
        passes(5_500);
        await it.http.post('/', 'x', config);
        await Promise.all([it.http.get('/'), it.http.get('/')]);
        const [post, ...gets] = it.origin.requests.slice(1).map(({ socketId }) => socketId);
        expect(post).toBe(connections + 1);
        expect(gets).toContain(connections);
      },
    );
  });
});

describe.each(AXIOS_COPIES)('given idle connections of a server that loses one, with $name', ({ axios }) => {
  it.each(PATHS)('closes those that were idle all the while: after a POST %s', async (_how, config) => {
    const it = await start({ axios });
    await fill(it, 4);
    it.origin.enqueue(reset());
    await failureOf(it.http.post('/', 'x', config));
    await until(() => it.origin.openSockets === 0);
    expect((await it.http.post('/', 'x', config)).status).toBe(200);
  });

  it('keeps those that were in use since', async () => {
    const it = await start({ axios, tls: false });
    await fill(it, 2);
    const { origin, http } = it;
    const loss = held(reset());
    origin.enqueue(loss);
    const lost = failureOf(http.post('/lost', 'x'));
    await until(() => origin.requests.some(({ url }) => url === '/lost'));
    await http.get('/meanwhile');
    loss.release();
    await lost;
    await http.get('/after');
    expect(origin.connections).toBe(2);
  });

  it('keeps them after an answer, a timeout of a body, and a request that was given up', async () => {
    const it = await start({ axios, tls: false, retry: { maxRetries: 0 } });
    await fill(it, 3);
    const { origin, http } = it;
    origin.enqueue(reply({ status: 503 }));
    await failureOf(http.get('/'));
    origin.enqueue(never());
    const signal = AbortSignal.timeout(30);
    await failureOf(http.get('/', { signal }));
    await until(() => origin.openSockets === 2);
    expect(idleOf(it)).toBe(2);
  });
});

describe.each(AXIOS_COPIES)('given bytes that nobody asked for, with $name', ({ axios }) => {
  /** A server that sends `first` for the first answer of its first connection, and what it should from then on. */
  async function poisoned(first: (write: (text: string) => void) => void) {
    let count = 0;
    const server = await startTcp((socket) => {
      socket.on('data', () => {
        count += 1;
        if (count === 1) first((text) => void socket.write(text));
        else socket.write(OK);
      });
    });
    const http = (await start({ axios, tls: false })).http;
    return { server, get: (config = {}) => http.get(`http://${server.host}`, config) };
  }

  it.each(PATHS)('on an idle connection, closes it: %s', async (_how, config) => {
    const { server, get } = await poisoned((write) => {
      write(OK);
      setTimeout(write, 10, POISON);
    });
    expect((await get(config)).data).toBe('ok');
    await until(() => server.openSockets === 0);
    expect((await get(config)).data).toBe('ok');
    expect(server.sockets).toHaveLength(2);
  });

  it.each([
    ['in one piece with', (write: (text: string) => void) => write(OK + POISON)],
    [
      'right behind',
      (write: (text: string) => void) => {
        write(OK);
        setImmediate(write, POISON);
      },
    ],
  ])('%s a response, closes it', async (_where, first) => {
    const { server, get } = await poisoned(first);
    expect((await get()).data).toBe('ok');
    await until(() => server.openSockets === 0);
    expect((await get()).data).toBe('ok');
    expect(server.sockets).toHaveLength(2);
  });

  it('behind a response that nobody has read yet, closes it, and the response stays whole', async () => {
    const { server, get } = await poisoned((write) => {
      write(OK);
      setTimeout(write, 10, POISON);
    });
    const { data } = await get({ responseType: 'stream' });
    await until(() => server.openSockets === 0);
    expect(String(Buffer.concat(await (data as Readable).toArray()))).toBe('ok');
    expect((await get()).data).toBe('ok');
  });
});

describe.each(AXIOS_COPIES)('given a request that may not be sent twice, with $name', ({ axios }) => {
  const limited = (maxSockets: number) => ({
    axios,
    tls: false,
    defaults: { httpAgent: new Agent({ keepAlive: true, maxSockets }) },
    client: { poolIdleTimeout: 400 },
  });

  it('uses an old connection where there is no room for a new one', async () => {
    const { origin, http } = await start(limited(1));
    await http.get('/warm');
    await delay(220);
    await http.post('/', 'x');
    expect(origin.connections).toBe(1);
  });

  it('goes out in the order it was made in, also if it has to wait', async () => {
    const { origin, http } = await start(limited(1));
    await http.get('/warm');
    const urls = ['/a', '/b', '/c', '/d'];
    await Promise.all(urls.map((url) => http.post(url, 'x')));
    expect(origin.requests.slice(1).map(({ url }) => url)).toEqual(urls);
    expect(origin.connections).toBe(1);
  });

  it('tells of the wait in its queue', async () => {
    const { origin, http } = await start(limited(1));
    await http.get('/warm');
    origin.enqueue(slow(50));
    const [, second] = await Promise.all([http.post('/a', 'x'), http.post('/b', 'x')]);
    expect(getPolicyMetadata(second)?.timings?.queuedMs).toBeGreaterThan(20);
  });

  it.each(PATHS)('leaves nothing if it is given up before it is sent: %s', async (_how, config) => {
    const it = await start({ axios, tls: false });
    await it.http.post('/warm', 'x', config);
    // Not one that was freed in this very turn.
    await delay(5);
    const leaks = watchLeaks();
    const controller = new AbortController();
    const failure = failureOf(it.http.post('/', 'x', { ...config, signal: controller.signal }));
    await Promise.resolve();
    controller.abort();
    expect(axios.isCancel(await failure)).toBe(true);
    await it.http.post('/after', 'x', config);
    expect(it.origin.requests.map(({ url, socketId }) => [url, socketId])).toEqual([
      ['/warm', 1],
      ['/after', 1],
    ]);
    await it.policy.close();
    await leaks.expectNone();
  });
});

describe.each(AXIOS_COPIES)(
  'given a request that is given up in the tick it was made in, with $name',
  ({ axios }) => {
    it.each(PATHS)('keeps no connection that is not open yet: %s', async (_how, config) => {
      const it = await start({ axios });
      await it.http.get('/warm', { ...config, headers: { Connection: 'close' } });
      for (let count = 0; count < 3; count += 1) {
        const controller = new AbortController();
        const failure = failureOf(it.http.get('/', { ...config, signal: controller.signal }));
        for (let tick = 0; tick < count; tick += 1) await Promise.resolve();
        controller.abort();
        expect(axios.isCancel(await failure)).toBe(true);
        expect(idleOf(it)).toBe(0);
      }
      expect((await it.http.get('/', config)).status).toBe(200);
    });
  },
);
