import { constants } from 'node:http2';
import { type ClientConfig, getPolicyMetadata } from '../../../lib/index.js';
import { attached, failureOf } from '../../helpers/attached.js';
import { FRAME, type FrameOrigin, type FramePeer, startFrameOrigin } from '../../helpers/http2-frames.js';
import { delay, until } from '../../helpers/wait.js';

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL } = constants;

const ok = (peer: FramePeer, id: number) => peer.headers(id, { ':status': 200 }, true);

type End = (peer: FramePeer, id: number) => unknown;

/** Ends after which the request may have been carried out. */
const UNKNOWN: Record<string, End> = {
  FIN: ({ socket }) => socket.end(),
  RST: ({ socket }) => socket.resetAndDestroy(),
  'FIN a while later': ({ socket }) => setTimeout(() => socket.end(), 20),
  'GOAWAY that includes it, then FIN': (peer, id) => peer.goaway(id, NGHTTP2_NO_ERROR).socket.end(),
  'GOAWAY with an error that includes it': (peer, id) => peer.goaway(id, NGHTTP2_INTERNAL_ERROR),
  'RST_STREAM with CANCEL': (peer, id) => peer.reset(id, NGHTTP2_CANCEL),
  'RST_STREAM with INTERNAL_ERROR': (peer, id) => peer.reset(id, NGHTTP2_INTERNAL_ERROR),
  'RST_STREAM with NO_ERROR': (peer, id) => peer.reset(id, NGHTTP2_NO_ERROR),
};

/** Ends by which the server says that it was not. */
const REFUSED: Record<string, End> = {
  'GOAWAY below it': (peer, id) => peer.goaway(id - 2, NGHTTP2_NO_ERROR),
  'GOAWAY below it, then FIN': (peer, id) => peer.goaway(id - 2, NGHTTP2_NO_ERROR).socket.end(),
  'GOAWAY with an error below it': (peer, id) => peer.goaway(id - 2, NGHTTP2_INTERNAL_ERROR),
  'RST_STREAM with REFUSED_STREAM': (peer, id) => peer.reset(id, NGHTTP2_REFUSED_STREAM),
};

/** A policy with an idle session, on which the next request comes to this end. */
async function warmed(end: End, client: ClientConfig = {}) {
  let isWarm = false;
  const origin = await startFrameOrigin(
    (peer, id) => {
      if (!isWarm || peer !== first) return ok(peer, id);
      const hasBody = () => origin.frames.some(({ streamId, flags }) => streamId === id && (flags & 1) === 1);
      return void until(hasBody).then(() => end(peer, id));
    },
    {
      onConnection: (peer) => {
        first ??= peer;
      },
    },
  );
  let first: FramePeer | undefined;
  const it = attached({
    client: { http2Only: true, ...client },
    retry: { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } },
    defaults: { baseURL: origin.url },
  });
  await it.http.get('/');
  await until(() => it.policy.stats().http2[0]?.sessions[0]?.state === 'idle');
  isWarm = true;
  return { origin, peer: () => first, ...it };
}

const requestsOf = (origin: FrameOrigin) => origin.frames.filter(({ type }) => type === FRAME.headers).length;

const WAYS = [
  ['directly', {}],
  ['by axios’ adapter', { onDownloadProgress: () => undefined }],
] as const;

describe.each(WAYS)('a request on an idle session, made %s,', (_way, config) => {
  it.each(Object.entries(UNKNOWN))('that ends with %s is sent once if it is a POST', async (_name, end) => {
    const { origin, http } = await warmed(end);
    const error = await failureOf(http.post('/', 'order', config));
    expect(getPolicyMetadata(error)).toMatchObject({
      attempts: 1,
      resends: 0,
      giveUp: 'not-idempotent',
      outcomes: [{ kind: 'dropped' }],
    });
    expect(requestsOf(origin)).toBe(2);
  });

  it.each(Object.entries(UNKNOWN))('that ends with %s is sent again if it may be', async (_name, end) => {
    for (const request of [
      { method: 'get' },
      { method: 'put', data: 'x' },
      { method: 'post', data: 'x', policy: { idempotent: true } },
    ]) {
      const { origin, http } = await warmed(end);
      // On the same session, where it still is one, each stream would come to that end.
      const response = await http
        .request({ url: '/', ...request, ...config })
        .catch((error: unknown) => error);
      expect(requestsOf(origin)).toBeGreaterThan(2);
      expect(getPolicyMetadata(response)?.resends ?? 0).toBeLessThan(2);
    }
  });

  it.each(Object.entries(REFUSED))('that ends with %s is sent again, also a POST', async (_name, end) => {
    let ends = 0;
    const { origin, http } = await warmed((peer, id) => (ends++ === 0 ? end(peer, id) : ok(peer, id)));
    const response = await http.post('/', 'order', config);
    expect(response.status).toBe(200);
    expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ kind: 'connect' }]);
    expect(requestsOf(origin)).toBe(3);
  });

  it('that the server closes in the same moment finds it out before a POST is sent', async () => {
    const { origin, peer, http } = await warmed(ok);
    await delay(5);
    peer()?.socket.end();
    // The close is there to be read, and was not read yet.
    const until = performance.now() + 20;
    while (performance.now() < until);
    const response = await http.post('/', 'order', config);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1, resends: 0 });
    expect([requestsOf(origin), origin.connections]).toEqual([2, 2]);
  });

  it('that has been idle for more than half of its limit goes elsewhere if it is a POST', async () => {
    const { origin, http } = await warmed(ok, { poolIdleTimeout: 700 });
    await delay(380);
    await http.get('/', config);
    expect(origin.connections).toBe(1);
    await delay(380);
    await http.post('/', 'order', config);
    expect(origin.connections).toBe(2);
  });
});

it('a POST that is cancelled while a close may arrive is not sent', async () => {
  const { origin, http } = await warmed(ok);
  await delay(5);
  const abort = new AbortController();
  const post = failureOf(http.post('/', 'order', { signal: abort.signal }));
  await Promise.resolve();
  abort.abort();
  expect((await post).code).toBe('ERR_CANCELED');
  await delay(20);
  expect(requestsOf(origin)).toBe(1);
});
