/** The wait for a connection of one's own pool is no time of the attempt, and says nothing of the server. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import type { ClientConfig } from '../../lib/index.js';
import { getPolicyMetadata } from '../../lib/index.js';
import { queueLimitMs } from '../../lib/request/queue-wait.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { watchLeaks } from '../helpers/leaks.js';
import { handler, redirect, reply, slow, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';
import { times } from './setup.js';

/** How long a request holds the only connection, and the limit of those that wait for it. */
const BUSY_MS = 400;
const LIMIT_MS = 250;

/** A place where one request at a time has a connection. */
interface Narrow {
  url: string;
  client?: ClientConfig;
  defaults?: AxiosRequestConfig;
  request?: AxiosRequestConfig;
}

const limited = () => ({
  httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 1 }),
  httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 1, ca }),
});

async function slowOrigin(tls: boolean, ...then: Parameters<typeof slow>[]) {
  const origin = await startOrigin({ tls });
  return origin.enqueue(slow(BUSY_MS), ...then.map((answer) => slow(...answer)));
}

const NARROW: Record<string, () => Promise<Narrow>> = {
  'the pool of the policy': async () => ({ url: (await slowOrigin(false)).url, defaults: limited() }),
  'the pool of the policy, over TLS': async () => ({
    url: (await slowOrigin(true)).url,
    defaults: limited(),
  }),
  "the caller's own agent": async () => ({ url: (await slowOrigin(true)).url, request: limited() }),
  'tunnels of a proxy': async () => ({
    url: (await slowOrigin(true)).url,
    defaults: limited(),
    client: { proxyUrl: (await startProxy()).url },
  }),
  'connections to a forward proxy': async () => ({
    url: (await slowOrigin(false)).url,
    defaults: limited(),
    client: { proxyUrl: (await startProxy()).url },
  }),
  'streams of an HTTP/2 session': async () => {
    const origin = await startHttp2Origin({ tls: false, server: { settings: { maxConcurrentStreams: 1 } } });
    // Another connection would be no help, and is not made.
    origin.always((call) => {
      const answer = () => respond()(call);
      if (call.number === 1) answer();
      else setTimeout(answer, call.number === 2 ? BUSY_MS : 0);
      if (call.number === 2) origin.refuse();
    });
    return { url: origin.url, client: { http2Only: true } };
  },
};

/** Sends a request that holds the only connection, and then another one. */
async function waitInLine(http: AxiosInstance, url: string, config: AxiosRequestConfig) {
  const busy = http.get(url, { ...config, timeout: 10_000 });
  const waiting = http.get(url, config);
  await busy;
  return waiting;
}

describe.each(AXIOS_COPIES)('given a request that waits for a connection, with $name,', ({ axios }) => {
  describe.each(Object.entries(NARROW))('one of %s', (place, narrow) => {
    it.each(['first', 'later'])('it has all of its time when it has one: a %s request', async (when) => {
      const { url, client, defaults = {}, request = {} } = await narrow();
      const { http, policy } = attached({
        axios,
        client: { timeout: LIMIT_MS, readTimeout: LIMIT_MS, ...client },
        defaults: defaults as object,
        retry: { maxRetries: 3 },
      });
      const isHttp2 = place.includes('HTTP/2');
      if (when === 'later' || isHttp2) {
        const warm = await startOrigin({ tls: url.startsWith('https') });
        // What the streams of a session are, it has to say first.
        await http.get(isHttp2 ? url : warm.url, { timeout: 10_000, ...request });
      }
      const patient = { ...request, policy: { readTimeout: 10_000 } };
      const response = await waitInLine(http, url, patient);
      expect(response.status).toBe(200);
      const { attempts, timings } = getPolicyMetadata(response) ?? {};
      expect(attempts).toBe(1);
      expect(timings?.queuedMs).toBeGreaterThan(LIMIT_MS);
      expect(policy.stats()).toMatchObject({ retries: 0, giveUps: {} });
      Object.values(request).map((agent) => (agent as HttpAgent).destroy());
    });
  });

  it('each hop of a redirect may wait', async () => {
    const other = await slowOrigin(false);
    const origin = (await startOrigin()).always(redirect(302, other.url));
    const { http } = attached({ axios, client: { timeout: LIMIT_MS }, defaults: limited() });
    const busy = http.get(other.url, { timeout: 10_000 });
    await until(() => other.requests.length === 1);
    const response = await http.get(origin.url);
    expect(getPolicyMetadata(response)?.timings?.queuedMs).toBeGreaterThan(100);
    await busy;
  });

  it('it is bounded by retryTimeout, whatever the method', async () => {
    const leaks = watchLeaks();
    const origin = await slowOrigin(false);
    const reasons: string[] = [];
    const { http, policy } = attached({
      axios,
      defaults: limited(),
      retry: { retryTimeout: 100, onGiveUp: ({ reason }) => void reasons.push(reason) },
    });
    const busy = http.get(origin.url);
    await until(() => origin.requests.length === 1);
    const gone = await failureOf(http.post(origin.url, 'order'));
    expect(gone).toMatchObject({ isAxiosError: true, code: 'ECONNABORTED' });
    expect(gone.message).toMatch(/^waited \d+ms for a free connection \(retryTimeout\)$/);
    expect(getPolicyMetadata(gone)).toMatchObject({ attempts: 1, giveUp: 'retry-timeout' });
    const transitional = { clarifyTimeoutError: true };
    expect((await failureOf(http.get(origin.url, { transitional }))).code).toBe('ETIMEDOUT');
    expect(reasons).toEqual(['retry-timeout', 'retry-timeout']);
    await busy;
    expect(origin.requests).toHaveLength(1);
    await policy.close();
    await leaks.expectNone();
  });

  it('it can be cancelled', async () => {
    const origin = await slowOrigin(false);
    const { http } = attached({ axios, defaults: limited() });
    const busy = http.get(origin.url);
    await until(() => origin.requests.length === 1);
    const gone = await failureOf(http.get(origin.url, { signal: AbortSignal.timeout(30) }));
    expect(gone.code).toBe('ERR_CANCELED');
    await busy;
    expect(origin.requests).toHaveLength(1);
  });
});

describe('given a connection that is made for a request that waited', () => {
  it('the time to make it counts', async () => {
    const origin = await startOrigin({ tls: true });
    origin.enqueue(handler((_request, response) => response.socket?.destroy()));
    const proxy = await startProxy();
    const client = { timeout: 200, connectTimeout: false, proxyUrl: proxy.url } as const;
    const { http } = attached({ client, defaults: limited() });
    const busy = failureOf(http.get(origin.url));
    await until(() => proxy.requests.length === 1);
    proxy.onConnect = 'stall';
    const gone = await failureOf(http.get(origin.url));
    expect(gone.message).toBe('timeout of 200ms exceeded');
    await busy;
  });
});

describe('given many more requests than connections', () => {
  it('all of them succeed, and none is made twice', async () => {
    const origin = (await startOrigin()).always(slow(20));
    const defaults = { httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 2 }), timeout: 1500 };
    const { http, policy } = attached({ defaults, retry: {} });
    const all = await Promise.all(times(200, reply()).map((_, n) => http.get(`${origin.url}/${n}`)));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    expect(Math.max(...all.map((one) => getPolicyMetadata(one)?.timings?.queuedMs ?? 0))).toBeGreaterThan(
      1500,
    );
    expect(origin.requests).toHaveLength(200);
    expect(policy.stats()).toMatchObject({ attempts: 200, retries: 0, giveUps: {} });
  });
});

describe('The bound of the wait', () => {
  const of = (retry: object | false, timeoutMs: number | false) =>
    queueLimitMs({ retry } as never, { timeoutMs, timeoutBy: 'policy', readTimeoutMs: false });

  it.each([
    ['is retryTimeout', { retryTimeoutMs: 5000 }, 1000, 5000],
    ['is retryTimeout without a timeout', { retryTimeoutMs: 5000 }, false, 5000],
    ['is 3 minutes where there are no retries', false, 1000, 180_000],
    ['is 3 minutes where retryTimeout is 0', { retryTimeoutMs: 0 }, 1000, 180_000],
    ['is none where there are neither retries nor a timeout', false, false, Number.POSITIVE_INFINITY],
  ] as const)('%s', (_name, retry, timeoutMs, expected) => {
    expect(of(retry, timeoutMs)).toBe(expected);
  });
});
