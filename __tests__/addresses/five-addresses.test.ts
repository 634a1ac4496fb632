import http from 'node:http';
import type { ClientConfig } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { lookupTo } from '../helpers/faults.js';
import { never, type Origin, reply, reset, startOrigin } from '../helpers/origin.js';
import { portToTake } from '../helpers/tcp.js';
import { drive, driveFor } from './traffic.js';

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];

const BROKEN: Record<string, (origin: Origin) => void | Promise<void>> = {
  'answers 503': (origin) => void origin.always(reply({ status: 503 })),
  'is silent': (origin) => void origin.always(never()),
  'resets connections': (origin) => void origin.always(reset()),
  'refuses connections': (origin) => origin.close(),
};

const CASES = Object.keys(BROKEN).map((how, i) => [i, how] as const);

async function startFive(which: number, how: string) {
  const port = await portToTake();
  const origins = await Promise.all(ADDRESSES.map((host) => startOrigin({ host, port })));
  const bad = origins[which] as Origin;
  await BROKEN[how]?.(bad);
  const lookup = lookupTo(...ADDRESSES);
  const start = (client: ClientConfig) =>
    attached({
      defaults: { httpAgent: new http.Agent({ lookup }) },
      client: { timeout: '250ms', ...client },
      retry: { backoff: { initBackoff: 1, maxBackoff: 5 } },
    });
  const loads = () => origins.filter((origin) => origin !== bad).map(({ requests }) => requests.length);
  return { url: `http://five.test:${port}/`, bad, start, loads };
}

describe.each(CASES)('the address no. %i of five that %s', (which, how) => {
  it('fails no request of 200, and the load of the others is even', async () => {
    const { url, bad, start, loads } = await startFive(which, how);
    // Each request on a connection of its own, so that the load is that of the addresses.
    const { http: client } = start({ poolMaxIdlePerHost: 0 });
    expect(await drive(200, 10, () => client.get(url))).toEqual({ 200: 200 });
    const mean = loads().reduce((sum, load) => sum + load, 0) / 4;
    for (const load of loads()) expect(Math.abs(load - mean) / mean).toBeLessThan(0.1);
    expect(bad.requests.length).toBeLessThan(30);
  });

  it('gets one request per ejection', async () => {
    const { url, bad, start } = await startFive(which, how);
    const { http: client, policy } = start({
      eject: { failures: 5, for: '300ms', maxPercent: 50 },
      poolMaxIdlePerHost: 0,
    });
    await drive(100, 20, () => client.get(url));
    const before = bad.requests.length;
    // 300 ms, then 600 ms: two ends of ejections.
    expect(Object.keys(await driveFor(800, 5, () => client.get(url)))).toEqual(['200']);
    expect(bad.requests.length - before).toBeLessThanOrEqual(3);
    const ejected = policy.stats().addresses.filter(({ state }) => state !== 'used');
    expect(ejected.map(({ address }) => address)).toEqual([ADDRESSES[which]]);
  });
});
