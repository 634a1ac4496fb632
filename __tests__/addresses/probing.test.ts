import http from 'node:http';
import { constants } from 'node:http2';
import type { ClientConfig } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { lookupTo } from '../helpers/faults.js';
import { type Http2Origin, respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { type Origin, reply, startOrigin } from '../helpers/origin.js';
import { portToTake } from '../helpers/tcp.js';
import { drive, driveUntil } from './traffic.js';

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/** Servers of one protocol on each address, the first of which answers with what status it is told. */
interface Servers {
  readonly all: readonly (Origin | Http2Origin)[];
  answer(status: number): void;
}

async function startHttp1(port: number): Promise<Servers> {
  const all = await Promise.all(ADDRESSES.map((host) => startOrigin({ host, port })));
  return { all, answer: (status) => void all[0]?.always(reply({ status })) };
}

async function startHttp2(port: number): Promise<Servers> {
  const all = await Promise.all(ADDRESSES.map((host) => startHttp2Origin({ host, port, tls: false })));
  return { all, answer: (status) => void all[0]?.always(respond({ status })) };
}

/** An instance for a name with these addresses. */
const attachedTo = (port: number, client: ClientConfig) => ({
  url: `http://three.test:${port}/`,
  ...attached({
    defaults: { httpAgent: new http.Agent({ lookup: lookupTo(...ADDRESSES) }) },
    client,
    retry: { backoff: { initBackoff: 1, maxBackoff: 5 } },
  }),
});

describe.each<[string, (port: number) => Promise<Servers>, ClientConfig]>([
  ['HTTP/1.1', startHttp1, {}],
  ['HTTP/2', startHttp2, { http2Only: true }],
])('an address that was ejected while connections to it are open, over %s', (_name, start, client) => {
  it.each(['get', 'post'] as const)('gets requests again once it works, if all are %s', async (method) => {
    const port = await portToTake();
    const { all, answer } = await start(port);
    const eject = { failures: 3, for: '100ms', maxPercent: 50 } as const;
    const { url, http: axios, policy } = attachedTo(port, { ...client, eject });
    const request = () => axios.request({ url, method });
    const state = () => policy.stats().addresses[0]?.state;
    await driveUntil(() => all.every(({ requests }) => requests.length > 0), 12, request);
    answer(503);
    await driveUntil(() => state() === 'ejected', 12, request);
    answer(200);
    const isBack = () => state() === undefined || state() === 'used';
    expect(Object.keys(await driveUntil(isBack, 12, request))).toEqual(['200']);
    expect(isBack()).toBe(true);
  });
});

describe('a server that refuses every stream', () => {
  const refuse = (origin: Http2Origin | undefined) =>
    void origin?.always(({ stream }) => stream.close(constants.NGHTTP2_REFUSED_STREAM));

  it.each([1, 5, 20])('is left by retries for another address, %i at a time', async (concurrency) => {
    const port = await portToTake();
    const [first, ...others] = await Promise.all(
      ADDRESSES.map((host) => startHttp2Origin({ host, port, tls: false })),
    );
    refuse(first);
    const { url, http: axios, policy } = attachedTo(port, { http2Only: true, randomizeAddresses: false });
    expect(await drive(40, concurrency, () => axios.post(url, 'x'))).toEqual({ 200: 40 });
    // Others are asked first from then on, though none has fewer streams.
    expect(first?.requests.length).toBeGreaterThan(0);
    expect(first?.requests.length).toBeLessThanOrEqual(concurrency);
    expect(others.flatMap(({ requests }) => requests)).toHaveLength(40);
    expect(policy.stats()).toMatchObject({ retries: first?.requests.length, addresses: [] });
  });

  it('with one address is asked again on the same connection first, and then on another one', async () => {
    const origin = await startHttp2Origin({ tls: false });
    origin.always((call) => {
      if (origin.sessions.length > 1) respond({})(call);
      else call.stream.close(constants.NGHTTP2_REFUSED_STREAM);
    });
    const { http: axios } = attached({
      client: { http2Only: true },
      retry: { backoff: { initBackoff: 1, maxBackoff: 5 } },
    });
    expect((await axios.post(origin.url, 'x')).status).toBe(200);
    expect(origin.requests.map(({ sessionNumber }) => sessionNumber)).toEqual([1, 1, 2]);
  });
});

describe('a session to one more address', () => {
  it('is made by the look-up of the request that it is made for', async () => {
    const port = await portToTake();
    const origins = await Promise.all(ADDRESSES.map((host) => startHttp2Origin({ host, port, tls: false })));
    const { http: axios } = attached({ client: { http2Only: true } });
    // Nobody else knows of the name.
    const lookup = lookupTo('127.0.0.1', '127.0.0.3');
    const get = () => axios.get(`http://three.test:${port}/`, { lookup: lookup as never });
    const reached = () => origins.map(({ requests }) => requests.length > 0);
    await driveUntil(() => reached().filter(Boolean).length > 1, 8, get);
    expect(reached()).toEqual([true, false, true]);
  });
});
