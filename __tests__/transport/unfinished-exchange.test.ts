/** An attempt that has settled leaves nothing on the wire, whatever the server makes of the rest. */
import { request as nativeRequest } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { AxiosError, AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import type { ClientConfig, Policy, RetryConfig } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { startTcp } from '../helpers/faults.js';
import { type Http2Answer, startHttp2Origin } from '../helpers/http2-origin.js';
import { handler, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';

const HELLO = 'Hello World';

/** A response that goes on, or not, behind what is of use of it. */
interface Unfinished {
  status?: number;
  headers: Record<string, string>;
  send(body: Writable): void;
}

const behind = (encoding: string, compressed: Buffer, then: (body: Writable) => void): Unfinished => ({
  headers: { 'content-encoding': encoding },
  send: (body) => {
    body.write(compressed);
    then(body);
  },
});
const brotli = brotliCompressSync(HELLO);
const trail = (body: Writable): void => void body.write('more');

const UNFINISHED: Record<string, Unfinished> = {
  'brotli, with more behind it': behind('br', brotli, trail),
  'deflate, with more behind it': behind('deflate', deflateSync(HELLO), trail),
  'brotli, with a drip behind it': behind('br', brotli, (body) => {
    const timer = setInterval(() => body.write('x'), 20);
    body.once('close', () => clearInterval(timer));
  }),
  'brotli, with no end behind it': behind('br', brotli, (body) => {
    const pour = () => {
      while (!body.destroyed && body.write(Buffer.alloc(50_000)));
    };
    body.on('drain', pour);
    pour();
  }),
  'a broken gzip': behind('gzip', gzipSync(HELLO), trail),
  'a refused status': { ...behind('br', brotli, trail), status: 503 },
};

const over1 = ({ status = 200, headers, send }: Unfinished) =>
  handler((_request, response) => send(response.writeHead(status, headers)));

const over2 =
  ({ status = 200, headers, send }: Unfinished): Http2Answer =>
  ({ stream }) => {
    stream.resume();
    stream.respond({ ':status': status, ...headers });
    send(stream);
  };

/** What is under way on connections of the policy. */
function active(policy: Policy): number {
  const { pools, http2 } = policy.stats();
  const streams = http2.flatMap(({ sessions }) => sessions.map(({ activeStreams }) => activeStreams));
  return [...pools.map((pool) => pool.active), ...streams].reduce((sum, count) => sum + count, 0);
}

const settled = (request: Promise<AxiosResponse>) => request.catch((error: AxiosError) => error);

interface Place {
  url: string;
  client?: ClientConfig;
}

const overHttp1 = async (answer: Unfinished): Promise<Place> => ({
  url: (await startOrigin()).always(over1(answer)).url,
});

const overHttp2 = async (answer: Unfinished): Promise<Place> => ({
  url: (await startHttp2Origin({ tls: false })).always(over2(answer)).url,
  client: { http2Only: true },
});

/** Where an answer is asked for, and how. */
const WAYS: Record<string, (answer: Unfinished) => Promise<Place>> = {
  'HTTP/1.1': overHttp1,
  'a tunnel': async (answer) => ({
    url: (await startOrigin({ tls: true })).always(over1(answer)).url,
    client: { proxyUrl: (await startProxy()).url },
  }),
};

describe.each(AXIOS_COPIES)('given a response that does not end, with $name,', ({ axios }) => {
  describe.each(Object.entries(WAYS))('over %s', (_way, serve) => {
    it.each(Object.entries(UNFINISHED))('its exchange does: %s', async (_name, answer) => {
      const { url, client } = await serve(answer);
      const { http, policy } = attached({ axios, client: { timeout: false, ...client } });
      for (let turn = 0; turn < 3; turn += 1) expect((await settled(http.get(url))).config?.url).toBe(url);
      await until(() => active(policy) === 0);
      await policy.close();
    });

    it('its exchange does, if it is retried', async () => {
      const { url, client } = await serve(UNFINISHED['a refused status'] as Unfinished);
      const retry: RetryConfig = { maxRetries: 3, backoff: { initBackoff: 1, maxBackoff: 2 } };
      const { http, policy } = attached({ axios, client: { timeout: false, ...client }, retry });
      expect((await failureOf(http.get(url))).response?.data).toBe(HELLO);
      await until(() => active(policy) === 0);
      await policy.close();
    });

    it('its exchange does, if it is a stream and that has', async () => {
      const { url, client } = await serve(UNFINISHED['brotli, with more behind it'] as Unfinished);
      const { http, policy } = attached({ axios, client: { timeout: false, ...client } });
      const { data } = await http.get<Readable>(url, { responseType: 'stream' });
      for await (const piece of data) expect(String(piece)).toBe(HELLO);
      await until(() => active(policy) === 0);
      await policy.close();
    });

    it('its exchange does, if it is too long', async () => {
      const { url, client } = await serve(behind('gzip', gzipSync('x'.repeat(100_000)), () => {}));
      const { http, policy } = attached({ axios, client: { timeout: false, ...client } });
      const error = await failureOf(http.get(url, { maxContentLength: 1000 }));
      expect(error.message).toBe('maxContentLength size of 1000 exceeded');
      await until(() => active(policy) === 0);
      await policy.close();
    });
  });

  it('its exchange does over HTTP/2, whatever it is', async () => {
    // At the same time, for what is left of a response has a second to come.
    const all = Object.entries(UNFINISHED).flatMap(([name, answer]) =>
      (['json', 'stream'] as const).map(async (responseType) => {
        const { url, client } = await overHttp2(answer);
        const { http, policy } = attached({ axios, client: { timeout: false, ...client } });
        const outcome = await settled(http.get(url, { responseType }));
        const response = 'response' in outcome ? outcome.response : (outcome as AxiosResponse);
        if (responseType === 'stream') response?.data.on('error', () => {}).resume();
        await until(
          () => active(policy) === 0,
          3000,
          () => name,
        );
        await policy.close();
      }),
    );
    await Promise.all(all);
  });

  it('its exchange does, if an adapter of the caller’s own has enough of it', async () => {
    const { url } = await overHttp1(UNFINISHED['brotli, with a drip behind it'] as Unfinished);
    const { http, policy } = attached({ axios, client: { timeout: false } });
    const adapter = (config: AxiosRequestConfig) =>
      new Promise<AxiosResponse>((resolve) => {
        const request = nativeRequest(url, { agent: config.httpAgent as never }, ({ statusCode }) =>
          resolve({ data: '', status: statusCode, statusText: '', headers: {}, config, request } as never),
        );
        request.end();
      });
    expect((await http.get(url, { adapter })).status).toBe(200);
    await until(() => active(policy) === 0);
    await policy.close();
  });

  it('its exchange does, if it is a hop of a redirect', async () => {
    const target = await startOrigin();
    const answer = { status: 302, headers: { location: target.url }, send: trail };
    const { url } = await overHttp1(answer);
    const { http, policy } = attached({ axios, client: { timeout: false } });
    for (let turn = 0; turn < 3; turn += 1) expect((await http.get(url)).data).toBe(HELLO);
    await until(() => active(policy) === 0);
  });

  it('its connection is used again, if the end comes a little later', async () => {
    const late = behind('br', brotli, (body) => {
      trail(body);
      setTimeout(() => body.end(), 10);
    });
    const origin = (await startOrigin()).always(over1(late));
    const { http, policy } = attached({ axios });
    for (let turn = 0; turn < 4; turn += 1) {
      expect((await http.get(origin.url)).data).toBe(HELLO);
      await until(() => active(policy) === 0);
    }
    expect(origin.connections).toBe(1);
  });
});

describe('given an upload that is answered before it was read', () => {
  const UPLOAD = Buffer.alloc(24 * 1024 * 1024);
  const post = async (http: AxiosInstance, url: string) => (await settled(http.post(url, UPLOAD))).status;

  describe.each([200, 400])('with %d', (status) => {
    /** Reads no more than what came with the head. */
    const deafTcp = () =>
      startTcp((socket) =>
        socket.once('data', () => {
          socket.pause();
          socket.write(`HTTP/1.1 ${status} Such\r\nContent-Length: 2\r\n\r\nok`);
        }),
      );

    it('and never is, its connection is closed', async () => {
      const server = await deafTcp();
      const { http, policy } = attached({ client: { timeout: false } });
      for (let turn = 0; turn < 3; turn += 1) await post(http, `http://${server.host}/`);
      await until(() => active(policy) === 0);
      await policy.close();
    });

    it('and never is, its stream of HTTP/2 is reset', async () => {
      const origin = await startHttp2Origin({ tls: false });
      origin.always(({ stream }) => {
        stream.respond({ ':status': status });
        stream.end('ok');
      });
      const { http, policy } = attached({ client: { timeout: false, http2Only: true } });
      for (let turn = 0; turn < 3; turn += 1) await post(http, origin.url);
      await until(() => active(policy) === 0);
      await policy.close();
    });
  });

  it('and read later, it arrives whole', async () => {
    const origin = await startOrigin();
    origin.always({
      early: true,
      play: ({ request, response }) => {
        request.pause();
        response.end('accepted');
        setTimeout(() => request.resume(), 300);
      },
    });
    const { http, policy } = attached();
    expect(await post(http, origin.url)).toBe(200);
    await until(() => origin.requests[0]?.bodyComplete === true);
    await until(() => active(policy) === 0);
    expect(origin.openSockets).toBe(1);
  });
});
