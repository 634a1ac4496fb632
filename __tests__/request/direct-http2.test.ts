import { once } from 'node:events';
import { constants } from 'node:http2';
import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { getPolicyMetadata } from '../../lib/index.js';
import { BufferedRequest } from '../../lib/transport/http2/buffered.js';
import { type AttachedOptions, attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca, otherCa } from '../helpers/certs.js';
import { startRelay } from '../helpers/faults.js';
import {
  dropConnection,
  type Http2Answer,
  type Http2Origin,
  partial,
  respond,
  silence,
  startHttp2Origin,
} from '../helpers/http2-origin.js';
import { reply, startOrigin } from '../helpers/origin.js';
import { pictureOfOutcome } from '../helpers/picture.js';
import { startProxy } from '../helpers/proxy.js';
import { delay, until } from '../helpers/wait.js';

const RETRY = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };

const echo: Http2Answer = ({ stream, headers }) => {
  stream.respond({ ':status': 200, 'x-method': headers[':method'] });
  stream.pipe(stream);
};

const redirect =
  (location: string, status = 302): Http2Answer =>
  (call) =>
    call.headers[':path'] === '/end'
      ? echo(call)
      : respond({ status, headers: { location }, body: 'elsewhere' })(call);

const reset =
  (code: number): Http2Answer =>
  ({ stream }) =>
    stream.close(code);

/** Trailers after a body. */
const trailers: Http2Answer = ({ stream }) => {
  stream.respond({ ':status': 200 }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
  stream.end('body');
};

const early: Http2Answer = ({ stream }) => {
  stream.additionalHeaders({ ':status': 103, link: '</a>' });
  respond({ body: 'late' })({ stream, headers: {} } as never);
};

interface Same {
  is: string;
  answer: Http2Answer;
  request?: AxiosRequestConfig;
  /** Whether it may end before the server knows of it: the first one has a connection to make. */
  isTimed?: boolean;
}

/** Requests that are to end alike whichever way they take. */
const SAME: Same[] = [
  { is: 'JSON', answer: respond({ body: { a: 1 }, headers: { 'content-type': 'application/json' } }) },
  { is: 'text with a byte order mark', answer: respond({ body: '\ufefftext' }) },
  { is: 'bytes', answer: respond({ body: 'bytes' }), request: { responseType: 'arraybuffer' } },
  { is: 'more than a window of bytes', answer: respond({ body: 'x'.repeat(300_000) }) },
  { is: 'a body without a length', answer: echo, request: { method: 'POST', data: 'echo' } },
  { is: 'two cookies', answer: respond({ headers: { 'set-cookie': ['a=1', 'b=2'] } }) },
  { is: 'no body', answer: respond({ status: 204 }) },
  {
    is: 'a head only',
    answer: respond({ headers: { 'content-length': 9 } }),
    request: { method: 'HEAD' },
  },
  { is: 'a status of 404', answer: respond({ status: 404, body: 'none' }) },
  { is: 'a status of 503', answer: respond({ status: 503, body: { a: 1 } }) },
  {
    is: 'a status that is welcome',
    answer: respond({ status: 418 }),
    request: { validateStatus: () => true },
  },
  { is: 'a status of 304', answer: respond({ status: 304 }) },
  {
    is: 'an encoded body',
    answer: respond({ body: gzipSync('x'), headers: { 'content-encoding': 'gzip' } }),
  },
  { is: 'a redirect', answer: redirect('/end') },
  {
    is: 'a redirect of a POST',
    answer: redirect('/end', 307),
    request: { method: 'POST', data: { a: 1 } },
  },
  { is: 'a redirect nobody follows', answer: redirect('/end'), request: { maxRedirects: 0 } },
  { is: 'one redirect after the other', answer: redirect('/again'), request: { maxRedirects: 3 } },
  { is: 'trailers', answer: trailers },
  { is: 'an informational response before', answer: early },
  { is: 'bad JSON', answer: respond({ body: '{' }), request: { responseType: 'json' } },
  { is: 'a refused stream', answer: reset(constants.NGHTTP2_REFUSED_STREAM) },
  { is: 'a reset without an error', answer: reset(constants.NGHTTP2_NO_ERROR) },
  { is: 'a body cut by a reset', answer: partial(1000, 10, reset(constants.NGHTTP2_INTERNAL_ERROR)) },
  { is: 'a body cut by an end', answer: partial(1000, 10, ({ stream }) => stream.end()) },
  { is: 'a body without a length cut', answer: partial(undefined, 10, reset(constants.NGHTTP2_NO_ERROR)) },
  {
    is: 'a lost connection',
    answer: dropConnection(),
    // Later, the session had been idle; it would be sent again.
    request: { policy: { idempotent: false } },
  },
  { is: 'a lost connection in the middle', answer: partial(1000, 10, dropConnection('fin')) },
  { is: 'a time limit before the head', answer: silence, request: { timeout: 60 }, isTimed: true },
  { is: 'a time limit in the middle', answer: partial(1000, 10), request: { timeout: 60 }, isTimed: true },
  { is: 'an upload', answer: echo, request: { method: 'PUT', data: Buffer.alloc(200_000, 'u') } },
  { is: 'an empty upload', answer: echo, request: { method: 'PATCH', data: Buffer.alloc(0) } },
  { is: 'a DELETE with a body', answer: echo, request: { method: 'DELETE', data: 'gone' } },
  {
    is: 'headers of a connection',
    answer: echo,
    request: { headers: { Connection: 'close, X-Hop', 'X-Hop': '1', TE: 'trailers', Host: 'other.test' } },
  },
];

describe.each(AXIOS_COPIES)('a direct request over HTTP/2, with $name', ({ axios }) => {
  let origin: Http2Origin;

  const over = (options: AttachedOptions = {}) =>
    attached({
      axios,
      retry: RETRY,
      ...options,
      client: { http2Only: true, http1Only: false, ...options.client },
    });

  /** An instance whose first request is behind it. */
  async function warm(options: AttachedOptions = {}) {
    const it = over(options);
    await it.http.get(origin.url);
    await until(() => it.policy.stats().http2[0]?.sessions[0]?.state === 'idle');
    return it;
  }

  beforeEach(async () => {
    origin = await startHttp2Origin();
  });

  describe('is not told from one by axios', () => {
    it.each(SAME)('with $is', async ({ answer, request, isTimed = false }) => {
      const run = async (isLater: boolean) => {
        const { http, policy } = isLater ? await warm({ retry: false }) : over({ retry: false });
        const seen = origin.requests.length;
        origin.always(answer);
        const outcome = await pictureOfOutcome(axios, () => http.request({ url: origin.url, ...request }));
        origin.always(respond());
        const asked = origin.requests
          .slice(seen)
          .map(({ headers, body }) => ({ ...headers, body: `${body}` }));
        await policy.close({ abort: true });
        return JSON.stringify({ outcome, asked: isTimed ? [] : asked }, withoutRequest);
      };
      const first = JSON.parse(await run(false));
      expect(JSON.parse(await run(true))).toEqual(first);
    });
  });

  it('is what the second request is, and says as much as a request of Node', async () => {
    const { http } = over();
    const first = await http.get(origin.url);
    expect(first.request).not.toBeInstanceOf(BufferedRequest);
    origin.always(trailers);
    const { request, data } = await http.get(`${origin.url}/a?b=c`, { headers: { 'X-Own': 'd' } });
    expect(data).toBe('body');
    expect(request).toBeInstanceOf(BufferedRequest);
    expect(request).toMatchObject({
      method: 'GET',
      path: '/a?b=c',
      host: 'localhost',
      protocol: 'https:',
      finished: true,
      writableEnded: true,
      aborted: false,
      reusedSocket: true,
    });
    expect([request.getHeader('x-own'), request.getHeader('host')]).toEqual([
      'd',
      `localhost:${origin.port}`,
    ]);
    expect(request.socket.remotePort).toBe(origin.port);
    expect(request.connection).toBe(request.socket);
    expect(request.res).toMatchObject({
      statusCode: 200,
      statusMessage: 'OK',
      httpVersion: '2.0',
      complete: true,
      aborted: false,
      trailers: { 'x-sum': '7' },
      rawTrailers: ['x-sum', '7'],
      responseUrl: `${origin.url}/a?b=c`,
      redirects: [],
    });
    expect(request.res.rawHeaders).toEqual(expect.arrayContaining(['date']));
    expect(request.res.connection).toBe(request.socket);
    if (!request.destroyed) await once(request, 'close');
    request.abort();
    expect(request.aborted).toBe(false);
  });

  it('shows no secrets of its head', async () => {
    const { http } = await warm();
    const { request } = await http.get(origin.url, { headers: { Authorization: 'Bearer secret' } });
    expect(inspect(request, { depth: 9, showHidden: true })).not.toContain('secret');
  });

  describe('that is cancelled', () => {
    const ways: [
      string,
      (http: AxiosInstance, url: string) => { request: Promise<unknown>; cancel(): void },
    ][] = [
      [
        'by a signal',
        (http, url) => {
          const controller = new AbortController();
          return {
            request: http.get(url, { signal: controller.signal }),
            cancel: () => controller.abort(),
          };
        },
      ],
      [
        'by a token',
        (http, url) => {
          const source = axios.CancelToken.source();
          return {
            request: http.get(url, { cancelToken: source.token }),
            cancel: () => source.cancel('enough'),
          };
        },
      ],
    ];

    it.each(ways)('%s before its response resets its stream', async (_way, start) => {
      const { http, policy } = await warm();
      origin.always(silence);
      const { request, cancel } = start(http, origin.url);
      await until(() => origin.requests.length === 2);
      cancel();
      const error = await failureOf(request);
      expect(axios.isCancel(error)).toBe(true);
      await until(() => origin.requests[1]?.rstCode === constants.NGHTTP2_CANCEL);
      expect(policy.stats().http2[0]?.sessions).toMatchObject([{ activeStreams: 0 }]);
      expect(origin.connections).toBe(1);
    });

    it.each(ways)('%s in the middle of its response resets its stream', async (_way, start) => {
      const { http } = await warm();
      let cancel = () => {};
      origin.always(partial(1000, 10, () => cancel()));
      const begun = start(http, origin.url);
      cancel = begun.cancel;
      expect(axios.isCancel(await failureOf(begun.request))).toBe(true);
      await until(() => origin.requests[1]?.rstCode === constants.NGHTTP2_CANCEL);
    });

    it('while it waits for a stream is never sent', async () => {
      origin = await startHttp2Origin({ server: { settings: { maxConcurrentStreams: 1 } } });
      const { http, policy } = await warm();
      origin.always(silence);
      const controller = new AbortController();
      const open = http.get(origin.url, { signal: controller.signal }).catch(() => undefined);
      await until(() => origin.requests.length === 2);
      const waiting = new AbortController();
      const request = http.get(origin.url, { signal: waiting.signal });
      await until(() => policy.stats().http2[0]?.pending === 1);
      waiting.abort();
      expect(axios.isCancel(await failureOf(request))).toBe(true);
      expect(policy.stats().http2[0]).toMatchObject({ pending: 0, connecting: false });
      controller.abort();
      await open;
      expect(origin.requests).toHaveLength(2);
    });
  });

  describe('that fails', () => {
    it('is sent again if the server refused it, whatever its method', async () => {
      const { http } = await warm();
      origin.always(({ number, ...call }) =>
        (number === 2 ? reset(constants.NGHTTP2_REFUSED_STREAM) : echo)({ number, ...call }),
      );
      const response = await http.post(origin.url, 'order');
      expect(response.data).toBe('order');
      expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ kind: 'connect' }]);
    });

    it('is sent again at once, uncounted, if the session had been closed while it was idle', async () => {
      const { http } = await warm();
      origin.always((call) => (call.session === origin.sessions[0] ? dropConnection()(call) : echo(call)));
      const response = await http.put(origin.url, 'order');
      expect(response.data).toBe('order');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1, resends: 1 });
      expect(origin.connections).toBe(2);
    });

    it('is not delivered twice if a second delivery may do harm', async () => {
      const { http } = await warm();
      const before = origin.requests.length;
      origin.always((call) => (call.session === origin.sessions[0] ? dropConnection()(call) : echo(call)));
      const error = await failureOf(http.post(origin.url, 'order'));
      expect(getPolicyMetadata(error)).toMatchObject({ giveUp: 'not-idempotent', resends: 0 });
      expect(origin.requests).toHaveLength(before + 1);
    });

    it('is not sent again if its answer was lost on a session that others were using', async () => {
      const { http } = await warm();
      origin.always((call) => (call.number === 2 ? partial(1000, 10)(call) : dropConnection()(call)));
      // As a stream, so that it is there when its head is.
      const { data } = await http.get<Readable>(origin.url, {
        responseType: 'stream',
        policy: { retry: false },
      });
      const other = failureOf(data.toArray());
      const error = await failureOf(http.post(origin.url, 'order'));
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
      await other;
      expect(origin.requests).toHaveLength(3);
    });

    it('above the last stream of a GOAWAY was not processed', async () => {
      const { http } = await warm();
      origin.always((call) => {
        if (call.session !== origin.sessions[0]) return echo(call);
        call.session.goaway(constants.NGHTTP2_NO_ERROR, 1);
        setTimeout(() => call.connection.destroy(), 5);
      });
      const response = await http.post(origin.url, 'order');
      expect(response.data).toBe('order');
      expect(origin.sessions).toHaveLength(2);
    });

    it('in the middle of its body is truncated', async () => {
      const { http } = await warm();
      origin.always(partial(1000, 10, dropConnection()));
      const error = await failureOf(http.post(origin.url, 'x'));
      expect(error).toMatchObject({ code: 'ECONNRESET', cause: { policyCode: 'ERR_POLICY_HTTP2_SESSION' } });
      expect(getPolicyMetadata(error)).toMatchObject({
        outcomes: [{ kind: 'dropped' }],
        giveUp: 'not-idempotent',
      });
    });

    it('by silence is a timeout, before and in the middle of the response', async () => {
      const { http } = await warm({ retry: false, client: { readTimeout: 40 } });
      origin.always(silence);
      const message = 'readTimeout of 40ms exceeded';
      expect(await failureOf(http.get(origin.url))).toMatchObject({ code: 'ECONNABORTED', message });
      origin.always(partial(1000, 10));
      expect(await failureOf(http.get(origin.url))).toMatchObject({ code: 'ECONNABORTED', message });
    });

    it('by its headers leaves the session as it was', async () => {
      const { http } = await warm();
      // Two of the fields that may be there but once.
      const headers = { 'Content-Length': ['1', '2'] as unknown as string };
      await failureOf(http.get(origin.url, { headers, policy: { retry: false } }));
      expect((await http.get(origin.url)).status).toBe(200);
      expect(origin.connections).toBe(1);
    });
  });

  describe('that is redirected', () => {
    it('takes one stream per hop, on one session', async () => {
      const { http } = await warm();
      origin.always((call) => {
        const hop = Number(String(call.headers[':path']).slice(1));
        return hop < 4 ? respond({ status: 302, headers: { location: `/${hop + 1}` } })(call) : echo(call);
      });
      const { request } = await http.get(`${origin.url}/1`);
      expect(request.res.responseUrl).toBe(`${origin.url}/4`);
      expect([origin.requests.length, origin.connections]).toEqual([5, 1]);
      await until(() => origin.requests.every(({ rstCode }) => rstCode === constants.NGHTTP2_NO_ERROR));
    });

    it('to another server keeps credentials at home, over HTTP/1.1 and back', async () => {
      const other = await startOrigin({ tls: true });
      other.enqueue(reply({ status: 302, headers: { Location: `${origin.url}/end` } }));
      const { http } = await warm({ client: { http2Only: false } });
      origin.always(redirect(other.url));
      const response = await http.get(origin.url, { headers: { Authorization: 'Bearer token' } });
      expect(response.request.res.responseUrl).toBe(`${origin.url}/end`);
      expect(origin.requests.map(({ headers }) => headers.authorization)).toEqual([
        undefined,
        'Bearer token',
        undefined,
      ]);
      expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    });

    it('keeps its body, though it is redirected before all of it was sent', async () => {
      const body = 'u'.repeat(400_000);
      const { http } = await warm();
      origin.always((call) => {
        if (call.headers[':path'] === '/end') return echo(call);
        call.stream.respond({ ':status': 307, location: '/end' }, { endStream: true });
        setTimeout(() => call.stream.resume(), 10);
      });
      const { data } = await http.post(origin.url, body);
      expect(data === body).toBe(true);
    });

    it('is one attempt, which was sent', async () => {
      const { http } = await warm({ retry: false });
      origin.always((call) =>
        call.headers[':path'] === '/end' ? dropConnection()(call) : redirect('/end', 307)(call),
      );
      const error = await failureOf(http.post(origin.url, 'x'));
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, outcomes: [{ kind: 'dropped' }] });
    });
  });

  describe('to a server', () => {
    it('with few streams waits for one', async () => {
      origin = await startHttp2Origin({ server: { settings: { maxConcurrentStreams: 2 } } });
      const { http } = await warm();
      origin.always((call) => setTimeout(() => echo(call), 3));
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => http.post(origin.url, `number ${n}`)),
      );
      expect(answers.map(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, n) => `number ${n}`));
      expect(answers.every(({ request }) => request instanceof BufferedRequest)).toBe(true);
    });

    it('through a proxy goes through its tunnel', async () => {
      const proxy = await startProxy({ tls: true });
      const { http } = await warm({ client: { proxyUrl: proxy.url, tls: { ca, proxyCa: otherCa } } });
      const { request } = await http.get(origin.url);
      expect(request).toBeInstanceOf(BufferedRequest);
      expect([proxy.connections, origin.connections]).toEqual([1, 1]);
    });

    it('that went over to HTTP/1.1 while it waited for a stream is made over HTTP/1.1', async () => {
      origin = await startHttp2Origin({ server: { settings: { maxConcurrentStreams: 1 } } });
      const plain = await startOrigin({ tls: true });
      plain.enqueue(reply({ body: 'over HTTP/1.1' }));
      const relay = await startRelay(() => (origin.connections === 0 ? origin.port : plain.port));
      const url = `https://localhost:${relay.port}`;
      const { http } = over({ client: { http2Only: false } });
      await http.get(url);
      origin.always(silence);
      const controller = new AbortController();
      const open = http.get(url, { signal: controller.signal }).catch(() => undefined);
      await until(() => origin.requests.length === 2);
      const response = await http.post(url, 'x');
      expect(response.data).toBe('over HTTP/1.1');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1 });
      controller.abort();
      await open;
    });

    it('without HTTP/2 is made directly over HTTP/1.1, and may be redirected to HTTP/2', async () => {
      const plain = await startOrigin({ tls: true });
      const { http } = over({ client: { http2Only: false } });
      await http.get(plain.url);
      const direct = await http.get(plain.url);
      expect(direct.request.reusedSocket).toBe(true);
      plain.enqueue(reply({ status: 302, headers: { Location: `${origin.url}/end` } }));
      const redirected = await http.get(plain.url);
      expect(redirected.request.res).toMatchObject({ httpVersion: '2.0', responseUrl: `${origin.url}/end` });
      expect(plain.connections).toBeLessThanOrEqual(2);
    });

    it('that wants HTTP/1.1 for this request gets it over HTTP/1.1', async () => {
      const both = await startHttp2Origin({
        server: { allowHTTP1: true },
        http1: (_request, response) => response.end('over HTTP/1.1'),
      });
      const { http } = over({ client: { http2Only: false } });
      await http.get(both.url);
      both.always(reset(constants.NGHTTP2_HTTP_1_1_REQUIRED));
      const response = await http.post(both.url, 'x');
      expect(response.data).toBe('over HTTP/1.1');
    });
  });

  it('leaves no stream behind, and looks like no attack, however often it is made or redirected', async () => {
    const count = Number(process.env.HTTP2_REQUESTS ?? 1500);
    const { http, policy } = await warm();
    origin.always((call) => (call.number % 10 === 0 ? redirect('/end', 307)(call) : echo(call)));
    const worker = async (share: number) => {
      for (let i = 0; i < share; i += 1)
        expect((await http.post(origin.url, `no ${i}`)).data).toBe(`no ${i}`);
    };
    await Promise.all(Array.from({ length: 20 }, () => worker(count / 20)));
    expect(origin.connections).toBe(1);
    await until(() => policy.stats().http2[0]?.sessions[0]?.state === 'idle');
    expect(origin.requests.filter(({ rstCode }) => rstCode !== constants.NGHTTP2_NO_ERROR)).toEqual([]);
  }, 120_000);

  it('is left to axios for a stream, and both share a session', async () => {
    const { http } = await warm();
    const { data } = await http.get<Readable>(origin.url, { responseType: 'stream' });
    data.resume();
    await once(data, 'end');
    const [later] = await Promise.all([http.get(origin.url), delay(1)]);
    expect(later.request).toBeInstanceOf(BufferedRequest);
    expect(origin.connections).toBe(1);
  });
});

/** What is not the same for a request by axios. */
function withoutRequest(key: string, value: unknown): unknown {
  if (key === 'request' || key === 'date') return undefined;
  return value;
}
