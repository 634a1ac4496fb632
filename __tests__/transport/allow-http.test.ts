import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxiosError } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, attachedFor, failureOf, policyCodeOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { atEnd } from '../helpers/cleanup.js';
import { startTcp, type TcpServer } from '../helpers/faults.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { redirect, startOrigin } from '../helpers/origin.js';
import { shut } from '../helpers/tcp.js';

const client = { allowHttp: false };

/** A plain server that notes every byte it gets. */
async function startListener(): Promise<TcpServer & { bytes(): number }> {
  let received = 0;
  const server = await startTcp((socket) =>
    socket.on('data', (data) => {
      received += data.length;
    }),
  );
  return Object.assign(server, { bytes: () => received });
}

function expectRefusal(error: AxiosError, remedy = /client\.allowHttp: true/): void {
  expect(error).toMatchObject({ isAxiosError: true, code: 'ERR_POLICY_HTTP_NOT_ALLOWED' });
  expect(policyCodeOf(error)).toBe('ERR_POLICY_HTTP_NOT_ALLOWED');
  expect(error.message).toMatch(/^plain http to .+ is not allowed: /);
  expect(error.message).toMatch(remedy);
  expect(error.response).toBeUndefined();
}

const MATRIX = AXIOS_COPIES.flatMap(({ name, axios }) =>
  [5, 0].map((maxRedirects) => ({ name, axios, maxRedirects })),
);

describe.each(MATRIX)(
  'Without allowHttp, $name with maxRedirects $maxRedirects',
  ({ axios, maxRedirects }) => {
    const attach = () => attached({ axios, client, defaults: { maxRedirects } });

    it.each([
      ['as url', (host: string) => ({ url: `http://${host}/path` })],
      ['as url in capitals', (host: string) => ({ url: `HTTP://${host}/path` })],
      ['as baseURL', (host: string) => ({ url: '/path', baseURL: `http://${host}` })],
      [
        'as url in spite of an https baseURL',
        (host: string) => ({ url: `http://${host}/`, baseURL: 'https://a.test' }),
      ],
    ])('refuses http:// %s, before a connection is made', async (_name, request) => {
      const server = await startListener();
      const { http } = attach();
      const error = await failureOf(http.request(request(server.host)));
      expectRefusal(error);
      expect(error.message).toContain(server.host);
      expect(error).toBeInstanceOf(axios.AxiosError);
      expect(server.sockets).toHaveLength(0);
    });

    it('refuses a POST, and no byte of it is sent', async () => {
      const server = await startListener();
      const { http } = attach();
      expectRefusal(await failureOf(http.post(`http://${server.host}/`, 'secret')));
      expect(server.bytes()).toBe(0);
    });

    it("refuses it on the request's own httpAgent", async () => {
      const server = await startListener();
      const { http } = attach();
      const httpAgent = new Agent({ keepAlive: true });
      expectRefusal(await failureOf(http.get(`http://${server.host}/`, { httpAgent })));
      expect(server.sockets).toHaveLength(0);
    });

    it("refuses it on the instance's own httpAgent, also one that connects in its own way", async () => {
      class OwnAgent extends Agent {}
      const server = await startListener();
      const { http } = attached({ axios, client, defaults: { maxRedirects, httpAgent: new OwnAgent() } });
      expectRefusal(await failureOf(http.get(`http://${server.host}/`)));
      expect(server.sockets).toHaveLength(0);
    });

    it('does not show the credentials and the query of the URL', async () => {
      const { http } = attach();
      const error = await failureOf(http.get('http://user:hunter2@a.test/path?token=hunter3'));
      expectRefusal(error);
      expect(error.message).toContain('a.test');
      expect(error.message).not.toMatch(/hunter|user/);
    });

    it('refuses it through a unix socket', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'policy-'));
      const path = join(directory, 'a.sock');
      let connections = 0;
      const server = createServer((_request, response) => void response.end('local'));
      server.on('connection', () => {
        connections += 1;
      });
      await once(server.listen(path), 'listening');
      atEnd(async () => {
        server.closeAllConnections();
        await shut(server, []);
        await rm(directory, { recursive: true });
      });
      const refused = attach();
      expectRefusal(await failureOf(refused.http.get('http://localhost/', { socketPath: path })));
      expect(connections).toBe(0);

      const { http } = attached({ axios, defaults: { maxRedirects } });
      expect((await http.get('http://localhost/', { socketPath: path })).data).toBe('local');
    });

    it('allows https', async () => {
      const origin = await startOrigin({ tls: true });
      const { http } = attach();
      expect((await http.get(origin.url)).status).toBe(200);
    });

    it('allows what is not sent at all', async () => {
      const { http } = attach();
      expect((await http.get('data:text/plain;base64,SGVsbG8=', { responseType: 'text' })).data).toBe(
        'Hello',
      );
    });
  },
);

describe('A redirect from https to http', () => {
  const cases = AXIOS_COPIES.flatMap((copy) =>
    (['first', 'later'] as const).map((when) => ({ ...copy, when })),
  );

  it.each(cases)('is refused without allowHttp: $when request, $name', async ({ axios, when }) => {
    const server = await startListener();
    const origin = await startOrigin({ tls: true });
    origin.always(redirect(307, `http://${server.host}/next`));
    const { http } = await attachedFor(when, {
      axios,
      client,
      retry: { maxRetries: 3, backoff: { initBackoff: 1 } },
    });
    const error = await failureOf(http.post(origin.url, 'secret'));
    expectRefusal(error);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    expect(server.sockets).toHaveLength(0);
    expect(origin.requests).toHaveLength(1);
  });

  it('is followed with allowHttp', async () => {
    const plain = await startOrigin();
    const origin = await startOrigin({ tls: true });
    origin.always(redirect(302, plain.url));
    const { http } = attached();
    expect((await http.get(origin.url)).data).toBe('Hello World');
  });
});

describe('A refusal', () => {
  it('is never retried, whatever the method', async () => {
    const { http, policy } = attached({ client, retry: { maxRetries: 3, backoff: { initBackoff: 1 } } });
    for (const method of ['get', 'put', 'post']) {
      const error = await failureOf(http.request({ url: 'http://a.test/', method }));
      expectRefusal(error);
      expect(getPolicyMetadata(error)?.attempts).toBe(1);
    }
    expect(policy.stats()).toMatchObject({ retries: 0, giveUps: { 'not-retryable': 3 } });
  });

  it('comes before an adapter of the caller, for a test should notice it too', async () => {
    const adapter = jest.fn();
    const { http } = attached({ client });
    expectRefusal(await failureOf(http.get('http://a.test/', { adapter })));
    expect(adapter).not.toHaveBeenCalled();
  });

  it('comes before a mock adapter, attached before the mock or after', async () => {
    const { http } = attached({ client });
    const mock = new MockAdapter(http);
    mock.onAny().reply(200);
    expectRefusal(await failureOf(http.get('http://a.test/')));
    expect((await http.get('https://a.test/')).status).toBe(200);
    expect(mock.history.get).toHaveLength(1);
  });

  it('comes before the fetch adapter', async () => {
    const { http } = attached({ client });
    const server = await startListener();
    expectRefusal(await failureOf(http.get(`http://${server.host}/`, { adapter: 'fetch' })));
    expectRefusal(await failureOf(http.get(`http://${server.host}/`, { adapter: ['fetch'] })));
    expect(server.sockets).toHaveLength(0);
  });

  it('does not concern requests without a policy', async () => {
    const origin = await startOrigin();
    const { http } = attached({ client });
    expect((await http.get(origin.url, { policy: false })).status).toBe(200);
  });

  it('also holds for a request whose config an interceptor has rebuilt', async () => {
    const server = await startListener();
    const { http } = attached({
      client,
      // Registered before the policy's, it runs after it.
      before: ({ interceptors }) =>
        interceptors.request.use(
          ({ url, method, headers, adapter }) => ({ url, method, headers, adapter }) as never,
        ),
    });
    expectRefusal(await failureOf(http.get(`http://${server.host}/`)));
    expect(server.sockets).toHaveLength(0);
  });
});

describe('With allowHttp', () => {
  it.each(AXIOS_COPIES)('http is plain http: $name', async ({ axios }) => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: { allowHttp: true } });
    expect((await http.get(origin.url)).data).toBe('Hello World');
  });
});

describe.each(MATRIX)(
  'With a list of hosts in allowHttp, $name with maxRedirects $maxRedirects',
  ({ axios, maxRedirects }) => {
    const listed = { allowHttp: ['.svc', '127.0.0.0/8'] };
    const expectUnlisted = (error: AxiosError, host: string) => {
      expectRefusal(error, /add the host to client\.allowHttp$/);
      expect(error.message).toContain(`plain http to ${host} `);
    };

    it.each(['first', 'later'] as const)('a %s request reaches a host of the list alone', async (when) => {
      const origin = await startOrigin();
      const { http } = await attachedFor(when, { axios, client: listed, defaults: { maxRedirects } });
      expect((await http.get(origin.url)).status).toBe(200);
      expect((await http.post(origin.url, 'body')).status).toBe(200);
      expectUnlisted(await failureOf(http.get('http://a.test:81/')), 'a.test:81');
    });

    it("holds on the request's own agent, and through axios' own proxy", async () => {
      const origin = await startOrigin();
      const { http } = attached({ axios, client: listed, defaults: { maxRedirects } });
      const httpAgent = new Agent();
      expect((await http.get(origin.url, { httpAgent })).status).toBe(200);
      expectUnlisted(await failureOf(http.get('http://a.test/', { httpAgent })), 'a.test');

      const proxy = { host: '127.0.0.1', port: Number(new URL(origin.url).port) };
      const httpsAgent = new SecureAgent();
      expect((await http.get('http://a.svc/', { proxy, httpAgent, httpsAgent })).status).toBe(200);
      expect(origin.requests.at(-1)?.url).toBe('http://a.svc/');
      expectUnlisted(await failureOf(http.get('http://a.test/', { proxy, httpAgent, httpsAgent })), 'a.test');
    });
  },
);

describe('A list of hosts in allowHttp', () => {
  const listed = { allowHttp: ['127.0.0.1', '.svc'] };

  it.each(AXIOS_COPIES)('holds for redirects: $name', async ({ axios }) => {
    const plain = await startOrigin();
    const origin = await startOrigin({ tls: true });
    const { http } = attached({ axios, client: listed });
    origin.always(redirect(302, plain.url));
    expect((await http.get(origin.url)).data).toBe('Hello World');

    plain.always(redirect(302, 'http://a.test:81/'));
    const error = await failureOf(http.get(origin.url));
    expectRefusal(error, /add the host to client\.allowHttp$/);
    expect(error.message).toContain('a.test:81');
  });

  it('holds for redirects that a proxy of axios would follow', async () => {
    const proxying = await startOrigin();
    proxying.always(redirect(302, 'http://a.test/next'));
    const { http } = attached({ client: listed });
    const proxy = { host: '127.0.0.1', port: Number(new URL(proxying.url).port) };
    const agents = { httpAgent: new Agent(), httpsAgent: new SecureAgent() };
    const error = await failureOf(http.get('http://a.svc/', { proxy, ...agents }));
    expectRefusal(error, /add the host to client\.allowHttp$/);
    expect(proxying.requests).toHaveLength(1);
  });

  it('holds for HTTP/2 without TLS', async () => {
    const origin = await startHttp2Origin({ tls: false });
    const { http } = attached({ client: { ...listed, http2Only: true } });
    expect((await http.get(origin.url)).status).toBe(200);
    expectRefusal(await failureOf(http.get('http://a.test/')), /add the host to client\.allowHttp$/);
  });

  it('holds for the fetch adapter, and for an adapter of the caller', async () => {
    const origin = await startOrigin();
    const { http } = attached({ client: listed });
    expect((await http.get(origin.url, { adapter: 'fetch' })).status).toBe(200);
    expectRefusal(await failureOf(http.get('http://a.test/', { adapter: 'fetch' })), /client\.allowHttp$/);
    expectRefusal(await failureOf(http.get('http://a.test/', { adapter: jest.fn() })), /client\.allowHttp$/);
  });

  it('is of the host in the URL, through a unix socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'policy-'));
    const socketPath = join(directory, 'a.sock');
    const server = createServer((_request, response) => void response.end('local'));
    await once(server.listen(socketPath), 'listening');
    atEnd(async () => {
      server.closeAllConnections();
      await shut(server, []);
      await rm(directory, { recursive: true });
    });
    const { http } = attached({ client: { allowHttp: ['.svc'] } });
    expect((await http.get('http://docker.svc/', { socketPath })).data).toBe('local');
    for (const url of ['http://a.test/', '/path']) {
      const error = await failureOf(http.get(url, { socketPath }));
      expectRefusal(error, /add the host to client\.allowHttp$/);
    }
  });

  it('that is empty allows none', async () => {
    const { http } = attached({ client: { allowHttp: [] } });
    expectRefusal(await failureOf(http.get('http://127.0.0.1/')), /client\.allowHttp$/);
  });
});
