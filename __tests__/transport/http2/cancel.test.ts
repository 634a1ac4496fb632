import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AxiosError } from 'axios';
import { AXIOS_COPIES } from '../../helpers/axios-copies.js';
import { http2Client, overHttp2 } from '../../helpers/http2-client.js';
import { type FrameOrigin, type FrameScript, startFrameOrigin } from '../../helpers/http2-frames.js';
import { countListeners, watchLeaks } from '../../helpers/leaks.js';
import { delay, until } from '../../helpers/wait.js';

const CANCEL = 8;

const silent: FrameScript = () => {};
const halfway: FrameScript = (peer, id) =>
  void peer.headers(id, { ':status': 200, 'content-length': 5000 }).data(id, 1000);
const dripping: FrameScript = (peer, id) => {
  peer.headers(id, { ':status': 200 });
  const timer = setInterval(() => peer.data(id, 10), 10);
  peer.socket.once('close', () => clearInterval(timer));
};

describe.each(AXIOS_COPIES)('a request that is given up, with $name', ({ axios }) => {
  async function start(script: FrameScript) {
    const origin = await startFrameOrigin(script);
    const client = http2Client({ http2Only: true });
    return { origin, client, over: overHttp2(axios, client, { baseURL: origin.url }) };
  }

  /** The stream is reset, the session serves the next request. */
  async function expectReset(origin: FrameOrigin, next: () => Promise<unknown>, streamId = 1) {
    await until(() => origin.resets.length > 0);
    expect(origin.resets).toEqual([{ streamId, code: CANCEL }]);
    next().catch(() => {});
    await until(() => origin.frames.some((frame) => frame.streamId === streamId + 2));
    expect(origin.connections).toBe(1);
  }

  it.each([
    ['before the response', silent, undefined],
    ['before the response, without redirects', silent, 0],
    ['in the middle of the body', halfway, undefined],
    ['in the middle of the body, without redirects', halfway, 0],
    ['while the body drips', dripping, undefined],
  ])('%s resets its stream', async (_name, script, maxRedirects) => {
    const { origin, over } = await start(script);
    const abort = new AbortController();
    const config = { signal: abort.signal, ...(maxRedirects === 0 ? { maxRedirects } : {}) };
    const outcome = over.api.get('/', config).catch((error: AxiosError) => error.code);
    await until(() => (over.exchanges[0]?.progress ?? 0) >= (script === silent ? 1 : 2));
    abort.abort();
    expect(await outcome).toBe('ERR_CANCELED');
    expect(countListeners(abort.signal)).toBe(0);
    expect(over.exchange).toMatchObject({
      truncated: false,
      neverProcessed: false,
      lostKeepAliveRace: false,
    });
    await expectReset(origin, () => over.api.get('/'));
  });

  it.each([undefined, 0])(
    'with its stream open ends that with the reason, maxRedirects %s',
    async (maxRedirects) => {
      const { origin, over } = await start(halfway);
      const abort = new AbortController();
      const { data } = await over.api.get<Readable>('/', {
        responseType: 'stream',
        signal: abort.signal,
        ...(maxRedirects === 0 ? { maxRedirects } : {}),
      });
      const read = buffer(data).catch((error: AxiosError) => error.code);
      abort.abort();
      expect(await read).toBe('ERR_CANCELED');
      await expectReset(origin, () => over.api.get('/'));
    },
  );

  it('by whoever reads its response resets its stream', async () => {
    const { origin, over } = await start(halfway);
    const { data } = await over.api.get<Readable>('/', { responseType: 'stream' });
    data.destroy();
    await expectReset(origin, () => over.api.get('/'));
    expect(over.exchanges[0]).toMatchObject({ phase: 'response', truncated: false });
  });

  it('by a deadline resets its stream', async () => {
    const { origin, over } = await start(silent);
    const error = await over.api
      .get('/', { signal: AbortSignal.timeout(200) })
      .catch((reason: AxiosError) => reason);
    expect(error).toMatchObject({ code: 'ERR_CANCELED' });
    await expectReset(origin, () => over.api.get('/'));
  });

  it('before it began does nothing at all', async () => {
    const { origin, over } = await start(silent);
    const outcome = over.api
      .get('/', { signal: AbortSignal.abort() })
      .catch((error: AxiosError) => error.code);
    expect(await outcome).toBe('ERR_CANCELED');
    await delay(20);
    expect(origin.connections).toBe(0);
  });

  it.each([undefined, 0])(
    'by the source of its body resets its stream, maxRedirects %s',
    async (maxRedirects) => {
      const { origin, over } = await start(silent);
      const source = new Readable({ read() {} });
      source.push('some');
      const config = maxRedirects === 0 ? { maxRedirects } : {};
      const outcome = over.api.post('/', source, config).catch((error: AxiosError) => error.message);
      await until(() =>
        origin.frames.some(({ streamId, payload }) => streamId === 1 && payload.toString() === 'some'),
      );
      source.destroy(new Error('source broke'));
      expect(await outcome).toContain('source broke');
      await expectReset(origin, () => over.api.get('/'));
    },
  );

  it('leaves nothing behind', async () => {
    const { origin, over, client } = await start(silent);
    const leaks = watchLeaks();
    const abort = new AbortController();
    const outcomes = Array.from({ length: 5 }, () =>
      over.api.get('/', { signal: abort.signal }).catch(() => {}),
    );
    await until(() => origin.frames.filter(({ type }) => type === 1).length === 5);
    abort.abort();
    await Promise.all(outcomes);
    await until(() => client.stats()[0]?.sessions[0]?.state === 'idle');
    await client.close();
    await leaks.expectNone();
  });
});
