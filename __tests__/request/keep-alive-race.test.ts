import type { ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { AxiosRequestConfig } from 'axios';
import FormDataPackage from 'form-data';
import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import * as certs from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { holdTime } from '../helpers/clock.js';
import { early, hangUp, never, partialHead, reply, reset, slow, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';
import { type Started, start, unavailable } from './setup.js';

/** A keep-alive agent whose idle connections die in the moment they are to be used. */
class TooLateAgent extends HttpsAgent {
  override reuseSocket(socket: Socket, request: ClientRequest): void {
    super.reuseSocket(socket, request);
    socket.destroy();
  }
}

function keep<T extends HttpsAgent>(agent: T): T {
  atEnd(() => agent.destroy());
  return agent;
}

const NO_KEY = { headers: {} };
const KEY = { headers: { 'Idempotency-Key': 'one' } };

describe.each(AXIOS_COPIES)('a keep-alive race, with $name', ({ axios }) => {
  /** A pool with one idle connection in it. */
  async function warmed(options: Parameters<typeof start>[0] = { axios }): Promise<Started> {
    const started = await start(options);
    await started.http.get('/warm');
    return started;
  }

  /** The same with a proxy in the place of the origin. */
  async function warmedForwarding(): Promise<Started> {
    const proxy = await startOrigin();
    const defaults = { baseURL: 'http://origin.test' };
    const started = await warmed({ axios, tls: false, defaults, client: { proxyUrl: proxy.url } });
    return { ...started, origin: proxy };
  }

  /** Each way to a pool with one idle connection in it. */
  const WAYS: ReadonlyArray<[string, () => Promise<Started>]> = [
    ['an https connection', () => warmed()],
    ['a plain connection', () => warmed({ axios, tls: false })],
    ['a tunnel', async () => warmed({ axios, client: { proxyUrl: (await startProxy()).url } })],
    ['a connection to a forward proxy', () => warmedForwarding()],
    [
      'a connection of an agent of the instance',
      () =>
        warmed({
          axios,
          client: { tls: undefined },
          defaults: {
            httpsAgent: keep(new (class extends HttpsAgent {})({ ca: certs.ca, keepAlive: true })),
          },
        }),
    ],
  ];

  const PATHS: ReadonlyArray<[string, AxiosRequestConfig]> = [
    ['directly', {}],
    ['by axios’ adapter', { onDownloadProgress: () => undefined }],
  ];

  describe.each([
    ['reset', reset()],
    ['closed', hangUp()],
  ])('given a reused connection that is %s before a byte of the answer', (_how, lost) => {
    it.each([
      ['get', NO_KEY],
      ['put', NO_KEY],
      ['delete', NO_KEY],
      ['post', KEY],
      ['patch', { policy: { idempotent: true } }],
    ])('sends a %s once more, on a new connection', async (method, config) => {
      const { origin, http, policy } = await warmed();
      origin.enqueue(lost);
      const response = await http.request({ url: '/', method, data: 'body', ...config });
      expect(response.status).toBe(200);
      const [, first, second] = origin.requests;
      expect(first).toMatchObject({ socketId: 1, requestOnSocket: 2 });
      expect(second).toMatchObject({ socketId: 2, requestOnSocket: 1 });
      expect(second?.body).toEqual(first?.body);
      expect(origin.requests).toHaveLength(3);
      expect(getPolicyMetadata(response)).toMatchObject({
        attempts: 1,
        retries: 0,
        outcomes: [],
        resends: 1,
      });
      expect(policy.stats()).toMatchObject({ retries: 0 });
    });

    it.each(['post', 'patch', 'lock'])('does not deliver a %s twice', async (method) => {
      const { origin, http } = await warmed();
      origin.enqueue(lost);
      const error = await failureOf(http.request({ url: '/', method, data: 'body' }));
      expect(error.code).toBe('ECONNRESET');
      expect(getPolicyMetadata(error)).toMatchObject({
        attempts: 1,
        outcomes: [{ kind: 'dropped' }],
        giveUp: 'not-idempotent',
        resends: 0,
      });
      expect(origin.requests).toHaveLength(2);
    });

    it.each([
      ['a plain request', {}],
      ['a request of axios’ adapter', { onDownloadProgress: () => undefined }],
    ])('passes over other idle connections, which may be as dead, for %s', async (_request, config) => {
      const { origin, http } = await start({ axios });
      await Promise.all([http.get('/a'), http.get('/b'), http.get('/c')]);
      const before = origin.connections;
      origin.enqueue(lost);
      await http.put('/', 'x', config);
      expect(origin.requests.at(-1)?.socketId).toBe(before + 1);
    });

    it('needs no retry to be left, nor retries at all', async () => {
      const { origin, http } = await warmed({ axios, retry: false });
      origin.enqueue(lost);
      expect((await http.put('/', 'x')).status).toBe(200);
    });

    it('sends a request again that the policy calls idempotent', async () => {
      const { origin, http } = await warmed({
        axios,
        retry: { idempotent: (config) => (config as AxiosRequestConfig).url === '/a' },
      });
      origin.enqueue(lost);
      expect((await http.post('/a', 'x')).status).toBe(200);
      origin.enqueue(lost);
      await failureOf(http.post('/b', 'x'));
      expect(origin.requests.map(({ url }) => url)).toEqual(['/warm', '/a', '/a', '/b']);
    });

    it.each(['get', 'post'])('does not send a %s again where the request forbids it', async (method) => {
      const { origin, http } = await warmed();
      origin.enqueue(lost);
      const error = await failureOf(
        http.request({ url: '/', method, ...KEY, policy: { idempotent: false } }),
      );
      expect(error.code).toBe('ECONNRESET');
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
      expect(origin.requests).toHaveLength(2);
    });

    it('bounds both requests by one timeout', async () => {
      const time = holdTime();
      const { origin, http } = await warmed({ axios, client: { timeout: 400 }, retry: false });
      const half = () => time.advance(200);
      // With a limit of its own the second request would have had until 600.
      origin.enqueue({ play: (exchange) => void half().then(() => lost.play(exchange)) }, { play: half });
      const error = await failureOf(http.put('/', 'x'));
      expect(error.message).toBe('timeout of 400ms exceeded');
      expect(origin.requests).toHaveLength(3);
    });

    it('takes a second loss for an ordinary one: a retry for a GET', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(lost, lost);
      const response = await http.get('/');
      expect(getPolicyMetadata(response)).toMatchObject({
        attempts: 2,
        outcomes: [{ kind: 'dropped' }],
        resends: 1,
      });
      expect(origin.requests).toHaveLength(4);
    });

    it('counts the retry of what the second connection answers', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(lost, unavailable(), reply({ body: 'there' }));
      const response = await http.put('/', 'x');
      expect(response.data).toBe('there');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, outcomes: [{ status: 503 }] });
    });
  });

  describe.each(WAYS)('given %s that dies', (_way, warm) => {
    it.each([
      ['with the request just read', hangUp()],
      ['a while after the request', slow(10, reset())],
      ['while the body is on its way', early(reset())],
    ])('%s: a POST is delivered once, and a PUT again', async (_when, lost) => {
      const { origin, http } = await warm();
      const body = 'x'.repeat(1024 * 1024);
      for (const [, config] of PATHS) {
        origin.enqueue(lost);
        const error = await failureOf(http.post('/', body, config));
        expect(getPolicyMetadata(error)).toMatchObject({ giveUp: 'not-idempotent', resends: 0 });
        await http.get('/warm');
        origin.enqueue(lost);
        const response = await http.put('/', body, config);
        expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1, resends: 1 });
      }
      const methods = origin.requests.slice(1).map(({ method }) => method);
      expect(methods).toEqual(['POST', 'GET', 'PUT', 'PUT', 'POST', 'GET', 'PUT', 'PUT']);
    });
  });

  describe('given a connection that is found closed before the first write', () => {
    it.each(PATHS)('sends a POST on another, as nothing of it was sent: %s', async (_path, config) => {
      const httpsAgent = keep(new TooLateAgent({ ca: certs.ca, keepAlive: true }));
      const { origin, http } = await warmed({ axios, client: { tls: undefined }, defaults: { httpsAgent } });
      const response = await http.post('/', 'x', config);
      expect(origin.requests.map(({ method, socketId }) => [method, socketId])).toEqual([
        ['GET', 1],
        ['POST', 2],
      ]);
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1, resends: 1 });
    });
  });

  describe('given a server that closed its idle connections', () => {
    it.each(['fin', 'rst'] as const)('reaches it again without a failure (%s)', async (how) => {
      const { origin, http } = await warmed();
      origin.endConnections(how);
      const responses = await Promise.all([http.post('/', 'x'), http.post('/', 'y')]);
      expect(responses.map((response) => getPolicyMetadata(response)?.attempts)).toEqual([1, 1]);
      const bodies = new Set(origin.requests.slice(1).map(({ body }) => body.toString()));
      expect(bodies).toEqual(new Set(['x', 'y']));
    });
  });

  describe('given what is no such race', () => {
    it('does not send an upload again that ended for itself on a reused connection', async () => {
      const form = new FormDataPackage();
      form.append('a', 'longer than it may be');
      const failing = () =>
        new Readable({
          read() {
            this.destroy(new Error('out of data'));
          },
        });
      const uploads: [unknown, AxiosRequestConfig][] = [
        [form, { maxBodyLength: 5 }],
        [undefined, { policy: { body: failing, retry: false } }],
      ];
      for (const [data, config] of uploads) {
        const { http } = await warmed();
        const error = await failureOf(http.put('/', data, config));
        expect(error.message).toMatch(/maxBodyLength|out of data/);
        expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, resends: 0 });
      }
    });

    it('does not send a POST again whose answer had begun', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(partialHead('HTTP/1.1 2'));
      const error = await failureOf(http.post('/', 'x'));
      expect(getPolicyMetadata(error)?.giveUp).toBe('not-idempotent');
      expect(origin.requests).toHaveLength(2);
    });

    it('does not send a POST again that was lost on a new connection', async () => {
      const { origin, http } = await start({ axios });
      origin.enqueue(reset());
      await failureOf(http.post('/', 'x'));
      expect(origin.requests).toHaveLength(1);
    });

    it('does not send a POST again that timed out on a reused connection', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(never());
      const error = await failureOf(http.post('/', 'x', { timeout: 300 }));
      expect(error.code).toBe('ECONNABORTED');
      expect(origin.requests).toHaveLength(2);
    });

    it('does not send a POST again that was cancelled on a reused connection', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(never());
      const controller = new AbortController();
      const failure = failureOf(http.post('/', 'x', { signal: controller.signal }));
      await until(() => origin.requests.length === 2);
      controller.abort();
      expect(axios.isCancel(await failure)).toBe(true);
      expect(origin.requests).toHaveLength(2);
    });
  });
});
