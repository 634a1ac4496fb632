import type { ClientConfig } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { holdTime } from '../helpers/clock.js';
import { startRelay } from '../helpers/faults.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { reply, slow, startOrigin } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { drive } from './traffic.js';

const TIMEOUT_MS = 800;

/** A warm pool behind a middlebox that has forgotten its connections. */
async function setUp(connections: number, client: ClientConfig = {}) {
  const time = holdTime();
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
  // What was sent before is no answer to what comes now.
  await time.advance(1000);
  /** Lets attempts run into their timeout; for what comes after that, time goes on slowly. */
  const timeOut = async <T>(requests: Promise<T>): Promise<T> => {
    let isOver = false;
    const outcome = requests.finally(() => {
      isOver = true;
    });
    await delay(50);
    await time.advance(TIMEOUT_MS);
    await until(async () => {
      await time.advance(1);
      return isOver;
    });
    return outcome;
  };
  return { ...it, url, path, pooled, timeOut };
}

describe.each<[string, number, ClientConfig]>([
  ['20 idle connections', 20, {}],
  ['an HTTP/2 session', 1, { http2Only: true }],
])('%s that died in silence', (_name, connections, client) => {
  it('cost a GET one timeout, and those after it nothing', async () => {
    const { http, policy, url, path, pooled, timeOut } = await setUp(connections, client);
    expect(pooled).toBe(connections);
    expect((await timeOut(http.get(url))).status).toBe(200);
    expect(policy.stats().retries).toBe(1);
    expect(await drive(20, 20, () => http.get(url))).toEqual({ 200: 20 });
    expect(policy.stats().retries).toBe(1);
    expect(path.openSockets).toBeLessThanOrEqual(21);
  });

  it('cost a POST one failure, and those after it none', async () => {
    const { http, url, timeOut } = await setUp(connections, client);
    expect(await timeOut(drive(1, 1, () => http.post(url, 'x')))).toEqual({ ECONNABORTED: 1 });
    expect(await drive(10, 5, () => http.post(url, 'x'))).toEqual({ 200: 10 });
  });

  it('cost POSTs that are made at a time one failure each at most', async () => {
    const { http, url, timeOut } = await setUp(connections, client);
    const first = await timeOut(drive(10, 10, () => http.post(url, 'x')));
    expect((first[200] ?? 0) + (first.ECONNABORTED ?? 0)).toBe(10);
    expect(await drive(10, 10, () => http.post(url, 'x'))).toEqual({ 200: 10 });
  });
});
