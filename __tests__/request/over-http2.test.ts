import { constants } from 'node:http2';
import { Agent } from 'node:https';
import type { AxiosResponse } from 'axios';
import { attachPolicy, type ClientConfig, getPolicyMetadata } from '../../lib/index.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { startRelay } from '../helpers/faults.js';
import {
  dropConnection,
  type Http2Answer,
  partial,
  respond,
  silence,
  startHttp2Origin,
} from '../helpers/http2-origin.js';
import { reply, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';

const RETRY = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };
const NEGOTIATED: ClientConfig = { http1Only: false };

/** Plays each answer once, in order, and the last one for ever. */
function script(...answers: Http2Answer[]): Http2Answer {
  return (call) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(call);
  };
}

const refuseStream: Http2Answer = ({ stream }) => stream.close(constants.NGHTTP2_REFUSED_STREAM);

describe.each(AXIOS_COPIES)('over HTTP/2, with $name', ({ axios }) => {
  function over(client: ClientConfig) {
    const http = axios.create();
    const policy = attachPolicy(http, { client: { tls: { ca }, ...client }, retry: RETRY });
    return { http, policy };
  }

  it('a negotiated session serves all requests of an origin, and shows in stats()', async () => {
    const origin = await startHttp2Origin();
    const { http, policy } = over(NEGOTIATED);
    await http.get(origin.url);
    await Promise.all([1, 2, 3, 4].map((n) => http.get(`${origin.url}/${n}`)));
    expect(origin.connections).toBe(1);
    expect(origin.requests).toHaveLength(5);
    const [stats] = policy.stats().http2;
    expect(stats).toMatchObject({ origin: `https://localhost:${origin.port}`, pending: 0 });
    expect(stats?.sessions).toHaveLength(1);
    await policy.close();
    await origin.idle();
  });

  it('a server without HTTP/2 is served over HTTP/1.1 by the connection that asked it, pooled', async () => {
    const origin = await startOrigin({ tls: true });
    const { http, policy } = over(NEGOTIATED);
    for (let turn = 0; turn < 3; turn += 1) await http.get(origin.url);
    expect(origin.connections).toBe(1);
    expect(policy.stats().pools).toMatchObject([{ idle: 1, active: 0 }]);
    await policy.close();
    await origin.idle();
  });

  it('http2Only says so to a server without HTTP/2, once', async () => {
    const origin = await startOrigin({ tls: true });
    const { http, policy } = over({ http2Only: true });
    const error = await http.get(origin.url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_POLICY_HTTP2_NOT_SUPPORTED' });
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    await policy.close();
  });

  it('h2c needs http2Only and allowHttp', async () => {
    const origin = await startHttp2Origin({ tls: false });
    const allowed = over({ http2Only: true, allowHttp: true });
    expect((await allowed.http.get(origin.url)).data).toBe('Hello World');
    const refused = over({ http2Only: true });
    await expect(refused.http.get(origin.url)).rejects.toMatchObject({ code: 'ERR_POLICY_HTTP_NOT_ALLOWED' });
    expect(origin.connections).toBe(1);
    await Promise.all([allowed.policy.close(), refused.policy.close()]);
  });

  it('a POST the server refused to process is sent again, and one whose answer was lost is not', async () => {
    const origin = await startHttp2Origin();
    const { http, policy } = over(NEGOTIATED);
    origin.always(script(refuseStream, respond({ body: 'done' })));
    const response = await http.post(origin.url, 'order');
    expect(response.data).toBe('done');
    expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ kind: 'connect' }]);
    origin.always((call) => {
      call.stream.resume();
      call.stream.once('end', () => dropConnection()(call));
    });
    const error = await http.post(origin.url, 'order').catch((reason: unknown) => reason);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
    await policy.close();
  });

  it.each(['arraybuffer', 'stream'] as const)(
    'a body cut short never ends as a success: %s',
    async (responseType) => {
      const origin = await startHttp2Origin();
      const { http, policy } = over(NEGOTIATED);
      origin.always(partial(100_000, 1000, dropConnection()));
      const read = async ({ data }: AxiosResponse) => {
        if (responseType === 'stream') for await (const _piece of data);
      };
      const error = await http
        .get(origin.url, { responseType })
        .then(read)
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(origin.requests).toHaveLength(responseType === 'stream' ? 1 : 3);
      await policy.close();
    },
  );

  it.each([
    [503, 3],
    [404, 1],
  ])('a POST answered with %d whose body is cut is decided on by its status', async (status, attempts) => {
    const origin = await startHttp2Origin();
    const { http, policy } = over(NEGOTIATED);
    await http.get(origin.url);
    origin.always(partial(100_000, 1000, dropConnection(), status));
    for (const extra of [{}, { onDownloadProgress: () => undefined }]) {
      const error = await http.post(origin.url, 'x', extra).catch((reason: unknown) => reason);
      const outcomes = Array.from({ length: attempts }, () => ({ kind: 'status', status }));
      expect(getPolicyMetadata(error)).toMatchObject({ attempts, outcomes });
    }
    await policy.close();
  });

  it('a peer that froze is noticed by a PING, as a timeout', async () => {
    const origin = await startHttp2Origin();
    const path = await startRelay(origin.port);
    const { http, policy } = over({ ...NEGOTIATED, http2KeepAliveInterval: 60, http2KeepAliveTimeout: 60 });
    const url = `https://localhost:${path.port}`;
    await http.get(url);
    origin.always(() => path.freeze());
    const error = await http.post(url, 'x').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', cause: { policyCode: 'ERR_POLICY_PING_TIMEOUT' } });
    expect(getPolicyMetadata(error)).toMatchObject({
      outcomes: [{ kind: 'timeout' }],
      giveUp: 'not-idempotent',
    });
    await policy.close();
  });

  it('timeout bounds an attempt, and the stream is freed', async () => {
    const origin = await startHttp2Origin();
    origin.always(silence);
    const { http, policy } = over(NEGOTIATED);
    const error = await http
      .get(origin.url, { timeout: 300, policy: { retry: false } })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 300ms exceeded' });
    await until(() => origin.requests[0]?.rstCode === constants.NGHTTP2_CANCEL);
    await policy.close();
  });

  it('a tunnel of a proxy carries the session', async () => {
    const proxy = await startProxy();
    const origin = await startHttp2Origin();
    const { http, policy } = over({ ...NEGOTIATED, proxyUrl: proxy.url });
    await http.get(origin.url);
    await http.get(origin.url);
    expect([proxy.connections, origin.sessions.length]).toEqual([1, 1]);
    const plain = await startOrigin({ tls: true });
    plain.enqueue(reply({ body: 'over HTTP/1.1' }));
    expect((await http.get(plain.url)).data).toBe('over HTTP/1.1');
    await http.get(plain.url);
    expect(proxy.connections).toBe(2);
    await policy.close();
    await until(() => proxy.openSockets === 0);
  });

  it('a redirect from HTTP/1.1 to HTTP/2 is followed, and the credentials stay at home', async () => {
    const origin = await startHttp2Origin();
    const start = await startOrigin({ tls: true });
    start.enqueue(reply({ status: 302, headers: { Location: `${origin.url}/end` } }));
    const { http, policy } = over(NEGOTIATED);
    const response = await http.get(start.url, { headers: { Authorization: 'Bearer token' } });
    expect(response.data).toBe('Hello World');
    expect(origin.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(response.request.res.responseUrl).toBe(`${origin.url}/end`);
    await policy.close();
  });

  it('a request with an agent of its own uses that agent', async () => {
    const origin = await startHttp2Origin({
      server: { allowHTTP1: true },
      http1: (_request, response) => response.end('one'),
    });
    const { http, policy } = over(NEGOTIATED);
    const httpsAgent = new Agent({ ca });
    expect((await http.get(origin.url, { httpsAgent })).data).toBe('one');
    httpsAgent.destroy();
    await policy.close();
  });
});
