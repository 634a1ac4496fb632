import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxiosError } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, attachedFor, failureOf, policyCodeOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { atEnd } from '../helpers/cleanup.js';
import { startTcp, type TcpServer } from '../helpers/faults.js';
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

function expectRefusal(error: AxiosError): void {
  expect(error).toMatchObject({ isAxiosError: true, code: 'ERR_POLICY_HTTP_NOT_ALLOWED' });
  expect(policyCodeOf(error)).toBe('ERR_POLICY_HTTP_NOT_ALLOWED');
  expect(error.message).toMatch(/^plain http to .+ is not allowed: .*client\.allowHttp: true/);
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
