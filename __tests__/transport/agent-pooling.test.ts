import { Agent as HttpAgent } from 'node:http';
import KeepAlive from 'agentkeepalive';
import { attached, failureOf } from '../helpers/attached.js';
import { never, type Origin, slow, startOrigin } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';

let origin: Origin;
beforeEach(async () => {
  origin = await startOrigin();
});

const attach = (httpAgent: HttpAgent, client = {}) => attached({ client, defaults: { httpAgent } });

/** How long the connection stays open after a request. */
async function idleMs({ http }: ReturnType<typeof attach>): Promise<number> {
  await http.get(origin.url);
  const startedAt = performance.now();
  await origin.idle();
  return performance.now() - startedAt;
}

/** Has three requests made at the same time. @returns how many of their connections are kept. */
async function keptOfThree({ http, policy }: ReturnType<typeof attach>): Promise<number> {
  origin.always(slow(30));
  await Promise.all(Array.from({ length: 3 }, () => http.get(origin.url)));
  await until(() => policy.stats().pools.every(({ active }) => active === 0));
  return policy.stats().pools[0]?.idle ?? 0;
}

/** A copy of agentkeepalive that is not the package's, as pnpm installs them. */
function secondCopy(): typeof KeepAlive {
  let copy: typeof KeepAlive | undefined;
  jest.isolateModules(() => {
    copy = require('agentkeepalive');
  });
  if (copy === undefined || copy === KeepAlive) throw new Error('This is the same copy');
  return copy;
}

const COPIES: [string, () => typeof KeepAlive][] = [
  ['the package’s copy', () => KeepAlive],
  ['another copy', secondCopy],
];

describe('Where the policy’s field is at its default, the stricter holds', () => {
  it('timeout ends idle connections', async () => {
    expect(await idleMs(attach(new HttpAgent({ keepAlive: true, timeout: 60 })))).toBeLessThan(1000);
  });

  it('timeout does not end a connection in use, as axios does not listen', async () => {
    origin.always(slow(120));
    const { http } = attach(new HttpAgent({ keepAlive: true, timeout: 40 }));
    expect((await http.get(origin.url)).status).toBe(200);
  });

  it('keepAlive: false makes a connection for each request', async () => {
    const { http } = attach(new HttpAgent({ keepAlive: false }));
    for (let i = 0; i < 3; i += 1) await http.get(origin.url);
    expect(origin.connections).toBe(3);
  });

  it('so does an agent of which it is switched off later', async () => {
    const httpAgent = new HttpAgent({ keepAlive: true });
    const { http } = attach(httpAgent);
    await http.get(origin.url);
    Object.assign(httpAgent, { keepAlive: false });
    for (let i = 0; i < 2; i += 1) await http.get(origin.url);
    expect(origin.connections).toBe(3);
  });

  it('an agent that says nothing of keepAlive keeps what the policy keeps', async () => {
    const { http } = attach(new HttpAgent());
    for (let i = 0; i < 3; i += 1) await http.get(origin.url);
    expect(origin.connections).toBe(1);
  });

  it('maxFreeSockets limits the idle connections', async () => {
    expect(await keptOfThree(attach(new HttpAgent({ keepAlive: true, maxFreeSockets: 1 })))).toBe(1);
  });

  it('scheduling says which idle connection is used first', async () => {
    const it = attach(new HttpAgent({ keepAlive: true, scheduling: 'fifo' }));
    expect(await keptOfThree(it)).toBe(3);
    for (let i = 0; i < 3; i += 1) await it.http.get(origin.url);
    expect(new Set(origin.requests.slice(3).map(({ socketId }) => socketId)).size).toBe(3);
  });
});

describe('A field that the user set wins', () => {
  it('poolIdleTimeout over timeout', async () => {
    const { http } = attach(new HttpAgent({ keepAlive: true, timeout: 30 }), { poolIdleTimeout: '5s' });
    await http.get(origin.url);
    await delay(120);
    await http.get(origin.url);
    expect(origin.connections).toBe(1);
  });

  it.each([{ poolIdleTimeout: '15s' }, { poolMaxIdlePerHost: 5 }])(
    '%j over keepAlive: false',
    async (client) => {
      const { http } = attach(new HttpAgent({ keepAlive: false }), client);
      for (let i = 0; i < 3; i += 1) await http.get(origin.url);
      expect(origin.connections).toBe(1);
    },
  );

  it('poolMaxIdlePerHost over maxFreeSockets', async () => {
    const httpAgent = new HttpAgent({ keepAlive: true, maxFreeSockets: 1 });
    expect(await keptOfThree(attach(httpAgent, { poolMaxIdlePerHost: 2 }))).toBe(2);
  });
});

describe.each(COPIES)('The clocks of agentkeepalive: %s', (_name, copy) => {
  it('freeSocketTimeout ends idle connections', async () => {
    const Agent = copy();
    expect(await idleMs(attach(new Agent({ freeSocketTimeout: 60 })))).toBeLessThan(1000);
  });

  it('timeout ends a connection in use after that silence, with its error', async () => {
    const Agent = copy();
    const { http } = attach(new Agent({ timeout: 60, freeSocketTimeout: 2000 }));
    // axios itself switches it off for the requests that its adapter makes, which the first one is.
    await http.get(origin.url);
    origin.always(never());
    expect((await failureOf(http.get(origin.url))).code).toBe('ERR_SOCKET_TIMEOUT');
    await origin.idle();
  });

  it('readTimeout wins over timeout', async () => {
    const Agent = copy();
    origin.always(slow(120));
    const { http } = attach(new Agent({ timeout: 40, freeSocketTimeout: 2000 }), { readTimeout: '5s' });
    expect((await http.get(origin.url)).status).toBe(200);
  });

  it('freeSocketTimeout does not end a connection that went straight on to a waiting request', async () => {
    const Agent = copy();
    const { http } = attach(new Agent({ freeSocketTimeout: 50, maxSockets: 1 }));
    await http.get(origin.url);
    origin.enqueue(slow(10), slow(200));
    const [, { status }] = await Promise.all([http.get(origin.url), http.get(origin.url)]);
    expect([status, origin.connections]).toEqual([200, 1]);
  });

  it('socketActiveTTL ends a connection also where a request waits for one, which gets a new one', async () => {
    const Agent = copy();
    const { http } = attach(new Agent({ socketActiveTTL: 60, freeSocketTimeout: 5000, maxSockets: 1 }));
    origin.enqueue(slow(100));
    const [, { status }] = await Promise.all([http.get(origin.url), http.get(origin.url)]);
    expect([status, origin.connections]).toEqual([200, 2]);
  });

  it('socketActiveTTL is how old a connection may become', async () => {
    const Agent = copy();
    const { http } = attach(new Agent({ socketActiveTTL: 400, freeSocketTimeout: 5000 }));
    await http.get(origin.url);
    await http.get(origin.url);
    expect(origin.connections).toBe(1);
    await origin.idle();
  });
});
