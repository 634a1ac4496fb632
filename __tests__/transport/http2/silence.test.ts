import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type ClientConfig, getPolicyMetadata, type RetryConfig } from '../../../lib/index.js';
import { attached, failureOf, policyCodeOf } from '../../helpers/attached.js';
import { startRelay } from '../../helpers/faults.js';
import { FRAME, type FrameScript, startFrameOrigin } from '../../helpers/http2-frames.js';
import { type Http2Answer, partial, respond, silence, startHttp2Origin } from '../../helpers/http2-origin.js';
import { VIOLATIONS } from '../../helpers/http2-violations.js';
import { delay, until } from '../../helpers/wait.js';

const RETRY: RetryConfig = { maxRetries: 3, backoff: { initBackoff: 5, maxBackoff: 10 } };

/** A policy over HTTP/2 to `url`, that has a session there. Making a connection may take longer than an answer. */
async function connected(url: string, client: ClientConfig = {}, retry: RetryConfig | false = RETRY) {
  const it = attached({
    client: { http2Only: true, readTimeout: 150, ...client },
    retry,
    defaults: { baseURL: url },
  });
  await it.http.get('/', { policy: { readTimeout: false } });
  return it;
}

/** The same, through a path that may forget its connections. */
async function onPath(client: ClientConfig = {}, server = {}) {
  const origin = await startHttp2Origin({ tls: false, server });
  const path = await startRelay(origin.port);
  return { origin, path, ...(await connected(`http://127.0.0.1:${path.port}`, client)) };
}

describe('a connection that a middlebox forgot', () => {
  it.each(['text', 'stream'] as const)('costs a GET one timeout, read as %s', async (responseType) => {
    const { path, http } = await onPath();
    path.freeze();
    const response = await http.get('/', { responseType });
    expect(responseType === 'text' ? response.data : await text(response.data as Readable)).toBe(
      'Hello World',
    );
    expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ kind: 'timeout' }]);
    expect(path.connections).toBe(2);
  });

  it('costs a GET one timeout, if it is that of the whole attempt', async () => {
    const { path, http } = await onPath({ timeout: 500, readTimeout: false });
    path.freeze();
    expect(getPolicyMetadata(await http.get('/'))?.outcomes).toMatchObject([{ kind: 'timeout' }]);
  });

  it('costs the POSTs that are on it one failure each, and none that comes after the first of them', async () => {
    const { path, http } = await onPath({ readTimeout: 400 });
    path.freeze();
    let hasFailed = false;
    const post = (isAfter: boolean) =>
      http.post('/', 'order').catch((error: unknown) => {
        hasFailed = true;
        if (isAfter) throw error;
      });
    const posts: Promise<unknown>[] = [];
    for (let after = 0; after < 10; after += hasFailed ? 1 : 0) {
      posts.push(post(hasFailed));
      await delay(15);
    }
    await Promise.all(posts);
    expect(path.connections).toBe(2);
  });

  it('is given up soon after its requests were cancelled', async () => {
    const { path, http, policy } = await onPath({ readTimeout: false });
    path.freeze();
    const error = await failureOf(http.get('/', { signal: AbortSignal.timeout(50) }));
    expect(error.code).toBe('ERR_CANCELED');
    await until(() => policy.stats().http2.length === 0);
    expect((await http.post('/', 'x')).status).toBe(200);
  });

  it('is given up with those beside it, which it takes one timeout to find out', async () => {
    const { origin, path, http } = await onPath({}, { settings: { maxConcurrentStreams: 1 } });
    origin.always((call) => void until(() => path.connections === 3).then(() => respond()(call)));
    await Promise.all([1, 2, 3].map(() => http.get('/', { policy: { readTimeout: false } })));
    path.freeze();
    origin.always(respond());
    expect(getPolicyMetadata(await http.get('/'))?.outcomes).toMatchObject([{ kind: 'timeout' }]);
  });

  it('is closed within bounds, though a request without a timeout is on it', async () => {
    const { origin, path, http, policy } = await onPath({ http2KeepAliveTimeout: 50 });
    origin.always(silence);
    const endless = failureOf(http.post('/', 'x', { policy: { timeout: false, readTimeout: false } }));
    await until(() => origin.requests.length === 2);
    path.freeze();
    origin.always(respond());
    expect((await http.get('/')).status).toBe(200);
    expect(policyCodeOf(await endless)).toBe('ERR_POLICY_PING_TIMEOUT');
    await until(() => path.openSockets === 1);
    expect(policy.stats().http2[0]?.sessions).toHaveLength(1);
  });
});

describe('a connection that says nothing while a request waits for its answer', () => {
  it('takes no more requests, but lets others finish', async () => {
    const origin = await startHttp2Origin({ tls: false });
    const { http } = await connected(origin.url);
    let finish = () => {};
    origin.always((call) => {
      if (call.number === 2) finish = () => respond({ body: 'late' })(call);
      else if (call.number > 3) respond()(call);
    });
    const late = http.get('/', { policy: { readTimeout: false } });
    await until(() => origin.requests.length === 2);
    await http.get('/');
    expect(origin.connections).toBe(2);
    expect((await http.post('/', 'x')).status).toBe(200);
    expect(origin.requests.map(({ sessionNumber }) => sessionNumber)).toEqual([1, 1, 1, 2, 2]);
    finish();
    expect((await late).data).toBe('late');
    await until(() => origin.openSockets === 1);
  });
});

describe('a connection that was heard of', () => {
  /** The first request's session, where requests for `/slow` get `slow` and all others an answer. */
  async function withSlow(slow: Http2Answer, client: ClientConfig = {}) {
    const origin = await startHttp2Origin({ tls: false });
    origin.always((call) => (call.headers[':path'] === '/slow' ? slow(call) : respond()(call)));
    const it = await connected(origin.url, client, false);
    return { origin, ...it };
  }

  it('is kept when others were answered while one was not', async () => {
    const { origin, http } = await withSlow(silence);
    const slow = failureOf(http.get('/slow'));
    await until(() => origin.requests.length === 2);
    await http.get('/');
    expect((await slow).code).toBe('ECONNABORTED');
    await Promise.all([http.get('/'), http.post('/', 'x')]);
    expect(origin.connections).toBe(1);
  });

  it('is kept when PINGs were answered', async () => {
    const { origin, http } = await withSlow(silence, { http2KeepAliveInterval: 20 });
    await failureOf(http.get('/slow'));
    await http.get('/');
    expect(origin.connections).toBe(1);
  });

  it('is kept when a body came, though not all of it', async () => {
    const { origin, http } = await withSlow(partial(1000, 10));
    await failureOf(http.get('/slow'));
    await Promise.all([http.get('/'), http.post('/', 'x')]);
    expect(origin.connections).toBe(1);
  });

  it('gets no more than one PING for that while nothing else is heard', async () => {
    const origin = await startFrameOrigin((peer, id) => {
      if (id === 1) peer.headers(id, { ':status': 200 }, true);
      else if (id === 3) peer.headers(id, { ':status': 200 });
    });
    const { http } = await connected(origin.url, {}, false);
    const { data } = await http.get<Readable>('/', { responseType: 'stream' });
    await Promise.all([failureOf(text(data)), failureOf(http.get('/'))]);
    await delay(30);
    expect(origin.frames.filter(({ type }) => type === FRAME.ping)).toHaveLength(1);
  });

  it('is given up when it has died since, at the cost of one timeout', async () => {
    const { origin, path, http } = await onPath();
    origin.always((call) => {
      if (call.number === 2) partial(1000, 10, () => path.freeze())(call);
      else respond()(call);
    });
    const response = await http.get('/');
    expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ kind: 'timeout' }]);
    expect(path.connections).toBe(2);
  });
});

describe('a server that breaks the protocol', () => {
  /** A server whose first connection does so from its second stream on. */
  async function breaking(violate: FrameScript) {
    let first: unknown;
    const onConnection = (peer: unknown) => {
      first ??= peer;
    };
    const origin = await startFrameOrigin(
      (peer, id) => {
        if (peer === first && id > 1) violate(peer, id);
        else peer.headers(id, { ':status': 200, 'content-length': 2 }).data(id, Buffer.from('ok'), true);
      },
      { onConnection },
    );
    return { origin, ...(await connected(origin.url, { readTimeout: 400 })) };
  }

  /** What Node takes for a fault of the stream alone, so that the connection goes on. */
  const OF_STREAM = /status|field with|field of|pseudo|content-length|HEADERS (amid|that depend)/;
  const ofConnection = VIOLATIONS.filter(([name]) => !OF_STREAM.test(name));

  it('on a connection costs two requests one attempt each', async () => {
    const outcomes = ofConnection.map(async ([name, violate]) => {
      const { http } = await breaking(violate);
      const responses = await Promise.all([http.get('/'), http.get('/')]);
      return [name, ...responses.map((response) => getPolicyMetadata(response)?.retries)];
    });
    expect(await Promise.all(outcomes)).toEqual(ofConnection.map(([name]) => [name, 1, 1]));
  }, 20_000);

  it('on one stream is an error of the stream, or of the session where Node ends that', async () => {
    for (const [name, violate] of VIOLATIONS) {
      if (!OF_STREAM.test(name)) continue;
      const { http } = await breaking(violate);
      const error = await failureOf(http.get('/', { policy: { retry: false } }));
      expect([name, policyCodeOf(error)]).toEqual([
        name,
        expect.stringMatching(/^ERR_POLICY_HTTP2_(STREAM|SESSION)$/),
      ]);
      expect([name, error.message]).toEqual([name, expect.stringMatching(/protocol/i)]);
    }
  });
});
