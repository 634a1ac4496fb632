import { Agent as HttpsAgent } from 'node:https';
import type { AxiosRequestConfig, Method } from 'axios';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { closedPort, failingLookup, startTcp, startTlsStall } from '../helpers/faults.js';
import {
  type Answer,
  hangUp,
  never,
  partialHead,
  redirect,
  reply,
  reset,
  stallBody,
  truncate,
} from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';
import { firstOf, QUICK, type StartOptions, start, unavailable } from './setup.js';

const COLUMNS = {
  'methods that only read': ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'],
  'PUT and DELETE': ['PUT', 'DELETE'],
  'POST, PATCH and others': ['POST', 'PATCH', 'MKCOL'],
} as const;
type Column = keyof typeof COLUMNS;

const READ: Column = 'methods that only read';
const REPEATABLE: Column = 'PUT and DELETE';
const OTHER: Column = 'POST, PATCH and others';
const ALL = [READ, REPEATABLE, OTHER];
const METHODS = Object.values(COLUMNS).flat();
const methodsFor = (inBody = false) => METHODS.filter((method) => !(inBody && method === 'HEAD'));
const isIn = (column: Column, method: string): boolean => COLUMNS[column].some((name) => name === method);

/** A request that only axios' own adapter can make, and one that the policy may make by itself. */
const WAYS = [
  { way: 'given a plain request', extra: {} },
  { way: 'given a request with a feature of axios’ adapter', extra: { onDownloadProgress: () => undefined } },
];

interface Row {
  outcome: string;
  answer: Answer;
  retried: readonly Column[];
  kind: string;
  /** The answer to HEAD has no body that could go wrong. */
  inBody?: boolean;
  config?: object;
}

const ROWS: readonly Row[] = [
  { outcome: 'a 500', answer: reply({ status: 500 }), retried: ALL, kind: 'status' },
  { outcome: 'a 503', answer: unavailable(), retried: ALL, kind: 'status' },
  { outcome: 'a 599', answer: reply({ status: 599 }), retried: ALL, kind: 'status' },
  { outcome: 'a 429', answer: reply({ status: 429 }), retried: ALL, kind: 'status' },
  { outcome: 'a 408', answer: reply({ status: 408 }), retried: ALL, kind: 'status' },
  { outcome: 'a reset before the answer', answer: reset(), retried: [READ, REPEATABLE], kind: 'dropped' },
  { outcome: 'a hang-up before the answer', answer: hangUp(), retried: [READ, REPEATABLE], kind: 'dropped' },
  {
    outcome: 'an answer cut short in its head',
    answer: partialHead('HTTP/1.1 200 OK\r\nContent-'),
    retried: [READ, REPEATABLE],
    kind: 'dropped',
  },
  {
    outcome: 'a body cut short by a close',
    answer: truncate({ declared: 100, sent: 10, how: 'fin' }),
    retried: [READ, REPEATABLE],
    kind: 'dropped',
    inBody: true,
  },
  {
    outcome: 'a body cut short by a reset',
    answer: truncate({ declared: 100, sent: 10, how: 'rst' }),
    retried: [READ, REPEATABLE],
    kind: 'dropped',
    inBody: true,
  },
  {
    outcome: 'no answer within timeout',
    answer: never(),
    retried: [READ],
    kind: 'timeout',
    config: { policy: { timeout: 500 } },
  },
  {
    outcome: 'no answer within the timeout of axios',
    answer: never(),
    retried: [READ],
    kind: 'timeout',
    config: { timeout: 500, transitional: { clarifyTimeoutError: true } },
  },
  {
    outcome: 'no answer within readTimeout',
    answer: never(),
    retried: [READ],
    kind: 'timeout',
    config: { policy: { readTimeout: 500 } },
  },
  {
    outcome: 'a body that stalls',
    answer: stallBody({ declared: 100, sent: 10 }),
    retried: [READ],
    kind: 'timeout',
    inBody: true,
    config: { policy: { timeout: 500 } },
  },
  ...[503, 500, 429, 408].map((status) => ({
    outcome: `a ${status} whose body is cut short`,
    answer: truncate({ status, declared: 100, sent: 10, how: status === 500 ? 'rst' : 'fin' }),
    retried: ALL,
    kind: 'status',
    inBody: true,
  })),
  ...[404, 400, 302].map((status) => ({
    outcome: `a ${status} whose body is cut short`,
    answer: truncate({ status, declared: 100, sent: 10, how: status === 400 ? 'rst' : 'fin' }),
    retried: [],
    kind: 'status',
    inBody: true,
  })),
  {
    outcome: 'a 503 whose body is cut short, of a caller who takes it for a success',
    answer: truncate({ status: 503, declared: 100, sent: 10, how: 'fin' }),
    retried: [READ, REPEATABLE],
    kind: 'dropped',
    inBody: true,
    config: { validateStatus: null },
  },
  {
    outcome: 'a stream of a 503 that is cut short',
    answer: truncate({ status: 503, declared: 100, sent: 10, how: 'fin' }),
    retried: ALL,
    kind: 'status',
    inBody: true,
    config: { responseType: 'stream' },
  },
  {
    outcome: 'a 503 whose compressed body is cut short',
    answer: truncate({
      status: 503,
      declared: 100,
      sent: 10,
      how: 'fin',
      headers: { 'Content-Encoding': 'gzip' },
    }),
    retried: ALL,
    kind: 'status',
    inBody: true,
  },
  { outcome: 'a 400', answer: reply({ status: 400 }), retried: [], kind: 'status' },
  { outcome: 'a 401', answer: reply({ status: 401 }), retried: [], kind: 'status' },
  { outcome: 'a 404', answer: reply({ status: 404 }), retried: [], kind: 'status' },
  { outcome: 'a 409', answer: reply({ status: 409 }), retried: [], kind: 'status' },
  { outcome: 'a 304', answer: reply({ status: 304 }), retried: [], kind: 'status' },
  {
    outcome: 'a redirect that is not followed',
    answer: redirect(307, '/elsewhere'),
    retried: [],
    kind: 'status',
    config: { maxRedirects: 0 },
  },
  {
    outcome: 'bad JSON',
    answer: reply({ body: '{"a":', headers: { 'Content-Type': 'application/json' } }),
    retried: [],
    kind: 'permanent',
    inBody: true,
    config: { responseType: 'json', transitional: { silentJSONParsing: false } },
  },
  {
    outcome: 'more body than maxContentLength',
    answer: reply({ body: 'x'.repeat(100) }),
    retried: [],
    kind: 'permanent',
    inBody: true,
    config: { maxContentLength: 10 },
  },
  {
    outcome: 'an answer that is no HTTP',
    answer: partialHead('SSH-2.0-OpenSSH_9.6\r\n'),
    retried: [],
    kind: 'permanent',
  },
];

describe.each(AXIOS_COPIES)('what is retried, with $name', ({ axios, name }) => {
  describe.each(WAYS)('$way', ({ extra, way }) => {
    // Each way and each copy over either scheme once.
    const tls = (way === WAYS[0]?.way) === (name === AXIOS_COPIES[0]?.name);

    /** What becomes of the requests of a row, and when all of them have arrived for the first time. */
    async function begin({ answer, kind, inBody, config }: Row) {
      const methods = methodsFor(inBody);
      const limited = kind === 'timeout';
      // Ten handshakes at once may take longer than a time limit, and on a busy machine so may ten connects.
      const { origin, http } = await start({ axios, retry: { maxRetries: 1 }, tls: tls && !limited });
      if (limited) await Promise.all(methods.map(() => http.get('/warm')));
      const first = firstOf(answer);
      origin.always(first);
      const decisions = Promise.all(
        methods.map(async (method) => {
          const url = `/${method}`;
          const request = { url, method: method as Method, data: sentBody(method), ...config, ...extra };
          const settled = await http.request(request).catch((error: unknown) => error);
          const { attempts, outcomes: failures } = getPolicyMetadata(settled) ?? {};
          return { method, attempts, sent: first.seen.get(url), kind: failures?.[0]?.kind };
        }),
      );
      return { decisions, arrived: () => until(() => first.seen.size === methods.length) };
    }

    // Those that wait for a limit to run out do so together, but are not sent at the same time.
    const waitedFor = new Map<Row, Awaited<ReturnType<typeof begin>>['decisions']>();
    beforeAll(async () => {
      for (const row of ROWS.filter(({ kind }) => kind === 'timeout')) {
        const { decisions, arrived } = await begin(row);
        waitedFor.set(row, decisions);
        await Promise.race([arrived().catch(() => undefined), decisions]);
      }
      await Promise.all(waitedFor.values());
    });

    it.each(ROWS)('decides on $outcome as the table says', async (row) => {
      const { retried, kind, inBody } = row;
      const expected = (method: string) => (retried.some((column) => isIn(column, method)) ? 2 : 1);
      expect(await (waitedFor.get(row) ?? (await begin(row)).decisions)).toEqual(
        methodsFor(inBody).map((method) => ({
          method,
          attempts: expected(method),
          sent: expected(method),
          kind,
        })),
      );
    });
  });
});

describe.each(AXIOS_COPIES)('given no connection, with $name', ({ axios }) => {
  async function attemptsOf(url: string, config: object = {}, client: object = {}): Promise<unknown[]> {
    const { http } = attached({ axios, client, retry: { maxRetries: 1, backoff: QUICK } });
    return Promise.all(
      METHODS.map(async (method) => {
        const request = { url, method: method as Method, data: sentBody(method), ...config };
        const metadata = getPolicyMetadata(await failureOf(http.request(request)));
        return { method, kinds: metadata?.outcomes.map(({ kind }) => kind), giveUp: metadata?.giveUp };
      }),
    );
  }
  const RETRIED = METHODS.map((method) => ({
    method,
    kinds: ['connect', 'connect'],
    giveUp: 'max-retries',
  }));

  it('retries every method when the connection is refused', async () => {
    expect(await attemptsOf(`https://localhost:${await closedPort()}/`)).toEqual(RETRIED);
  });

  it('retries every method when the name is not found', async () => {
    const lookup = failingLookup();
    expect(await attemptsOf('https://nowhere.test/', { lookup: lookup })).toEqual(RETRIED);
    expect(lookup.asked).toHaveLength(2 * METHODS.length);
  });

  it('retries every method when TLS does not come about within connectTimeout', async () => {
    const { host } = await startTlsStall();
    expect(await attemptsOf(`https://${host}/`, {}, { connectTimeout: 50 })).toEqual(RETRIED);
  });

  it('retries every method when the connection is reset during the handshake', async () => {
    const { host } = await startTcp((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    expect(await attemptsOf(`https://${host}/`)).toEqual(RETRIED);
  });

  it('retries a POST that never left, and sends it whole', async () => {
    const { origin, http } = await start({ axios });
    let asked = 0;
    const lookup = failingLookup();
    const flaky: typeof lookup = Object.assign(
      (...args: Parameters<typeof lookup>) => {
        asked += 1;
        if (asked === 1) return lookup(...args);
        args[2](null, args[1].all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
      },
      { asked: [] },
    );
    await http.post('/', { a: 1 }, { lookup: flaky } as object);
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['{"a":1}']);
  });

  it('does not retry a certificate that is rejected', async () => {
    const { origin, http } = await start({ axios, client: { tls: {} } });
    const error = await failureOf(http.get('/'));
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    expect(getPolicyMetadata(error)?.outcomes[0]?.kind).toBe('permanent');
    expect(origin.requests).toEqual([]);
  });

  describe('because a check of the caller’s own rejects the certificate', () => {
    const httpsAgent = new HttpsAgent({ ca, checkServerIdentity: () => new Error('not the pinned key') });

    it.each<[string, Partial<StartOptions>, AxiosRequestConfig]>([
      ['of the instance', { defaults: { httpsAgent } }, {}],
      ['of a request', {}, { httpsAgent }],
      ['of the instance, over HTTP/2', { defaults: { httpsAgent }, client: { http1Only: false } }, {}],
    ])('does not retry it: a check %s', async (_whose, options, config) => {
      const { origin, http } = await start({ axios, ...options });
      for (const extra of [{}, { onDownloadProgress: () => undefined }]) {
        const error = await failureOf(http.get('/', { ...config, ...extra }));
        expect(error.message).toBe('not the pinned key');
        expect(getPolicyMetadata(error)).toMatchObject({
          attempts: 1,
          giveUp: 'not-retryable',
          outcomes: [{ kind: 'permanent' }],
        });
      }
      expect(origin.requests).toEqual([]);
    });

    it('does not retry it: a check behind a proxy', async () => {
      const { url: proxyUrl } = await startProxy();
      const { http } = await start({ axios, defaults: { httpsAgent }, client: { proxyUrl } });
      const error = await failureOf(http.get('/'));
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, outcomes: [{ kind: 'permanent' }] });
    });
  });
});

describe.each(AXIOS_COPIES)('given an error whose body does not come, with $name', ({ axios }) => {
  it.each([
    [503, 2],
    [404, 1],
  ])('decides by its status: a POST answered with %d', async (status, attempts) => {
    const { origin, http } = await start({ axios, tls: false });
    origin.enqueue(stallBody({ status, declared: 100, sent: 10 }));
    const request = http.post('/', 'x', { policy: { timeout: 300 } });
    const settled = await request.catch((error: unknown) => error);
    expect(getPolicyMetadata(settled)).toMatchObject({ attempts, outcomes: [{ kind: 'status', status }] });
  });

  it('waits as long as its head asks for', async () => {
    const { origin, http } = await start({ axios, tls: false });
    const headers = { 'Retry-After': '1' };
    origin.enqueue(truncate({ status: 503, declared: 100, sent: 10, how: 'fin', headers }));
    const failed: unknown[] = [];
    await http
      .post('/', 'x', {
        policy: { retry: { retryTimeout: 900, onGiveUp: ({ reason }) => void failed.push(reason) } },
      })
      .catch(() => undefined);
    expect(failed).toEqual(['retry-after']);
  });
});

describe.each(AXIOS_COPIES)('given redirects, with $name', ({ axios }) => {
  it('does not retry a loop', async () => {
    const { origin, http } = await start({ axios });
    origin.always(redirect(302, '/again'));
    const error = await failureOf(http.get('/', { maxRedirects: 3 }));
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    expect(origin.requests).toHaveLength(4);
  });

  it('does not take a refused connection after a 303 for a POST that was not sent', async () => {
    const { origin, http } = await start({ axios });
    origin.always(redirect(303, `https://localhost:${await closedPort()}/`));
    const error = await failureOf(http.post('/', 'once'));
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
    expect(origin.requests).toHaveLength(1);
  });
});

describe.each(AXIOS_COPIES)('given a POST whose answer was lost, with $name', ({ axios }) => {
  const lost = [reset(), hangUp(), truncate({ declared: 9, sent: 1, how: 'fin' })];

  it.each(lost)('does not send it again', async (answer) => {
    const { origin, http } = await start({ axios });
    origin.enqueue(answer);
    const error = await failureOf(http.post('/', 'pay'));
    expect(getPolicyMetadata(error)?.giveUp).toBe('not-idempotent');
    expect(origin.requests).toHaveLength(1);
  });

  it.each(lost)('sends it again with policy.idempotent', async (answer) => {
    const { origin, http } = await start({ axios });
    origin.enqueue(answer);
    await http.post('/', 'pay', { policy: { idempotent: true } });
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['pay', 'pay']);
  });

  it('sends it again with an Idempotency-Key of its own, the same one', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(reset());
    await http.post('/', 'pay', { headers: { 'idempotency-key': 'k1' } });
    expect(origin.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1']);
  });

  it('sends it again with a minted Idempotency-Key, the same one, and another for the next request', async () => {
    const { origin, http } = await start({ axios, retry: { idempotencyKey: true } });
    origin.enqueue(reset());
    await http.post('/', 'pay');
    await http.patch('/', 'pay more');
    await http.put('/', 'no key');
    const [first, second, third, fourth] = origin.requests.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[\da-f-]{36}$/);
    expect(second).toBe(first);
    expect(third).toMatch(/^[\da-f-]{36}$/);
    expect(third).not.toBe(first);
    expect(fourth).toBeUndefined();
  });

  it('mints the key under another name, and respects one that is there', async () => {
    const { origin, http } = await start({
      axios,
      client: NO_REUSE,
      retry: { idempotencyKey: 'X-Request-Token' },
    });
    origin.enqueue(reset(), reply(), reset());
    await http.post('/', 'pay');
    await http.post('/', 'pay', { headers: { 'x-request-token': 'mine' } });
    const tokens = origin.requests.map(({ headers }) => headers['x-request-token']);
    expect(tokens).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), tokens[0], 'mine', 'mine']);
  });

  it('sends it again where retry.idempotent says so of this request', async () => {
    const idempotent = (config: object) => (config as { url: string }).url === '/safe';
    const { origin, http } = await start({ axios, client: NO_REUSE, retry: { idempotent } });
    origin.enqueue(reset(), reply(), reset());
    await http.post('/safe', 'x');
    await failureOf(http.post('/unsafe', 'x'));
    expect(origin.requests.map(({ url }) => url)).toEqual(['/safe', '/safe', '/unsafe']);
  });
});

describe.each(AXIOS_COPIES)(
  'given a request that says it may not be delivered twice, with $name',
  ({ axios }) => {
    it.each([reset(), hangUp()])('does not send a GET again', async (answer) => {
      const { origin, http } = await start({ axios });
      origin.enqueue(answer);
      const error = await failureOf(http.get('/', { policy: { idempotent: false } }));
      expect(getPolicyMetadata(error)?.giveUp).toBe('not-idempotent');
      expect(origin.requests).toHaveLength(1);
    });

    it('still retries a status, for the server has said that it did nothing', async () => {
      const { origin, http } = await start({ axios });
      origin.enqueue(unavailable());
      await http.get('/', { policy: { idempotent: false } });
      expect(origin.requests).toHaveLength(2);
    });
  },
);

describe.each(AXIOS_COPIES)('given a PUT that timed out, with $name', ({ axios }) => {
  it('sends it again once it is called idempotent', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(never());
    await http.put('/', 'x', { policy: { timeout: 200, idempotent: true } });
    expect(origin.requests).toHaveLength(2);
  });
});

/** So that a lost connection is never a lost keep-alive race. */
const NO_REUSE = { poolMaxIdlePerHost: 0 };

const sentBody = (method: string): string | undefined =>
  method === 'GET' || method === 'HEAD' || method === 'TRACE' ? undefined : 'body';
