import { Agent as HttpAgent } from 'node:http';
import type { AgentOptions } from 'node:https';
import { Agent as HttpsAgent } from 'node:https';
import { inspect } from 'node:util';
import KeepAlive from 'agentkeepalive';
import { inheritedFrom } from '../../lib/transport/inherited-options.js';
import { attached, failureOf } from '../helpers/attached.js';
import * as certs from '../helpers/certs.js';
import { lookupTo } from '../helpers/faults.js';
import type { Origin } from '../helpers/origin.js';
import { slow, startOrigin } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

const client = { tls: undefined };

const KINDS: [string, (options: AgentOptions) => HttpsAgent][] = [
  ['an https.Agent', (options) => new HttpsAgent(options)],
  ['an HttpsAgent of agentkeepalive', (options) => new KeepAlive.HttpsAgent(options)],
];

/** How many connections an agent made itself. */
const madeBy = (agent: HttpsAgent): number =>
  Object.values({ ...agent.sockets, ...agent.freeSockets }).flat().length;

describe.each(KINDS)("An instance's own %s", (_kind, create) => {
  const attach = (options: AgentOptions, more: Parameters<typeof attached>[0] = {}) => {
    const httpsAgent = create(options);
    const before = inspect(httpsAgent.options);
    const it = attached({ client, ...more, defaults: { httpsAgent } });
    expect(inspect(httpsAgent.options)).toBe(before);
    return { ...it, httpsAgent };
  };

  it("gives the policy's pool its authorities, and stays unused itself", async () => {
    const origin = await startOrigin({ tls: true });
    const { http, policy, httpsAgent } = attach({ ca: certs.ca });
    const { config } = await http.get(origin.url);
    expect(config.httpsAgent).toBe(httpsAgent);
    await until(() => policy.stats().pools[0]?.idle === 1);
    expect(madeBy(httpsAgent)).toBe(0);
  });

  it.each([
    ['cert and key', { ...certs.client }],
    ['an encrypted key', { ...certs.client, key: certs.encryptedClientKey, passphrase: certs.passphrase }],
    ['pfx', { pfx: certs.clientPfx, passphrase: certs.passphrase }],
  ])('gives it the client certificate: %s', async (_form, identity) => {
    const origin = await startOrigin({ tls: { requestCert: true, ca: certs.ca } });
    const { http } = attach({ ca: certs.ca, ...identity });
    await http.get(origin.url);
    expect(origin.handshakes[0]?.clientName).toBeTruthy();
  });

  it('gives it rejectUnauthorized', async () => {
    const origin = await startOrigin({ tls: certs.selfSigned });
    const { http } = attach({ rejectUnauthorized: false });
    expect((await http.get(origin.url)).status).toBe(200);
  });

  it('gives it checkServerIdentity, for pinned certificates', async () => {
    const origin = await startOrigin({ tls: true });
    const checked: string[] = [];
    const { http } = attach({
      ca: certs.ca,
      checkServerIdentity: (host) => {
        checked.push(host);
        return Object.assign(new Error('not the pinned one'), { code: 'PINNED' });
      },
    });
    expect(await failureOf(http.get(origin.url))).toMatchObject({ message: 'not the pinned one' });
    expect(checked).toEqual(['localhost']);
    expect(origin.requests).toHaveLength(0);
  });

  it('gives it the server name', async () => {
    const origin = await startOrigin({ tls: certs.localhostOnly });
    const { http } = attach({ ca: certs.ca, servername: 'localhost' });
    expect((await http.get(`https://127.0.0.1:${origin.port}`)).status).toBe(200);
  });

  it('gives it the range of TLS versions', async () => {
    const origin = await startOrigin({ tls: true });
    const { http } = attach({ ca: certs.ca, maxVersion: 'TLSv1.2' });
    expect((await http.get(origin.url)).request.socket.getProtocol()).toBe('TLSv1.2');
  });

  it('gives it the resolver and the local address', async () => {
    const origin = await startOrigin({ tls: true });
    const lookup = lookupTo('127.0.0.1');
    const { http } = attach({ ca: certs.ca, lookup, localAddress: '127.0.0.3', servername: 'localhost' });
    const { request } = await http.get(`https://somewhere.test:${origin.port}`);
    expect(request.socket.localAddress).toBe('127.0.0.3');
    expect(lookup.asked).toEqual(['somewhere.test']);
  });

  it('gives it the limit of sockets, and requests wait for each other without being cut', async () => {
    const origin = (await startOrigin({ tls: true })).always(slow(80));
    const { http, policy } = attach({ ca: certs.ca, maxSockets: 1 }, { client: { poolIdleTimeout: 40 } });
    await http.get(origin.url);
    await expectQueue(origin, () => http.get(origin.url));
    expect(policy.stats()).toMatchObject({ attempts: 4, pools: [{ pending: 0 }] });
    await origin.idle();
  });

  it('yields to client.tls', async () => {
    const origin = await startOrigin({ tls: { requestCert: true, rejectUnauthorized: false, ca: certs.ca } });
    const { http } = attach(
      { ca: certs.otherCa, pfx: certs.clientPfx, passphrase: certs.passphrase, servername: 'elsewhere.test' },
      { client: { tls: { ca: certs.ca, ...certs.server, servername: 'localhost' } } },
    );
    expect((await http.get(origin.url)).status).toBe(200);
    expect(origin.handshakes[0]).toMatchObject({ servername: 'localhost', clientName: 'Test server' });
  });

  it('is what bare axios uses again after detach', async () => {
    const origin = await startOrigin({ tls: true });
    const { http, policy, httpsAgent } = attach({ ca: certs.ca, keepAlive: true });
    policy.detach();
    await http.get(origin.url);
    await until(() => madeBy(httpsAgent) === 1);
    httpsAgent.destroy();
  });
});

async function expectQueue(origin: Origin, get: () => Promise<{ status: number }>): Promise<void> {
  const responses = await Promise.all([get(), get(), get()]);
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(origin.connections).toBe(1);
}

describe("An instance's own http.Agent", () => {
  it('gives the pool its limit of sockets, also one that was set later', async () => {
    const origin = (await startOrigin()).always(slow(30));
    const httpAgent = new HttpAgent();
    httpAgent.maxSockets = 1;
    const { http } = attached({ defaults: { httpAgent } });
    await expectQueue(origin, () => http.get(origin.url));
  });

  it('gives the pool its keep-alive agent’s limit of sockets', async () => {
    const origin = (await startOrigin()).always(slow(30));
    const { http } = attached({ defaults: { httpAgent: new KeepAlive({ maxSockets: 1 }) } });
    await expectQueue(origin, () => http.get(origin.url));
  });
});

describe('An agent that is adopted', () => {
  it.each([
    ['none', undefined],
    ['null', null],
    ['http.Agent', new HttpAgent()],
    ['https.Agent', new HttpsAgent()],
    ['agentkeepalive', new KeepAlive()],
    ['agentkeepalive for https', new KeepAlive.HttpsAgent()],
  ])('is a stock one: %s', (_name, agent) => {
    expect(inheritedFrom(agent)).toMatchObject({ material: {}, handshake: {} });
  });

  it.each([
    ['a subclass of http.Agent', new (class extends HttpAgent {})()],
    ['a subclass of https.Agent', new (class extends HttpsAgent {})()],
    ['a subclass of agentkeepalive', new (class extends KeepAlive {})()],
    ['a subclass of agentkeepalive for https', new (class extends KeepAlive.HttpsAgent {})()],
    ['one with another createConnection', Object.assign(new HttpsAgent(), { createConnection: () => {} })],
    ['one with another addRequest', Object.assign(new HttpAgent(), { addRequest: () => {} })],
    ['an object that only has the methods', { addRequest: () => {} }],
    ['an object without a prototype', Object.assign(Object.create(null), { options: {} })],
    ['something else', 'agent'],
  ])('is none that may connect in its own way: %s', (_name, agent) => {
    expect(inheritedFrom(agent)).toBeUndefined();
  });
});
