import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as certs from '../helpers/certs.js';
import { runChild } from '../helpers/child.js';
import { atEnd } from '../helpers/cleanup.js';
import { startTcp } from '../helpers/faults.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { handler, startOrigin } from '../helpers/origin.js';

/** What axios, its redirect follower, Node's clients and the policy read, and bare axios does not let be put in. */
const KEYS = [
  ...[
    'adapter',
    'agent',
    'auth',
    'baseURL',
    'beforeRedirect',
    'cancelToken',
    'cause',
    'cert',
    'config',
    'data',
  ],
  ...[
    'createConnection',
    'decompress',
    'enumerable',
    'error',
    'get',
    'headers',
    'host',
    'hostname',
    'httpAgent',
  ],
  ...[
    'httpsAgent',
    'insecureHTTPParser',
    'lookup',
    'maxBodyLength',
    'maxContentLength',
    'maxRedirects',
    'method',
  ],
  ...['onDownloadProgress', 'params', 'path', 'policy', 'port', 'protocol', 'proxy', 'proxyUrl', 'retry'],
  ...['sensitiveHeaders', 'set', 'socketPath', 'status', 'tls', 'transport', 'url', 'validateStatus'],
  ...['value', 'writable'],
];

/** Runs in a process of its own: what is on `Object.prototype` there is nowhere else. */
const SCRIPT = `
const env = { ...process.env };
const called = [];
const values = (key) => [
  function polluted() { called.push(key); },
  env.EVIL_SOCKET,
  { username: 'evil', password: 'evil', host: '127.0.0.1', port: env.EVIL_PORT, protocol: 'http:', status: 200 },
];
const backoff = { initBackoff: 1, maxBackoff: 1 };
const make = (client) => {
  const http = axios.create();
  const policy = attachPolicy(http, { client: { allowHttp: true, tls: { ca: env.CA }, ...client }, retry: { maxRetries: 1, backoff } });
  return { http, policy };
};
const cases = {
  get: ({ http }) => http.get(env.ORIGIN + '/get'),
  post: ({ http }) => http.post(env.ORIGIN + '/post', { a: 1 }, { headers: { 'X-Own': '1' } }),
  redirect: ({ http }) => http.get(env.ORIGIN + '/redirect'),
  refused: ({ http }) => http.get(env.ORIGIN + '/404'),
  retried: ({ http }) => http.get(env.ORIGIN + '/503'),
  smuggled: ({ http }) => http.get(env.SMUGGLER),
  unreachable: ({ http }) => http.get('http://127.0.0.1:1/'),
  http2: ({ http2 }) => http2.get(env.HTTP2 + '/get'),
};
const outcomeOf = async (request) => {
  try {
    const { status, data } = await request;
    return JSON.stringify([status, data]);
  } catch (error) {
    return [error.code, error.message].join(' ');
  }
};
(async () => {
  const plain = make({});
  const h2 = make({ http2Only: true });
  const world = { http: plain.http, http2: h2.http };
  for (const run of Object.values(cases)) await outcomeOf(run(world));
  const clean = {};
  for (const [name, run] of Object.entries(cases)) clean[name] = await outcomeOf(run(world));
  const changed = [];
  let current = '';
  process.on('uncaughtException', ({ message }) => changed.push([current, 'uncaught', message]));
  for (const key of env.KEYS.split(' ')) {
    for (const value of values(key)) {
      for (const [name, run] of Object.entries(cases)) {
        if (name === 'http2' && key === 'headers') continue;
        current = key + ' ' + name;
        Object.prototype[key] = value;
        const outcome = await outcomeOf(run(world));
        delete Object.prototype[key];
        if (outcome !== clean[name]) changed.push([key, typeof value, name, outcome]);
      }
      Object.prototype[key] = value;
      const late = (() => { try { return make({}); } catch (error) { return error; } })();
      delete Object.prototype[key];
      if (late instanceof Error) changed.push([key, typeof value, 'attach', late.message]);
      else late.policy.detach();
    }
  }
  console.log(JSON.stringify({ clean, changed, called }));
  process.exit();
})();
`;

it('What is on Object.prototype has no part in a request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'polluted-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const evil = await startTcp((connection) => void connection.resume());
  const socket = createServer().on('connection', () => evil.sockets.push({} as never));
  const path = process.platform === 'win32' ? String.raw`\\.\pipe\polluted` : join(folder, 'evil.sock');
  await new Promise<void>((resolve) => socket.listen(path, resolve));
  atEnd(() => void socket.close());

  const [origin, http2] = await Promise.all([startOrigin(), startHttp2Origin()]);
  const failed = new Set<number>();
  origin.always(
    handler(({ method, url = '', headers: { host: _, ...headers } }, response) => {
      if (url === '/redirect') response.writeHead(302, { Location: '/get' });
      else if (url === '/404') response.statusCode = 404;
      else if (url === '/503' && !failed.delete(1)) {
        failed.add(1);
        response.statusCode = 503;
      }
      response.end(JSON.stringify({ method, url, headers }));
    }),
  );
  http2.always(respond({ body: 'over http2' }));
  const smuggler = await startTcp((connection) => {
    connection.once('data', () => {
      connection.end(
        'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      );
    });
  });

  const { stdout } = await runChild(
    SCRIPT,
    {
      ORIGIN: origin.url,
      SMUGGLER: `http://${smuggler.host}`,
      HTTP2: http2.url,
      EVIL_SOCKET: path,
      EVIL_PORT: evil.host.split(':')[1],
      CA: String(certs.ca),
      KEYS: KEYS.join(' '),
    },
    40_000,
  );
  const { clean, changed, called } = JSON.parse(stdout);
  expect(clean).toMatchObject({ get: expect.stringMatching(/^\[200/), http2: '[200,"over http2"]' });
  expect(clean.smuggled).toMatch(/^HPE_/);
  expect(changed).toEqual([]);
  expect(called).toEqual([]);
  expect(evil.sockets).toHaveLength(0);
  expect(http2.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
}, 50_000);

it('A signal on Object.prototype, which Node itself reads for every response, fails requests at once', async () => {
  const [origin, http2] = await Promise.all([startOrigin(), startHttp2Origin()]);
  const { stdout } = await runChild(
    `const tls = { ca: process.env.CA };
    const make = (client) => {
      const http = axios.create();
      attachPolicy(http, { client: { allowHttp: true, tls, ...client }, retry: false });
      return http;
    };
    const { ORIGIN, HTTP2 } = process.env;
    const http = make({});
    const over2 = make({ http2Only: true });
    const cases = {
      get: () => http.get(ORIGIN),
      post: () => http.post(ORIGIN, { a: 1 }),
      stream: () => http.get(ORIGIN, { responseType: 'stream' }),
      http2: () => over2.get(HTTP2),
    };
    // Node throws it at the process where no request is to be found, and then again for whatever it does.
    process.on('uncaughtException', () => void delete Object.prototype.signal);
    (async () => {
      const outcomes = [];
      for (const run of Object.values(cases)) for (let i = 0; i < 2; i += 1) await run();
      for (const value of [function polluted() {}, 'text', {}]) {
        for (const [name, run] of Object.entries(cases)) {
          Object.prototype.signal = value;
          const outcome = await run().then(({ status }) => status, ({ code }) => code);
          delete Object.prototype.signal;
          outcomes.push([name, typeof value, outcome]);
        }
      }
      console.log(JSON.stringify(outcomes));
      process.exit();
    })();`,
    { ORIGIN: origin.url, HTTP2: http2.url, CA: String(certs.ca) },
  );
  const outcomes: [name: string, type: string, outcome: unknown][] = JSON.parse(stdout);
  expect(outcomes).toHaveLength(12);
  // By the version of Node, the request is told of it, or finds that its connection is gone.
  const failures = ['ERR_INVALID_ARG_TYPE', 'ECONNRESET'];
  expect(outcomes.filter(([, , outcome]) => !failures.includes(String(outcome)))).toEqual([]);
});
