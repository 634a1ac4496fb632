import http from 'node:http';
import https from 'node:https';
import type { ClientConfig, RetryConfig } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { startBalancer } from '../helpers/balancer.js';
import { ca } from '../helpers/certs.js';
import { lookupTo, portToTake, startTcp } from '../helpers/faults.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { reply, startOrigin } from '../helpers/origin.js';
import { drive, driveFor } from './traffic.js';

const RETRY: RetryConfig = { backoff: { initBackoff: 1, maxBackoff: 5 } };

/** Three pods of one protocol, behind a balancer. */
interface Pods {
  readonly ports: number[];
  /** Has one pod, or all of them, answer with this status from now on. */
  answer(status: number, only?: number): void;
  /** Requests that each pod got. */
  counts(): number[];
}

async function startPods(): Promise<Pods> {
  const pods = await Promise.all([1, 2, 3].map(() => startOrigin()));
  return {
    ports: pods.map(({ port }) => port),
    answer: (status, only) =>
      pods.forEach((pod, i) => void ((only ?? i) === i && pod.always(reply({ status })))),
    counts: () => pods.map(({ requests }) => requests.length),
  };
}

async function startHttp2Pods(): Promise<Pods> {
  const pods = await Promise.all([1, 2, 3].map(() => startHttp2Origin({ tls: false })));
  return {
    ports: pods.map(({ port }) => port),
    answer: (status, only) =>
      pods.forEach((pod, i) => void ((only ?? i) === i && pod.always(respond({ status })))),
    counts: () => pods.map(({ requests }) => requests.length),
  };
}

const PROTOCOLS: [string, () => Promise<Pods>, ClientConfig][] = [
  ['HTTP/1.1', startPods, {}],
  ['HTTP/2', startHttp2Pods, { http2Only: true }],
];

describe.each(PROTOCOLS)('one pod of three behind a balancer that fails, over %s', (_name, start, client) => {
  it.each([1, 5, 20])('fails no request of 60, %i of them at a time', async (concurrency) => {
    const pods = await start();
    pods.answer(503, 0);
    const balancer = await startBalancer(pods.ports);
    const { http } = attached({ client, retry: RETRY });
    expect(await drive(60, concurrency, () => http.get(balancer.url))).toEqual({ 200: 60 });
  });

  it('is left by its connections soon', async () => {
    const pods = await start();
    pods.answer(503, 0);
    const balancer = await startBalancer(pods.ports);
    const { http } = attached({ client, retry: RETRY });
    await driveFor(1300, 6, () => http.get(balancer.url));
    const [before = 0] = pods.counts();
    await drive(60, 6, () => http.get(balancer.url));
    const [after = 0] = pods.counts();
    expect(after - before).toBeLessThan(12);
  });

  it('takes retries elsewhere only if they may go there', async () => {
    const pods = await start();
    pods.answer(503, 0);
    const balancer = await startBalancer(pods.ports);
    const { http } = attached({ client, retry: { ...RETRY, elsewhere: false, maxRetries: 3 } });
    expect(await drive(10, 1, () => http.get(balancer.url))).toEqual({ ERR_BAD_RESPONSE: 10 });
    expect(pods.counts()).toEqual([40, 0, 0]);
  });

  it('is used again when all fail, for as many connections as there are requests, and no more than one a second besides', async () => {
    const pods = await start();
    pods.answer(503);
    const balancer = await startBalancer(pods.ports);
    const { http } = attached({ client, retry: { ...RETRY, maxRetries: 2 } });
    await drive(60, 5, () => http.get(balancer.url));
    const before = balancer.connections;
    await driveFor(1000, 5, () => http.get(balancer.url));
    expect(balancer.connections - before).toBeLessThanOrEqual(5);
    pods.answer(200);
    expect(await drive(20, 5, () => http.get(balancer.url))).toEqual({ 200: 20 });
  });
});

describe('a request over HTTP/2 whose connection could not be made', () => {
  it.each([['http'], ['https']])('goes to another address of the name, for %s:// URLs', async (scheme) => {
    const port = await portToTake();
    const bad = await startTcp((socket) => void socket.destroy(), '127.0.0.1', port);
    const good = await startHttp2Origin({ tls: scheme === 'https', host: '127.0.0.2', port });
    const lookup = lookupTo('127.0.0.1', '127.0.0.2');
    const { http: client } = attached({
      defaults: { httpAgent: new http.Agent({ lookup }), httpsAgent: new https.Agent({ lookup }) },
      client: { http2Only: true, randomizeAddresses: false, tls: { ca, servername: 'localhost' } },
      retry: { ...RETRY, maxRetries: 1 },
    });
    expect((await client.get(`${scheme}://two.test:${port}/`)).status).toBe(200);
    expect([bad.sockets.length > 0, good.sessions.length]).toEqual([true, 1]);
  });
});
