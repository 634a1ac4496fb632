import { constants } from 'node:http2';
import { getPolicyMetadata } from '../../../lib/index.js';
import { attached, failureOf } from '../../helpers/attached.js';
import { FRAME, type FramePeer, startFrameOrigin } from '../../helpers/http2-frames.js';
import { until } from '../../helpers/wait.js';

const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;

/** More than a window takes, so that it is under way until the server has read it. */
const UPLOAD = Buffer.alloc(3_000_000, 'x');

/** A server that reads no more than the first piece of an upload, and then plays. */
async function cutting(play: (peer: FramePeer, id: number) => void) {
  const origin = await startFrameOrigin((peer, id) => {
    const begun = () => origin.frames.some(({ type, streamId }) => type === FRAME.data && streamId === id);
    void until(begun).then(() => play(peer, id));
  });
  const { http, policy } = attached({
    client: { http2Only: true, timeout: '10s' },
    retry: { maxRetries: 1, backoff: { initBackoff: 1 } },
    defaults: { baseURL: origin.url },
  });
  const idle = () =>
    until(() =>
      policy
        .stats()
        .http2.every(({ sessions }) => sessions.every(({ activeStreams }) => activeStreams === 0)),
    );
  return { origin, http, idle };
}

describe('a large upload whose stream the server resets', () => {
  it('with NO_ERROR before a response is a dropped request, at once', async () => {
    const { http, idle } = await cutting((peer, id) => peer.reset(id, NGHTTP2_NO_ERROR));
    const error = await failureOf(http.post('/', UPLOAD));
    expect(error.code).toBe('ERR_POLICY_HTTP2_STREAM');
    expect(getPolicyMetadata(error)).toMatchObject({
      attempts: 1,
      giveUp: 'not-idempotent',
      outcomes: [{ kind: 'dropped' }],
    });
    expect(getPolicyMetadata(error)?.elapsedMs).toBeLessThan(5000);
    await idle();
  });

  it('with REFUSED_STREAM before a response is sent again', async () => {
    const { http } = await cutting((peer, id) => {
      if (id === 1) peer.reset(id, NGHTTP2_REFUSED_STREAM);
      else peer.headers(id, { ':status': 200 }, true).reset(id, NGHTTP2_NO_ERROR);
    });
    expect(getPolicyMetadata(await http.post('/', UPLOAD))?.outcomes).toMatchObject([{ kind: 'connect' }]);
  });

  it.each([
    ['NO_ERROR', NGHTTP2_NO_ERROR],
    ['CANCEL', NGHTTP2_CANCEL],
  ])('with %s behind a whole response has that response', async (_name, code) => {
    const { http, idle } = await cutting((peer, id) =>
      peer.headers(id, { ':status': 200 }).data(id, Buffer.from('enough'), true).reset(id, code),
    );
    expect((await http.post('/', UPLOAD)).data).toBe('enough');
    await idle();
  });

  it.each([
    ['NO_ERROR', NGHTTP2_NO_ERROR],
    ['CANCEL', NGHTTP2_CANCEL],
  ])('with %s behind all bytes of a response has that response', async (_name, code) => {
    const { http, idle } = await cutting((peer, id) =>
      peer
        .headers(id, { ':status': 413, 'content-length': 8 })
        .data(id, Buffer.from('too much'))
        .reset(id, code),
    );
    const error = await failureOf(http.post('/', UPLOAD));
    expect(error.response).toMatchObject({ status: 413, data: 'too much' });
    await idle();
  });

  it('with NO_ERROR in the middle of a response is a body cut short', async () => {
    const { http, idle } = await cutting((peer, id) =>
      peer.headers(id, { ':status': 200 }).data(id, 10).reset(id, NGHTTP2_NO_ERROR),
    );
    const error = await failureOf(http.post('/', UPLOAD));
    expect(getPolicyMetadata(error)).toMatchObject({ outcomes: [{ kind: 'dropped' }] });
    await idle();
  });
});
