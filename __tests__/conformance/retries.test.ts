/**
 * What the tests of object_store ask of its retries (`retry.rs`), on real sockets. A queue that has run out answers 200
 * `Hello World`, as theirs does.
 *
 * @see https://github.com/apache/arrow-rs-object-store/blob/main/src/client/retry.rs
 */
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import {
  describeFailure,
  getPolicyMetadata,
  type RequestMetadata,
  type RetryConfig,
} from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import {
  type Answer,
  handler,
  hangUp,
  never,
  type Origin,
  redirect,
  reply,
  reset,
  startOrigin,
} from '../helpers/origin.js';

interface Item {
  readonly title: string;
  readonly answers: readonly Answer[];
  readonly request?: AxiosRequestConfig;
  readonly retry?: RetryConfig;
  readonly timeout?: number;
  /** Of the response the request resolves with; without, it is rejected. */
  readonly ok?: { readonly status: number; readonly data: string };
  /** Of the error it is rejected with. */
  readonly error?: object;
  /** What the line for a log says, and what it does not. */
  readonly line?: { readonly has?: readonly (string | RegExp)[]; readonly lacks?: readonly string[] };
  /** How many requests the origin sees. */
  readonly requests: number;
  readonly metadata?: object;
}

const times = (count: number, answer: () => Answer): Answer[] => Array.from({ length: count }, answer);
const hello = { status: 200, data: 'Hello World' };
const badGateway = () => reply({ status: 502, body: 'ignored' });
const path = (url: string, then: Answer): Answer => ({
  play: (exchange) => (exchange.recorded.url === url ? then : reply({ status: 500 })).play(exchange),
});

const INTERNAL_ERROR =
  '<Error><Code>InternalError</Code><Message>We encountered an internal error. Error Code: InternalError</Message></Error>';
const SLOW_DOWN = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
const COPY_RESULT = '<CopyObjectResult><ETag>"9b2cf535f27731c974343645a3985328"</ETag></CopyObjectResult>';

/** What `retry_error_body` is with us. */
const errorInBody: RetryConfig = {
  shouldRetry: ({ kind, response }) =>
    kind === 'ok' && /InternalError|SlowDown/.test(String((response as AxiosResponse).data))
      ? true
      : undefined,
};
const put = { method: 'put', data: 'object', policy: { idempotent: true } } as const;

const BODIES: readonly Item[] = [
  {
    title: 'a body that names InternalError is an error: the request is sent again',
    answers: [reply({ body: INTERNAL_ERROR })],
    retry: errorInBody,
    ok: hello,
    requests: 2,
    metadata: { retries: 1, outcomes: [{ kind: 'ok', status: 200 }] },
  },
  {
    title: 'a body that names SlowDown is an error: the request is sent again',
    answers: [reply({ body: SLOW_DOWN })],
    retry: errorInBody,
    ok: hello,
    requests: 2,
  },
  {
    title: 'the body of a copy that went well is no error',
    answers: [reply({ body: COPY_RESULT })],
    retry: errorInBody,
    ok: { status: 200, data: COPY_RESULT },
    requests: 1,
  },
  {
    title: 'idempotent PUT, 200 with an error in its body then 200: ok, without the error',
    answers: [reply({ body: INTERNAL_ERROR }), reply({ body: 'success' })],
    request: put,
    retry: errorInBody,
    ok: { status: 200, data: 'success' },
    requests: 2,
  },
  {
    title: 'idempotent PUT, 200 whose body was looked at and is fine: ok, and the body is still there',
    answers: [reply({ body: 'success' })],
    request: put,
    retry: errorInBody,
    ok: { status: 200, data: 'success' },
    requests: 1,
    metadata: { retries: 0 },
  },
];

const STATUSES: readonly Item[] = [
  { title: 'GET, 200: ok', answers: [reply({ body: 'Hello World' })], ok: hello, requests: 1 },
  {
    title: 'GET, 400: fails at once, with status and body',
    answers: [reply({ status: 400, body: 'cupcakes' })],
    error: { code: 'ERR_BAD_REQUEST', response: { status: 400, data: 'cupcakes' } },
    line: { has: [/: 400 Bad Request$/], lacks: ['after'] },
    requests: 1,
    metadata: { attempts: 1, giveUp: 'not-retryable' },
  },
  ...[502, 429, 408].map((status) => ({
    title: `GET, ${status} then 200: ok`,
    answers: [reply({ status })],
    ok: hello,
    requests: 2,
    metadata: { retries: 1, outcomes: [{ kind: 'status', status }] },
  })),
  {
    title: 'GET, 204: ok, and not an error for want of a body',
    answers: [reply({ status: 204 })],
    ok: { status: 204, data: '' },
    requests: 1,
  },
  {
    title: 'GET, more 502 than retries: fails, and says after how many, within which limits, and why',
    answers: times(3, badGateway),
    error: { message: 'Request failed with status code 502' },
    line: { has: [/ after 2 retries in .+ \(maxRetries 2, retryTimeout 16m 40s\): 502 Bad Gateway$/] },
    requests: 3,
    metadata: { attempts: 3, giveUp: 'max-retries' },
  },
  {
    title: 'GET, more 502 than retries: the error is that of the last attempt itself',
    answers: [reply({ status: 500 }), reply({ status: 503 }), badGateway()],
    error: { isAxiosError: true, code: 'ERR_BAD_RESPONSE', response: { status: 502 } },
    requests: 3,
    metadata: { outcomes: [500, 503, 502].map((status) => ({ kind: 'status', status })) },
  },
  {
    title: 'GET, more 502 than retries: the body of the last answer can be read',
    answers: times(3, badGateway),
    error: { response: { data: 'ignored' } },
    requests: 3,
  },
  {
    title: 'GET, 503 and no retries: fails, with status and body',
    answers: [reply({ status: 503, body: SLOW_DOWN })],
    retry: { maxRetries: 0 },
    error: { response: { status: 503, data: SLOW_DOWN } },
    requests: 1,
    metadata: { retries: 0, giveUp: 'max-retries' },
  },
];

const REDIRECTS: readonly Item[] = [
  {
    title: 'GET, 302 to /foo then 200: ok, the redirect is followed',
    answers: [redirect(302, '/foo'), path('/foo', reply({ body: 'Hello World' }))],
    ok: hello,
    requests: 2,
    metadata: { retries: 0 },
  },
  {
    title: 'GET, 302 to /bar then 200: ok, the redirect is followed',
    answers: [redirect(302, '/bar'), path('/bar', reply({ body: 'Hello World' }))],
    ok: hello,
    requests: 2,
  },
  {
    title: 'GET, eleven redirects: fails at the limit of ten, and is not sent again',
    answers: times(11, () => redirect(302, '/bar')),
    request: { maxRedirects: 10 },
    error: { code: 'ERR_FR_TOO_MANY_REDIRECTS' },
    line: { lacks: ['after'] },
    requests: 11,
    metadata: { attempts: 1, giveUp: 'not-retryable' },
  },
  {
    title: 'GET, 302 without Location: fails at once, with the 302',
    answers: [reply({ status: 302 })],
    error: { response: { status: 302 } },
    line: { has: [/: 302 Found$/] },
    requests: 1,
    metadata: { attempts: 1, giveUp: 'not-retryable' },
  },
];

const CONNECTIONS: readonly Item[] = [
  {
    title: 'GET, a connection that is closed without an answer then 200: ok',
    answers: [hangUp()],
    ok: hello,
    requests: 2,
    metadata: { retries: 1, outcomes: [{ kind: 'dropped', code: 'ECONNRESET' }] },
  },
  {
    title:
      'GET, more closed connections than retries: fails, and says after how many and within which limits',
    answers: times(3, hangUp),
    line: { has: [/ after 2 retries in .+ \(maxRetries 2, retryTimeout 16m 40s\): socket hang up/] },
    requests: 3,
  },
  {
    title: 'GET, more closed connections than retries: the error is that of the last attempt itself',
    answers: times(3, hangUp),
    error: { isAxiosError: true, code: 'ECONNRESET', message: 'socket hang up' },
    requests: 3,
  },
  {
    title: 'GET, more closed connections than retries: what kind of failure it was can be asked',
    answers: times(3, hangUp),
    requests: 3,
    metadata: {
      outcomes: Array.from({ length: 3 }, () => ({ kind: 'dropped', code: 'ECONNRESET' })),
      giveUp: 'max-retries',
    },
  },
  {
    title: 'GET, two connections reset then 200: ok, with the very last retry',
    answers: times(2, reset),
    ok: hello,
    requests: 3,
    metadata: {
      retries: 2,
      outcomes: Array.from({ length: 2 }, () => ({ kind: 'dropped', code: 'ECONNRESET' })),
    },
  },
  {
    title: 'GET, an answer that is later than the timeout then 200: ok',
    answers: [never()],
    timeout: 150,
    ok: hello,
    requests: 2,
    metadata: { outcomes: [{ kind: 'timeout', code: 'ECONNABORTED' }] },
  },
  {
    title: 'PUT, an answer that is later than the timeout: fails, and is not sent again',
    answers: [never()],
    timeout: 150,
    request: { method: 'put', data: 'object' },
    error: { code: 'ECONNABORTED', message: 'timeout of 150ms exceeded' },
    line: { has: ['gave up: not-idempotent'], lacks: ['after'] },
    requests: 1,
    metadata: { attempts: 1, giveUp: 'not-idempotent' },
  },
];

const secret = { url: '/SENSITIVE?token=SENSITIVE' };
const SECRETS: readonly Item[] = [
  {
    title: 'a URL is named in the message, more 502 than retries',
    answers: times(3, badGateway),
    request: { url: '/SENSITIVE' },
    line: { has: ['SENSITIVE'] },
    requests: 3,
  },
  {
    title: 'a sensitive URL is not named in the message, more 502 than retries',
    answers: times(3, badGateway),
    request: { ...secret, policy: { sensitive: true } },
    line: { has: ['502 Bad Gateway'], lacks: ['SENSITIVE', '127.0.0.1'] },
    requests: 3,
  },
  {
    title: 'a sensitive URL is not named in the message, more closed connections than retries',
    answers: times(3, hangUp),
    request: { ...secret, policy: { sensitive: true } },
    line: { has: ['ECONNRESET'], lacks: ['SENSITIVE', '127.0.0.1'] },
    requests: 3,
  },
];

const GROUPS = [
  { group: 'What is in a body', items: BODIES },
  { group: 'Statuses', items: STATUSES },
  { group: 'Redirects', items: REDIRECTS },
  { group: 'Connections and deadlines', items: CONNECTIONS },
  { group: 'Secrets', items: SECRETS },
];

interface Ended {
  readonly response?: AxiosResponse;
  readonly error?: unknown;
  readonly metadata: RequestMetadata | undefined;
}

/** Limits of object_store's tests; only its backoff is not waited for. */
const LIMITS: RetryConfig = {
  maxRetries: 2,
  retryTimeout: '1000s',
  backoff: { initBackoff: 1, maxBackoff: 2 },
};

describe.each(AXIOS_COPIES)('object_store, with $name', ({ axios }) => {
  async function run(item: Item, origin: Origin): Promise<Ended> {
    const { http } = attached({
      axios,
      client: item.timeout === undefined ? {} : { timeout: item.timeout },
      retry: { ...LIMITS, ...item.retry },
      defaults: { baseURL: origin.url },
    });
    origin.enqueue(...item.answers);
    return http.request({ url: '/', ...item.request }).then(
      (response) => ({ response, metadata: getPolicyMetadata(response) }),
      (error: unknown) => ({ error, metadata: getPolicyMetadata(error) }),
    );
  }

  describe.each(GROUPS)('$group', ({ items }) => {
    it.each(items)('$title', async (item) => {
      const origin = await startOrigin();
      const { response, error, metadata } = await run(item, origin);
      expect({ rejected: error !== undefined }).toEqual({ rejected: item.ok === undefined });
      if (item.ok) expect(response).toMatchObject(item.ok);
      if (item.error) expect(error).toMatchObject(item.error);
      const line = describeFailure(error);
      for (const text of item.line?.has ?? []) expect(line).toMatch(text);
      for (const text of item.line?.lacks ?? []) expect(line).not.toContain(text);
      expect(origin.requests).toHaveLength(item.requests);
      if (item.metadata) expect(metadata).toMatchObject(item.metadata);
    });
  });

  it('GET, 400 with another body on the same instance: fails at once, with that status and body', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, retry: LIMITS });
    for (const body of ['cupcakes', 'NAUGHTY NAUGHTY']) {
      origin.enqueue(reply({ status: 400, body }));
      const error = await failureOf(http.get(origin.url));
      expect(error.response).toMatchObject({ status: 400, data: body });
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1 });
    }
    expect(origin.requests).toHaveLength(2);
  });

  it('PUT, sent again after 503: with the same body', async () => {
    const origin = await startOrigin();
    origin.enqueue(
      reply({ status: 503 }),
      handler((_request, response, { body }) => void response.end(body)),
    );
    const { http } = attached({ axios, retry: LIMITS });
    expect((await http.put(origin.url, 'object')).data).toBe('object');
    expect(origin.requests.map(({ body }) => String(body))).toEqual(['object', 'object']);
  });
});
