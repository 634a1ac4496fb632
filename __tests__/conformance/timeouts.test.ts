/**
 * What the tests of reqwest, which object_store sends its requests with, ask of deadlines and of the pool, and where we
 * differ from object_store on purpose.
 *
 * @see https://github.com/seanmonstar/reqwest/blob/master/tests/timeouts.rs
 */
import type { Readable } from 'node:stream';
import { describeFailure, getPolicyMetadata } from '../../lib/index.js';
import { attached, failureOf, policyCodeOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { selfSigned } from '../helpers/certs.js';
import { type BlackHole, lookupTo, startBlackHole, startTlsStall } from '../helpers/faults.js';
import { drip, hangUp, never, reply, slow, stallBody, startOrigin } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

let hole: BlackHole;
beforeAll(async () => {
  hole = await startBlackHole();
});

/** Of a connection that was not made in time: it says so, and that it was the connection. */
const CONNECT_TIMEOUT = {
  code: 'ETIMEDOUT',
  message: expect.stringMatching(/^connect to .+ timed out after \d+ ms/),
  cause: { policyCode: 'ERR_POLICY_CONNECT_TIMEOUT', syscall: 'connect' },
};
const timedOut = (message: string) => ({ isAxiosError: true, code: 'ECONNABORTED', message });

const drain = async (stream: Readable): Promise<string> => {
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
};

// Only here is it axios that has a part in it; the others are between the policy and its sockets.
describe.each(AXIOS_COPIES)('timeout, with $name', ({ axios }) => {
  it('a total timeout, response headers that do not come: a timeout, and the URL is known', async () => {
    const origin = (await startOrigin()).always(never());
    const { http } = attached({ axios, client: { timeout: 100 } });
    const error = await failureOf(http.get(`${origin.url}/slow`));
    expect(error).toMatchObject(timedOut('timeout of 100ms exceeded'));
    expect(error.config?.url).toBe(`${origin.url}/slow`);
    expect(describeFailure(error)).toContain(`${origin.url}/slow`);
    await origin.idle();
  });

  it.each([
    { by: 'policy', config: { policy: { timeout: 100 } } },
    { by: 'axios', config: { timeout: 100 } },
  ])('a timeout of the request, by $by: a timeout, and not of the connection', async ({ config }) => {
    const origin = (await startOrigin()).always(never());
    const { http } = attached({ axios });
    const error = await failureOf(http.get(origin.url, config));
    expect(error).toMatchObject(timedOut('timeout of 100ms exceeded'));
    expect(policyCodeOf(error)).toBeUndefined();
    await origin.idle();
  });

  it('a body that comes after the timeout: reading it is a timeout', async () => {
    const origin = (await startOrigin()).always(stallBody({ declared: 5, sent: 0 }));
    const { http } = attached({ axios, client: { timeout: 120 } });
    const { status, data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    expect(status).toBe(200);
    await expect(drain(data)).rejects.toMatchObject(timedOut('timeout of 120ms exceeded'));
    expect(await failureOf(http.get(origin.url))).toMatchObject(timedOut('timeout of 120ms exceeded'));
  });

  it('a huge timeout: acts as none', async () => {
    const origin = (await startOrigin()).always(slow(30, reply({ body: 'in time' })));
    const { http } = attached({ axios, client: { timeout: '500 years', connectTimeout: '500 years' } });
    expect((await http.get(origin.url)).data).toBe('in time');
    expect((await http.get(origin.url, { policy: { timeout: Number.MAX_VALUE } })).data).toBe('in time');
  });
});

describe('connectTimeout', () => {
  it('a host that answers no SYN: a timeout, and of the connection', async () => {
    const { http } = attached({ client: { connectTimeout: 100 } });
    expect(await failureOf(http.get(`http://${hole.host}/slow`))).toMatchObject(CONNECT_TIMEOUT);
  });

  it('two addresses, the first one dead: ok, by the second', async () => {
    const origin = await startOrigin({ host: '127.0.0.2', port: hole.port });
    const { http } = attached({ client: { connectTimeout: '1s' } });
    const lookup = lookupTo('127.0.0.1', '127.0.0.2') as never;
    const { data } = await http.get(`http://two.test:${hole.port}/`, { lookup });
    expect(data).toBe('Hello World');
    expect(origin.connections).toBe(1);
  });

  it('two addresses, both dead: a timeout, and of the connection', async () => {
    const { http, policy } = attached({ client: { connectTimeout: 100 } });
    const lookup = lookupTo('127.0.0.1', '127.0.0.1') as never;
    const error = await failureOf(http.get(`http://dead.test:${hole.port}/`, { lookup }));
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    expect(getPolicyMetadata(error)?.outcomes).toEqual([{ kind: 'connect', code: 'ETIMEDOUT' }]);
    await until(() => policy.stats().pools.length === 0);
  });
});

describe('readTimeout', () => {
  const client = { readTimeout: 100, timeout: false } as const;

  it('applies to response headers', async () => {
    const origin = (await startOrigin()).always(never());
    const { http } = attached({ client });
    expect(await failureOf(http.get(origin.url))).toMatchObject(timedOut('readTimeout of 100ms exceeded'));
  });

  it('applies to the body', async () => {
    const origin = (await startOrigin()).always(stallBody({ declared: 5, sent: 2 }));
    const { http } = attached({ client });
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    await expect(drain(data)).rejects.toMatchObject(timedOut('readTimeout of 100ms exceeded'));
    expect(await failureOf(http.get(origin.url))).toMatchObject(timedOut('readTimeout of 100ms exceeded'));
  });

  it('a body that is slow but comes: ok, though it takes longer than that', async () => {
    const pieces = Array.from({ length: 8 }, (_, i) => `${i} `);
    const origin = (await startOrigin()).always(drip({ pieces, everyMs: 50 }));
    const { http } = attached({ client: { readTimeout: 250, timeout: false } });
    const startedAt = performance.now();
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    expect(await drain(data)).toBe(pieces.join(''));
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });
});

describe('poolIdleTimeout', () => {
  it('an idle connection: the server sees it closed, without another request', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached({ client: { poolIdleTimeout: 80 } });
    await http.get(origin.url);
    expect(origin.openSockets).toBe(1);
    await origin.idle();
    expect(policy.stats().pools).toEqual([]);
  });
});

describe('Unlike object_store,', () => {
  const retry = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };

  it('a certificate that is refused is not tried again', async () => {
    const origin = await startOrigin({ tls: { ...selfSigned } });
    const { http } = attached({ retry });
    const error = await failureOf(http.get(origin.url));
    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    expect(origin.connections).toBe(1);
  });

  it('a POST whose connection was not made in time is tried again, as nothing was sent', async () => {
    const server = await startTlsStall();
    const { http } = attached({ client: { connectTimeout: 60 }, retry });
    const error = await failureOf(http.post(`https://${server.host}/`, 'body'));
    expect(error).toMatchObject(CONNECT_TIMEOUT);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 3, giveUp: 'max-retries' });
    expect(server.sockets).toHaveLength(3);
  });

  it('a POST whose connection was closed without an answer is not sent again', async () => {
    const origin = (await startOrigin()).enqueue(hangUp());
    const { http } = attached({ retry });
    const error = await failureOf(http.post(origin.url, 'body'));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
    expect(origin.requests).toHaveLength(1);
  });

  it('Retry-After is waited for', async () => {
    const origin = (await startOrigin()).enqueue(reply({ status: 503, headers: { 'Retry-After': '1' } }));
    const { http } = attached({ retry });
    const metadata = getPolicyMetadata(await http.get(origin.url));
    expect(metadata?.delaysMs).toHaveLength(1);
    expect(metadata?.delaysMs[0]).toBeGreaterThanOrEqual(1000);
    expect(metadata?.elapsedMs).toBeGreaterThanOrEqual(999);
  });

  it.each([
    { what: 'Retry-After', headers: { 'Retry-After': '60' }, backoff: retry.backoff, giveUp: 'retry-after' },
    {
      what: 'backoff',
      headers: {},
      backoff: { initBackoff: '1min', maxBackoff: '1min' },
      giveUp: 'retry-timeout',
    },
  ])('a $what that outlives retryTimeout is not slept: it fails at once', async (sleep) => {
    const origin = (await startOrigin()).always(reply({ status: 503, headers: sleep.headers }));
    const { http } = attached({ retry: { retryTimeout: '30s', backoff: sleep.backoff } });
    const metadata = getPolicyMetadata(await failureOf(http.get(origin.url)));
    expect(metadata).toMatchObject({ attempts: 1, delaysMs: [], giveUp: sleep.giveUp });
    expect(origin.requests).toHaveLength(1);
  });
});
