import { Readable } from 'node:stream';
import FormDataPackage from 'form-data';
import { PolicyConfigError } from '../../lib/index.js';
import { attached, attachedFor } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { type Origin, redirect, startOrigin } from '../helpers/origin.js';

const lastHeaders = (origin: Origin) => origin.requests.at(-1)?.headers ?? {};

const MATRIX = AXIOS_COPIES.flatMap((copy) =>
  (['first', 'later'] as const).map((when) => ({ ...copy, when })),
);

describe.each(MATRIX)('userAgent of a $when request, with $name,', ({ axios, when }) => {
  const attach = (defaults = {}) =>
    attachedFor(when, { axios, defaults, client: { userAgent: 'reports/1.2' } });

  it.each([5, 0])('is sent, with maxRedirects %d', async (maxRedirects) => {
    const origin = await startOrigin();
    const { http } = await attach();
    const { config } = await http.get(origin.url, { maxRedirects });
    expect(lastHeaders(origin)['user-agent']).toBe('reports/1.2');
    expect(config.headers['User-Agent']).toBe('reports/1.2');
  });

  it('is sent after a redirect, too', async () => {
    const origin = await startOrigin();
    origin.enqueue(redirect(302, '/next'));
    const { http } = await attach();
    await http.get(origin.url);
    expect(lastHeaders(origin)['user-agent']).toBe('reports/1.2');
  });

  it.each(['User-Agent', 'user-agent', 'USER-AGENT'])("yields to the request's own %s", async (name) => {
    const origin = await startOrigin();
    const { http } = await attach();
    await http.get(origin.url, { headers: { [name]: 'mine' } });
    expect(lastHeaders(origin)['user-agent']).toBe('mine');
  });

  it("yields to the instance's own header", async () => {
    const origin = await startOrigin();
    const { http } = await attach({ headers: { 'User-Agent': 'of the instance' } });
    await http.get(origin.url);
    expect(lastHeaders(origin)['user-agent']).toBe('of the instance');
  });

  it('is not sent where a request wants none', async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    await http.get(origin.url, { headers: { 'User-Agent': false } });
    expect(lastHeaders(origin)).not.toHaveProperty('user-agent');
  });

  it('reaches an adapter of the caller', async () => {
    const { http } = await attach();
    const { data } = await http.get('http://mocked.test', {
      adapter: async (config) => ({ data: config.headers.get('User-Agent'), config }) as never,
    });
    expect(data).toBe('reports/1.2');
  });

  it('is that of axios if there is none', async () => {
    const origin = await startOrigin();
    const { http } = await attachedFor(when, { axios });
    await http.get(origin.url);
    expect(lastHeaders(origin)['user-agent']).toBe(`axios/${axios.VERSION}`);
  });
});

const boundary = /^multipart\/form-data; ?boundary=/;
const form = () => {
  const data = new FormData();
  data.append('a', '1');
  return data;
};
const formPackage = () => {
  const data = new FormDataPackage();
  data.append('a', '1');
  return data;
};

const BODIES: [string, () => unknown, string | RegExp][] = [
  ['a string', () => 'text', 'text/csv'],
  ['an empty string', () => '', 'text/csv'],
  ['a Buffer', () => Buffer.from('bytes'), 'text/csv'],
  ['a typed array', () => new Uint8Array([1, 2]), 'text/csv'],
  ['an ArrayBuffer', () => new ArrayBuffer(2), 'text/csv'],
  ['a stream', () => Readable.from(['stream']), 'text/csv'],
  ['a Blob without a type', () => new Blob(['blob']), 'text/csv'],
  ['a typed Blob', () => new Blob(['blob'], { type: 'image/png' }), 'image/png'],
  ['an object', () => ({ a: 1 }), /^application\/json/],
  ['an array', () => [1], /^application\/json/],
  ['URLSearchParams', () => new URLSearchParams({ a: '1' }), /^application\/x-www-form-urlencoded/],
  ['FormData', form, boundary],
  ['FormData of the form-data package', formPackage, boundary],
];

describe.each(MATRIX)('defaultContentType of a $when request, with $name,', ({ axios, when }) => {
  const attach = (defaults = {}) =>
    attachedFor(when, { axios, defaults, client: { defaultContentType: 'text/csv' } });

  it.each(BODIES)('and a body that is %s', async (_name, body, expected) => {
    const origin = await startOrigin();
    const { http } = await attach();
    for (const method of ['post', 'put', 'patch']) {
      await http.request({ url: origin.url, method, data: body() });
      const sent = lastHeaders(origin)['content-type'];
      if (typeof expected === 'string') expect(sent).toBe(expected);
      else expect(sent).toMatch(expected);
    }
  });

  it("yields to the request's own header", async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    await http.post(origin.url, 'text', { headers: { 'content-type': 'text/plain' } });
    expect(lastHeaders(origin)['content-type']).toBe('text/plain');
  });

  it("yields to the instance's own header of the method", async () => {
    const origin = await startOrigin();
    const { http } = await attach({ headers: { post: { 'Content-Type': 'text/tab-separated-values' } } });
    await http.post(origin.url, 'text');
    expect(lastHeaders(origin)['content-type']).toBe('text/tab-separated-values');
  });

  it('yields to a request that wants none', async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    await http.post(origin.url, 'text', { headers: { 'Content-Type': false } });
    expect(lastHeaders(origin)).not.toHaveProperty('content-type');
  });

  it("yields to the type a request's own transform sets", async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    const transformRequest = (data: string, headers: { setContentType(type: string): void }) => {
      headers.setContentType('application/xml');
      return `<${data}/>`;
    };
    const { config } = await http.post(origin.url, 'text', { transformRequest: transformRequest as never });
    expect(lastHeaders(origin)['content-type']).toBe('application/xml');
    expect(String(origin.requests[0]?.body)).toBe('<text/>');
    expect(config.transformRequest).toBe(transformRequest);
  });

  it('is not for a request without a body', async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    for (const method of ['get', 'delete', 'head', 'options']) {
      await http.request({ url: origin.url, method });
      expect(lastHeaders(origin)).not.toHaveProperty('content-type');
    }
  });

  it('leaves the transforms of config and instance as they are', async () => {
    const origin = await startOrigin();
    const { http } = await attach();
    const { transformRequest } = http.defaults;
    const { config } = await http.post(origin.url, 'text');
    expect(http.defaults.transformRequest).toBe(transformRequest);
    expect(config.transformRequest).toEqual(transformRequest);
  });
});

describe('Headers that cannot be sent', () => {
  it.each([
    ['userAgent', { userAgent: 'a\r\nX-Injected: 1' }],
    ['userAgent', { userAgent: 'caf\u00e9 \u20ac' }],
    ['defaultContentType', { defaultContentType: 'text/plain\nX-Injected: 1' }],
  ])('are refused at attach: %s', (key, client) => {
    const attach = () => attached({ client });
    expect(attach).toThrow(PolicyConfigError);
    expect(attach).toThrow(`client.${key}`);
  });
});
