import type { ClientConfig } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { startRelay } from '../helpers/faults.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { reply, slow, startOrigin } from '../helpers/origin.js';
import { drive } from './traffic.js';

/** Long enough for a busy machine to answer in. */
const TIMEOUT_MS = 800;

/** A warm pool behind a middlebox that has forgotten its connections. */
async function setUp(connections: number, client: ClientConfig = {}) {
  const isHttp2 = client.http2Only === true;
  const origin = isHttp2 ? await startHttp2Origin({ tls: false }) : await startOrigin();
  if ('enqueue' in origin) origin.always(slow(100, reply()));
  else origin.always(respond({}));
  const path = await startRelay(origin.port);
  const it = attached({
    client: { timeout: TIMEOUT_MS, ...client },
    retry: { backoff: { initBackoff: 1, maxBackoff: 5 } },
  });
  const url = `http://127.0.0.1:${path.port}/`;
  await drive(connections, connections, () => it.http.get(url, { policy: { timeout: '10s' } }));
  if ('enqueue' in origin) origin.always(reply());
  const pooled = path.openSockets;
  path.freeze();
  return { ...it, url, path, pooled };
}

describe.each<[string, number, ClientConfig]>([
  ['20 idle connections', 20, {}],
  ['an HTTP/2 session', 1, { http2Only: true }],
])('%s that died in silence', (_name, connections, client) => {
  it('cost a GET one timeout, and those after it nothing', async () => {
    const { http, policy, url, path, pooled } = await setUp(connections, client);
    expect(pooled).toBe(connections);
    expect((await http.get(url)).status).toBe(200);
    expect(policy.stats().retries).toBe(1);
    expect(await drive(20, 20, () => http.get(url))).toEqual({ 200: 20 });
    expect(policy.stats().retries).toBe(1);
    expect(path.openSockets).toBeLessThanOrEqual(21);
  });

  it('cost a POST one failure, and those after it none', async () => {
    const { http, url } = await setUp(connections, client);
    expect(await drive(1, 1, () => http.post(url, 'x'))).toEqual({ ECONNABORTED: 1 });
    expect(await drive(10, 5, () => http.post(url, 'x'))).toEqual({ 200: 10 });
  });

  it('cost POSTs that are made at a time one failure each at most', async () => {
    const { http, url } = await setUp(connections, client);
    const first = await drive(10, 10, () => http.post(url, 'x'));
    expect((first[200] ?? 0) + (first.ECONNABORTED ?? 0)).toBe(10);
    expect(await drive(10, 10, () => http.post(url, 'x'))).toEqual({ 200: 10 });
  });
});
