import type { AxiosProxyConfig, default as axios } from 'axios';
import { attachPolicy, type ClientConfig, getPolicyMetadata } from '../../lib/index.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { closedPort } from '../helpers/faults.js';
import { redirect, reply, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';

const RETRY = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };

function through(copy: typeof axios, client: ClientConfig) {
  const http = copy.create();
  const policy = attachPolicy(http, { client: { allowHttp: true, tls: { ca }, ...client }, retry: RETRY });
  return { http, policy };
}

describe.each(AXIOS_COPIES)('through a proxy, with $name', ({ axios: copy }) => {
  it('six requests to two https hosts take two connections to the proxy, and to two http hosts one', async () => {
    const proxy = await startProxy();
    const secure = [await startOrigin({ tls: true }), await startOrigin({ tls: true })];
    const plain = [await startOrigin(), await startOrigin()];
    const { http, policy } = through(copy, { proxyUrl: proxy.url });

    for (let turn = 0; turn < 3; turn += 1) for (const { url } of secure) await http.get(url);
    expect(proxy.connections).toBe(2);
    for (let turn = 0; turn < 3; turn += 1) for (const { url } of plain) await http.get(url);
    expect(proxy.connections).toBe(3);
    expect(secure.map(({ connections }) => connections)).toEqual([1, 1]);
    await policy.close();
    await until(() => proxy.openSockets === 0);
  });

  it('finds the proxy in the environment, for each request anew, and leaves it out for proxyUrl: false', async () => {
    const proxy = await startProxy();
    const origin = await startOrigin({ tls: true });
    const { http, policy } = through(copy, {});
    const direct = through(copy, { proxyUrl: false });
    process.env.HTTPS_PROXY = proxy.url;
    try {
      await http.get(origin.url);
      await http.get(origin.url);
      expect(proxy.connections).toBe(1);
      await direct.http.get(origin.url);
      expect(proxy.connections).toBe(1);
    } finally {
      delete process.env.HTTPS_PROXY;
    }
    await http.get(origin.url);
    expect(proxy.requests).toHaveLength(1);
    await Promise.all([policy.close(), direct.policy.close()]);
  });

  it('a bad proxy in the environment fails the request and names the variable, not its value', async () => {
    const origin = await startOrigin({ tls: true });
    const { http, policy } = through(copy, {});
    process.env.HTTPS_PROXY = 'socks5://user:hunter2@nowhere';
    try {
      const error = await http.get(origin.url).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ isAxiosError: true, code: 'ERR_POLICY_CONFIG' });
      expect(String(error)).toContain('HTTPS_PROXY');
      expect(String(error)).not.toContain('hunter2');
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1 });
    } finally {
      delete process.env.HTTPS_PROXY;
    }
    await policy.close();
  });

  it('honours a proxy that axios was told of, pooled like our own', async () => {
    const proxy = await startProxy({ auth: { user: 'user', password: 'p@ss' } });
    const origin = await startOrigin({ tls: true });
    const { http, policy } = through(copy, {});
    const own = {
      proxy: {
        protocol: 'http',
        host: '127.0.0.1',
        port: Number(new URL(proxy.url).port),
        auth: { username: 'user', password: 'p@ss' },
      },
    };
    await http.get(origin.url, own);
    const response = await http.get(origin.url, own);
    expect(proxy.connections).toBe(1);
    expect(response.config.proxy).toEqual(own.proxy);
    await policy.close();
  });

  it('honours the credentials of such a proxy in every form that axios takes', async () => {
    const proxy = await startProxy({ auth: { user: 'user', password: 'p:ss' } });
    const origin = await startOrigin({ tls: true });
    const { http, policy } = through(copy, {});
    const { port } = new URL(proxy.url);
    const address = { protocol: 'http', host: '127.0.0.1', port: Number(port) };
    const forms: object[] = [
      { ...address, auth: { username: 'user', password: 'p:ss' } },
      { ...address, auth: 'user:p:ss' },
      { ...address, username: 'user', password: 'p:ss' },
      new URL(`http://user:p:ss@127.0.0.1:${port}`),
    ];
    for (const form of forms) await http.get(origin.url, { proxy: form as AxiosProxyConfig });
    expect(origin.requests).toHaveLength(forms.length);
    const empty = { ...address, auth: { username: '', password: '' } };
    const error = await http.get(origin.url, { proxy: empty }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ isAxiosError: true, code: 'ERR_POLICY_CONFIG' });
    expect(String(error)).toMatch(/proxy\.auth/);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1 });
    await policy.close();
  });

  it('a POST is tried again when the proxy is down, as nothing was sent', async () => {
    const origin = await startOrigin({ tls: true });
    const { http, policy } = through(copy, { proxyUrl: `http://127.0.0.1:${await closedPort()}` });
    const error = await http.post(origin.url, 'x').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(getPolicyMetadata(error)?.outcomes.map(({ kind }) => kind)).toEqual([
      'connect',
      'connect',
      'connect',
    ]);
    expect(origin.requests).toHaveLength(0);
    await policy.close();
  });

  it.each([
    [407, 'ERR_POLICY_PROXY_AUTH', 1],
    [403, 'ERR_POLICY_PROXY_TUNNEL', 1],
    [503, 'ERR_POLICY_PROXY_TUNNEL', 3],
  ])('CONNECT answered %i is %s after %i attempts, and never a response', async (status, code, attempts) => {
    const proxy = await startProxy({ connect: status });
    const { http, policy } = through(copy, { proxyUrl: proxy.url });
    const error = await http.get('https://localhost:1/').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, cause: { policyCode: code } });
    expect((error as { response?: unknown }).response).toBeUndefined();
    expect(getPolicyMetadata(error)).toMatchObject({ attempts });
    await policy.close();
  });

  it('a stalled CONNECT ends by connectTimeout, or by timeout, and frees the connection', async () => {
    const proxy = await startProxy({ connect: 'stall' });
    const slow = through(copy, { proxyUrl: proxy.url, connectTimeout: 80 });
    const error = await slow.http
      .get('https://localhost:1/', { policy: { retry: false } })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', cause: { policyCode: 'ERR_POLICY_CONNECT_TIMEOUT' } });
    const late = await slow.http
      .get('https://localhost:1/', { timeout: 40, policy: { retry: false } })
      .catch((reason: unknown) => reason);
    expect(late).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 40ms exceeded' });
    await slow.policy.close();
    await until(() => proxy.openSockets === 0);
  });

  it('a redirect between https and http takes the right way each hop, and shows the proxy’s credentials to nobody', async () => {
    const proxy = await startProxy({ auth: { user: 'user', password: 'p@ss' } });
    const plain = await startOrigin();
    const secure = await startOrigin({ tls: true });
    secure.enqueue(redirect(302, `${plain.url}/plain`));
    plain.enqueue(redirect(302, `${secure.url}/end`));
    secure.enqueue(reply({ body: 'end' }));
    const { http, policy } = through(copy, { proxyUrl: proxy.url.replace('//', '//user:p%40ss@') });
    const response = await http.get(`${secure.url}/start`, { headers: { Authorization: 'Bearer token' } });
    expect(response.data).toBe('end');
    const seen = [...secure.requests, ...plain.requests];
    expect(seen).toHaveLength(3);
    for (const { headers } of seen) expect(headers).not.toHaveProperty('proxy-authorization');
    expect(plain.requests[0]?.headers).not.toHaveProperty('authorization');
    await policy.close();
  });
});
