import http from 'node:http';
import { resolvePolicy } from '../../lib/config/resolve.js';
import type { ClientConfig } from '../../lib/index.js';
import { poolOptions } from '../../lib/transport/pool-options.js';
import { SocketRegistry } from '../../lib/transport/socket-registry.js';
import { attached } from '../helpers/attached.js';
import { lookupTo } from '../helpers/faults.js';
import { type Http2Call, respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { startOrigin } from '../helpers/origin.js';
import { portToTake } from '../helpers/tcp.js';
import { until } from '../helpers/wait.js';
import { driveUntil } from './traffic.js';

describe('a connection that has reached connectionMaxAge', () => {
  it('takes no new request, and no request fails', async () => {
    const origin = await startOrigin();
    const { http: client } = attached({ client: { connectionMaxAge: '150ms' } });
    const tally = await driveUntil(
      () => origin.connections >= 8,
      2,
      () => client.post(origin.url, 'x'),
    );
    expect(Object.keys(tally)).toEqual(['200']);
    expect(tally[200]).toBeGreaterThan(origin.connections);
  });

  it('is closed when it is idle', async () => {
    const origin = await startOrigin();
    const { http: client } = attached({ client: { connectionMaxAge: '150ms' } });
    await client.get(origin.url);
    expect(origin.openSockets).toBe(1);
    await origin.idle();
  });

  it('is not of the same age as others, so that those of a fleet do not end in one instant', () => {
    const { client } = resolvePolicy({ client: { connectionMaxAge: '100s' } });
    const { drawMaxAgeMs } = poolOptions(client, undefined, new SocketRegistry());
    const ages = Array.from({ length: 200 }, () => drawMaxAgeMs?.() ?? 0).sort((a, b) => a - b);
    expect(ages[0]).toBeGreaterThanOrEqual(80_000);
    expect(ages.at(-1)).toBeLessThanOrEqual(100_000);
    expect((ages.at(-1) ?? 0) - (ages[0] ?? 0)).toBeGreaterThan(15_000);
  });

  it('does not exist with connectionMaxAge: false', () => {
    const { client } = resolvePolicy({ client: { connectionMaxAge: false } });
    expect(poolOptions(client, undefined, new SocketRegistry()).drawMaxAgeMs?.()).toBeUndefined();
  });
});

describe('an HTTP/2 session that has reached connectionMaxAge', () => {
  it('takes no new request, but ends those that it has', async () => {
    const origin = await startHttp2Origin({ tls: false });
    const answer = respond({ body: 'whole' });
    const waiting: Http2Call[] = [];
    origin.always((call) => (call.headers[':path'] === '/slow' ? waiting.push(call) : answer(call)));
    const { http: client } = attached({ client: { http2Only: true, connectionMaxAge: '150ms' } });
    const slow = client.get(`${origin.url}/slow`);
    const tally = await driveUntil(
      () => origin.sessions.length >= 3,
      1,
      () => client.get(origin.url),
    );
    expect(Object.keys(tally)).toEqual(['200']);
    for (const call of waiting) answer(call);
    expect((await slow).data).toBe('whole');
    await until(() => origin.openSockets === 0);
  });
});

describe.each<[string, ClientConfig]>([
  ['HTTP/1.1', {}],
  ['HTTP/2', { http2Only: true }],
])('a name whose address changes, over %s', (_name, client) => {
  it('is followed within connectionMaxAge, and no request fails', async () => {
    const port = await portToTake();
    const start = (host: string) =>
      client.http2Only === true ? startHttp2Origin({ tls: false, host, port }) : startOrigin({ host, port });
    const [before, after] = await Promise.all([start('127.0.0.1'), start('127.0.0.2')]);
    let lookup = lookupTo('127.0.0.1');
    const agent = new http.Agent({ lookup: (...args) => lookup(...args) });
    const { http: axios } = attached({
      client: { connectionMaxAge: '200ms', ...client },
      defaults: { httpAgent: agent },
    });
    const get = () => axios.get(`http://moving.test:${port}/`);
    const tallies = [await driveUntil(() => before.requests.length >= 10, 3, get)];
    expect(after.connections).toBe(0);
    lookup = lookupTo('127.0.0.2');
    // One that was just being made goes to the old address still.
    const hasMoved = () => before.openSockets === 0 && after.requests.length >= 20;
    tallies.push(await driveUntil(hasMoved, 3, get));
    const count = before.requests.length;
    tallies.push(await driveUntil(() => after.requests.length >= 40, 3, get));
    expect(before.requests.length).toBe(count);
    expect(tallies.map((tally) => Object.keys(tally))).toEqual([['200'], ['200'], ['200']]);
  });
});
