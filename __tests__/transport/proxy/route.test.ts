import { once } from 'node:events';
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { parseProxyUrl } from '../../../lib/config/proxy-url.js';
import { Secret } from '../../../lib/config/render.js';
import type { ProxyAddress } from '../../../lib/config/resolved.js';
import type { TlsConfig } from '../../../lib/config/types.js';
import { ConnectTimeoutError, PolicyConfigError } from '../../../lib/errors.js';
import type { ConnectionOptions } from '../../../lib/transport/connect.js';
import { internalsOf } from '../../../lib/transport/node-internals.js';
import { connectionState } from '../../../lib/transport/observe.js';
import type { PoolOptions } from '../../../lib/transport/pool-options.js';
import { poolStats } from '../../../lib/transport/pools.js';
import type { Route } from '../../../lib/transport/proxy/route.js';
import type { TunnelHttpsAgent } from '../../../lib/transport/proxy/tunnel-agent.js';
import type { PooledAgent } from '../../../lib/transport/socket-registry.js';
import { SocketRegistry } from '../../../lib/transport/socket-registry.js';
import { AXIOS_COPIES } from '../../helpers/axios-copies.js';
import * as certs from '../../helpers/certs.js';
import { atEnd } from '../../helpers/cleanup.js';
import { holdTime } from '../../helpers/clock.js';
import type { RecordingLookup } from '../../helpers/faults.js';
import { closedPort, lookupTo, startTcp, startTlsStall } from '../../helpers/faults.js';
import { watchLeaks } from '../../helpers/leaks.js';
import type { Origin } from '../../helpers/origin.js';
import { deaf, handler, never, redirect, startOrigin } from '../../helpers/origin.js';
import type { TestProxy } from '../../helpers/proxy.js';
import { startProxy } from '../../helpers/proxy.js';
import { proxyAgentFor, routeWith } from '../../helpers/route.js';
import { delay, until } from '../../helpers/wait.js';

const USER = 'us er@:/';
const PASSWORD = 's3cr:et p@ss/word';
const BASIC = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');

interface Setup {
  allowInvalidCertificates?: boolean;
  proxyExcludes?: string[];
  pool?: Partial<PoolOptions>;
  ca?: string;
  tls?: TlsConfig;
  env?: NodeJS.ProcessEnv;
  userAgent?: string;
}

function address(url: string): ProxyAddress {
  const parsed = parseProxyUrl(url);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.value;
}

/** The agents of a policy with this proxy; `undefined` = by the environment. */
function setUp(proxyUrl: string | undefined, setup: Setup = {}) {
  const { allowInvalidCertificates = false, proxyExcludes = [], env } = setup;
  const sockets = new SocketRegistry();
  const pool: PoolOptions = {
    connectTimeoutMs: 2_000,
    poolIdleTimeoutMs: 2_000,
    poolMaxIdlePerHost: Number.POSITIVE_INFINITY,
    sockets,
    ...setup.pool,
  };
  const agents = routeWith({
    client: {
      allowInvalidCertificates,
      proxyExcludes,
      proxyUrl: proxyUrl === undefined ? undefined : address(proxyUrl),
      tls: new Secret({ proxyCa: certs.otherCa, ...setup.tls }),
      userAgent: setup.userAgent,
    },
    pool,
    tls: {
      handshake: allowInvalidCertificates ? { rejectUnauthorized: false } : {},
      material: { ca: setup.ca ?? certs.ca },
    },
    env,
  });
  atEnd(() => sockets.destroyAll());
  return { agents, sockets };
}

const agentFor = (agents: Route, url: string): PooledAgent => {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'https:';
  const agent = proxyAgentFor(agents, secure ? 'https:' : 'http:', {
    host: hostname,
    port: port || undefined,
  });
  if (agent === undefined) throw new Error(`no proxy for ${url}`);
  return agent;
};

interface Answer {
  status: number | undefined;
  body: string;
  response: IncomingMessage;
}

function begin(agents: Route, url: string, options: RequestOptions = {}): ClientRequest {
  const { request } = url.startsWith('https:') ? https : http;
  return request(url, { agent: agentFor(agents, url), ...options });
}

async function answerOf(request: ClientRequest): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += piece;
  return { status: response.statusCode, body, response };
}

const get = (agents: Route, url: string, options?: RequestOptions): Promise<Answer> =>
  answerOf(begin(agents, url, options).end());

async function failureOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const outcome = await promise.then(
    () => new Error('no failure'),
    (error: Error) => error,
  );
  return outcome as Error & Record<string, unknown>;
}

/** Everything a careless logger could print. */
const printed = (value: unknown): string => {
  const shown = [
    inspect(value, { depth: 10 }),
    inspect(value, { depth: 10, getters: true, showProxy: true }),
  ];
  try {
    shown.push(JSON.stringify(value));
  } catch {
    // Circular, as Node's own objects are: JSON prints nothing at all.
  }
  return shown.join('\n');
};

const idleIn = (agents: Route): number =>
  agents
    .pools()
    .flatMap(({ scheme, agent }) => poolStats(scheme, agent))
    .reduce((sum, { idle }) => sum + idle, 0);

describe('https targets', () => {
  let proxy: TestProxy;
  let origin: Origin;
  beforeEach(async () => {
    [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: true })]);
  });

  it('take one tunnel per host: six requests to two hosts make two connections to the proxy', async () => {
    const { agents } = setUp(proxy.url);
    for (let i = 0; i < 3; i += 1) {
      expect((await get(agents, `https://localhost:${origin.port}/`)).body).toBe('Hello World');
      expect((await get(agents, `https://127.0.0.1:${origin.port}/`)).body).toBe('Hello World');
    }
    expect(proxy.connections).toBe(2);
    expect(proxy.tunnels).toEqual([`localhost:${origin.port}`, `127.0.0.1:${origin.port}`]);
  });

  it('show the proxy nothing of the request', async () => {
    const { agents } = setUp(proxy.url, { userAgent: 'policy/1' });
    const headers = { Authorization: 'Bearer token', Cookie: 'a=b', 'User-Agent': 'request/2', 'X-Own': '1' };
    await get(agents, `${origin.url}/path?query`, { headers });
    const names = new Set(Object.keys(proxy.requests[0]?.headers ?? {}));
    expect(names).toEqual(new Set(['host', 'proxy-connection', 'user-agent']));
    expect(proxy.requests[0]?.headers['user-agent']).toBe('policy/1');
    expect(origin.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token',
      'user-agent': 'request/2',
    });
  });

  it('are reached at an IPv6 literal', async () => {
    const six = await startOrigin({ tls: true, host: '::1' });
    const { agents } = setUp(proxy.url);
    const outcome = await get(agents, six.url).then(
      ({ body }) => body,
      ({ code }) => code,
    );
    expect(outcome).toBe(certs.refusesIpv6Literals ? 'ERR_TLS_CERT_ALTNAME_INVALID' : 'Hello World');
    expect(proxy.tunnels).toEqual([`[::1]:${six.port}`]);
  });

  it('are verified: an IP literal with a certificate for localhost alone is rejected', async () => {
    const local = await startOrigin({ tls: certs.localhostOnly });
    const { agents } = setUp(proxy.url);
    expect((await get(agents, `https://localhost:${local.port}/`)).status).toBe(200);
    const error = await failureOf(get(agents, `https://127.0.0.1:${local.port}/`));
    expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(local.requests).toHaveLength(1);
  });

  it('are rejected with a certificate of an unknown authority', async () => {
    const { agents } = setUp(proxy.url, { ca: certs.otherCa });
    expect((await failureOf(get(agents, origin.url))).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    await proxy.idle();
  });

  it('resume the TLS session of an earlier connection', async () => {
    const { agents } = setUp(proxy.url, { pool: { poolMaxIdlePerHost: 0 } });
    await get(agents, origin.url);
    await get(agents, origin.url);
    expect(proxy.connections).toBe(2);
    expect(origin.secureSessionsReused).toBe(1);
  });

  it('keep no more idle tunnels than poolMaxIdlePerHost', async () => {
    const { agents } = setUp(proxy.url, { pool: { poolMaxIdlePerHost: 2 } });
    await Promise.all(Array.from({ length: 6 }, () => get(agents, origin.url)));
    await until(() => proxy.openSockets === 2);
    expect(idleIn(agents)).toBe(2);
  });

  it('close idle tunnels after poolIdleTimeout', async () => {
    const { agents } = setUp(proxy.url, { pool: { poolIdleTimeoutMs: 30 } });
    await get(agents, origin.url);
    await proxy.idle();
    expect(idleIn(agents)).toBe(0);
  });

  it('mark the connection as ready only when the TLS with the origin is', async () => {
    const { agents } = setUp(proxy.url);
    const request = begin(agents, origin.url).end();
    const [socket] = (await once(request, 'socket')) as [Socket];
    expect(connectionState(socket)).toMatchObject({ ready: false });
    await answerOf(request);
    expect(connectionState(socket)).toMatchObject({ ready: true });
  });

  it('share their statistics with direct connections: pools have the name of the origin', async () => {
    const { agents } = setUp(proxy.url);
    await get(agents, origin.url);
    await until(() => idleIn(agents) === 1);
    const stats = agents.pools().map(({ scheme, agent }) => poolStats(scheme, agent));
    expect(stats).toEqual([[{ origin: origin.url, active: 0, idle: 1, pending: 0 }]]);
  });

  it('count as active while CONNECT is pending, and are ended by the agent and by the policy', async () => {
    proxy.onConnect = 'stall';
    const { agents, sockets } = setUp(proxy.url);
    const failures = ['a', 'b'].map((path) => failureOf(get(agents, `${origin.url}/${path}`)));
    await until(() => proxy.tunnels.length === 2);
    const agent = agentFor(agents, origin.url);
    expect(poolStats('https', agent)).toEqual([{ origin: origin.url, active: 2, idle: 0, pending: 0 }]);
    agent.destroy();
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['ECONNRESET', 'ECONNRESET']);
    await sockets.whenEmpty();

    const last = failureOf(get(agents, origin.url));
    await until(() => proxy.tunnels.length === 3);
    sockets.destroyAll();
    expect((await last).code).toBe('ECONNRESET');
    await sockets.whenEmpty();
    await proxy.idle();
  });

  it('look the proxy up as the options of the request say, and not the origin', async () => {
    const { agents } = setUp(proxy.url.replace('127.0.0.1', 'proxy.test'));
    const lookup = lookupTo('127.0.0.1');
    await get(agents, origin.url, { lookup });
    expect(lookup.asked).toEqual(['proxy.test']);
  });

  it('may be connected to without a request, as some libraries do', async () => {
    const { agents, sockets } = setUp(proxy.url);
    const agent = agentFor(agents, origin.url) as TunnelHttpsAgent;
    const connect = (port: number) =>
      new Promise<Duplex>((resolve, reject) => {
        const options = { host: 'localhost', port } as ConnectionOptions;
        agent.createConnection(options, (error, socket) => (error ? reject(error) : resolve(socket)));
      });
    const socket = await connect(origin.port);
    await once(socket, 'secureConnect');
    socket.destroy();
    proxy.onConnect = 502;
    expect(await failureOf(connect(origin.port))).toMatchObject({ proxyStatus: 502 });
    await sockets.whenEmpty();
  });

  it('send no 2xx of their own: what the proxy refuses is an error and never a response', async () => {
    proxy.onConnect = 503;
    const { agents } = setUp(proxy.url);
    const error = await failureOf(get(agents, origin.url));
    expect(error).toMatchObject({ code: 'ERR_POLICY_PROXY_TUNNEL', proxyStatus: 503 });
    await proxy.idle();
    expect(poolStats('https', agentFor(agents, origin.url))).toEqual([]);
  });

  it('fail with ECONNREFUSED if the proxy is down', async () => {
    const { agents } = setUp(`http://127.0.0.1:${await closedPort()}`);
    expect(await failureOf(get(agents, origin.url))).toMatchObject({
      code: 'ECONNREFUSED',
      syscall: 'connect',
    });
  });

  it('fail if their TLS options are no good, and leave no tunnel behind', async () => {
    const { agents, sockets } = setUp(proxy.url);
    const options = { checkServerIdentity: 'not a function' } as RequestOptions;
    // What Node calls it depends on its version.
    expect((await failureOf(get(agents, origin.url, options))).code).toMatch(
      /^ERR_INTERNAL_ASSERTION$|^ERR_INVALID_ARG_TYPE$/,
    );
    await proxy.idle();
    await sockets.whenEmpty();
  });
});

describe('https targets and a limit of sockets, taken over from an agent', () => {
  const maxSockets = (n: number) => ({ pool: { connection: { maxSockets: n } } });

  it('never open more tunnels than that, and every request has its turn', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: true })]);
    const { agents } = setUp(proxy.url, maxSockets(2));
    const answers = await Promise.all(Array.from({ length: 7 }, () => get(agents, origin.url)));
    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(200));
    expect(proxy.connections).toBe(2);
  });

  it('never open more at a time if none is reused', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: true })]);
    const { agents } = setUp(proxy.url, maxSockets(1));
    const options = { headers: { Connection: 'close' } };
    const answers = await Promise.all(Array.from({ length: 4 }, () => get(agents, origin.url, options)));
    expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
    expect(proxy.connections).toBe(4);
  });

  it('tell every waiting request that the proxy refuses, one after the other', async () => {
    const proxy = await startProxy({ connect: 403 });
    const { agents, sockets } = setUp(proxy.url, maxSockets(1));
    const failures = Array.from({ length: 4 }, () => failureOf(get(agents, 'https://host.test/')));
    expect((await Promise.all(failures)).map(({ proxyStatus }) => proxyStatus)).toEqual([403, 403, 403, 403]);
    expect(proxy.tunnels).toHaveLength(4);
    await sockets.whenEmpty();
    expect(poolStats('https', agentFor(agents, 'https://host.test/'))).toEqual([]);
  });
});

describe('http targets', () => {
  it('take one connection for all hosts: six requests to two hosts', async () => {
    const origin = await startOrigin();
    const proxy = await startProxy({ hosts: { 'one.test': origin.port, 'two.test': origin.port } });
    const { agents } = setUp(proxy.url);
    for (let i = 0; i < 3; i += 1) {
      expect((await get(agents, 'http://one.test/')).body).toBe('Hello World');
      expect((await get(agents, 'http://two.test/')).body).toBe('Hello World');
    }
    expect(proxy.connections).toBe(1);
    expect(proxy.tunnels).toEqual([]);
  });

  it.each([
    ['http://one.test/', 'http://one.test/'],
    ['http://one.test:80/a?b=c&d', 'http://one.test/a?b=c&d'],
    ['http://one.test:8080/%20ä?ü', 'http://one.test:8080/%20%C3%A4?%C3%BC'],
    ['http://[::1]:8080/', 'http://[::1]:8080/'],
    ['http://[::1]/', 'http://[::1]/'],
  ])('are asked for in absolute form: %s as %s', async (url, target) => {
    const proxy = await startProxy({ forward: 200 });
    const { agents } = setUp(proxy.url);
    await get(agents, url);
    expect(proxy.requests[0]?.head.split('\r\n')[0]).toBe(`GET ${target} HTTP/1.1`);
    expect(proxy.requests[0]?.headers.host).toBe(new URL(target).host);
  });

  it('are asked for without a path by OPTIONS *', async () => {
    const proxy = await startProxy({ forward: 200 });
    const { agents } = setUp(proxy.url);
    await get(agents, 'http://one.test/', { method: 'OPTIONS', path: '*' });
    expect(proxy.requests[0]?.head.split('\r\n')[0]).toBe('OPTIONS http://one.test HTTP/1.1');
  });

  it('are named by the URL and not by a Host header, which stays as it is', async () => {
    const proxy = await startProxy({ forward: 200 });
    const { agents } = setUp(proxy.url);
    await get(agents, 'http://one.test/', { headers: { Host: 'virtual.test' } });
    expect(proxy.requests[0]).toMatchObject({
      target: 'http://one.test/',
      headers: { host: 'virtual.test' },
    });
  });

  it('see nothing of the credentials for the proxy', async () => {
    const origin = await startOrigin();
    const auth = { user: USER, password: PASSWORD };
    const proxy = await startProxy({ auth, hosts: { 'one.test': origin.port } });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    expect((await get(agents, 'http://one.test/')).status).toBe(200);
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(`Basic ${BASIC}`);
    expect(origin.requests[0]?.rawHeaders.join()).not.toContain(BASIC);
  });

  it('answer through the proxy, and so does the proxy: a 407 is a response', async () => {
    const proxy = await startProxy({ auth: { user: 'another', password: 'other' } });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    expect((await get(agents, 'http://one.test/')).status).toBe(407);
  });

  it.each([
    ['http', false],
    ['https', true],
  ])(
    'take uploads with Expect: 100-continue, whose head is made early, through an %s:// proxy',
    async (_name, tls) => {
      const origin = await startOrigin();
      const auth = { user: USER, password: PASSWORD };
      const proxy = await startProxy({ tls, auth, hosts: { 'one.test': origin.port } });
      const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
      const headers = { Expect: '100-continue', 'Content-Length': 4 };
      const request = begin(agents, 'http://one.test/up', { method: 'POST', headers });
      const answer = answerOf(request);
      await once(request, 'continue');
      request.end('body');
      expect((await answer).status).toBe(200);
      expect(proxy.requests[0]?.head).toMatch(/^POST http:\/\/one\.test\/up HTTP\/1\.1\r\n/);
      expect(origin.requests[0]?.body.toString()).toBe('body');
    },
  );

  it('take requests with headers in an array, whose head is made early as well', async () => {
    const proxy = await startProxy({ forward: 200, auth: { user: USER, password: PASSWORD } });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    const headers = ['Host', 'one.test', 'X-Own', '1'] as unknown as RequestOptions['headers'] & string[];
    expect((await get(agents, 'http://one.test/', { headers })).status).toBe(200);
    expect(proxy.requests[0]).toMatchObject({ target: 'http://one.test/', headers: { 'x-own': '1' } });
  });

  it('take such requests without credentials, too', async () => {
    const proxy = await startProxy({ forward: 200 });
    const { agents } = setUp(proxy.url);
    const headers = ['Host', 'one.test'] as unknown as RequestOptions['headers'] & string[];
    expect((await get(agents, 'http://one.test/', { headers })).status).toBe(200);
    expect(proxy.requests[0]?.head).toBe(
      'GET http://one.test/ HTTP/1.1\r\nHost: one.test\r\nConnection: keep-alive',
    );
  });

  it('take requests that were written to before an agent got them', async () => {
    const origin = await startOrigin();
    const proxy = await startProxy({
      hosts: { 'one.test': origin.port },
      auth: { user: USER, password: PASSWORD },
    });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    const real = agentFor(agents, 'http://one.test/') as Agent & { addRequest(...args: unknown[]): void };
    const late = Object.assign(Object.create(real) as Agent, {
      addRequest: (...args: unknown[]) => void setImmediate(() => real.addRequest(...args)),
    });
    const headers = { 'Content-Length': 8 };
    const request = http.request('http://one.test/', { method: 'PUT', agent: late, headers });
    request.write('some');
    request.end('body');
    expect((await answerOf(request)).status).toBe(200);
    expect(origin.requests[0]?.body.toString()).toBe('somebody');
    expect(proxy.requests[0]?.target).toBe('http://one.test/');
  });

  it('go through an https:// proxy by one TLS connection, verified by its own name', async () => {
    const origin = await startOrigin();
    const proxy = await startProxy({ tls: true, hosts: { 'one.test': origin.port } });
    const { agents } = setUp(proxy.url);
    expect((await get(agents, 'http://one.test/')).body).toBe('Hello World');
    expect((await get(agents, 'http://one.test/')).body).toBe('Hello World');
    expect(proxy.connections).toBe(1);
    expect(agents.pools().map(({ scheme, agent }) => poolStats(scheme, agent))).toEqual([
      [{ origin: proxy.url, active: 0, idle: 1, pending: 0 }],
    ]);
  });

  it('go through an https:// proxy at an IP address', async () => {
    const proxy = await startProxy({ tls: true, forward: 200 });
    const { agents } = setUp(proxy.url.replace('localhost', '127.0.0.1'));
    expect((await get(agents, 'http://one.test:8080/')).status).toBe(200);
    expect(proxy.requests[0]?.target).toBe('http://one.test:8080/');
  });
});

describe('an https:// proxy', () => {
  it.each(['http', 'https'])('that is self-signed is rejected for %s targets', async (scheme) => {
    const proxy = await startProxy({ tls: certs.selfSigned });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    const error = await failureOf(get(agents, `${scheme}://one.test/`));
    expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(proxy.requests).toHaveLength(0);
  });

  it('and an origin that are self-signed are accepted with allowInvalidCertificates', async () => {
    const plain = await startOrigin();
    const secure = await startOrigin({ tls: certs.selfSigned });
    const proxy = await startProxy({ tls: certs.selfSigned });
    const { agents } = setUp(proxy.url, { allowInvalidCertificates: true });
    expect((await get(agents, plain.url)).status).toBe(200);
    expect((await get(agents, secure.url)).status).toBe(200);
  });

  it('is verified with proxyCa alone, and the origin without it', async () => {
    const proxy = await startProxy({ tls: certs.server });
    const origin = await startOrigin({ tls: certs.other });
    const { agents } = setUp(proxy.url, { tls: { proxyCa: [certs.ca] }, ca: certs.otherCa });
    expect((await get(agents, origin.url)).status).toBe(200);
    const { agents: swapped } = setUp(proxy.url, { tls: { proxyCa: certs.otherCa }, ca: certs.ca });
    expect((await failureOf(get(swapped, origin.url))).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('is verified by the authorities of Node where there is no proxyCa', async () => {
    const proxy = await startProxy({ tls: true });
    const { agents } = setUp(proxy.url, { tls: { proxyCa: undefined } as TlsConfig });
    expect((await failureOf(get(agents, 'https://one.test/'))).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});

describe('connectTimeout', () => {
  const impatient = { pool: { connectTimeoutMs: 60 } };

  async function expectTimeout(promise: Promise<unknown>, place: string, ms = 60): Promise<void> {
    const error = await failureOf(promise);
    expect(error).toBeInstanceOf(ConnectTimeoutError);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect' });
    expect(error.message).toBe(`connect to ${place} timed out after ${ms} ms (client.connectTimeout)`);
  }

  it.each(['http', 'https'])('covers the TLS handshake with the proxy, for %s targets', async (scheme) => {
    const stalled = await startTlsStall();
    const { agents } = setUp(`https://localhost:${stalled.port}`, impatient);
    const proxy = `localhost:${stalled.port}`;
    const place = scheme === 'http' ? proxy : `one.test:443 through proxy https://${proxy}`;
    await expectTimeout(get(agents, `${scheme}://one.test/`), place);
    await stalled.idle();
  });

  it('covers CONNECT', async () => {
    const proxy = await startProxy({ connect: 'stall' });
    const { agents } = setUp(proxy.url, impatient);
    await expectTimeout(get(agents, 'https://one.test/'), `one.test:443 through proxy ${proxy.url}`);
    await proxy.idle();
  });

  it('covers the TLS handshake with the origin', async () => {
    const [proxy, stalled] = await Promise.all([startProxy(), startTlsStall()]);
    const { agents } = setUp(proxy.url, { pool: { connectTimeoutMs: 400 } });
    await expectTimeout(get(agents, `https://${stalled.host}/`), stalled.host, 400);
    await Promise.all([proxy.idle(), stalled.idle()]);
  });

  it('is one budget for both: a slow CONNECT leaves less for TLS', async () => {
    const time = holdTime();
    const slow = await startTcp((socket) => {
      socket.once('data', async () => {
        await time.advance(200);
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        // The handshake, which nobody answers.
        socket.once('data', () => void time.advance(200));
      });
    });
    const { agents } = setUp(`http://${slow.host}`, { pool: { connectTimeoutMs: 400 } });
    // With a budget for each it would be 600.
    await expectTimeout(get(agents, 'https://stalled.test/'), 'stalled.test:443', 400);
    await slow.idle();
  });

  it('does not cut a slow response', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: true })]);
    origin.always(handler((_request, response) => void setTimeout(() => response.end('late'), 450)));
    const { agents } = setUp(proxy.url, { pool: { connectTimeoutMs: 350 } });
    expect((await get(agents, origin.url)).body).toBe('late');
  });

  it('switched off sets no limit', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: true })]);
    const { agents } = setUp(proxy.url, { pool: { connectTimeoutMs: false } });
    expect((await get(agents, origin.url)).status).toBe(200);
  });

  it('ends two hundred stalled tunnels, and leaves no socket, no timer and nothing in the pool', async () => {
    const proxy = await startProxy({ connect: 'stall' });
    const leaks = watchLeaks();
    const { agents, sockets } = setUp(proxy.url, { pool: { connectTimeoutMs: 500 } });
    const failures = Array.from({ length: 200 }, (_, i) =>
      failureOf(get(agents, `https://host${i % 20}.test/`)),
    );
    const codes = new Set((await Promise.all(failures)).map(({ code }) => code));
    expect([...codes]).toEqual(['ETIMEDOUT']);
    await sockets.whenEmpty();
    await proxy.idle();
    await leaks.expectNone();
    const agent = agentFor(agents, 'https://host0.test/');
    expect(internalsOf(agent).totalSocketCount).toBe(0);
    expect(poolStats('https', agent)).toEqual([]);
  });
});

describe('a request that is given up', () => {
  it.each<[string, (request: ClientRequest) => unknown]>([
    ['destroy()', (request) => request.destroy()],
    ['destroy(error)', (request) => request.destroy(new Error('mine'))],
    ['abort()', (request) => request.abort()],
  ])('by %s while CONNECT is pending frees the socket', async (_name, giveUp) => {
    const proxy = await startProxy({ connect: 'stall' });
    const { agents, sockets } = setUp(proxy.url);
    const request = begin(agents, 'https://one.test/').end();
    const closed = new Promise((resolve) => request.once('close', resolve));
    const failed = once(request, 'error');
    await until(() => proxy.tunnels.length === 1);
    giveUp(request);
    const [error] = (await failed) as [Error & { code?: string }];
    expect(error.code ?? error.message).toBe(_name === 'destroy(error)' ? 'mine' : 'ECONNRESET');
    await closed;
    await proxy.idle();
    await sockets.whenEmpty();
    expect(Object.keys(request)).not.toContain('destroy');
    expect(request.destroy).toBe(http.ClientRequest.prototype.destroy);
  });

  it('frees it also where somebody else has taken over destroy()', async () => {
    const proxy = await startProxy({ connect: 'stall' });
    const { agents } = setUp(proxy.url);
    const request = begin(agents, 'https://one.test/').end();
    const inner = request.destroy;
    const outer = jest.fn((error?: Error) => inner.call(request, error));
    request.destroy = outer;
    const failed = once(request, 'error');
    await until(() => proxy.tunnels.length === 1);
    request.destroy();
    await failed;
    await proxy.idle();
    expect(request.destroy).toBe(outer);
  });

  it('later, while it waits for the response, ends its connection as ever', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: true })]);
    origin.always(never());
    const { agents } = setUp(proxy.url);
    const request = begin(agents, origin.url).end();
    const failed = once(request, 'error');
    await until(() => origin.requests.length === 1);
    expect(Object.getOwnPropertyNames(request)).not.toContain('destroy');
    request.destroy();
    await failed;
    await proxy.idle();
  });

  it('does not take others with it', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: true })]);
    proxy.onConnect = 'stall';
    const { agents } = setUp(proxy.url);
    const request = begin(agents, origin.url).end();
    const failed = once(request, 'error');
    await until(() => proxy.tunnels.length === 1);
    proxy.onConnect = 'ok';
    const other = get(agents, origin.url);
    request.destroy();
    await failed;
    expect((await other).status).toBe(200);
  });
});

describe('which agent', () => {
  const http80 = { host: 'one.test', port: 80 };

  it('is none for a host that is excluded, nor for a unix socket', () => {
    const { agents } = setUp('http://proxy.test:1', { proxyExcludes: ['direct.test'] });
    expect(proxyAgentFor(agents, 'https:', { host: 'direct.test', port: 443 })).toBeUndefined();
    expect(proxyAgentFor(agents, 'http:', { host: 'localhost', socketPath: '/tmp/socket' })).toBeUndefined();
    expect(proxyAgentFor(agents, 'http:', http80)).toBeDefined();
  });

  it('takes the port of the scheme where there is none, and localhost where there is no host', () => {
    const { agents } = setUp('http://proxy.test:1', { proxyExcludes: ['*:443', 'localhost:80'] });
    expect(proxyAgentFor(agents, 'https:', { host: 'one.test' })).toBeUndefined();
    expect(proxyAgentFor(agents, 'http:', {})).toBeUndefined();
    expect(proxyAgentFor(agents, 'http:', { host: 'one.test', port: null })).toBeDefined();
  });

  it('is the same for the same proxy and scheme, and another for another', () => {
    const env: NodeJS.ProcessEnv = { HTTP_PROXY: 'http://p.test:1', HTTPS_PROXY: 'http://s.test:1' };
    const { agents } = setUp(undefined, { env });
    const first = proxyAgentFor(agents, 'http:', http80);
    expect(proxyAgentFor(agents, 'http:', { host: 'two.test', port: 8080 })).toBe(first);
    expect(proxyAgentFor(agents, 'https:', http80)).not.toBe(first);
    env.HTTP_PROXY = 'http://another.test:1';
    expect(proxyAgentFor(agents, 'http:', http80)).not.toBe(first);
    expect(agents.pools()).toHaveLength(3);
    env.HTTP_PROXY = '';
    expect(proxyAgentFor(agents, 'http:', http80)).toBeUndefined();
  });

  it('is an error that names the variable, if that holds no proxy', () => {
    const { agents } = setUp(undefined, { env: { HTTPS_PROXY: 'socks5://s3cret' } });
    expect(() => proxyAgentFor(agents, 'https:', http80)).toThrow(PolicyConfigError);
    expect(() => proxyAgentFor(agents, 'https:', http80)).toThrow(/HTTPS_PROXY/);
  });
});

describe('a raw tunnel for HTTP/2', () => {
  it.each<[string, PoolOptions['connection']]>([
    ['as it is', undefined],
    ['with the resolver of the agent there was before', { lookup: lookupTo('127.0.0.1') }],
  ])('leads to the target through its proxy, which is looked up %s', async (_name, connection) => {
    const [proxy, origin] = await Promise.all([startProxy({ tls: true }), startOrigin()]);
    const { agents } = setUp(proxy.url, {
      userAgent: 'policy/1',
      pool: connection === undefined ? {} : { connection },
    });
    const target = { protocol: 'http:' as const, hostname: '127.0.0.1', port: origin.port };
    const socket = await agents.dialTunnel(target, new AbortController().signal);
    socket?.write('GET / HTTP/1.1\r\nHost: one\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const piece of socket?.setEncoding('utf8') ?? []) text += piece;
    expect(text).toContain('Hello World');
    expect(proxy.requests[0]?.headers['user-agent']).toBe('policy/1');
    const lookup = connection?.lookup as RecordingLookup | undefined;
    expect(lookup?.asked ?? ['localhost']).toEqual(['localhost']);
  });

  it('is none where no proxy applies', () => {
    const { agents } = setUp('http://proxy.test:1', { proxyExcludes: ['*'] });
    const target = { protocol: 'https:' as const, hostname: 'one.test', port: 443 };
    expect(agents.dialTunnel(target, new AbortController().signal)).toBeUndefined();
  });
});

describe('the credentials of the proxy', () => {
  const secrets = [PASSWORD, BASIC, encodeURIComponent(PASSWORD), PASSWORD.slice(0, 6), BASIC.slice(0, 16)];
  const expectClean = (...values: unknown[]) => {
    for (const value of values) {
      const text = printed(value);
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
  };

  it.each([
    ['http', false],
    ['https', true],
  ])('are nowhere to be seen after a success through an %s:// proxy', async (_name, tls) => {
    const [plain, secure] = await Promise.all([startOrigin(), startOrigin({ tls: true })]);
    const proxy = await startProxy({ tls, auth: { user: USER, password: PASSWORD } });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    for (const { url } of [plain, secure]) {
      const request = begin(agents, url).end();
      const { response } = await answerOf(request);
      expectClean(request, response, response.socket, agentFor(agents, url), agents);
    }
    expect(proxy.requests.every(({ headers }) => headers['proxy-authorization'] === `Basic ${BASIC}`)).toBe(
      true,
    );
  });

  it.each([
    ['http', false],
    ['https', true],
  ])('are nowhere to be seen while a request is under way through an %s:// proxy', async (_name, tls) => {
    const origin = await startOrigin();
    origin.always(deaf());
    const proxy = await startProxy({ tls, connect: 'stall', hosts: { 'one.test': origin.port } });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    const forwarded = begin(agents, 'http://one.test/', { method: 'POST' });
    const tunneled = begin(agents, 'https://two.test/');
    for (const request of [forwarded, tunneled]) request.on('error', () => {}).write('x'.repeat(500_000));
    expectClean(forwarded, tunneled, agents, ...agents.pools());
    await until(() => proxy.requests.length === 2);
    expectClean(forwarded, tunneled, forwarded.socket, agents, ...agents.pools());
    forwarded.destroy();
    tunneled.destroy();
  });

  it('are nowhere to be seen if the proxy is down, refuses, hangs up or stalls', async () => {
    const down = `http://${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${await closedPort()}`;
    const proxies = await Promise.all(
      [403, 407, 'close', 'stall'].map((connect) => startProxy({ connect: connect as 403 })),
    );
    for (const url of [down, ...proxies.map((proxy) => proxy.urlWith(USER, PASSWORD))]) {
      const { agents } = setUp(url, { pool: { connectTimeoutMs: 100 } });
      const request = begin(agents, 'https://one.test/').end();
      const error = await failureOf(answerOf(request));
      expectClean(error, error.message, error.stack, request, agents);
    }
    const { agents } = setUp(down);
    const request = begin(agents, 'http://one.test/', { headers: { Expect: '100-continue' } }).end();
    const error = await failureOf(answerOf(request));
    expect(error.code).toBe('ECONNREFUSED');
    expectClean(error, request, request.socket, agents);
  });

  it('leave something to print all the same', async () => {
    const proxy = await startProxy({ forward: 200, auth: { user: USER, password: PASSWORD } });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    const request = begin(agents, 'http://one.test/path').end();
    await answerOf(request);
    expect(inspect(request)).toBe("ClientRequest { method: 'GET', path: 'http://one.test/path' }");
    expect(JSON.stringify(request)).toBe('{"method":"GET","path":"http://one.test/path"}');
    expect(inspect(request.socket)).toBe(`Socket { proxy: '${proxy.url}', destroyed: false }`);
  });

  it('leave a request without any as it is', async () => {
    const proxy = await startProxy({ forward: 200 });
    const { agents } = setUp(proxy.url);
    const request = begin(agents, 'http://one.test/path').end();
    await answerOf(request);
    expect(Object.getOwnPropertySymbols(request)).not.toContain(inspect.custom);
    expect(request.socket && inspect.custom in request.socket).toBe(false);
  });
});

describe.each(AXIOS_COPIES)('requests of axios, with $name', ({ axios }) => {
  /** Agents that choose for each request, as a policy makes them. */
  function choosing(agents: Route) {
    const agent = (protocol: 'http:' | 'https:') =>
      Object.assign(Object.create(protocol === 'https:' ? https.globalAgent : http.globalAgent) as Agent, {
        addRequest(request: ClientRequest, options: RequestOptions) {
          proxyAgentFor(agents, protocol, options)?.addRequest(request, options);
        },
      });
    return { httpAgent: agent('http:'), httpsAgent: agent('https:'), proxy: false as const };
  }

  it.each([
    ['http', 5],
    ['http', 0],
    ['https', 5],
    ['https', 0],
  ])('an upload reaches an %s target, maxRedirects %d', async (scheme, maxRedirects) => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ tls: scheme === 'https' })]);
    const { agents } = setUp(proxy.url);
    const { data } = await axios.post(origin.url, { a: 1 }, { ...choosing(agents), maxRedirects });
    expect(data).toBe('Hello World');
    expect(origin.requests[0]?.body.toString()).toBe('{"a":1}');
  });

  it('redirects between http and https take the right way each, and nobody hears what is not for him', async () => {
    const [plain, secure] = await Promise.all([startOrigin(), startOrigin({ tls: true })]);
    const proxy = await startProxy({ auth: { user: USER, password: PASSWORD } });
    plain.enqueue(redirect(307, `${secure.url}/second`));
    secure.enqueue(redirect(307, `${plain.url}/third`));
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    const headers = { Authorization: 'Bearer token', Cookie: 'a=b' };
    const { status } = await axios.post(`${plain.url}/first`, 'body', { ...choosing(agents), headers });
    expect(status).toBe(200);
    const requests = [...plain.requests, ...secure.requests];
    expect(requests.map(({ url, body }) => [url, body.toString()])).toEqual([
      ['/first', 'body'],
      ['/third', 'body'],
      ['/second', 'body'],
    ]);
    expect(JSON.stringify(requests.map(({ rawHeaders }) => rawHeaders))).not.toContain(BASIC);
    expect(requests.map(({ headers: { authorization, cookie } }) => [authorization, cookie])).toEqual([
      ['Bearer token', 'a=b'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(proxy.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      `POST ${plain.url}/first`,
      `CONNECT localhost:${secure.port}`,
      `POST ${plain.url}/third`,
    ]);
    expect(proxy.requests[1]?.head).not.toContain('token');
  });

  it('a signal that is aborted while CONNECT is pending frees the socket', async () => {
    const proxy = await startProxy({ connect: 'stall' });
    const { agents } = setUp(proxy.url);
    const controller = new AbortController();
    const { signal } = controller;
    const failed = failureOf(axios.get('https://one.test/', { ...choosing(agents), signal }));
    await until(() => proxy.tunnels.length === 1);
    controller.abort();
    expect((await failed).code).toBe('ERR_CANCELED');
    await proxy.idle();
  });

  it('a failed request shows nothing of the credentials', async () => {
    const proxy = await startProxy({ auth: { user: 'another', password: 'other' } });
    const { agents } = setUp(proxy.urlWith(USER, PASSWORD));
    for (const url of ['http://one.test/', 'https://one.test/']) {
      const error = await failureOf(axios.get(url, choosing(agents)));
      expect(error.code).toBe(url.startsWith('https') ? 'ERR_POLICY_PROXY_AUTH' : 'ERR_BAD_REQUEST');
      const text = printed(error);
      expect(text).not.toContain(BASIC.slice(0, 16));
      expect(text).not.toContain(PASSWORD.slice(0, 6));
    }
    await delay(0);
  });
});
