import { type ClientConfig, getPolicyMetadata } from '../../lib/index.js';
import { attached, attachedFor, failureOf, policyCodeOf } from '../helpers/attached.js';
import { WAYS } from '../helpers/axios-copies.js';
import {
  type BlackHole,
  lookupTo,
  type RecordingLookup,
  stallingLookup,
  startBlackHole,
  startTlsStall,
} from '../helpers/faults.js';
import { countListeners, watchLeaks } from '../helpers/leaks.js';
import { slow, startOrigin } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';

const connectTimeout = 80;

/** What every connect timeout looks like, whatever it was that stalled. */
const CONNECT_TIMEOUT = {
  isAxiosError: true,
  code: 'ETIMEDOUT',
  message: expect.stringMatching(/^connect to .+ timed out after 80 ms \(client\.connectTimeout\)$/),
  cause: { policyCode: 'ERR_POLICY_CONNECT_TIMEOUT', syscall: 'connect' },
};

let hole: BlackHole;
beforeAll(async () => {
  hole = await startBlackHole();
});

describe.each(WAYS)('For a $when request, with $name and maxRedirects $maxRedirects,', (row) => {
  const { axios, maxRedirects, when } = row;
  const attach = (client: ClientConfig = { connectTimeout }) =>
    attachedFor(when, { axios, defaults: { maxRedirects }, client });

  it('a TLS handshake that stalls ends, and its socket is gone', async () => {
    const server = await startTlsStall();
    const { http, policy } = await attach();
    const error = await failureOf(http.get(`https://${server.host}/`));
    expect(error).toMatchObject(CONNECT_TIMEOUT);
    expect(error).toBeInstanceOf(axios.AxiosError);
    expect(error.message).toContain(server.host);
    await server.idle();
    await until(() => policy.stats().pools.length === 0);
  });

  it('a host that answers no SYN ends', async () => {
    const { http, policy } = await attach();
    expect(await failureOf(http.get(`http://${hole.host}/`))).toMatchObject(CONNECT_TIMEOUT);
    await until(() => policy.stats().pools.length === 0);
  });

  it('a resolver that never answers ends', async () => {
    const lookup = stallingLookup();
    const { http } = await attach();
    const error = await failureOf(http.get('http://stalled.test/', { lookup: lookup as never }));
    expect(error).toMatchObject(CONNECT_TIMEOUT);
    expect(lookup.asked).toEqual(['stalled.test']);
  });

  it('one clock covers DNS and TLS together', async () => {
    const server = await startTlsStall();
    const { http } = await attach();
    const lookup = lookupTo('127.0.0.1');
    const late = (...args: Parameters<RecordingLookup>) =>
      void delay(connectTimeout / 2).then(() => lookup(...args));
    const startedAt = performance.now();
    await failureOf(http.get(`https://late.test:${server.port}/`, { lookup: late as never }));
    expect(lookup.asked).toEqual(['late.test']);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(connectTimeout - 2);
    expect(server.sockets).toHaveLength(1);
    await server.idle();
  });

  it('a slow response is not cut', async () => {
    const origin = await startOrigin({ tls: true });
    origin.always(slow(300));
    // Longer than for the others: here it is the time that a handshake may take.
    const { http } = await attach({ connectTimeout: 200 });
    expect((await http.get(origin.url)).status).toBe(200);
  });
});

describe('A host with several addresses', () => {
  it('is reached at the second one when the first is dead', async () => {
    const origin = await startOrigin({ host: '127.0.0.2', port: hole.port });
    const { http } = attached({ client: { connectTimeout: '2s' } });
    const lookup = lookupTo('127.0.0.1', '127.0.0.2');
    const response = await http.get(`http://two.test:${hole.port}/`, { lookup: lookup as never });
    expect(response.status).toBe(200);
    expect(origin.connections).toBe(1);
  });

  it('ends after one connectTimeout when all are dead', async () => {
    const { http } = attached({ client: { connectTimeout: 80 } });
    const lookup = lookupTo('127.0.0.1', '127.0.0.1', '127.0.0.1');
    const error = await failureOf(http.get(`http://dead.test:${hole.port}/`, { lookup: lookup as never }));
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
  });
});

describe('A reused connection', () => {
  it('is not timed again', async () => {
    // Over plain http: no handshake takes of the time that is limited.
    const origin = await startOrigin();
    const { http } = attached({ client: { connectTimeout: 100 } });
    await http.get(origin.url);
    origin.enqueue(slow(150), slow(150));
    await http.get(origin.url);
    await http.get(origin.url);
    expect(origin.connections).toBe(1);
  });
});

describe('connectTimeout: false', () => {
  it('leaves it to timeout to end a stalled handshake', async () => {
    const server = await startTlsStall();
    const { http } = attached({ client: { connectTimeout: false, timeout: 100 } });
    const error = await failureOf(http.get(`https://${server.host}/`));
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 100ms exceeded' });
    expect(policyCodeOf(error)).toBeUndefined();
    await server.idle();
  });
});

describe('A connect timeout is a connection error', () => {
  const retry = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };

  it('so that a POST, which was not sent, is tried again', async () => {
    // Over plain http: no handshake takes of the time of the attempt that succeeds.
    const origin = await startOrigin({ host: '127.0.0.2', port: hole.port });
    const { http, policy } = attached({ client: { connectTimeout }, retry });
    const addresses = ['127.0.0.1', '127.0.0.1', '127.0.0.2'];
    const lookup = ((...args: Parameters<RecordingLookup>) =>
      lookupTo(addresses.shift() as string)(...args)) as never;
    const { data } = await http.post(`http://localhost:${hole.port}/`, { a: 1 }, { lookup });
    expect(data).toBe('Hello World');
    expect(origin.requests.map(({ body }) => String(body))).toEqual(['{"a":1}']);
    expect(addresses).toEqual([]);
    expect(policy.stats()).toMatchObject({ attempts: 3, retries: 2 });
  });

  it('and the last one is what a POST fails with', async () => {
    const server = await startTlsStall();
    const { http } = attached({ client: { connectTimeout }, retry });
    const error = await failureOf(http.post(`https://${server.host}/`, 'body'));
    expect(error).toMatchObject(CONNECT_TIMEOUT);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 3, giveUp: 'max-retries' });
    expect(server.sockets).toHaveLength(3);
  });
});

describe('An abort while the connection is made', () => {
  it.each([5, 0])('ends the request at once, and the socket, with maxRedirects %d', async (maxRedirects) => {
    const server = await startTlsStall();
    const { http, policy } = attached({ client: { connectTimeout: '30s' } });
    const controller = new AbortController();
    const { signal } = controller;
    const request = failureOf(http.get(`https://${server.host}/`, { signal, maxRedirects }));
    await until(() => server.sockets.length === 1);
    controller.abort();
    expect(await request).toMatchObject({ code: 'ERR_CANCELED', name: 'CanceledError' });
    await server.idle();
    expect(countListeners(signal)).toBe(0);
    expect(policy.stats().pools).toEqual([]);
  });
});

describe('A hundred connect timeouts', () => {
  it('leave no socket, timer or queued request', async () => {
    const server = await startTlsStall();
    const { http, policy } = attached({ client: { connectTimeout: 40 } });
    const leaks = watchLeaks();
    for (let round = 0; round < 5; round += 1) {
      const errors = await Promise.all(
        Array.from({ length: 20 }, () => failureOf(http.get(`https://${server.host}/`))),
      );
      expect(errors.map(policyCodeOf)).toEqual(errors.map(() => 'ERR_POLICY_CONNECT_TIMEOUT'));
    }
    await server.idle();
    await leaks.expectNone(3000);
    expect(policy.stats().pools).toEqual([]);
    expect(server.sockets.length).toBeLessThanOrEqual(100);
  });
});
