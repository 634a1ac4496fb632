import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { AxiosError } from 'axios';
import { AXIOS_COPIES } from '../../helpers/axios-copies.js';
import { http2Client, overHttp2 } from '../../helpers/http2-client.js';
import { type Http2Origin, respond, startHttp2Origin } from '../../helpers/http2-origin.js';
import { delay, until } from '../../helpers/wait.js';

/** Sends back what it got. */
const echo: Parameters<Http2Origin['always']>[0] = ({ stream }) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

describe.each(AXIOS_COPIES)('a request over HTTP/2, with $name', ({ axios }) => {
  let origin: Http2Origin;
  let over: ReturnType<typeof overHttp2>;

  beforeEach(async () => {
    origin = await startHttp2Origin();
    over = overHttp2(axios, http2Client(), { baseURL: origin.url });
  });

  describe('with its body', () => {
    it('gets JSON', async () => {
      origin.always(respond({ body: { a: 1 }, headers: { 'content-type': 'application/json' } }));
      const response = await over.api.get('/path?q=1');
      expect(response).toMatchObject({ status: 200, statusText: 'OK', data: { a: 1 } });
      expect(origin.requests[0]?.headers).toMatchObject({
        ':method': 'GET',
        ':path': '/path?q=1',
        ':scheme': 'https',
        ':authority': `localhost:${origin.port}`,
      });
      expect(over.exchange).toMatchObject({ phase: 'complete', neverProcessed: false, truncated: false });
    });

    it.each(['post', 'put', 'patch'] as const)('sends JSON by %s', async (method) => {
      await over.api[method]('/', { a: 1 });
      expect(origin.requests[0]?.headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': '7',
      });
      expect(origin.requests[0]?.body.toString()).toBe('{"a":1}');
    });

    it('sends a body with DELETE', async () => {
      await over.api.delete('/', { data: { a: 1 } });
      expect(origin.requests[0]?.body.toString()).toBe('{"a":1}');
    });

    it('gets 4 MB as a stream', async () => {
      const body = randomBytes(4_000_000);
      origin.always(respond({ body }));
      const { data } = await over.api.get<Readable>('/', { responseType: 'stream' });
      expect((await buffer(data)).equals(body)).toBe(true);
    });

    it.each([0, undefined])('sends 2 MB as a stream, with maxRedirects %s', async (maxRedirects) => {
      const body = randomBytes(2_000_000);
      origin.always(echo);
      const config = {
        responseType: 'arraybuffer',
        ...(maxRedirects === 0 ? { maxRedirects } : {}),
      } as const;
      const pieces = Array.from({ length: 40 }, (_, i) => body.subarray(i * 50_000, (i + 1) * 50_000));
      const { data } = await over.api.post<Buffer>('/', Readable.from(pieces), config);
      expect(data.equals(body)).toBe(true);
    });

    it('sends a buffer of 8 MB', async () => {
      const body = randomBytes(8_000_000);
      await over.api.put('/', body);
      expect(origin.requests[0]?.body.equals(body)).toBe(true);
    });

    it('has none for HEAD, 204 and 304, whatever content-length says', async () => {
      origin.always((call) => {
        const status = call.headers[':path'] === '/' ? 200 : Number(String(call.headers[':path']).slice(1));
        // RFC 9110, section 8.6: not with 204.
        respond({ status, headers: status === 204 ? {} : { 'content-length': '1000' } })(call);
      });
      expect(await over.api.head('/')).toMatchObject({ status: 200, data: '' });
      expect(await over.api.get('/204')).toMatchObject({ status: 204, data: '' });
      const validateStatus = () => true;
      expect(await over.api.get('/304', { validateStatus })).toMatchObject({ status: 304, data: '' });
    });

    it('unpacks gzip', async () => {
      origin.always(respond({ body: gzipSync('unpacked'), headers: { 'content-encoding': 'gzip' } }));
      expect((await over.api.get('/')).data).toBe('unpacked');
    });

    it('reports progress both ways', async () => {
      origin.always(echo);
      const uploaded: number[] = [];
      const downloaded: number[] = [];
      await over.api.post('/', randomBytes(300_000), {
        onUploadProgress: ({ loaded }) => uploaded.push(loaded),
        onDownloadProgress: ({ loaded }) => downloaded.push(loaded),
      });
      // The last event may come after the response.
      await until(() => uploaded.at(-1) === 300_000 && (downloaded.at(-1) ?? 0) >= 300_000);
    });
  });

  describe('with its head', () => {
    it('sends credentials', async () => {
      await over.api.get('/', { auth: { username: 'me', password: 'secret' } });
      expect(origin.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:secret')}`);
    });

    it('turns Host into :authority', async () => {
      await over.api.get('/', { headers: { Host: 'localhost:8443' } });
      expect(origin.requests[0]?.headers).toMatchObject({ ':authority': 'localhost:8443' });
      expect(origin.requests[0]?.headers).not.toHaveProperty('host');
    });

    it('leaves out what is about an HTTP/1.1 connection', async () => {
      const headers = {
        Connection: 'keep-alive, X-Hop',
        'Keep-Alive': 'timeout=5',
        'Proxy-Connection': 'keep-alive',
        'Transfer-Encoding': 'chunked',
        Upgrade: 'h2c',
        'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
        TE: 'gzip',
        'X-Hop': '1',
        'X-End': '2',
      };
      await over.api.get('/', { headers });
      const received = origin.requests[0]?.headers ?? {};
      expect(received['x-end']).toBe('2');
      const hops = [
        'connection',
        'keep-alive',
        'proxy-connection',
        'transfer-encoding',
        'upgrade',
        'http2-settings',
        'te',
        'x-hop',
      ];
      for (const name of hops) expect(received).not.toHaveProperty(name);
    });

    it('gives the response the shape it has over HTTP/1.1', async () => {
      origin.always(respond({ headers: { 'set-cookie': ['a=1', 'b=2'], 'x-one': '1' }, body: 'x' }));
      const { headers, request } = await over.api.get('/path');
      expect(headers['x-one']).toBe('1');
      expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
      expect(Object.keys(headers).filter((name) => name.startsWith(':'))).toEqual([]);
      expect(request).toMatchObject({
        method: 'GET',
        path: '/path',
        host: 'localhost',
        protocol: 'https:',
        aborted: false,
      });
      expect(request.getHeader('host')).toBe(`localhost:${origin.port}`);
      expect(request.res).toMatchObject({
        statusCode: 200,
        statusMessage: 'OK',
        httpVersion: '2.0',
        complete: true,
        responseUrl: `${origin.url}/path`,
      });
      expect(request.res.rawHeaders).toEqual(
        expect.arrayContaining(['set-cookie', 'a=1', 'b=2', 'x-one', '1']),
      );
      expect(request.socket.remotePort).toBe(origin.port);
    });

    it('keeps trailers and tells of informational responses', async () => {
      origin.always(({ stream }) => {
        stream.additionalHeaders({ ':status': 103, link: '</style.css>' });
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-checksum': 'abc' }));
        stream.end('body');
      });
      const { data, request } = await over.api.get('/');
      expect(data).toBe('body');
      expect(request.res.trailers).toEqual({ 'x-checksum': 'abc' });
      expect(request.res.rawTrailers).toEqual(['x-checksum', 'abc']);
    });

    it('is an error by its status, which can be turned into JSON', async () => {
      origin.always(respond({ status: 500, body: 'broken' }));
      const error: AxiosError = await over.api.get('/').catch((reason) => reason);
      expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', response: { status: 500, data: 'broken' } });
      expect(JSON.stringify(error)).toContain('ERR_BAD_RESPONSE');
    });
  });

  it('reaches an IP address', async () => {
    await over.api.get(`https://127.0.0.1:${origin.port}/`);
    expect(origin.requests[0]?.headers).toMatchObject({ ':authority': `127.0.0.1:${origin.port}` });
  });

  it('stops at maxContentLength', async () => {
    origin.always(respond({ body: 'x'.repeat(100_000) }));
    await expect(over.api.get('/', { maxContentLength: 1000 })).rejects.toMatchObject({
      code: 'ERR_BAD_RESPONSE',
      message: 'maxContentLength size of 1000 exceeded',
    });
  });

  describe('answered before it was sent whole', () => {
    /** More than any window, so that it cannot just disappear in buffers. */
    const upload = () => Readable.from(Array.from({ length: 400 }, () => Buffer.alloc(50_000)));

    it.each([0, undefined])('gets an answer that refuses it, with maxRedirects %s', async (maxRedirects) => {
      origin.always(({ stream }) => {
        stream.respond({ ':status': 413, 'content-length': 7 });
        stream.end('too big');
      });
      const config = { validateStatus: () => true, ...(maxRedirects === 0 ? { maxRedirects } : {}) };
      const { status, data } = await over.api.post('/', upload(), config);
      expect([status, data]).toEqual([413, 'too big']);
      await until(() => origin.requests[0]?.rstCode !== undefined);
    });

    it('goes on sending after an answer that accepts it', async () => {
      origin.always(({ stream }) => {
        stream.respond({ ':status': 202 });
        stream.end('accepted');
        setTimeout(() => stream.resume(), 20);
      });
      const { data } = await over.api.post('/', Readable.from([Buffer.alloc(3_000_000)]), {
        maxRedirects: 0,
      });
      expect(data).toBe('accepted');
      await until(() => origin.requests[0]?.body.length === 3_000_000);
    });

    it('does not hold on to an answered stream whose upload nobody reads', async () => {
      origin.always(({ stream }) => {
        stream.respond({ ':status': 202 });
        stream.end('accepted');
        // As a server that neither reads nor resets.
        stream.on('data', () => {});
        stream.pause();
      });
      await over.api.post('/', upload(), { maxRedirects: 0 });
      await until(() => origin.requests[0]?.rstCode !== undefined);
    });
  });

  describe('of 100 MB', () => {
    const PIECE = Buffer.alloc(100_000, 'x');
    const PIECES = 1000;

    function* pieces(produced: { count: number }) {
      for (; produced.count < PIECES; produced.count++) yield PIECE;
    }

    it('comes no faster than it is read', async () => {
      const produced = { count: 0 };
      origin.always(({ stream }) => {
        stream.respond({ ':status': 200, 'content-length': PIECES * PIECE.length });
        Readable.from(pieces(produced)).pipe(stream);
      });
      const { data } = await over.api.get<Readable>('/', { responseType: 'stream' });
      await until(() => produced.count > 10);
      await delay(50);
      expect(produced.count).toBeLessThan(100);
      let received = 0;
      for await (const chunk of data) received += (chunk as Buffer).length;
      expect(received).toBe(PIECES * PIECE.length);
    });

    it('is sent no faster than it is read', async () => {
      const produced = { count: 0 };
      let received = 0;
      let read = () => {};
      origin.always(({ stream }) => {
        stream.removeAllListeners('data');
        stream.on('data', (piece: Buffer) => {
          received += piece.length;
        });
        stream.pause();
        read = () => void stream.resume();
        stream.once('end', () => {
          stream.respond({ ':status': 200 });
          stream.end('thanks');
        });
      });
      const request = over.api.put('/', Readable.from(pieces(produced)), { maxRedirects: 0 });
      await until(() => origin.requests.length === 1);
      await delay(50);
      expect(produced.count).toBeLessThan(100);
      read();
      expect((await request).data).toBe('thanks');
      expect(received).toBe(PIECES * PIECE.length);
    });
  });
});
