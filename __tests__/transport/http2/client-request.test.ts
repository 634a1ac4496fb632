import { EventEmitter, once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { FailedRequest } from '../../../lib/transport/client-request.js';
import type { BufferedReceiver } from '../../../lib/transport/http2/buffered.js';
import { BufferedRequest } from '../../../lib/transport/http2/buffered.js';
import type { Connector } from '../../../lib/transport/http2/connect.js';
import type { SessionSource } from '../../../lib/transport/http2/exchange.js';
import { codeName, failureOf } from '../../../lib/transport/http2/failure.js';
import { RequestHead } from '../../../lib/transport/http2/headers.js';
import type { Http2ClientOptions } from '../../../lib/transport/http2/options.js';
import { targetOf } from '../../../lib/transport/http2/options.js';
import { Http2Request } from '../../../lib/transport/http2/request.js';
import type { Http2Response } from '../../../lib/transport/http2/response.js';
import type { PooledSession } from '../../../lib/transport/http2/session.js';
import type { SessionWaiter } from '../../../lib/transport/http2/session-choice.js';
import { SessionPool } from '../../../lib/transport/http2/session-pool.js';
import { http2Client } from '../../helpers/http2-client.js';
import type { FrameScript } from '../../helpers/http2-frames.js';
import { FRAME, startFrameOrigin } from '../../helpers/http2-frames.js';
import { handler, startOrigin } from '../../helpers/origin.js';
import { onceRead, until } from '../../helpers/wait.js';

const ok: FrameScript = (peer, id) =>
  void peer.headers(id, { ':status': 200 }).data(id, Buffer.from('ok'), true);

describe('a request used like a ClientRequest', () => {
  async function start(script: FrameScript = ok) {
    const origin = await startFrameOrigin(script);
    const client = http2Client({ http2Only: true, userAgent: 'policy/1' });
    const options = { protocol: 'http:', hostname: '127.0.0.1', port: origin.port, path: '/' };
    const send = (more: object = {}) => client.request({ ...options, ...more }) as Http2Request;
    return { origin, send };
  }

  it('takes headers until it is sent, and has no socket before its response', async () => {
    const { send } = await start();
    const request = send({ headers: { 'X-Old': '1' } });
    request.setHeader('X-New', '2').setTimeout();
    request.removeHeader('X-Old');
    request.flushHeaders();
    request.setNoDelay();
    request.setSocketKeepAlive();
    expect([request.getHeader('x-new'), request.getHeader('x-old')]).toEqual(['2', undefined]);
    expect(request.getHeader('user-agent')).toBe('policy/1');
    expect(request).toMatchObject({
      socket: undefined,
      connection: undefined,
      finished: false,
      exchange: { phase: 'connect' },
    });
    request.end();
    expect(request.finished).toBe(true);
    const [response] = (await once(request, 'response')) as [Http2Response];
    expect(await text(response)).toBe('ok');
    expect(response.setTimeout()).toBe(response);
    expect(response.connection).toBe(response.socket);
    await once(request, 'close');
  });

  it('shows the progress of a large body that is given in one piece', async () => {
    const { send, origin } = await start(() => {});
    const request = send({ method: 'POST' });
    request.on('error', () => {});
    expect([request.exchange.progress, request.exchange.waitingForPeer]).toEqual([0, false]);
    request.end(Buffer.alloc(20_000_000));
    const seen = new Set<number>();
    await until(() => seen.add(request.exchange.progress).size > 10);
    expect(request.exchange.waitingForPeer).toBe(true);
    expect(origin.frames.length).toBeGreaterThan(0);
    request.destroy();
  });

  it('emits no socket, and informational responses', async () => {
    const { send } = await start((peer, id) => {
      peer.headers(id, { ':status': 100 }).headers(id, { ':status': 103, link: '</a>' });
      ok(peer, id);
    });
    const events: unknown[] = [];
    const request = send();
    for (const event of ['socket', 'continue']) request.on(event, () => events.push(event));
    request.on('information', ({ statusCode, headers }) => events.push([statusCode, headers]));
    request.end();
    await once(request, 'response');
    expect(events).toEqual(['continue', [100, {}], [103, { link: '</a>' }]]);
  });

  it('aborts once, as a hang-up', async () => {
    const { send, origin } = await start(() => {});
    const request = send();
    let aborts = 0;
    request.on('abort', () => {
      aborts += 1;
    });
    request.end();
    await until(() => origin.frames.some(({ type }) => type === FRAME.headers));
    request.abort();
    request.abort();
    const [error] = await once(request, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET', message: 'socket hang up' });
    expect([aborts, request.aborted]).toEqual([1, true]);
  });

  it('throws a response away that nobody listens for', async () => {
    const { send } = await start();
    const request = send();
    request.end();
    await once(request, 'close');
    expect(request.exchange.phase).toBe('complete');
  });

  it('does not end the process when nobody listens to the errors of its response', async () => {
    const { send, origin } = await start((peer, id) => {
      peer.headers(id, { ':status': 200 }).data(id, 10);
      onceRead(() => peer.reset(id, 2));
    });
    const request = send();
    request.end();
    const [response] = (await once(request, 'response')) as [Http2Response];
    await new Promise((resolve) => response.once('close', resolve));
    expect(response).toMatchObject({ complete: false, aborted: true, errored: { name: 'Http2StreamError' } });
    expect(origin.connections).toBe(1);
  });

  it('tells its writer when the rest of the body is not wanted any more', async () => {
    const { send, origin } = await start((peer, id) => {
      peer.headers(id, { ':status': 413 }, true);
    });
    const request = send({ method: 'POST' });
    request.on('response', (response: Http2Response) => response.resume());
    const closed = once(request, 'close');
    await new Promise((resolve) => request.write(Buffer.alloc(5_000_000), resolve));
    await closed;
    expect(request.exchange.phase).toBe('complete');
    await until(() => origin.resets.length === 1);
  });

  it('fails with what HTTP/2 cannot say', async () => {
    const { send } = await start();
    const request = send({ method: 'CONNECT' });
    request.end();
    const [error] = await once(request, 'error');
    expect(error.code).toMatch(/^ERR_HTTP2_CONNECT/);
  });

  it('passes on what HTTP/1.1 has to inform of', async () => {
    const origin = await startOrigin({ tls: true });
    origin.always(
      handler((_request, response) => {
        response.writeProcessing();
        response.end('HTTP/1.1');
      }),
    );
    const client = http2Client();
    const request = client.request({
      protocol: 'https:',
      hostname: 'localhost',
      port: origin.port,
    }) as Http2Request;
    const statuses: number[] = [];
    request.on('information', ({ statusCode }) => statuses.push(statusCode));
    request.end();
    const [response] = (await once(request, 'response')) as [Http2Response];
    expect((await buffer(response)).toString()).toBe('HTTP/1.1');
    expect(statuses).toEqual([102]);
    expect(request.exchange).toMatchObject({
      truncated: false,
      neverProcessed: false,
      lostKeepAliveRace: false,
      phase: 'complete',
    });
    expect(request.exchange.progress).toBeGreaterThan(2);
    expect(request.exchange.waitingForPeer).toBe(false);
  });
});

describe('a request whose session ends the moment it gets it', () => {
  const target = targetOf({ protocol: 'https:', hostname: 'example.test' });

  it('asks for another one, which it can be taken back from', async () => {
    const ended = {
      openedStreams: 0,
      isUsable: false,
      open: () => {
        throw new Error('ended');
      },
    };
    let asked = 0;
    let left = 0;
    const source: SessionSource = {
      acquire: (waiter) => {
        asked += 1;
        if (asked === 1) waiter.onSession(ended as unknown as PooledSession);
        return () => {
          left += asked;
        };
      },
      onHttp1Required: () => {},
    };
    const demands = { connection: 'any' as const, dialing: {} };
    const route = { source, demands, options: {}, http1Agent: undefined as never, attempt: {} };
    const request = new Http2Request(new RequestHead(target, {}), route);
    request.on('error', () => {});
    request.end();
    await until(() => asked === 2);
    request.destroy();
    expect(left).toBe(2);
  });

  it('asks for another one without streams too, and fails if it is its own fault', async () => {
    let isUsable = false;
    let asked = 0;
    const session = {
      openedStreams: 0,
      get isUsable() {
        return isUsable;
      },
      open: () => {
        throw new Error('not opened');
      },
    } as unknown as PooledSession;
    const source = {
      target,
      userAgent: 'policy/1',
      onHttp1Required: () => {},
      acquire: (waiter: SessionWaiter) => {
        asked += 1;
        if (asked === 2) isUsable = true;
        waiter.onSession(session);
        return () => {};
      },
    };
    const options = {
      protocol: 'https:',
      hostname: 'example.test',
      port: '',
      path: '/',
      method: 'GET',
      headers: {},
      body: undefined,
    } as const;
    const onError = jest.fn();
    const request = new BufferedRequest(options, source, { onError } as unknown as BufferedReceiver);
    const { exchange } = request;
    expect([exchange.progress, exchange.waitingForPeer, exchange.phase]).toEqual([0, false, 'connect']);
    request.send();
    await until(() => asked === 2);
    expect(onError).toHaveBeenCalledWith(new Error('not opened'), request);
    expect(request).toMatchObject({ destroyed: true, res: null, socket: undefined });
    expect(request.getHeader('user-agent')).toBe('policy/1');
    expect(request.destroy()).toBe(request);
  });

  it('is not given one that was closed before it was there', async () => {
    const session = Object.assign(new EventEmitter(), { closed: true, destroyed: true, destroy: () => {} });
    const connection = {
      kind: 'http2',
      session: session as unknown as ClientHttp2Session,
      socket: new Socket(),
    } as const;
    const connector = { connect: async () => connection } as unknown as Connector;
    const options = { http2KeepAliveIntervalMs: false, poolIdleTimeoutMs: 100 } as Http2ClientOptions;
    const pool = new SessionPool(target, options, connector, { onHttp1: () => {}, onEmpty: () => {} });
    const error = await new Promise((resolve, reject) => {
      pool.acquire({
        connection: 'any',
        dialing: {},
        onSession: reject,
        onHttp1: reject,
        onError: resolve,
      } as SessionWaiter);
    });
    expect(error).toMatchObject({ name: 'Http2SessionError', neverProcessed: true });
    connection.socket.destroy();
    await until(() => pool.stats.sessions.length === 0);
  });
});

describe('a request that failed beforehand', () => {
  it('fails later, by an event, and takes whatever it is given', async () => {
    const error = new Error('beforehand');
    const request = new FailedRequest(error);
    request.setHeader().setTimeout().removeHeader();
    expect(request.getHeader('host')).toBeUndefined();
    request.write('data');
    request.end();
    const [emitted] = await once(request, 'error');
    expect(emitted).toBe(error);
  });

  it('can be aborted', async () => {
    const request = new FailedRequest(new Error('beforehand'));
    request.abort();
    await once(request, 'close');
    expect(request.destroyed).toBe(true);
  });
});

describe('the reason of a failure', () => {
  const evidence = {
    target: 'example.test:443',
    sessionError: undefined,
    goaway: undefined,
    isConnectionLost: false,
    streamId: 1,
    rstCode: 2,
    responded: false,
    streamError: undefined,
  };

  it('names codes it knows, and others by number', () => {
    expect(codeName(2)).toBe('INTERNAL_ERROR');
    expect(codeName(0xff)).toBe('code 0xff');
    expect(failureOf(evidence).message).toBe(
      'example.test:443 reset the HTTP/2 stream with INTERNAL_ERROR before the response',
    );
  });

  it('is no refusal once the response has begun', () => {
    expect(failureOf({ ...evidence, rstCode: 7, responded: true })).toMatchObject({ neverProcessed: false });
    const goaway = { code: 0, lastStreamId: 0 };
    expect(failureOf({ ...evidence, goaway, responded: true })).toMatchObject({ neverProcessed: false });
    expect(failureOf({ ...evidence, goaway })).toMatchObject({ neverProcessed: true });
  });
});
