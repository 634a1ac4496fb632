import type { AxiosError } from 'axios';
import axios from 'axios';
import type { Http2ClientOptions } from '../../../lib/transport/http2/options.js';
import { AXIOS_COPIES } from '../../helpers/axios-copies.js';
import { runChild } from '../../helpers/child.js';
import { holdTime } from '../../helpers/clock.js';
import { http2Client, overHttp2 } from '../../helpers/http2-client.js';
import { FRAME, startFrameOrigin } from '../../helpers/http2-frames.js';
import { type Http2Answer, respond, silence, startHttp2Origin } from '../../helpers/http2-origin.js';
import { watchLeaks } from '../../helpers/leaks.js';
import { delay, until } from '../../helpers/wait.js';

/** An origin, a client, and axios over it. */
async function start(options: Partial<Http2ClientOptions> = {}, server = {}, copy = axios) {
  const origin = await startHttp2Origin({ server });
  const client = http2Client(options);
  const over = overHttp2(copy, client, { baseURL: origin.url });
  const idle = () =>
    until(() => client.stats().every(({ sessions }) => sessions.every(({ state }) => state === 'idle')));
  return { origin, client, over, get: (config = {}) => over.api.get('/', config), idle };
}

const later =
  (ms: number, answer: Http2Answer = respond()): Http2Answer =>
  (call) =>
    void delay(ms).then(() => answer(call));

describe.each(AXIOS_COPIES)('requests to one origin, with $name', ({ axios: copy }) => {
  it('share one session, 20 in parallel', async () => {
    const { origin, get, client } = await start({}, {}, copy);
    origin.always(later(10));
    const requests = Array.from({ length: 20 }, () => get());
    await until(() => origin.requests.length === 20);
    expect(client.stats()).toEqual([
      {
        origin: origin.url,
        sessions: [{ state: 'active', activeStreams: 20, openedStreams: 20, pingRoundTripMs: undefined }],
        connecting: false,
        pending: 0,
      },
    ]);
    await Promise.all(requests);
    expect(origin.connections).toBe(1);
  });

  it('leave no listener behind, 200 in a row', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    const { origin, get, client, idle } = await start({}, {}, copy);
    await get();
    const session = origin.session;
    const before = session.eventNames().map((name) => session.listenerCount(name));
    for (let i = 0; i < 200; i++) await get();
    await idle();
    expect(session.eventNames().map((name) => session.listenerCount(name))).toEqual(before);
    expect(client.stats()[0]?.sessions).toEqual([
      { state: 'idle', activeStreams: 0, openedStreams: 201, pingRoundTripMs: undefined },
    ]);
    process.removeListener('warning', warn);
    expect(warnings).toEqual([]);
  });
});

describe('the limit of streams', () => {
  const settings = { settings: { maxConcurrentStreams: 5 } };

  it('is kept, on one session while streams end soon', async () => {
    // Soon is before anybody has waited for too long.
    holdTime();
    const { origin, get } = await start({}, settings);
    let open = 0;
    let most = 0;
    origin.always((call) => {
      open += 1;
      most = Math.max(most, open);
      call.stream.once('close', () => {
        open -= 1;
      });
      later(5)(call);
    });
    await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(most).toBe(5);
    expect(origin.connections).toBe(1);
  });

  it('makes for another session when all streams are taken for long', async () => {
    const { origin, get, client } = await start({}, settings);
    const pending: unknown[] = [];
    origin.always((call) => {
      pending.push(client.stats()[0]?.pending);
      return call.number <= 10 ? silence(call) : respond()(call);
    });
    for (let i = 0; i < 10; i++) get().catch(() => {});
    expect((await get()).status).toBe(200);
    expect(pending.slice(0, 5)).toEqual([6, 6, 6, 6, 6]);
    // Five requests each hold the first two sessions.
    expect(origin.sessions).toHaveLength(3);
  });

  it('makes for no other session where none is allowed at all', async () => {
    const { origin, get, client } = await start({}, { settings: { maxConcurrentStreams: 0 } });
    const request = get();
    await until(() => client.stats()[0]?.sessions.length === 1);
    await delay(250);
    expect(origin.connections).toBe(1);
    origin.session.settings({ maxConcurrentStreams: 1 });
    expect((await request).status).toBe(200);
  });

  it('can be left while waiting', async () => {
    const { origin, get, client } = await start({}, { settings: { maxConcurrentStreams: 1 } });
    origin.always(silence);
    get().catch(() => {});
    await until(() => origin.requests.length === 1);
    const abort = new AbortController();
    const leaving = get({ signal: abort.signal }).catch(({ code }: AxiosError) => code);
    await until(() => client.stats()[0]?.pending === 1);
    abort.abort();
    expect(await leaving).toBe('ERR_CANCELED');
    await delay(150);
    expect(origin.connections).toBe(1);
  });

  it('is waited for when another session cannot be made', async () => {
    const { origin, get } = await start({}, { settings: { maxConcurrentStreams: 1 } });
    origin.always((call) => (call.number === 1 ? later(300)(call) : respond()(call)));
    const first = get();
    await until(() => origin.requests.length === 1);
    const second = get();
    origin.refuse();
    expect((await first).status).toBe(200);
    expect((await second).status).toBe(200);
    expect(origin.sessions).toHaveLength(1);
  });
});

describe('an idle session', () => {
  it('is closed after poolIdleTimeout', async () => {
    const { origin, get, client } = await start({ poolIdleTimeoutMs: 60 });
    await Promise.all([get(), get()]);
    await origin.idle();
    expect(origin.connections).toBe(1);
    await until(() => client.stats().length === 0);
  });

  it('is not used after poolIdleTimeout, though its timer has not run', async () => {
    const { origin, get, idle } = await start({ poolIdleTimeoutMs: 60 });
    await get();
    await idle();
    const until = performance.now() + 80;
    while (performance.now() < until);
    expect((await get()).status).toBe(200);
    expect(origin.connections).toBe(2);
  });

  it('is one only when no stream is open, however slow', async () => {
    const { origin, get } = await start({ poolIdleTimeoutMs: 30 });
    origin.always(later(120));
    expect((await get()).status).toBe(200);
  });

  it('is kept for ever without poolIdleTimeout', async () => {
    const { origin, get } = await start({ poolIdleTimeoutMs: false });
    await get();
    await delay(50);
    expect(origin.openSockets).toBe(1);
  });

  it.each([
    ['poolMaxIdlePerHost', { poolMaxIdlePerHost: 0 }],
    ['poolIdleTimeout', { poolIdleTimeoutMs: 0 }],
  ])('is not kept at all with %s 0', async (_name, options) => {
    const { origin, get } = await start(options);
    await get();
    await origin.idle();
    await get();
    expect(origin.connections).toBe(2);
  });

  it('is closed when there are more than poolMaxIdlePerHost', async () => {
    const { origin, get } = await start({ poolMaxIdlePerHost: 1 }, { settings: { maxConcurrentStreams: 1 } });
    // None is answered before there are two.
    origin.always((call) => void until(() => origin.connections === 2).then(() => respond()(call)));
    await Promise.all([get(), get()]);
    expect(origin.connections).toBe(2);
    await until(() => origin.openSockets === 1);
  });

  it('that the server ends is not used again', async () => {
    const { origin, get, idle } = await start();
    await get();
    await idle();
    origin.session.close();
    await origin.idle();
    expect((await get()).status).toBe(200);
    expect(origin.connections).toBe(2);
  });

  it('that is told to go away is closed, and so is one in use when its last stream ends', async () => {
    const origin = await startFrameOrigin((peer, id) => {
      if (id === 1) {
        peer.headers(id, { ':status': 200 }, true);
        setTimeout(() => peer.goaway(id, 0), 10);
      }
    });
    const inUse = await startFrameOrigin((peer, id) => {
      peer.goaway(id, 0);
      setTimeout(() => peer.headers(id, { ':status': 200 }, true), 10);
    });
    const client = http2Client({ http2Only: true });
    const { api } = overHttp2(axios, client);
    await Promise.all([api.get(origin.url), api.get(inUse.url)]);
    await until(() => origin.openSockets === 0 && inUse.openSockets === 0);
    await until(() => client.stats().length === 0);
  });

  it('that was lost without a word is not used again', async () => {
    const { origin, get, client, idle } = await start();
    await get();
    await idle();
    origin.dropConnections();
    await until(() => client.stats().length === 0);
    expect((await get()).status).toBe(200);
    expect(origin.connections).toBe(2);
  });

  it.each<[string, Http2Answer]>([
    ['FIN', ({ connection }) => void connection.end()],
    ['RST', ({ connection }) => void connection.resetAndDestroy()],
  ])('that dies by %s with the first request on it has lost the keep-alive race', async (_name, die) => {
    const { origin, get, over, idle } = await start();
    await get();
    await idle();
    origin.always(die);
    await expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(over.exchange).toMatchObject({ lostKeepAliveRace: true, phase: 'sent', reusedSocket: true });
  });

  it('that is ended by TLS with the first request on it has lost the keep-alive race', async () => {
    const origin = await startFrameOrigin(
      (peer, id) => {
        if (id === 1) peer.headers(id, { ':status': 200 }, true);
        else peer.socket.end();
      },
      { tls: true },
    );
    const client = http2Client();
    const over = overHttp2(axios, client, { baseURL: origin.url });
    await over.api.get('/');
    await until(() => client.stats()[0]?.sessions[0]?.state === 'idle');
    await expect(over.api.get('/')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(over.exchange.lostKeepAliveRace).toBe(true);
  });

  it('that dies with the very first requests on it was never idle, and has lost no race', async () => {
    const { origin, get, over } = await start();
    origin.always((call) => (call.number === 2 ? call.connection.resetAndDestroy() : silence(call)));
    const lost = await Promise.allSettled([get(), get()]);
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(over.exchanges.map(({ lostKeepAliveRace }) => lostKeepAliveRace)).toEqual([false, false]);
  });

  it('that dies with a request while others were answered has not lost that race', async () => {
    const { origin, get, over, idle } = await start();
    await get();
    await idle();
    origin.always((call) => (call.number === 2 ? silence(call) : respond()(call)));
    const lost = expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' });
    await get();
    origin.dropConnections();
    await lost;
    expect(over.exchanges[1]).toMatchObject({ lostKeepAliveRace: false, phase: 'sent', reusedSocket: true });
  });

  it('that is closed by GOAWAY while a request is under way says that it was never processed', async () => {
    const origin = await startFrameOrigin((peer, id) => {
      if (id === 1) peer.headers(id, { ':status': 200 }, true);
      else peer.goaway(1, 0).socket.end();
    });
    const over = overHttp2(axios, http2Client({ http2Only: true }), { baseURL: origin.url });
    await over.api.get('/');
    await expect(over.api.post('/', 'data')).rejects.toMatchObject({ cause: { neverProcessed: true } });
    expect(over.exchange.neverProcessed).toBe(true);
  });

  it('is passed over by a request that wants a fresh one', async () => {
    const { origin, get, client, idle } = await start();
    await get();
    await idle();
    await overHttp2(axios, client, {}, true).api.get(origin.url);
    expect(origin.connections).toBe(2);
  });

  it('lets the process exit, though it sends PINGs', async () => {
    const origin = await startHttp2Origin();
    const script = `
      const { Http2Client } = require('./lib/transport/http2/client.ts');
      const { RedirectTransport } = require('./lib/transport/redirect.ts');
      const client = new Http2Client({
        allowHttp: false, http2Only: true, connectTimeoutMs: 5000, poolIdleTimeoutMs: 60000, poolMaxIdlePerHost: 9,
        http2KeepAliveIntervalMs: 20, http2KeepAliveTimeoutMs: 60000, http2KeepAliveWhileIdle: true,
        tls: { handshake: { rejectUnauthorized: false } }, http1: require('node:https'),
      });
      const transport = new RedirectTransport(client.schemesFor({}), {});
      axios.get(process.env.ORIGIN, { proxy: false, transport }).then(({ data }) => console.log(data));`;
    const { stdout } = await runChild(script, { ORIGIN: origin.url, NODE_NO_WARNINGS: '1' });
    expect(stdout.trim()).toBe('Hello World');
  }, 30_000);
});

describe('closing a client', () => {
  it('lets requests finish, and resolves when the connections are gone', async () => {
    const { origin, get, client } = await start();
    origin.always(later(40));
    const request = get();
    await until(() => origin.requests.length === 1);
    let isClosed = false;
    const closed = Promise.all([client.close(), client.close()]).then(() => {
      isClosed = true;
    });
    expect((await request).status).toBe(200);
    await closed;
    expect(isClosed).toBe(true);
    await origin.idle();
  });

  it('resolves at once when nothing is open', async () => {
    await http2Client().close();
  });

  it('keeps no session that is made afterwards', async () => {
    const { origin, get, client } = await start();
    await client.close();
    expect((await get()).status).toBe(200);
    await origin.idle();
  });

  it('by force fails what runs and what waits', async () => {
    const { origin, get, client } = await start({}, { settings: { maxConcurrentStreams: 1 } });
    origin.always(silence);
    const failed = [get(), get()].map((request) => request.catch((error: AxiosError) => error.cause));
    await until(() => client.stats()[0]?.pending === 1 && origin.requests.length === 1);
    const reason = new Error('by force');
    client.destroy(reason);
    expect(await failed[0]).toMatchObject({ code: 'ECONNRESET', cause: reason });
    expect(await failed[1]).toBe(reason);
    await origin.idle();
  });

  it('leaves nothing behind', async () => {
    const origin = await startHttp2Origin();
    const leaks = watchLeaks();
    const client = http2Client();
    await overHttp2(axios, client).api.get(origin.url);
    await client.close();
    await leaks.expectNone();
  });
});

describe('resets', () => {
  const RESPONSE = { ':status': 200, 'content-length': 2 };

  it('do not happen to streams that are complete', async () => {
    const origin = await startFrameOrigin(
      (peer, id) => void peer.headers(id, RESPONSE).data(id, Buffer.from('ok'), true),
    );
    const { api } = overHttp2(axios, http2Client({ http2Only: true }), { baseURL: origin.url });
    for (let i = 0; i < 50; i++) await api.post('/', i % 2 ? undefined : 'body');
    await delay(20);
    expect(origin.resets).toEqual([]);
  });

  it('do not happen to the small responses of redirects', async () => {
    const origin = await startFrameOrigin((peer, id) => {
      if (id % 2 === 1 && id < 20) peer.headers(id, { ':status': 302, location: '/' });
      else peer.headers(id, { ':status': 200 });
      setTimeout(() => peer.data(id, 1000, true), 2);
    });
    const { api } = overHttp2(axios, http2Client({ http2Only: true }), { baseURL: origin.url });
    expect((await api.get('/')).status).toBe(200);
    await delay(20);
    expect(origin.frames.filter(({ type }) => type === FRAME.headers)).toHaveLength(11);
    expect(origin.resets).toEqual([]);
  });

  it.each([
    ['long', { 'content-length': 1_000_000 }, 0],
    ['endless', {}, 100_000],
    ['slow', {}, 0],
  ])('cut off the %s response of a redirect', async (_name, head, sent) => {
    const origin = await startFrameOrigin((peer, id) => {
      if (id > 1) return void peer.headers(id, { ':status': 200 }, true);
      peer.headers(id, { ':status': 302, location: '/', ...head });
      for (let i = 0; i < sent; i += 10_000) peer.data(id, 10_000);
    });
    const { api } = overHttp2(axios, http2Client({ http2Only: true }), { baseURL: origin.url });
    await api.get('/');
    await until(() => origin.resets.length === 1);
    expect(origin.resets).toEqual([{ streamId: 1, code: 8 }]);
  });

  it('do not make a rapid-reset attack of many requests on one session', async () => {
    const count = Number(process.env.HTTP2_REQUESTS ?? 1500);
    const { origin, get } = await start();
    origin.always(({ stream }) => {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
    const worker = async (share: number) => {
      for (let i = 0; i < share; i++) expect((await get()).data).toBe('ok');
    };
    await Promise.all(Array.from({ length: 20 }, () => worker(count / 20)));
    expect(origin.requests).toHaveLength(count);
    expect(origin.connections).toBe(1);
  }, 120_000);
});
