import http from 'node:http';
import type { ClientConfig, RetryConfig } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { startBalancer } from '../helpers/balancer.js';
import { lookupTo } from '../helpers/faults.js';
import { reply, slow, startOrigin } from '../helpers/origin.js';
import { portToTake } from '../helpers/tcp.js';
import { drive, driveUntil } from './traffic.js';

const RETRY: RetryConfig = { backoff: { initBackoff: 1, maxBackoff: 5 }, maxRetries: 4 };

/** An instance of which more requests are made than it may have connections: Node passes each on to the next one. */
const saturated = (maxSockets: number, client: ClientConfig = {}, lookup = lookupTo('127.0.0.1')) =>
  attached({ client, retry: RETRY, defaults: { httpAgent: new http.Agent({ maxSockets, lookup }) } });

describe('a connection that goes from one waiting request to the next', () => {
  it.each([1, 3])('is left by retries if it leads to a pod that fails, of %i', async (maxSockets) => {
    const pods = await Promise.all([1, 2, 3].map(() => startOrigin()));
    pods[0]?.always(reply({ status: 503 }));
    const balancer = await startBalancer(pods.map(({ port }) => port));
    const { http: client } = saturated(maxSockets);
    expect(await drive(60, 20, () => client.post(balancer.url, 'x'))).toEqual({ 200: 60 });
  });

  it('ends when it has reached connectionMaxAge', async () => {
    const origin = await startOrigin();
    origin.always(slow(5));
    const { http: client } = saturated(2, { connectionMaxAge: '100ms' });
    const tally = await driveUntil(
      () => origin.connections >= 6,
      10,
      () => client.post(origin.url, 'x'),
    );
    expect(Object.keys(tally)).toEqual(['200']);
    expect(origin.connections).toBeGreaterThanOrEqual(6);
  });

  it('ends when its address is ejected', async () => {
    const port = await portToTake();
    const [bad, good] = await Promise.all([
      startOrigin({ host: '127.0.0.1', port }),
      startOrigin({ host: '127.0.0.2', port }),
    ]);
    const eject = { failures: 3, for: '1min', maxPercent: 50 } as const;
    const { http: client } = saturated(4, { eject }, lookupTo('127.0.0.1', '127.0.0.2'));
    const get = () => client.get(`http://two.test:${port}/`);
    await drive(20, 12, get);
    expect(bad.openSockets).toBeGreaterThan(0);
    bad.always(reply({ status: 503 }));
    expect(await drive(60, 12, get)).toEqual({ 200: 60 });
    expect(bad.openSockets).toBe(0);
    expect(good.openSockets).toBeGreaterThan(0);
  });
});
