import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describeFailure, getPolicyMetadata, type PolicyConfig, PolicyConfigError } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { ca } from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { watchLeaks } from '../helpers/leaks.js';
import { type Answer, handler, reply, slow, startOrigin } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

const CLIENT = { allowHttp: true, tls: { ca } };
const QUICK = { backoff: { initBackoff: 1, maxBackoff: 2 } };

const sameConnection = (first: { socketId: number }, second: { socketId: number } | undefined) =>
  first.socketId === second?.socketId;

async function originOf(answer: Answer) {
  return (await startOrigin()).always(answer);
}

describe('A policy that is updated', () => {
  it('uses the new retries and timeouts for the next request', async () => {
    const origin = await originOf(reply({ status: 503 }));
    const { http, policy } = attached({ retry: { ...QUICK, maxRetries: 1 } });
    await failureOf(http.get(origin.url));
    policy.update({ client: CLIENT, retry: { ...QUICK, maxRetries: 3 } });
    const error = await failureOf(http.get(origin.url));
    expect(getPolicyMetadata(error)?.retries).toBe(3);
    expect(policy.config.retry).toMatchObject({ maxRetries: 3 });
    policy.update({ client: { ...CLIENT, timeout: 30 }, retry: false });
    origin.always(slow(2_000));
    expect(await failureOf(http.get(origin.url))).toMatchObject({ code: 'ECONNABORTED' });
  });

  it('takes what it is not told for the default, not for what was before', async () => {
    const { policy } = attached({ client: { timeout: 77 }, retry: { maxRetries: 2 } });
    policy.update({});
    expect(policy.config.client.timeout).toBe(30_000);
    expect(policy.config.retry).toMatchObject({ maxRetries: 10 });
  });

  it('stays as it is when the configuration is wrong, which is refused whole', async () => {
    const origin = await originOf(reply({ status: 200 }));
    const { http, policy } = attached({ client: { timeout: 5_000 } });
    const before = policy.config;
    const wrong = { client: { timeout: 0 }, retry: { maxRetries: -1 } };
    expect(() => policy.update(wrong)).toThrow(PolicyConfigError);
    expect(() => policy.update(wrong)).toThrow(/client\.timeout[\s\S]*retry\.maxRetries/);
    expect(() => policy.update({ client: { tls: { ca: 'none' } } })).toThrow(PolicyConfigError);
    expect(policy.config).toBe(before);
    expect((await http.get(origin.url)).status).toBe(200);
  });

  it('keeps its connections where nothing about connections changed', async () => {
    const origin = await originOf(reply({ status: 200 }));
    const { http, policy } = attached({ client: { poolIdleTimeout: '9s', allowHttp: ['127.0.0.1'] } });
    await http.get(origin.url);
    const client = { allowHttp: ['127.0.0.1'], tls: { ca }, poolIdleTimeout: '9s' };
    policy.update({ client: { ...client, timeout: '3s', defaultHeaders: { a: 'b' } }, retry: QUICK });
    await http.get(origin.url);
    const [first, second] = origin.requests;
    expect(first && sameConnection(first, second)).toBe(true);
    expect(second?.headers).toMatchObject({ a: 'b' });
  });

  it.each<[string, PolicyConfig['client']]>([
    ['a limit of the pool', { ...CLIENT, poolIdleTimeout: '9s' }],
    ['trust', { allowHttp: true, tls: { ca: `${ca}\n` } }],
    ['a proxy', { ...CLIENT, proxyUrl: false }],
  ])('makes new connections when %s changed, and closes the old ones', async (_what, client) => {
    const origin = await originOf(reply({ status: 200 }));
    const { http, policy } = attached({ client: { allowHttp: true } });
    await http.get(origin.url);
    policy.update({ client, retry: false });
    await http.get(origin.url);
    expect(origin.requests.map(({ socketId }) => socketId)).toEqual([1, 2]);
    await until(() => origin.openSockets === 1);
    expect(policy.stats().pools).toHaveLength(1);
  });

  it('tells of one pool per origin while the connections of before are in use', async () => {
    const origin = await originOf(slow(2_000));
    const { http, policy } = attached();
    const before = http.get(origin.url).catch(() => undefined);
    await until(() => origin.requests.length === 1);
    policy.update({ client: { ...CLIENT, connectTimeout: '3s' } });
    const after = http.get(origin.url).catch(() => undefined);
    await until(() => origin.requests.length === 2);
    expect(policy.stats().pools).toEqual([{ origin: origin.url, active: 2, idle: 0, pending: 0 }]);
    await policy.close({ abort: true });
    await Promise.all([before, after]);
    expect(policy.stats().pools).toEqual([]);
  });

  it('refuses plain http from then on, if it is no longer allowed', async () => {
    const origin = await originOf(reply({ status: 200 }));
    const { http, policy } = attached();
    await http.get(origin.url);
    policy.update({ retry: false });
    const error = await failureOf(http.get(origin.url));
    expect(error).toMatchObject({ cause: { code: 'ERR_POLICY_HTTP_NOT_ALLOWED' } });
  });

  it('ends a request that sleeps before its retry under the configuration it was made under', async () => {
    let failures = 2;
    const origin = await originOf(
      handler((_req, res) => void res.writeHead(failures-- > 0 ? 503 : 200).end()),
    );
    const { http, policy } = attached({
      retry: { maxRetries: 2, backoff: { initBackoff: 40, maxBackoff: 40 } },
    });
    const response = http.get(origin.url);
    await until(() => origin.requests.length === 1);
    policy.update({ retry: false });
    expect((await response).status).toBe(200);
    expect(getPolicyMetadata(await response)?.retries).toBe(2);
    await policy.close();
    await until(() => origin.openSockets === 0);
  });

  it('keeps its counters, and the tokens of its budget', async () => {
    const origin = await originOf(reply({ status: 503 }));
    const budget = { initialTokens: 5 };
    const { http, policy } = attached({ retry: { ...QUICK, maxRetries: 3, budget } });
    await failureOf(http.get(origin.url));
    policy.update({ client: CLIENT, retry: { ...QUICK, maxRetries: 9, budget } });
    const error = await failureOf(http.get(origin.url));
    expect(getPolicyMetadata(error)).toMatchObject({ retries: 2, giveUp: 'budget' });
    expect(policy.stats()).toMatchObject({
      attempts: 7,
      retries: 5,
      giveUps: { 'max-retries': 1, budget: 1 },
    });
  });

  it('speaks HTTP/2 from then on, if it is told to', async () => {
    const origin = await startHttp2Origin();
    origin.always(respond());
    const { http, policy } = attached({ client: { http1Only: true } });
    policy.update({ client: { ...CLIENT, http2Only: true }, retry: false });
    expect((await http.get(origin.url)).status).toBe(200);
    expect(policy.stats().http2).toHaveLength(1);
  });

  it('loses and leaks nothing when it changes a hundred times under steady requests', async () => {
    const origin = await originOf(reply({ status: 200 }));
    const { http, policy } = attached({ client: { connectTimeout: '30s' }, retry: QUICK });
    await http.get(origin.url);
    const leaks = watchLeaks();
    let changes = 0;
    const statuses: number[] = [];
    const change = () => {
      changes += 1;
      // Other timeouts each time, and every tenth time other connections.
      const poolMaxIdlePerHost = 50 + Math.floor(changes / 10);
      const timeout = `${60 + (changes % 5)}s`;
      const client = { ...CLIENT, connectTimeout: '30s', timeout, poolMaxIdlePerHost };
      policy.update({ client, retry: { ...QUICK, maxRetries: changes % 7 } });
    };
    const worker = async () => {
      while (changes < 100) {
        statuses.push((await http.get(origin.url)).status);
        if (statuses.length % 10 === 0) change();
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    expect(statuses.length).toBeGreaterThanOrEqual(1_000);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await policy.close();
    await until(() => origin.openSockets === 0);
    expect(policy.stats().pools).toEqual([]);
    await leaks.expectNone();
  });

  it('changes nothing any more once it is detached', async () => {
    const { policy } = attached({ client: { timeout: 1_234 } });
    policy.detach();
    policy.update({ client: { timeout: 4_321 } });
    expect(policy.config.client.timeout).toBe(1_234);
    expect(() => policy.update({ client: { timeout: 0 } })).toThrow(PolicyConfigError);
  });
});

describe('A policy that is detached and attached anew', () => {
  it('has requests that sleep before a retry end well under the old one', async () => {
    let failures = 1;
    const origin = await originOf(
      handler((_req, res) => void res.writeHead(failures-- > 0 ? 503 : 200).end()),
    );
    const { http, policy } = attached({ retry: { backoff: { initBackoff: 40, maxBackoff: 40 } } });
    const response = http.get(origin.url);
    await until(() => origin.requests.length === 1);
    policy.detach();
    const { attachPolicy } = await import('../../lib/index.js');
    const next = attachPolicy(http, { client: CLIENT, retry: false });
    atEnd(() => next.close());
    expect(getPolicyMetadata(await response)).toMatchObject({ retries: 1 });
    expect((await http.get(origin.url)).status).toBe(200);
  });
});

describe('The name of a policy', () => {
  const CHANNELS = ['axios-policy:attempt', 'axios-policy:retry', 'axios-policy:giveup'];

  async function namesOf(options: { name?: string; baseURL?: boolean; sensitive?: boolean }) {
    const origin = await originOf(reply({ status: 503 }));
    const { http, policy } = attached({ defaults: options.baseURL ? { baseURL: origin.url } : {} });
    const seen: unknown[] = [];
    const note = (message: unknown) => void seen.push((message as { name?: string }).name);
    policy.update({
      ...(options.name !== undefined && { name: options.name }),
      client: CLIENT,
      retry: { ...QUICK, maxRetries: 1, shouldRetry: note as never, onRetry: note, onGiveUp: note },
    });
    for (const channel of CHANNELS) subscribe(channel, note);
    const { sensitive = false } = options;
    const error = await failureOf(http.get(`${origin.url}/a`, { policy: { sensitive } }));
    for (const channel of CHANNELS) unsubscribe(channel, note);
    return {
      seen,
      metadata: getPolicyMetadata(error),
      line: describeFailure(error),
      host: new URL(origin.url).host,
    };
  }

  it('stands in every event, message, metadata and line about a failure', async () => {
    const { seen, metadata, line } = await namesOf({ name: 'prices' });
    expect(seen.length).toBeGreaterThanOrEqual(10);
    expect(new Set(seen)).toEqual(new Set(['prices']));
    expect(metadata?.name).toBe('prices');
    expect(line).toMatch(/^prices: GET http:/);
  });

  it.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])(
    'stands in what is told of connections of %s, also of those that an update keeps',
    async (_, http2Only) => {
      const origin = http2Only ? await startHttp2Origin() : await originOf(reply());
      const client = { ...CLIENT, http2Only };
      const seen: string[] = [];
      const note = (message: unknown) => {
        const { stage, event = stage, name } = message as { stage?: string; event?: string; name?: string };
        seen.push(`${event} ${name}`);
      };
      for (const channel of ['axios-policy:connect', 'axios-policy:pool']) {
        subscribe(channel, note);
        atEnd(() => void unsubscribe(channel, note));
      }
      const { http, policy } = attached();
      policy.update({ name: 'prices', client });
      await http.get(origin.url);
      await until(() => seen.length === 3);
      policy.update({ name: 'rates', client });
      await policy.close();
      expect(seen).toEqual(['start prices', 'ready prices', 'kept prices', 'closed rates']);
    },
  );

  it('is the host of baseURL if nobody gave one', async () => {
    const { seen, metadata, line, host } = await namesOf({ baseURL: true });
    expect(new Set(seen)).toEqual(new Set([host]));
    expect(metadata?.name).toBe(host);
    expect(line).toMatch(/^GET http:/);
  });

  it('is not there without either', async () => {
    const { seen, metadata } = await namesOf({});
    expect(new Set(seen)).toEqual(new Set([undefined]));
    expect(metadata).not.toHaveProperty('name');
  });

  it('does not tell the host of a sensitive request', async () => {
    const hidden = await namesOf({ baseURL: true, sensitive: true });
    expect(new Set(hidden.seen)).toEqual(new Set([undefined]));
    expect(JSON.stringify(hidden.metadata)).not.toContain(hidden.host);
    const named = await namesOf({ name: 'prices', sensitive: true });
    expect(new Set(named.seen)).toEqual(new Set(['prices']));
  });
});
