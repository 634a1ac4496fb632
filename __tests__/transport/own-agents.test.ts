import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import * as certs from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { closedPort, startTlsStall } from '../helpers/faults.js';
import { hangUp, never, type Origin, reply, slow, startOrigin, truncate } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';

/** An agent of somebody's own making: counts the connections it makes. */
class CountingAgent extends HttpsAgent {
  made = 0;

  override createConnection(...args: Parameters<HttpsAgent['createConnection']>): Duplex | null | undefined {
    this.made += 1;
    return super.createConnection(...args);
  }
}

function keep<T extends HttpAgent>(agent: T): T {
  atEnd(() => agent.destroy());
  return agent;
}

const tls = { ca: certs.ca };
const client = { tls: undefined };

describe('An instance whose agent connects in its own way', () => {
  it('goes on using it: a subclass', async () => {
    const origin = await startOrigin({ tls: true });
    const httpsAgent = keep(new CountingAgent({ ...tls, keepAlive: true }));
    const { http, policy } = attached({ client, defaults: { httpsAgent } });
    for (let i = 0; i < 3; i += 1) await http.get(origin.url);
    expect(httpsAgent.made).toBe(1);
    expect(origin.connections).toBe(1);
    expect(policy.stats().pools).toEqual([]);
  });

  it('goes on using it: HttpsProxyAgent', async () => {
    const origin = await startOrigin({ tls: true });
    const proxy = await startProxy();
    const httpsAgent = keep(new HttpsProxyAgent(proxy.url, { ...tls, keepAlive: true }));
    const { http } = attached({ client, defaults: { httpsAgent } });
    // As bare axios would: TLS options of that agent are for the proxy alone.
    const error = await failureOf(http.get(origin.url));
    expect(error.code).toMatch(/UNABLE|SELF_SIGNED/);
    expect(proxy.tunnels).toEqual([`localhost:${origin.port}`]);
  });

  it('goes on using it: an agent for http', async () => {
    const origin = await startOrigin();
    const seen: string[] = [];
    class Watching extends HttpAgent {
      addRequest(request: { path: string }, options: object): void {
        seen.push(request.path);
        Reflect.get(HttpAgent.prototype, 'addRequest').call(this, request, options);
      }
    }
    const { http } = attached({ defaults: { httpAgent: keep(new Watching({ keepAlive: true })) } });
    await http.get(`${origin.url}/a`);
    await http.get(`${origin.url}/b`);
    expect(seen).toEqual(['/a', '/b']);
    expect(origin.connections).toBe(1);
  });
});

describe('An agent that is false', () => {
  it('is none, as for axios: of a request and of the instance', async () => {
    const origin = await startOrigin();
    const { http } = attached({ defaults: { httpAgent: false, httpsAgent: false } });
    for (let count = 0; count < 3; count += 1) {
      const response = await http.get(origin.url, { httpAgent: false, httpsAgent: false });
      expect(response.status).toBe(200);
    }
    expect(origin.connections).toBe(1);
  });
});

describe("A request's own agent", () => {
  it.each([5, 0])('is used instead of the pool, with maxRedirects %d', async (maxRedirects) => {
    const origin = await startOrigin({ tls: true });
    const { http, policy } = attached({ client });
    const httpsAgent = keep(new CountingAgent({ ...tls, keepAlive: true }));
    const { config } = await http.get(origin.url, { httpsAgent, maxRedirects });
    await http.get(origin.url, { httpsAgent, maxRedirects });
    expect(httpsAgent.made).toBe(1);
    expect(config.httpsAgent).toBe(httpsAgent);
    expect(policy.stats().pools).toEqual([]);
  });

  it("is used instead of the instance's own", async () => {
    const origin = await startOrigin({ tls: true });
    const [ofInstance, ofRequest] = [keep(new CountingAgent(tls)), keep(new CountingAgent(tls))];
    const { http } = attached({ client, defaults: { httpsAgent: ofInstance } });
    await http.get(origin.url, { httpsAgent: ofRequest });
    expect([ofInstance.made, ofRequest.made]).toEqual([0, 1]);
  });

  it('is used when it was put on the defaults after the policy was attached', async () => {
    const origin = await startOrigin({ tls: true });
    const { http } = attached({ client });
    const httpsAgent = keep(new CountingAgent(tls));
    http.defaults.httpsAgent = httpsAgent;
    await http.get(origin.url);
    expect(httpsAgent.made).toBe(1);
  });

  it('may be an object that does nothing but take requests', async () => {
    const origin = await startOrigin();
    const { http } = attached({ client });
    const httpAgent = {
      addRequest: (request: ClientRequest) => request.onSocket(connect(origin.port, '127.0.0.1')),
    };
    for (const _when of ['first', 'later']) {
      expect((await http.get(origin.url, { httpAgent, maxRedirects: 0 })).data).toBe('Hello World');
    }
    expect(origin.connections).toBe(2);
  });

  it('is not closed with the policy', async () => {
    const origin = await startOrigin({ tls: true });
    const { http, policy } = attached({ client });
    const httpsAgent = keep(new CountingAgent({ ...tls, keepAlive: true }));
    await http.get(origin.url, { httpsAgent });
    await policy.close();
    await http.get(origin.url, { httpsAgent });
    expect(httpsAgent.made).toBe(1);
  });
});

const AGENTS: [string, boolean, () => HttpAgent][] = [
  ['http.Agent', false, () => new HttpAgent({ keepAlive: true })],
  ['https.Agent', true, () => new HttpsAgent({ ...tls, keepAlive: true })],
  ['an agent of its own making', true, () => new CountingAgent({ ...tls, keepAlive: true })],
];
const retry = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };

describe.each(AGENTS)('What becomes of a request on the caller’s own %s', (_name, secure, create) => {
  let origin: Origin;
  let agents: { httpAgent: HttpAgent; httpsAgent: HttpAgent };
  beforeEach(async () => {
    origin = await startOrigin({ tls: secure });
    const agent = keep(create());
    agents = { httpAgent: agent, httpsAgent: agent };
  });

  it('is retried for a POST if the connection was refused', async () => {
    const port = await closedPort();
    const { http } = attached({ client, retry });
    const error = await failureOf(http.post(`http${secure ? 's' : ''}://127.0.0.1:${port}`, 'body', agents));
    expect(error.code).toBe('ECONNREFUSED');
    expect(getPolicyMetadata(error)?.attempts).toBe(3);
  });

  it('is not retried for a POST if it was sent', async () => {
    origin.always(hangUp());
    const { http } = attached({ client, retry });
    const error = await failureOf(http.post(origin.url, 'body', agents));
    expect(error.code).toBe('ECONNRESET');
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
    expect(origin.requests).toHaveLength(1);
  });

  it('is retried for a GET if its body was cut short', async () => {
    origin.enqueue(truncate({ declared: 100, sent: 10, how: 'fin' }), reply({ body: 'whole' }));
    const { http } = attached({ client, retry });
    expect((await http.get(origin.url, agents)).data).toBe('whole');
    expect(origin.requests).toHaveLength(2);
  });

  it.each([5, 0])(
    'is sent again if it lost the keep-alive race, with maxRedirects %d',
    async (maxRedirects) => {
      origin.enqueue(reply(), hangUp(), reply({ body: 'second' }));
      const { http, policy } = attached({ client });
      await http.get(origin.url, { ...agents, maxRedirects });
      expect((await http.put(origin.url, 'body', { ...agents, maxRedirects })).data).toBe('second');
      expect(origin.connections).toBe(2);
      expect(policy.stats()).toMatchObject({ retries: 0 });
    },
  );

  it('is sent again also on a connection that was made without the policy', async () => {
    origin.enqueue(reply(), hangUp(), reply({ body: 'second' }));
    const { http } = attached({ client });
    await http.get(origin.url, { ...agents, policy: false });
    expect((await http.get(origin.url, agents)).data).toBe('second');
    expect(origin.connections).toBe(2);
  });

  it('ends after the readTimeout, not before', async () => {
    origin.enqueue(reply(), slow(60), never());
    const { http } = attached({ client: { ...client, timeout: false, readTimeout: 300 } });
    await http.get(origin.url, agents);
    await http.get(origin.url, agents);
    expect((await failureOf(http.get(origin.url, agents))).message).toBe('readTimeout of 300ms exceeded');
    await origin.idle();
  });

  it('leaves the listeners of its connection as they are', async () => {
    const { http } = attached({ client });
    const count = async () => {
      const { socket } = (await http.get(origin.url, agents)).request;
      await until(() => socket.listenerCount('agentRemove') > 0 && socket._httpMessage === null);
      return socket.eventNames().map((name: string) => `${String(name)} ${socket.listenerCount(name)}`);
    };
    await count();
    const early = await count();
    for (let i = 0; i < 20; i += 1) await http.get(origin.url, agents);
    expect(await count()).toEqual(early);
    expect(origin.connections).toBe(1);
  });
});

describe('A stalled handshake on the caller’s own agent', () => {
  it('is ended by the timeout, and counts as not connected', async () => {
    const server = await startTlsStall();
    const { http } = attached({ client: { ...client, timeout: 80, connectTimeout: 20 }, retry });
    const httpsAgent = keep(new HttpsAgent(tls));
    const error = await failureOf(
      http.get(`https://${server.host}`, { httpsAgent, policy: { retry: false } }),
    );
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 80ms exceeded' });
    await server.idle();
  });
});
