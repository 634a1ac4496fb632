import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import axios, { type AxiosStatic } from 'axios';
import {
  type AttemptEndMessage,
  type AttemptMessage,
  attachPolicy,
  type ConnectMessage,
  type GiveUpMessage,
  type PoolMessage,
  type RetryMessage,
} from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { closedPort, startTlsStall } from '../helpers/faults.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { drip, never, reply, reset, slow, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { shut, trackSockets } from '../helpers/tcp.js';
import { delay, until } from '../helpers/wait.js';
import { ENDLESS, start, unavailable } from './setup.js';

interface Messages {
  attempt: AttemptMessage;
  retry: RetryMessage;
  giveup: GiveUpMessage;
  connect: ConnectMessage;
  pool: PoolMessage;
}

const NAMES = ['attempt', 'retry', 'giveup', 'connect', 'pool'] as const;

/** What a channel says from now on until the end of the test. */
function listen<K extends keyof Messages>(name: K): Messages[K][] {
  const messages: Messages[K][] = [];
  const listener = (message: unknown) => void messages.push(message as Messages[K]);
  subscribe(`axios-policy:${name}`, listener);
  atEnd(() => void unsubscribe(`axios-policy:${name}`, listener));
  return messages;
}

const ends = (messages: AttemptMessage[]): AttemptEndMessage[] =>
  messages.filter((message): message is AttemptEndMessage => message.stage === 'end');

const rendered = (messages: unknown[]): string =>
  JSON.stringify(messages) + inspect(messages, { depth: 20 }) + String(messages);

const connection = ({ durationMs: _, error, ...rest }: ConnectMessage) =>
  error === undefined ? rest : { ...rest, code: (error as { code?: string }).code };

describe('as long as nobody subscribes', () => {
  it('nothing is published, whatever happens', async () => {
    const spies = NAMES.map((name) => jest.spyOn(channel(`axios-policy:${name}`), 'publish'));
    const { origin, http, policy } = await start({ axios: axios as AxiosStatic, retry: { maxRetries: 1 } });
    origin.enqueue(unavailable(), reply(), unavailable(), unavailable());
    await http.get('/');
    await failureOf(http.get('/'));
    await policy.close();
    expect(spies.map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0, 0, 0]);
    for (const spy of spies) spy.mockRestore();
  });
});

describe.each(AXIOS_COPIES)('axios-policy:attempt, with $name', ({ axios }) => {
  it('tells of the start and the end of an attempt, with one object for both', async () => {
    const messages = listen('attempt');
    const { origin, http } = await start({ axios });
    await http.post('/path?q=1', 'body');
    const about = {
      name: new URL(origin.url).host,
      attempt: 1,
      resends: 0,
      method: 'POST',
      url: `${origin.url}/path`,
      origin: origin.url,
      elapsedMs: expect.any(Number),
      id: {},
    };
    expect(messages).toEqual([
      { stage: 'start', ...about },
      {
        stage: 'end',
        ...about,
        kind: 'ok',
        status: 200,
        code: undefined,
        httpVersion: '1.1',
        durationMs: expect.any(Number),
        timings: {
          queuedMs: 0,
          dnsMs: expect.any(Number),
          connectMs: expect.any(Number),
          tlsMs: expect.any(Number),
          firstByteMs: expect.any(Number),
          bodyMs: expect.any(Number),
          reused: false,
        },
      },
    ]);
    expect(messages[1]?.id).toBe(messages[0]?.id);
    expect(ends(messages)[0]?.response).toMatchObject({ status: 200 });
  });

  it('tells of every attempt of a request', async () => {
    const messages = listen('attempt');
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable(), unavailable());
    await http.get('/');
    expect(messages.map(({ stage, attempt, resends }) => [stage, attempt, resends])).toEqual([
      ['start', 1, 0],
      ['end', 1, 0],
      ['start', 2, 1],
      ['end', 2, 1],
      ['start', 3, 2],
      ['end', 3, 2],
    ]);
    expect(ends(messages).map(({ kind, status }) => [kind, status])).toEqual([
      ['status', 503],
      ['status', 503],
      ['ok', 200],
    ]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
  });

  it('counts the re-send after a lost keep-alive race as one, and as no attempt', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(reply(), reset());
    await http.get('/');
    const messages = listen('attempt');
    await http.get('/');
    expect(messages.map(({ stage, attempt, resends }) => [stage, attempt, resends])).toEqual([
      ['start', 1, 0],
      ['end', 1, 0],
      ['start', 1, 1],
      ['end', 1, 1],
    ]);
    expect(ends(messages).map(({ kind }) => kind)).toEqual(['dropped', 'ok']);
  });

  it('sends the headers that a subscriber sets at the start, on each attempt', async () => {
    const listener = (message: unknown) => {
      const { stage, config, attempt } = message as AttemptMessage;
      const { headers } = config as { headers: { set(name: string, value: string): void } };
      if (stage === 'start') headers.set('X-Attempt', `number ${attempt}`);
    };
    subscribe('axios-policy:attempt', listener);
    atEnd(() => void unsubscribe('axios-policy:attempt', listener));
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    await http.get('/');
    expect(origin.requests.map(({ headers }) => headers['x-attempt'])).toEqual(['number 1', 'number 2']);
  });

  it('shows a failure without a response by its kind and code, and has the error', async () => {
    const messages = listen('attempt');
    const { http } = await start({ axios, retry: false });
    const error = await failureOf(http.get(`https://127.0.0.1:${await closedPort()}/`));
    expect(ends(messages)).toMatchObject([{ kind: 'connect', code: 'ECONNREFUSED', status: undefined }]);
    expect(ends(messages)[0]?.error).toBe(error);
    expect(ends(messages)[0]?.httpVersion).toBeUndefined();
  });

  it('tells of an attempt that was cancelled, and of one that timed out', async () => {
    const messages = listen('attempt');
    const { origin, http } = await start({ axios, retry: false });
    origin.always(never());
    const controller = new AbortController();
    const cancelled = failureOf(http.get('/', { signal: controller.signal }));
    await until(() => origin.requests.length === 1);
    controller.abort();
    await cancelled;
    await failureOf(http.get('/', { timeout: 200 }));
    expect(ends(messages).map(({ kind, code }) => [kind, code])).toEqual([
      ['cancelled', 'ERR_CANCELED'],
      ['timeout', 'ECONNABORTED'],
    ]);
  });

  it('tells of the end once, also if an adapter answers after its time was up', async () => {
    const messages = listen('attempt');
    const { http } = await start({ axios, retry: false });
    let answer: (value: never) => void = () => {};
    const adapter = () =>
      new Promise<never>((resolve) => {
        answer = resolve;
      });
    await failureOf(http.get('/', { adapter, timeout: 20 }));
    answer({ status: 200, headers: {}, data: 'late' } as never);
    await delay(10);
    expect(ends(messages).map(({ kind }) => kind)).toEqual(['timeout']);
  });

  it('ends with the headers of a streamed response', async () => {
    const messages = listen('attempt');
    const { origin, http } = await start({ axios });
    origin.enqueue(drip({ pieces: ['a', 'b', 'c'], everyMs: 30 }));
    const { data } = await http.get('/', { responseType: 'stream' });
    expect(ends(messages)).toMatchObject([{ kind: 'ok', status: 200 }]);
    for await (const _ of data);
    expect(ends(messages)).toHaveLength(1);
  });

  it('tells of what a mock answers to a relative URL without a method', async () => {
    const messages = listen('attempt');
    const { http } = await start({ axios, defaults: { baseURL: '' }, client: { allowHttp: true } });
    const adapter = async (config: object) =>
      ({ status: 204, statusText: '', data: '', headers: {}, config }) as never;
    http.interceptors.request.use((config) => Object.assign(config, { method: undefined }));
    await http.request({ url: 'items', adapter });
    expect(ends(messages)).toMatchObject([
      { method: 'GET', url: 'items', origin: '', kind: 'ok', status: 204, httpVersion: undefined },
    ]);
  });

  it('does not tell of the end of an attempt whose start nobody heard', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(slow(30));
    const request = http.get('/');
    await until(() => origin.requests.length === 1);
    const messages = listen('attempt');
    await request;
    expect(messages).toEqual([]);
    await http.get('/');
    expect(messages).toHaveLength(2);
  });
});

describe('axios-policy:retry and axios-policy:giveup', () => {
  it('say what onRetry and onGiveUp are told', async () => {
    const retries = listen('retry');
    const giveUps = listen('giveup');
    const events: unknown[] = [];
    const hook = (event: object) => void events.push(event);
    const { origin, http } = await start({
      axios: axios as AxiosStatic,
      retry: { maxRetries: 1, onRetry: hook, onGiveUp: hook },
    });
    origin.always(unavailable());
    const error = await failureOf(http.get('/path'));
    const later = { elapsedMs: expect.any(Number), remainingMs: expect.any(Number) };
    const common = {
      name: new URL(origin.url).host,
      kind: 'status',
      status: 503,
      method: 'GET',
      url: `${origin.url}/path`,
      idempotent: true,
    };
    expect(retries).toEqual([
      {
        ...common,
        ...later,
        code: 'ERR_BAD_RESPONSE',
        attempt: 1,
        retries: 0,
        retry: 1,
        delayMs: 1,
        reason: 'status',
      },
    ]);
    expect(giveUps).toEqual([
      { ...common, ...later, code: 'ERR_BAD_RESPONSE', attempt: 2, retries: 1, reason: 'max-retries' },
    ]);
    const withHidden = (event: RetryMessage | undefined) => {
      const { config, error, response } = event as RetryMessage;
      return { ...event, config, error, response, ...later };
    };
    expect(withHidden(retries[0])).toEqual(withHidden(events[0] as RetryMessage));
    expect(giveUps[0]?.error).toBe(error);
  });

  it('are told without hooks, and not of a failure that nobody would retry', async () => {
    const retries = listen('retry');
    const giveUps = listen('giveup');
    const { origin, http } = await start({ axios: axios as AxiosStatic });
    origin.enqueue(unavailable(), reply(), reply({ status: 404 }));
    await http.get('/');
    await failureOf(http.get('/'));
    expect([retries.length, giveUps.length]).toEqual([1, 0]);
  });

  it('are told before the sleep', async () => {
    const retries = listen('retry');
    const { origin, http } = await start({ axios: axios as AxiosStatic, retry: { backoff: ENDLESS } });
    origin.enqueue(unavailable());
    const controller = new AbortController();
    const request = failureOf(http.get('/', { signal: controller.signal }));
    await until(() => retries.length === 1);
    controller.abort();
    expect(await request).toMatchObject({ code: 'ERR_CANCELED' });
    expect(retries[0]).toMatchObject({ delayMs: 60_000 });
  });
});

describe('secrets', () => {
  it('are in no message, however it is printed', async () => {
    const all = NAMES.map((name) => listen(name));
    const origin = await startOrigin({ tls: true });
    const proxy = await startProxy({ auth: { user: 'proxy-user', password: 'proxy-pass' } });
    const proxyUrl = proxy.url.replace('://', '://proxy-user:proxy-pass@');
    const { http, policy } = attached({
      client: { proxyUrl },
      retry: { maxRetries: 1, backoff: { initBackoff: 1 } },
    });
    origin.enqueue(unavailable(), unavailable());
    await failureOf(
      http.get(`${origin.url.replace('://', '://user:pass-word@')}/path?token=query-secret#fragment-secret`, {
        params: { key: 'param-secret' },
        headers: { Authorization: 'Bearer bearer-secret', Cookie: 'sid=cookie-secret' },
      }),
    );
    await policy.close();
    expect(all.every((messages) => messages.length > 0)).toBe(true);
    const text = rendered(all) + rendered(all.flat());
    expect(text).toContain(`${origin.url}/path`);
    expect(text).not.toMatch(/secret|pass-word|proxy-pass|proxy-user/);
    const basic = Buffer.from('proxy-user:proxy-pass').toString('base64');
    expect(text).not.toContain(basic);
  });

  it('are the whole URL of a sensitive request', async () => {
    const attempts = listen('attempt');
    const giveUps = listen('giveup');
    const { origin, http } = await start({ axios: axios as AxiosStatic, retry: { maxRetries: 0 } });
    origin.enqueue(unavailable());
    await failureOf(http.get('/hidden', { policy: { sensitive: true } }));
    expect(attempts).toMatchObject([{ url: 'REDACTED', origin: 'REDACTED' }, { url: 'REDACTED' }]);
    expect(rendered([...attempts, ...giveUps])).not.toMatch(new RegExp(`hidden|${new URL(origin.url).host}`));
  });
});

describe('axios-policy:connect and axios-policy:pool', () => {
  it('tell of a connection that is made, kept, used again and closed', async () => {
    const connects = listen('connect');
    const pool = listen('pool');
    const { origin, http, policy } = await start({ axios: axios as AxiosStatic });
    const about = { name: new URL(origin.url).host, origin: origin.url };
    await http.get('/');
    await until(() => pool.length === 1);
    await http.get('/');
    await until(() => pool.length === 3);
    await policy.close();
    expect(connects.map(connection)).toEqual([
      { stage: 'start', ...about },
      { stage: 'ready', ...about },
    ]);
    expect(connects[0]?.durationMs).toBe(0);
    expect(connects[1]?.durationMs).toBeGreaterThan(0);
    expect(pool).toEqual(['kept', 'reused', 'kept', 'closed'].map((event) => ({ event, ...about })));
  });

  it('tell of a connection without TLS that is not kept', async () => {
    const connects = listen('connect');
    const pool = listen('pool');
    const origin = await startOrigin();
    const { http } = attached({ client: { poolMaxIdlePerHost: 0 } });
    await http.get(origin.url);
    await until(() => pool.length === 1);
    expect(connects.map(({ stage }) => stage)).toEqual(['start', 'ready']);
    expect(pool).toEqual([{ event: 'closed', origin: origin.url }]);
  });

  it('tell why a connection failed, and nothing of a pool', async () => {
    const connects = listen('connect');
    const pool = listen('pool');
    const stall = await startTlsStall();
    const { http } = attached({ client: { connectTimeout: 40 } });
    const refusing = `127.0.0.1:${await closedPort()}`;
    await failureOf(http.get(`https://${refusing}/`));
    await until(() => connects.length === 2);
    await failureOf(http.get(`https://127.0.0.1:${stall.port}/`));
    await until(() => connects.length === 4);
    expect(connects.map(connection)).toEqual([
      { stage: 'start', origin: `https://${refusing}` },
      { stage: 'failed', origin: `https://${refusing}`, code: 'ECONNREFUSED' },
      { stage: 'start', origin: `https://127.0.0.1:${stall.port}` },
      { stage: 'failed', origin: `https://127.0.0.1:${stall.port}`, code: 'ETIMEDOUT' },
    ]);
    expect(pool).toEqual([]);
  });

  it('tell of a connection that was given up with its request', async () => {
    const connects = listen('connect');
    const stall = await startTlsStall();
    const { http } = attached();
    const controller = new AbortController();
    const request = failureOf(http.get(`https://127.0.0.1:${stall.port}/`, { signal: controller.signal }));
    await until(() => connects.length === 1);
    controller.abort();
    await request;
    await until(() => connects.length === 2);
    expect(connects[1]?.stage).toBe('failed');
  });

  it('tell of a unix socket', async () => {
    const socketPath =
      process.platform === 'win32'
        ? `\\\\.\\pipe\\axios-policy-channels-${process.pid}`
        : join(tmpdir(), `axios-policy-channels-${process.pid}.sock`);
    const server = createServer((_request, response) => void response.end('ok'));
    const open = trackSockets(server);
    await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
    atEnd(() => shut(server, open));
    const connects = listen('connect');
    await attached().http.get('http://localhost/', { socketPath });
    expect(connects.map(connection)).toEqual([
      { stage: 'start', origin: `unix:${socketPath}` },
      { stage: 'ready', origin: `unix:${socketPath}` },
    ]);
  });

  describe('through a proxy', () => {
    it('tell of the tunnel and the TLS within it as one connection', async () => {
      const connects = listen('connect');
      const pool = listen('pool');
      const origin = await startOrigin({ tls: true });
      const proxy = await startProxy();
      const { http, policy } = attached({ client: { proxyUrl: proxy.url } });
      const about = { origin: origin.url, proxy: proxy.url };
      await http.get(origin.url);
      await policy.close();
      expect(connects.map(connection)).toEqual([
        { stage: 'start', ...about },
        { stage: 'ready', ...about },
      ]);
      expect(pool).toEqual([
        { event: 'kept', ...about },
        { event: 'closed', ...about },
      ]);
    });

    it('tell that the proxy refused, or the origin was not whom it should be', async () => {
      const connects = listen('connect');
      const origin = await startOrigin({ tls: true });
      const proxy = await startProxy({ connect: 502 });
      await failureOf(attached({ client: { proxyUrl: proxy.url } }).http.get(origin.url));
      await until(() => connects.length === 2);
      const open = await startProxy();
      const wary = axios.create();
      const policy = attachPolicy(wary, { client: { proxyUrl: open.url }, retry: false });
      atEnd(() => policy.close());
      await failureOf(wary.get(origin.url));
      await until(() => connects.length === 4);
      expect(connects.map(({ stage }) => stage)).toEqual(['start', 'failed', 'start', 'failed']);
      expect(connects[1]?.error).toMatchObject({ policyCode: 'ERR_POLICY_PROXY_TUNNEL', proxyStatus: 502 });
      expect(connects[3]?.error).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    });

    it('tell of the connection to the proxy for plain requests', async () => {
      const connects = listen('connect');
      const origin = await startOrigin();
      const proxy = await startProxy();
      await attached({ client: { proxyUrl: proxy.url } }).http.get(origin.url);
      expect(connects.map(connection)).toEqual([
        { stage: 'start', origin: proxy.url, proxy: proxy.url },
        { stage: 'ready', origin: proxy.url, proxy: proxy.url },
      ]);
    });
  });

  describe('over HTTP/2', () => {
    it('tell of a session that is made, kept, used again and closed', async () => {
      const connects = listen('connect');
      const pool = listen('pool');
      const attempts = listen('attempt');
      const origin = await startHttp2Origin();
      const { http, policy } = attached({ client: { http2Only: true } });
      const about = { origin: origin.url };
      await http.get(origin.url);
      await until(() => pool.length === 1);
      await http.get(origin.url);
      await until(() => pool.length === 3);
      await policy.close();
      expect(connects.map(connection)).toEqual([
        { stage: 'start', ...about },
        { stage: 'ready', ...about },
      ]);
      expect(pool).toEqual(['kept', 'reused', 'kept', 'closed'].map((event) => ({ event, ...about })));
      expect(ends(attempts).map(({ httpVersion }) => httpVersion)).toEqual(['2.0', '2.0']);
    });

    it('name the proxy of a tunnel', async () => {
      const connects = listen('connect');
      const origin = await startHttp2Origin();
      const proxy = await startProxy();
      const { http } = attached({ client: { http2Only: true, proxyUrl: proxy.url } });
      await http.get(origin.url);
      expect(connects.map(connection)).toEqual([
        { stage: 'start', origin: origin.url, proxy: proxy.url },
        { stage: 'ready', origin: origin.url, proxy: proxy.url },
      ]);
    });

    it('tell why a session could not be had', async () => {
      const connects = listen('connect');
      const port = await closedPort();
      const { http } = attached({ client: { http2Only: true } });
      await failureOf(http.get(`https://127.0.0.1:${port}/`));
      expect(connects.map(connection)).toEqual([
        { stage: 'start', origin: `https://127.0.0.1:${port}` },
        { stage: 'failed', origin: `https://127.0.0.1:${port}`, code: 'ECONNREFUSED' },
      ]);
    });

    it('tell of a connection that settled on HTTP/1.1 once', async () => {
      const connects = listen('connect');
      const pool = listen('pool');
      const origin = await startOrigin({ tls: true });
      const { http, policy } = attached({ client: { http1Only: false, tls: { ca } } });
      await http.get(origin.url);
      await policy.close();
      expect(connects.map(({ stage }) => stage)).toEqual(['start', 'ready']);
      expect(pool.map(({ event }) => event)).toEqual(['kept', 'closed']);
    });
  });
});
