import http, { Agent as HttpAgent } from 'node:http';
import https, { Agent as HttpsAgent } from 'node:https';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { attached, attachedFor, failureOf } from '../../helpers/attached.js';
import { AXIOS_COPIES } from '../../helpers/axios-copies.js';
import * as certs from '../../helpers/certs.js';
import { runChild } from '../../helpers/child.js';
import { atEnd } from '../../helpers/cleanup.js';
import { startOrigin } from '../../helpers/origin.js';
import { startProxy, type TestProxy } from '../../helpers/proxy.js';

const NAMES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
const VARIABLES = [...NAMES, ...NAMES.map((name) => name.toUpperCase())];

/** Sets these variables of the environment, and no other of its kind, until the test ends. */
function setEnvironment(variables: NodeJS.ProcessEnv): void {
  const before = { ...process.env };
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, variables);
  atEnd(() => {
    for (const name of VARIABLES) delete process.env[name];
    for (const name of VARIABLES) if (before[name] !== undefined) process.env[name] = before[name];
  });
}

function keep<T extends HttpAgent>(agent: T): T {
  atEnd(() => agent.destroy());
  return agent;
}

class OwnHttpAgent extends HttpAgent {}
class OwnHttpsAgent extends HttpsAgent {}

const trusting = { ca: [certs.ca, certs.otherCa] };
const AGENTS: [string, () => AxiosRequestConfig][] = [
  ['plain agents', () => ({ httpAgent: keep(new HttpAgent()), httpsAgent: keep(new HttpsAgent(trusting)) })],
  [
    'agents that keep connections',
    () => ({
      httpAgent: keep(new HttpAgent({ keepAlive: true })),
      httpsAgent: keep(new HttpsAgent({ ...trusting, keepAlive: true })),
    }),
  ],
  [
    'agents of a class of its own',
    () => ({ httpAgent: keep(new OwnHttpAgent()), httpsAgent: keep(new OwnHttpsAgent(trusting)) }),
  ],
];

/** What a proxy was asked for, and what came of it. */
async function hops(instance: AxiosInstance, proxy: TestProxy, url: string, config: AxiosRequestConfig) {
  const before = proxy.requests.length;
  const outcomes = [];
  for (let i = 0; i < 2; i += 1) {
    outcomes.push(
      await instance.get(url, config).then(
        ({ status, data }) => ({ status, data }),
        ({ code }: NodeJS.ErrnoException) => ({ code }),
      ),
    );
  }
  return {
    outcomes,
    requests: proxy.requests.slice(before).map(({ method, target }) => `${method} ${target}`),
  };
}

describe.each(AXIOS_COPIES)('With $name, a request’s own agents', ({ axios, name }) => {
  describe.each(AGENTS)('which are %s', (_kind, agents) => {
    it.each(['http', 'https'] as const)(
      'go through the environment’s proxy as with bare axios: %s',
      async (scheme) => {
        const origin = await startOrigin({ tls: scheme === 'https' });
        const proxy = await startProxy();
        setEnvironment({ http_proxy: proxy.url, https_proxy: proxy.url });
        const bare = await hops(axios.create(), proxy, origin.url, agents());
        const { http: instance } = attached({ axios });
        expect(await hops(instance, proxy, origin.url, agents())).toEqual(bare);
        expect(bare.requests).toHaveLength(2);
        // Up to 1.7, axios sends https requests to a proxy in the clear.
        const isTunnel = scheme === 'https' && name === 'axios 1.21.1';
        expect(bare.requests[0]).toMatch(isTunnel ? /^CONNECT / : /^GET http/);
      },
    );

    it.each([
      ['proxy: false on the request', { proxy: false }, {}],
      ['NO_PROXY', {}, { no_proxy: 'localhost,127.0.0.1' }],
    ] as const)('go directly with %s', async (_how, config, more) => {
      const origin = await startOrigin({ tls: true });
      const proxy = await startProxy();
      setEnvironment({ https_proxy: proxy.url, ...more });
      const { http: instance } = await attachedFor('later', { axios });
      for (let i = 0; i < 2; i += 1) await instance.get(origin.url, { ...agents(), ...config });
      expect(proxy.requests).toEqual([]);
    });
  });
});

describe('A request’s own plain agent', () => {
  it('goes through an https proxy of the environment, with its options for both connections', async () => {
    const origin = await startOrigin({ tls: certs.selfSigned });
    const proxy = await startProxy({ tls: certs.selfSigned });
    setEnvironment({ https_proxy: proxy.url });
    const { http: instance } = attached({ client: { tls: undefined } });
    const httpsAgent = keep(new HttpsAgent({ rejectUnauthorized: false }));
    expect((await instance.get(origin.url, { httpsAgent })).status).toBe(200);
    expect(proxy.tunnels).toEqual([`localhost:${origin.port}`]);
  });

  it('goes through the proxy that the request names, once', async () => {
    const origin = await startOrigin();
    const proxy = await startProxy();
    const { http: instance } = await attachedFor('later', {});
    const given = { host: '127.0.0.1', port: proxy.port, protocol: 'http' };
    const httpsAgent = keep(new HttpsAgent());
    await instance.get(origin.url, { proxy: given, httpsAgent });
    await instance.get(origin.url, { proxy: given, httpAgent: keep(new HttpAgent()) });
    expect(proxy.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(
      Array(2).fill(`GET ${origin.url}/`),
    );
  });

  it('leaves requests of the other scheme to the policy, with its proxy', async () => {
    const origin = await startOrigin({ tls: true });
    const proxy = await startProxy();
    setEnvironment({ https_proxy: proxy.url });
    const { http: instance, policy } = attached();
    await instance.get(origin.url, { httpAgent: keep(new HttpAgent()) });
    expect(proxy.tunnels).toHaveLength(1);
    expect(policy.stats().pools).toHaveLength(1);
  });

  it('passes by the environment where proxyUrl is set', async () => {
    const origin = await startOrigin({ tls: true });
    setEnvironment({ https_proxy: 'http://127.0.0.1:1' });
    const { http: instance } = attached({ client: { proxyUrl: false } });
    expect((await instance.get(origin.url, { httpsAgent: keep(new HttpsAgent(trusting)) })).status).toBe(200);
  });
});

describe('An instance’s agent of a class of its own', () => {
  it('goes through the environment’s proxy as with bare axios', async () => {
    const origin = await startOrigin({ tls: true });
    const proxy = await startProxy();
    setEnvironment({ https_proxy: proxy.url });
    const { http: instance } = attached({ defaults: { httpsAgent: keep(new OwnHttpsAgent(trusting)) } });
    await instance.get(origin.url);
    expect(proxy.tunnels).toHaveLength(1);
  });
});

/** Node's own proxies: from 22.21 and 24.5 on. Before that, such an option means nothing, which holds as well. */
const knowsProxyEnv = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');
const knowsGlobalProxy = 'setGlobalProxyFromEnv' in http;

describe('An agent with proxyEnv', () => {
  const agentsFor = (proxy: TestProxy) => {
    const proxyEnv = { http_proxy: proxy.url, https_proxy: proxy.url };
    return {
      httpAgent: keep(new HttpAgent({ proxyEnv } as object)),
      httpsAgent: keep(new HttpsAgent({ ...trusting, proxyEnv } as object)),
    };
  };

  it.each([
    ['http', 'on the instance'],
    ['http', 'on the request'],
    ['http', 'as the global agent'],
    ['https', 'on the instance'],
    ['https', 'on the request'],
    ['https', 'as the global agent'],
  ] as const)('sends through its own proxy and no other: %s, %s', async (scheme, place) => {
    const origin = await startOrigin({ tls: scheme === 'https' });
    const [proxy, ofEnvironment] = [await startProxy(), await startProxy()];
    const agents = agentsFor(proxy);
    if (place === 'as the global agent') {
      const [{ globalAgent: plain }, { globalAgent: secure }] = [http, https];
      atEnd(() => {
        Object.assign(http, { globalAgent: plain });
        Object.assign(https, { globalAgent: secure });
      });
      Object.assign(http, { globalAgent: agents.httpAgent });
      Object.assign(https, { globalAgent: agents.httpsAgent });
    }
    const { http: instance } = attached({ defaults: place === 'on the instance' ? agents : {} });
    if (knowsProxyEnv) setEnvironment({ http_proxy: ofEnvironment.url, https_proxy: ofEnvironment.url });
    else setEnvironment({});
    for (let i = 0; i < 3; i += 1) await instance.get(origin.url, place === 'on the request' ? agents : {});
    expect(proxy.requests.length > 0).toBe(knowsProxyEnv);
    expect(ofEnvironment.requests).toEqual([]);
    expect(origin.requests).toHaveLength(3);
  });

  it.each(['http', 'https'] as const)(
    'goes directly with proxy: false on the request: %s',
    async (scheme) => {
      const origin = await startOrigin({ tls: scheme === 'https' });
      const proxy = await startProxy();
      const { http: instance } = attached();
      for (let i = 0; i < 2; i += 1) await instance.get(origin.url, { ...agentsFor(proxy), proxy: false });
      expect(proxy.requests).toEqual([]);
    },
  );
});

describe('A process that was told to use the environment’s proxies', () => {
  const SCRIPT = `
    const http = require('node:http'), https = require('node:https');
    async function main() {
      for (const url of JSON.parse(process.env.TARGETS)) {
        const instance = axios.create();
        const tls = { ca: process.env.CA_PEM };
        const policy = attachPolicy(instance, { client: { allowHttp: true, tls }, retry: false });
        const own = { httpAgent: http.globalAgent, httpsAgent: https.globalAgent };
        if (process.env.OWN) https.globalAgent.options.ca = process.env.CA_PEM;
        for (const config of [{}, {}, ...(process.env.OWN ? [own, own] : [])]) {
          const { status } = await instance.get(url, config);
          if (status !== 200) throw new Error(String(status));
        }
        await policy.close();
      }
      http.globalAgent.destroy();
      https.globalAgent.destroy();
    }
    main().catch((error) => { console.error(error); process.exitCode = 1; });
  `;

  const run = async (proxy: TestProxy, targets: string[], env: NodeJS.ProcessEnv, prelude = '') => {
    const named = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '', no_proxy: '' };
    const given = { ...named, ...env, TARGETS: JSON.stringify(targets), CA_PEM: certs.ca };
    await runChild(prelude + SCRIPT, given);
    return proxy.requests.map(({ method }) => method);
  };

  it('sends each request through one proxy, also on the global agents by name', async () => {
    const [plain, secure] = [await startOrigin(), await startOrigin({ tls: true })];
    const proxy = await startProxy();
    const env = { NODE_USE_ENV_PROXY: '1', OWN: '1' };
    const methods = await run(proxy, [plain.url, secure.url], env);
    expect(methods.filter((method) => method === 'GET')).toHaveLength(4);
    expect(methods.filter((method) => method === 'CONNECT').length).toBeGreaterThan(0);
    expect([plain.requests.length, secure.requests.length]).toEqual([4, 4]);
  }, 20_000);

  it('does so after http.setGlobalProxyFromEnv, with proxies that the environment does not name', async () => {
    const [plain, secure] = [await startOrigin(), await startOrigin({ tls: true })];
    const proxy = await startProxy();
    const none = { HTTP_PROXY: '', HTTPS_PROXY: '' };
    const set = `require('node:http').setGlobalProxyFromEnv?.({ http_proxy: '${proxy.url}', https_proxy: '${proxy.url}' });
      require('node:https').globalAgent.options.ca = process.env.CA_PEM;`;
    const methods = await run(proxy, [plain.url, secure.url], none, set);
    // Nodes before 24 have no such function.
    expect(methods.includes('GET')).toBe(knowsGlobalProxy);
    expect(methods.includes('CONNECT')).toBe(knowsGlobalProxy);
    expect([plain.requests.length, secure.requests.length]).toEqual([2, 2]);
  }, 20_000);
});

describe('Proxies without end', () => {
  it('are known until their last connection is closed, if requests name them', async () => {
    const origin = await startOrigin();
    const { http: instance, policy } = attached({ client: { poolIdleTimeout: false } });
    const proxies = await Promise.all(Array.from({ length: 3 }, () => startProxy()));
    for (let i = 0; i < 120; i += 1) {
      const { port = 0 } = proxies[i % 3] ?? {};
      await instance.get(origin.url, {
        proxy: { host: '127.0.0.1', port, protocol: 'http', auth: { username: `${i}`, password: '' } },
      });
    }
    expect(policy.stats().pools.length).toBeLessThanOrEqual(102);
    await policy.close();
    await Promise.all(proxies.map((proxy) => proxy.idle()));
  });

  it('are known as well if the environment names one after the other', async () => {
    const origin = await startOrigin();
    const proxy = await startProxy();
    const { http: instance, policy } = attached({ client: { poolIdleTimeout: false } });
    for (let i = 0; i < 120; i += 1) {
      setEnvironment({ http_proxy: proxy.urlWith(`${i}`, '') });
      await instance.get(origin.url);
    }
    expect(proxy.openSockets).toBeLessThanOrEqual(100);
    await policy.close();
    await proxy.idle();
  });
});

it('A proxy that a request names, and that is none, fails that request', async () => {
  const { http: instance } = attached();
  const error = await failureOf(instance.get('http://127.0.0.1:1', { proxy: { host: 'no host', port: 1 } }));
  expect(error.message).toMatch(/proxy/);
});
