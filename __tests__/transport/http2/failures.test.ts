import { constants } from 'node:http2';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { AxiosError } from 'axios';
import type { Http2SessionError, Http2StreamError } from '../../../lib/errors.js';
import { AXIOS_COPIES } from '../../helpers/axios-copies.js';
import { http2Client, overHttp2 } from '../../helpers/http2-client.js';
import { FRAME, type FramePeer, type FrameScript, startFrameOrigin } from '../../helpers/http2-frames.js';
import { onceRead, until } from '../../helpers/wait.js';

const {
  NGHTTP2_NO_ERROR,
  NGHTTP2_INTERNAL_ERROR,
  NGHTTP2_REFUSED_STREAM,
  NGHTTP2_CANCEL,
  NGHTTP2_HTTP_1_1_REQUIRED,
} = constants;

const ENDS_OF_CONNECTION: [string, (peer: FramePeer) => unknown][] = [
  ['FIN', ({ socket }) => socket.end()],
  ['RST', ({ socket }) => socket.resetAndDestroy()],
];

type Failure = AxiosError & { cause: Http2StreamError & Http2SessionError };

/** The error a promise rejects with. */
async function failureOf(request: Promise<unknown>): Promise<Failure> {
  return request.then(
    () => {
      throw new Error('The request succeeded');
    },
    (error: Failure) => error,
  );
}

describe.each(AXIOS_COPIES)('a response that fails, with $name', ({ axios }) => {
  /** An origin that answers each stream by `script`, and axios over HTTP/2 to it. */
  async function talkTo(script: FrameScript) {
    const origin = await startFrameOrigin(script);
    return { origin, over: overHttp2(axios, http2Client({ http2Only: true }), { baseURL: origin.url }) };
  }

  describe('before its headers', () => {
    it.each([
      ['INTERNAL_ERROR', NGHTTP2_INTERNAL_ERROR],
      ['CANCEL', NGHTTP2_CANCEL],
      ['NO_ERROR', NGHTTP2_NO_ERROR],
    ])('is an error when the stream is reset with %s', async (name, http2Code) => {
      const { over } = await talkTo((peer, id) => peer.reset(id, http2Code));
      const error = await failureOf(over.api.get('/'));
      expect(error).toMatchObject({ isAxiosError: true, code: 'ERR_POLICY_HTTP2_STREAM' });
      expect(error.response).toBeUndefined();
      expect(error.message).toContain(`reset the HTTP/2 stream with ${name} before the response`);
      expect(error.cause).toMatchObject({ name: 'Http2StreamError', http2Code, neverProcessed: false });
      expect(over.exchange).toMatchObject({ phase: 'sent', neverProcessed: false, truncated: false });
    });

    it.each([
      ['REFUSED_STREAM', NGHTTP2_REFUSED_STREAM],
      ['HTTP_1_1_REQUIRED', NGHTTP2_HTTP_1_1_REQUIRED],
    ])('was never processed when the stream is reset with %s', async (_name, http2Code) => {
      const { over } = await talkTo((peer, id) => peer.reset(id, http2Code));
      const error = await failureOf(over.api.post('/', 'data'));
      expect(error.cause).toMatchObject({ http2Code, neverProcessed: true });
      expect(over.exchange).toMatchObject({ phase: 'sent', neverProcessed: true });
    });

    it.each(ENDS_OF_CONNECTION)('is a lost connection when that ends with %s', async (_name, end) => {
      const { over } = await talkTo((peer) => end(peer));
      const error = await failureOf(over.api.get('/'));
      expect(error.code).toBe('ECONNRESET');
      expect(error.cause).toMatchObject({
        name: 'Http2SessionError',
        policyCode: 'ERR_POLICY_HTTP2_SESSION',
      });
      expect(over.exchange).toMatchObject({ phase: 'sent', neverProcessed: false, lostKeepAliveRace: false });
    });
  });

  describe('in the middle of its body', () => {
    const bodies: { body: string; head: Record<string, number> }[] = [
      { body: 'with content-length', head: { ':status': 200, 'content-length': 1_000_000 } },
      { body: 'without content-length', head: { ':status': 200 } },
    ];
    const ends: [string, (peer: FramePeer, id: number) => unknown][] = [
      ['RST_STREAM with CANCEL', (peer, id) => peer.reset(id, NGHTTP2_CANCEL)],
      ['RST_STREAM with INTERNAL_ERROR', (peer, id) => peer.reset(id, NGHTTP2_INTERNAL_ERROR)],
      ['RST_STREAM with REFUSED_STREAM', (peer, id) => peer.reset(id, NGHTTP2_REFUSED_STREAM)],
      ['RST_STREAM with NO_ERROR', (peer, id) => peer.reset(id, NGHTTP2_NO_ERROR)],
      ...ENDS_OF_CONNECTION,
    ];
    const cases = bodies.flatMap((body) => ends.map(([end, play]) => ({ ...body, end, play })));

    it.each(cases)('$body, ended by $end, is an error with its response', async ({ head, play }) => {
      const { over } = await talkTo((peer, id) => {
        peer.headers(id, head).data(id, 1000);
        onceRead(() => play(peer, id));
      });
      const error = await failureOf(over.api.get('/'));
      expect(error.isAxiosError).toBe(true);
      // Older axios does not attach it, over HTTP/1.1 neither.
      if (axios.VERSION !== '1.7.9') expect(error.response?.status).toBe(200);
      expect(error.cause).toMatchObject({ neverProcessed: false });
      expect(over.exchange).toMatchObject({ phase: 'response', truncated: true, neverProcessed: false });
    });

    it.each(cases)('$body, ended by $end, is an error without redirects, too', async ({ head, play }) => {
      const { over } = await talkTo((peer, id) => {
        peer.headers(id, head).data(id, 1000);
        onceRead(() => play(peer, id));
      });
      const error = await failureOf(over.api.get('/', { maxRedirects: 0 }));
      expect(error.cause).toMatchObject({ name: expect.stringMatching(/^Http2/) });
    });

    it.each(cases)('$body, ended by $end, is an error of the stream', async ({ head, play }) => {
      const { over } = await talkTo((peer, id) => {
        peer.headers(id, head).data(id, 1000);
        onceRead(() => play(peer, id));
      });
      const { data } = await over.api.get('/', { responseType: 'stream' });
      await expect(text(data as Readable)).rejects.toMatchObject({ name: expect.stringMatching(/^Http2/) });
      expect(over.exchange).toMatchObject({ phase: 'response', truncated: true });
    });

    it('is an error where the decoder of a gzip body would not have minded', async () => {
      const { over } = await talkTo((peer, id) => {
        peer
          .headers(id, { ':status': 200, 'content-encoding': 'gzip' })
          .data(id, gzipSync('x'.repeat(9000)).subarray(0, 30));
        onceRead(() => peer.reset(id, NGHTTP2_NO_ERROR));
      });
      expect((await failureOf(over.api.get('/'))).cause).toMatchObject({
        policyCode: 'ERR_POLICY_HTTP2_STREAM',
      });
    });

    it('is an error in one packet with everything else', async () => {
      const { over } = await talkTo((peer, id) => {
        peer.socket.cork();
        peer.headers(id, { ':status': 200 }).data(id, 1000).reset(id, NGHTTP2_NO_ERROR);
        peer.socket.uncork();
      });
      await failureOf(over.api.get('/'));
      expect(over.exchange.phase).not.toBe('complete');
    });
  });

  describe('though its stream ends in order', () => {
    it.each([
      ['shorter', 1_000_000],
      ['longer', 10],
    ])('is an error when the body is %s than content-length', async (_name, announced) => {
      const { over } = await talkTo((peer, id) => {
        peer.headers(id, { ':status': 200, 'content-length': announced }).data(id, 1000, true);
      });
      const error = await failureOf(over.api.get('/'));
      // Since Node 22 a body that is too long ends the connection.
      expect(error.code).toMatch(/^ERR_POLICY_HTTP2_(STREAM|SESSION)$/);
      expect(over.exchange.phase).not.toBe('complete');
    });
  });

  describe('though its body was whole', () => {
    it.each(ENDS_OF_CONNECTION)(
      'is none when the connection ends with %s right after it',
      async (_name, end) => {
        const { over } = await talkTo((peer, id) => {
          peer.headers(id, { ':status': 200, 'content-length': 1000 }).data(id, 1000, true);
          onceRead(() => end(peer));
        });
        expect((await over.api.get<string>('/')).data).toHaveLength(1000);
        expect(over.exchange).toMatchObject({ phase: 'complete', truncated: false });
      },
    );
  });

  describe('by GOAWAY', () => {
    it('is none for the streams it accepted', async () => {
      const { over } = await talkTo((peer, id) => {
        peer.goaway(id, NGHTTP2_NO_ERROR);
        setTimeout(() => peer.headers(id, { ':status': 200 }).data(id, Buffer.from('after'), true), 30);
      });
      expect((await over.api.get('/')).data).toBe('after');
    });

    it('fails the streams above its last one as never processed, and not the older ones', async () => {
      const { origin, over } = await talkTo((peer, id) => {
        if (id === 1)
          setTimeout(() => peer.headers(id, { ':status': 200 }).data(id, Buffer.from('older'), true), 60);
        else peer.goaway(1, NGHTTP2_NO_ERROR);
      });
      const older = over.api.get('/');
      await until(() => origin.frames.some(({ type }) => type === FRAME.headers));
      const error = await failureOf(over.api.post('/', 'data'));
      expect(error.cause).toMatchObject({ neverProcessed: true });
      expect(over.exchange).toMatchObject({ phase: 'sent', neverProcessed: true });
      expect((await older).data).toBe('older');
    });

    it('with an error fails all streams, and says which were never processed', async () => {
      const { origin, over } = await talkTo((peer, id) => {
        if (id > 1) peer.goaway(1, NGHTTP2_INTERNAL_ERROR);
      });
      const older = failureOf(over.api.get('/'));
      await until(() => origin.frames.some(({ type }) => type === FRAME.headers));
      const newer = failureOf(over.api.get('/'));
      const expected = {
        name: 'Http2SessionError',
        code: 'ERR_POLICY_HTTP2_SESSION',
        http2Code: NGHTTP2_INTERNAL_ERROR,
      };
      expect((await older).cause).toMatchObject({ ...expected, neverProcessed: false });
      expect((await newer).cause).toMatchObject({ ...expected, neverProcessed: true });
    });
  });
});
