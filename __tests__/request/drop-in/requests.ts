import { Readable } from 'node:stream';
import type { AxiosRequestConfig } from 'axios';
import FormDataPackage from 'form-data';
import { reply } from '../../helpers/origin.js';
import type { Case } from './compare.js';

const config = (is: string, config: AxiosRequestConfig & Record<string, unknown>): Case => ({
  is,
  request: ({ http, url }) => http.request({ url, ...config }),
});

const METHODS = [
  'get',
  'delete',
  'head',
  'options',
  'post',
  'put',
  'patch',
  'trace',
  'purge',
  'LINK',
  'MKCOL',
  'pOsT',
];

const methods: Case[] = [
  ...METHODS.map((method) => config(`of the method ${method}`, { method })),
  { is: 'made by calling the instance', request: ({ http, url }) => http(url) },
  {
    is: 'made by calling the instance with a config',
    request: ({ http, url }) => http({ url, params: { a: 1 } }),
  },
  {
    is: 'made with request(url, config)',
    request: ({ http, url }) =>
      (http.request as (...args: unknown[]) => Promise<unknown>)(url, { method: 'put', data: 'x' }),
  },
  { is: 'made with delete and a body', request: ({ http, url }) => http.delete(url, { data: { a: 1 } }) },
  { is: 'made with get and a body', request: ({ http, url }) => http.get(url, { data: { a: 1 } }) },
];

const addresses: Case[] = [
  { is: 'to a path below baseURL', request: ({ http, url }) => http.get('/c', { baseURL: `${url}/a/b/` }) },
  {
    is: 'to a url in spite of baseURL',
    request: ({ http, url }) => http.get(`${url}/x`, { baseURL: 'https://no.test' }),
  },
  {
    is: 'that does not allow absolute urls',
    request: ({ http, url }) =>
      http.get('http://other.test/x', { baseURL: `${url}/a`, allowAbsoluteUrls: false } as never),
  },
  { is: 'to a baseURL alone', request: ({ http, url }) => http.request({ baseURL: `${url}/base` }) },
  {
    is: 'with a hash in its url',
    request: ({ http, url }) => http.get(`${url}/x#hash`, { params: { a: 1 } }),
  },
  {
    is: 'with a query in its url',
    request: ({ http, url }) => http.get(`${url}/x?b=2`, { params: { a: 1 } }),
  },
  { is: 'with umlauts in its url', request: ({ http, url }) => http.get(`${url}/ümläut?q=ö`) },
  { is: 'with spaces around its url', request: ({ http, url }) => http.get(` ${url}/x `) },
  {
    is: 'with credentials in its url',
    request: ({ http, url }) => http.get(url.replace('//', '//us%40er:pa%3Ass@')),
  },
  config('with auth', { auth: { username: 'us:er', password: 'pä@ss' } }),
  config('with auth and an Authorization header', {
    auth: { username: 'user', password: '' },
    headers: { authorization: 'Bearer token' },
  }),
  config('with nested params', {
    params: {
      a: [1, 'two', null],
      b: { c: { d: true } },
      e: new Date(0),
      f: null,
      g: undefined,
      'h i': 'j&k=l',
    },
  }),
  config('with URLSearchParams for params', {
    params: new URLSearchParams([
      ['a', '1'],
      ['a', '2'],
    ]),
  }),
  config('with a serializer of its params', {
    params: { a: 1 },
    paramsSerializer: { serialize: (it) => JSON.stringify(it) },
  }),
  config('with indexes in its params', { params: { a: [1, { b: 2 }] }, paramsSerializer: { indexes: true } }),
  config('with params that cannot be sent', {
    params: { a: 1 },
    paramsSerializer: { serialize: () => 'a b\u0000' },
  }),
  config('with an encoder of its params', {
    params: { a: '/ :' },
    paramsSerializer: { encode: (it: string) => `<${it}>` } as never,
  }),
  config('with a family', { family: 4 }),
  config('with a lenient parser', { insecureHTTPParser: true }),
  {
    is: 'with a resolver',
    request: ({ http, origin }) =>
      http.get(`http://named.test:${origin.port}/`, {
        lookup: ((_host: string, _options: object, callback: (...args: unknown[]) => void) =>
          callback(null, '127.0.0.1', 4)) as never,
      }),
  },
  {
    is: 'with a resolver that is async',
    request: ({ http, origin }) =>
      http.get(`http://named.test:${origin.port}/`, { lookup: (async () => ['127.0.0.1']) as never }),
  },
];

const headers: Case[] = [
  config('with headers of its own', { headers: { 'X-One': '1', 'x-two': 2 as never, Accept: 'text/html' } }),
  config('with headers it does not want', {
    headers: {
      Accept: null,
      'User-Agent': false,
      'Accept-Encoding': null,
      'X-Undefined': undefined,
    } as never,
  }),
  config('with a list for a header', { headers: { 'X-List': ['a', 'b'] as never } }),
  config('with a Host header', { headers: { Host: 'virtual.test' } }),
  config('that wants no Content-Type', {
    method: 'post',
    data: 'x',
    headers: { 'Content-Type': false } as never,
  }),
  config('with a header that cannot be sent', { headers: { 'X-Bad': 'a\r\nb' } }),
  config('with a Content-Length of its own', {
    method: 'post',
    data: 'four',
    headers: { 'Content-Length': '4' } as never,
  }),
  config('with a Transfer-Encoding of its own', {
    method: 'post',
    data: 'four',
    headers: { 'Transfer-Encoding': 'chunked' },
  }),
  config('of a method that is none', { method: 'G ET' }),
  config('that closes its connection', { headers: { Connection: 'close' } }),
  config('that expects 100-continue', { method: 'post', data: 'four', headers: { Expect: '100-continue' } }),
  config('with xsrf options', {
    xsrfCookieName: 'a',
    xsrfHeaderName: 'b',
    withXSRFToken: true,
    withCredentials: true,
  }),
  {
    is: 'with AxiosHeaders',
    request: ({ axios, http, url }) => http.get(url, { headers: new axios.AxiosHeaders({ 'X-One': '1' }) }),
  },
  {
    is: 'with headers of the instance',
    defaults: { headers: { common: { 'X-Common': 'c' }, post: { 'X-Post': 'p' }, 'X-All': 'a' } as never },
    request: ({ http, url }) => http.post(url, 'x', { headers: { 'X-All': 'mine' } }),
  },
];

function form(): FormData {
  const data = new FormData();
  data.append('text', 'vålue');
  data.append('file', new Blob(['content'], { type: 'text/css' }), 'a.css');
  return data;
}

function formPackage(): FormDataPackage {
  const data = new FormDataPackage();
  data.append('text', 'value');
  data.append('file', Buffer.from('content'), { filename: 'a.css', contentType: 'text/css' });
  return data;
}

const BODIES: [string, () => unknown][] = [
  ['a string', () => 'text'],
  ['an empty string', () => ''],
  ['an empty Buffer', () => Buffer.alloc(0)],
  ['zero', () => 0],
  ['an object', () => ({ a: [1, { b: null }], date: new Date(0) })],
  ['an array', () => [1, 'two']],
  ['a number', () => 5],
  ['false', () => false],
  ['null', () => null],
  ['a Date', () => new Date(0)],
  ['a Buffer', () => Buffer.from([0, 255, 10])],
  ['an ArrayBuffer', () => new Uint8Array([1, 2, 3]).buffer],
  ['a typed array', () => new Uint16Array([1, 2, 3])],
  ['URLSearchParams', () => new URLSearchParams({ a: 'ä b' })],
  ['a Blob', () => new Blob(['blob'], { type: 'image/png' })],
  ['a Blob without a type', () => new Blob(['blob'])],
  ['a stream', () => Readable.from([Buffer.from('one '), Buffer.from('two')])],
  ['FormData', form],
  ['FormData of the form-data package', formPackage],
  ['a megabyte', () => 'm'.repeat(1024 * 1024)],
];

const asJson = { 'Content-Type': 'application/json' };
const bodies: Case[] = [
  ...BODIES.flatMap(([name, body]): Case[] => [
    {
      is: `with ${name} for a body`,
      hasWebForm: body === form,
      request: ({ http, url }) => http.post(url, body()),
    },
    {
      is: `with ${name} for a body, without redirects`,
      hasWebForm: body === form,
      request: ({ http, url }) => http.put(url, body(), { maxRedirects: 0 }),
    },
  ]),
  { is: 'with a string as JSON', request: ({ http, url }) => http.post(url, ' "a" ', { headers: asJson }) },
  { is: 'with a number as JSON', request: ({ http, url }) => http.post(url, 5, { headers: asJson }) },
  {
    is: 'made with postForm',
    request: ({ http, url }) => http.postForm(url, { a: [1, 2], 'b{}': { c: 1 }, d: Buffer.from('d') }),
  },
  {
    is: 'with an object as a form',
    request: ({ http, url }) =>
      http.post(url, { a: { b: [1] } }, { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
  },
  {
    is: 'with an object as multipart',
    request: ({ http, url }) =>
      http.post(
        url,
        { a: [1], b: 'x' },
        { headers: { 'Content-Type': 'multipart/form-data' }, formSerializer: { indexes: null } },
      ),
  },
  {
    is: 'with transforms of its own',
    request: ({ http, url }) =>
      http.post(
        url,
        { a: 1 },
        {
          transformRequest: [
            (data, headers) => {
              headers.set('X-Seen', typeof data);
              return JSON.stringify({ ...data, b: 2 });
            },
            (text) => `${text}\n`,
          ],
        },
      ),
  },
  {
    is: 'with no transforms and an object',
    request: ({ http, url }) => http.post(url, { a: 1 }, { transformRequest: [] }),
  },
  {
    is: 'whose transform throws',
    request: ({ http, url }) =>
      http.post(url, 'x', {
        transformRequest: () => {
          throw new TypeError('no');
        },
      }),
  },
  {
    is: 'whose body is over maxBodyLength',
    request: ({ http, url }) => http.post(url, 'x'.repeat(100), { maxBodyLength: 50 }),
  },
  {
    is: 'whose stream is over maxBodyLength',
    arrange: (origin) => origin.always(reply()),
    request: ({ http, url }) =>
      http.post(url, Readable.from([Buffer.alloc(100)]), { maxBodyLength: 50, maxRedirects: 3 }),
  },
  {
    is: 'whose stream fails',
    request: ({ http, url }) =>
      http.post(
        url,
        Readable.from(
          (async function* () {
            yield Buffer.from('a');
            throw new Error('source');
          })(),
        ),
      ),
  },
  {
    is: 'whose upload is limited in its rate',
    request: ({ http, url }) => http.post(url, 'x'.repeat(2000), { maxRate: [200_000] } as never),
  },
  {
    is: 'whose upload is watched',
    request: async ({ http, url }) => {
      const events: { loaded: number; total?: number | undefined; progress?: number | undefined }[] = [];
      const onUploadProgress = (event: (typeof events)[number]) => void events.push(event);
      const { data } = await http.post(url, 'x'.repeat(200_000), { onUploadProgress });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const { loaded, total, progress } = events.at(-1) ?? {};
      return { data: { data, loaded, total, progress } };
    },
  },
];

/** Requests, by what the origin gets of them. */
export const REQUESTS: readonly Case[] = [...methods, ...addresses, ...headers, ...bodies];
