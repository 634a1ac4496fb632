import { attached, attachedFor } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { type Origin, redirect, reply, startOrigin } from '../helpers/origin.js';

const lastHeaders = (origin: Origin) => origin.requests.at(-1)?.headers ?? {};
const defaultHeaders = { 'X-Api-Version': '2', Authorization: 'Bearer hunter2', Accept: 'text/csv' };
const SENT = { 'x-api-version': '2', authorization: 'Bearer hunter2', accept: 'text/csv' };

const MATRIX = AXIOS_COPIES.flatMap((copy) =>
  (['first', 'later'] as const).map((when) => ({ ...copy, when })),
);

describe.each(MATRIX)('defaultHeaders of a $when request, with $name,', ({ axios, when }) => {
  const attach = (defaults = {}, client = {}) =>
    attachedFor(when, { axios, defaults, client: { defaultHeaders, ...client } });

  it('are sent, with a body and without', async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    await http.get(origin.url);
    expect(lastHeaders(origin)).toMatchObject(SENT);
    await http.post(origin.url, { a: 1 });
    expect(lastHeaders(origin)).toMatchObject({ ...SENT, 'content-type': 'application/json' });
  });

  it('yield to headers of the request and of the instance, in any case', async () => {
    const origin = await startOrigin();
    const { http } = await attach({ headers: { 'X-API-VERSION': '3' } });
    await http.get(origin.url, { headers: { accept: 'text/html' } });
    expect(lastHeaders(origin)).toMatchObject({ ...SENT, 'x-api-version': '3', accept: 'text/html' });
  });

  it('are not sent where a request wants none', async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    await http.get(origin.url, { headers: { 'X-Api-Version': false } });
    expect(lastHeaders(origin)).not.toHaveProperty('x-api-version');
  });

  it('go before userAgent, defaultContentType and the types of axios', async () => {
    const origin = await startOrigin();
    const headers = { 'User-Agent': 'by headers', 'Content-Type': 'a/headers' };
    const own = { userAgent: 'own/1', defaultContentType: 'a/own' };
    const { http } = await attach({}, { defaultHeaders: headers, ...own });
    await http.put(origin.url, Buffer.from('a'), { headers: { 'Content-Type': undefined } });
    expect(lastHeaders(origin)).toMatchObject({ 'user-agent': 'by headers', 'content-type': 'a/headers' });
    await http.post(origin.url, { a: 1 });
    expect(lastHeaders(origin)).toMatchObject({ 'user-agent': 'by headers', 'content-type': 'a/headers' });
  });

  it("take the place of axios' own User-Agent", async () => {
    const origin = await startOrigin();
    const { http } = await attach({}, { defaultHeaders: { 'user-agent': 'by headers' } });
    await http.get(origin.url);
    expect(lastHeaders(origin)['user-agent']).toBe('by headers');
  });

  it('are sent after a redirect and a retry, too', async () => {
    const origin = await startOrigin();
    const { http } = attached({
      axios,
      client: { defaultHeaders },
      retry: { backoff: { initBackoff: 1, maxBackoff: 2 } },
    });
    origin.enqueue(redirect(302, '/next'), reply({ status: 503 }));
    await http.get(origin.url);
    expect(origin.requests.map(({ headers }) => headers['x-api-version'])).toEqual(['2', '2', '2']);
  });

  it('reach the fetch adapter and an adapter of the caller', async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    await http.get(origin.url, { adapter: 'fetch' });
    expect(lastHeaders(origin)).toMatchObject(SENT);
    const { data } = await http.get('http://mocked.test', {
      adapter: async (config) => ({ data: [config.headers.get('X-Api-Version')], config }) as never,
    });
    expect(data).toEqual(['2']);
  });
});

describe('defaultHeaders over HTTP/2', () => {
  it('are sent', async () => {
    const origin = await startHttp2Origin();
    const { http } = attached({ client: { defaultHeaders, http2Only: true } });
    await http.get(origin.url);
    await http.get(origin.url);
    for (const { headers } of origin.requests) expect(headers).toMatchObject(SENT);
    expect(origin.requests).toHaveLength(2);
  });
});

describe('a policy with defaultHeaders', () => {
  it('shows their names without their values', () => {
    const { policy } = attached({ client: { defaultHeaders } });
    const names = Object.keys(defaultHeaders).map((name) => [name, 'REDACTED']);
    expect(policy.config.client.defaultHeaders).toEqual(Object.fromEntries(names));
  });
});
