import type { CreateAxiosDefaults } from 'axios';
import { constants, refuse, type Values } from './values.js';

const cyclic: Record<string, unknown> = {};
cyclic.self = [cyclic];

/** What an instance is created with, rather than a request made with. */
export const OF_INSTANCE = 'instance';

/** What instances are created with, by name. */
export const INSTANCES: Readonly<Record<string, CreateAxiosDefaults>> = {
  'a name of its own': { headers: { 'User-Agent': 'mine' } },
  'encodings of its own': { headers: { 'Accept-Encoding': 'identity' } },
  'headers by method': { headers: { common: { 'X-Common': '1' }, post: { 'X-Post': '2' } } },
  text: { responseType: 'text' },
  params: { params: { always: 1 } },
  'no redirects': { maxRedirects: 0 },
  'a timeout': { timeout: 20_000 },
};

/** Options that do not keep the policy from making the request itself. */
export const COMMON: Readonly<Record<string, Values>> = {
  [OF_INSTANCE]: constants(INSTANCES),
  method: {
    ...constants({
      post: 'post',
      PUT: 'PUT',
      patch: 'patch',
      Delete: 'Delete',
      head: 'HEAD',
      options: 'options',
    }),
    ...constants({ query: 'QUERY', purge: 'purge', none: undefined }),
  },
  url: {
    path: ({ url }) => `${url}/path/to?already=1`,
    fragment: ({ url }) => `${url}/a?b=c#fragment`,
    'bare host': ({ url }) => url.toUpperCase(),
    dots: ({ url }) => `${url}/a/./b/../c//d`,
    'spaces and umlauts': ({ url }) => `${url}/ä b/%7E?q=ö ü`,
    'two slashes': ({ url }) => `${url}//double//slashes`,
    'a URL object': ({ url }) => new URL('/object', url),
    brackets: ({ url }) => `${url}/a[1]{2}|3?x[]=1^2`,
  },
  baseURL: {
    'under a base': ({ url }) => ({ baseURL: `${url}/base/`, url: '/under' }),
    'base alone': ({ url }) => ({ baseURL: `${url}/base`, url: '' }),
    'base ignored': ({ url }) => ({ baseURL: 'http://unused.test/', url: `${url}/absolute` }),
    'a query in the base': ({ url }) => ({ baseURL: `${url}/base?x=1`, url: 'under' }),
    'absolute not allowed': ({ url }) => ({ baseURL: url, url: '/x', allowAbsoluteUrls: false }),
  },
  params: {
    flat: () => ({ a: 1, b: 'ä &', c: null, d: undefined, e: true }),
    nested: () => ({ list: [1, 2], deep: { er: { x: 1 } }, at: new Date(0) }),
    search: () =>
      new URLSearchParams([
        ['a', '1'],
        ['a', '2'],
      ]),
    empty: () => ({}),
    'an invalid date': () => ({ at: new Date(Number.NaN) }),
    cyclic: () => ({ list: [cyclic] }),
    text: () => 'text=1',
  },
  paramsSerializer: {
    function: () => ({
      params: { a: 1 },
      paramsSerializer: (given: object) => `own=${JSON.stringify(given)}`,
    }),
    serialize: () => ({ params: { a: [1] }, paramsSerializer: { serialize: () => 'serialized=1' } }),
    encode: () => ({ params: { a: 'x y' }, paramsSerializer: { encode: (text: string) => `<${text}>` } }),
    indexes: () => ({ params: { a: [1, 2] }, paramsSerializer: { indexes: true } }),
    null: () => ({ params: { a: [1, 2] }, paramsSerializer: { indexes: null } }),
    throwing: () => ({ params: { a: 1 }, paramsSerializer: refuse }),
    empty: () => ({ params: { a: 1 }, paramsSerializer: () => '' }),
  },
  headers: constants({
    plain: { 'X-Plain': 'value', accept: 'x/y' },
    'in capitals and small': { 'USER-AGENT': 'mine', 'accept-encoding': 'identity' },
    null: { Accept: null, 'User-Agent': null, 'Accept-Encoding': null, 'X-None': undefined },
    false: { Accept: false, 'User-Agent': false, 'Accept-Encoding': false, 'Content-Type': false },
    list: { 'X-List': ['a', 'b'], Cookie: ['c=1', 'd=2'] },
    number: { 'X-Number': 7, 'X-True': true },
    empty: { 'X-Empty': '', Accept: '' },
    padded: { 'X-Padded': '  in between  ' },
    latin1: { 'X-Latin': '\xe4' },
    'line end': { 'X-Bad': 'a\r\nX-Injected: 1' },
    'beyond latin1': { 'X-Bad': 'Привет' },
    'bad name': { 'bad name': '1' },
    twice: { 'x-twice': '1', 'X-TWICE': '2' },
    host: { Host: 'other.test' },
    'connection close': { Connection: 'close' },
    chunked: { 'Transfer-Encoding': 'chunked' },
    'no length': { 'Content-Length': null },
    authorization: { Authorization: 'Bearer token', Cookie: 'a=b', 'Proxy-Authorization': 'Basic x' },
    expect: { 'X-Trailing-Dot': 'a.' },
  }),
  'headers of a type': constants({
    json: { 'Content-Type': 'application/json' },
    form: { 'content-type': 'application/x-www-form-urlencoded' },
    multipart: { 'Content-Type': 'multipart/form-data' },
    own: { 'Content-Type': 'x/own' },
    undefined: { 'Content-Type': undefined },
  }),
  data: {
    object: () => ({ a: 1, ä: ['x'], n: null }),
    text: () => 'text with ä',
    'json text': () => '{"a":1}',
    empty: () => '',
    null: () => null,
    zero: () => 0,
    false: () => false,
    number: () => 42,
    list: () => [1, 2],
    buffer: () => Buffer.from([0, 1, 255]),
    'empty buffer': () => Buffer.alloc(0),
    'array buffer': () => new Uint8Array([1, 2, 3]).buffer,
    'typed array': () => new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
    search: () => new URLSearchParams({ a: 'ä b' }),
    date: () => new Date(0),
    large: () => 'x'.repeat(100_000),
  },
  // Together, for a server waits for as much as it was told of.
  'data of its own length': {
    text: () => ({ method: 'post', headers: { 'content-length': '3' }, data: 'abc' }),
    buffer: () => ({ method: 'put', headers: { 'Content-Length': 3 }, data: Buffer.from('abc') }),
  },
  responseType: constants({ text: 'text', arraybuffer: 'arraybuffer', json: 'json', null: null, empty: '' }),
  validateStatus: {
    none: () => null,
    undefined: () => undefined,
    all: () => () => true,
    nothing: () => () => false,
    'below 400': () => (status: number) => status < 400,
    truthy: () => (status: number) => (status === 200 ? 'yes' : ''),
  },
  transformRequest: {
    none: () => [],
    text: () => (data: unknown) => (data === undefined ? data : `transformed ${typeof data}`),
    throwing: () => refuse,
    headers: () => (data: unknown, headers: Record<string, string>) => {
      headers['X-Transformed'] = '1';
      return typeof data === 'string' || Buffer.isBuffer(data) ? data : undefined;
    },
  },
  transformResponse: {
    none: () => [],
    wrap: () => (data: unknown, _headers: unknown, status: unknown) => ({ data, status }),
    throwing: () => refuse,
  },
  decompress: constants({ false: false, true: true, undefined: undefined }),
  maxRedirects: constants({ 0: 0, 1: 1, 2: 2, null: null, '-1': -1, text: '1' }),
  beforeRedirect: {
    changing: () => (options: { path: string; headers: Record<string, string> }) => {
      options.headers['X-Redirected'] = options.path;
    },
    throwing: () => refuse,
    curious: () => (options: object, details: object, request: object) => {
      const seen = [options, details, request ?? {}].map((part) => Object.keys(part).join());
      (options as { headers: Record<string, string> }).headers['X-Seen'] = seen.slice(1).join(' ');
    },
  },
  timeout: constants({ long: 20_000, text: '20000', 0: 0, null: null, bad: 'soon', object: {} }),
  transitional: constants({
    strict: { silentJSONParsing: false },
    unforced: { forcedJSONParsing: false },
    clarify: { clarifyTimeoutError: true },
    zstd: { advertiseZstdAcceptEncoding: true },
  }),
  xsrf: constants({ xsrfCookieName: 'a', withXSRFToken: true }),
  adapter: constants({ http: 'http', list: ['xhr', 'http'], missing: 'nonsense', none: [] }),
  proxy: constants({ false: false }),
  parseReviver: { doubling: () => (_key: string, value: unknown) => (value === 1 ? 2 : value) },
  unknown: constants({ option: 'kept', object: { kept: [1] } }),
  redact: constants({ headers: ['accept', 'X-Plain'] }),
  formSerializer: {
    dots: () => ({
      data: { a: { b: [1] } },
      formSerializer: { dots: true },
      headers: { 'Content-Type': 'multipart/form-data' },
    }),
    'url encoded': () => ({
      ...{ data: { a: { b: [1, 2] } }, formSerializer: { indexes: true } },
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    }),
  },
};
