import { Readable } from 'node:stream';
import type { AxiosRequestConfig } from 'axios';
import FormDataPackage from 'form-data';
import type { World } from './world.js';

type Config = AxiosRequestConfig & Record<string, unknown>;
type Values = Readonly<Record<string, (world: World) => unknown>>;

const cyclic: Record<string, unknown> = {};
cyclic.self = [cyclic];

const refuse = (): never => {
  throw new RangeError('refused');
};

const web = (): FormData => {
  const form = new FormData();
  form.append('a', '1');
  form.append('file', new Blob(['content'], { type: 'text/x' }), 'file.txt');
  return form;
};

const form = (): FormDataPackage => {
  const filled = new FormDataPackage();
  filled.append('a', '1');
  filled.append('b', Buffer.from('2'), { filename: 'b.bin' });
  return filled;
};

const constants = (values: Record<string, unknown>): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => value]));

/** Options that do not keep the policy from making the request itself. */
export const COMMON: Readonly<Record<string, Values>> = {
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

/** Options that axios' own adapter has to see to. */
export const UNCOMMON: Readonly<Record<string, Values>> = {
  'data of a kind': {
    stream: () => Readable.from(['one ', 'two'], { objectMode: false }),
    'stream that fails': () =>
      new Readable({
        read() {
          this.destroy(new Error('out of data'));
        },
      }),
    blob: () => new Blob(['blob'], { type: 'x/blob' }),
    'untyped blob': () => new Blob(['blob']),
    form,
    web,
    map: () => new Map([['a', 1]]),
    symbol: () => Symbol.iterator,
    function: () => refuse,
  },
  auth: constants({ both: { username: 'ä', password: 'p:w' }, name: { username: 'u' }, empty: {} }),
  'url with credentials': { both: ({ url }) => url.replace('://', '://us%40er:pa%20ss@') },
  'url that is odd': {
    data: () => 'data:text/plain;base64,aGk=',
    relative: () => '/relative',
    'no port': () => 'http://127.0.0.1:99999/',
    ftp: () => 'ftp://example.test/',
    none: () => undefined,
  },
  responseType: constants({ stream: 'stream', blob: 'blob', document: 'document', nonsense: 'nonsense' }),
  responseEncoding: constants({ latin1: 'latin1', utf8: 'utf8', base64: 'base64', klingon: 'klingon' }),
  maxContentLength: constants({ 0: 0, 5: 5, large: 1e9, '-1': -1, text: '5' }),
  maxBodyLength: constants({ 0: 0, 5: 5, large: 1e9, text: '5' }),
  maxRate: constants({ number: 1e8, list: [1e8, 1e8], zero: 0 }),
  progress: {
    up: () => ({ onUploadProgress: () => {} }),
    down: () => ({ onDownloadProgress: () => {} }),
    throwing: () => ({ onDownloadProgress: () => {}, onUploadProgress: () => {} }),
  },
  insecureHTTPParser: constants({ true: true, false: false }),
  sensitiveHeaders: constants({ list: ['X-Plain'], bad: 'X-Plain' }),
  family: constants({ 4: 4, 0: 0 }),
  lookup: {
    own:
      () =>
      (_host: string, _options: object, callback: (error: null, address: string, family: number) => void) =>
        callback(null, '127.0.0.1', 4),
  },
  formDataHeaderPolicy: {
    content: () => ({ data: form(), formDataHeaderPolicy: 'content-only', method: 'post' }),
  },
  env: {
    FormData: () => ({
      env: { FormData: FormDataPackage },
      data: { a: 1 },
      headers: { 'Content-Type': 'multipart/form-data' },
    }),
  },
  httpVersion: constants({ 1: 1, 3: 3, text: 'two' }),
  socketPath: constants({ missing: '/nonexistent/socket', number: 7 }),
  signal: {
    'aborted before': () => AbortSignal.abort(),
    'aborted with a reason': () => AbortSignal.abort('why'),
    'never aborted': () => new AbortController().signal,
    'in the tick': () => {
      const controller = new AbortController();
      queueMicrotask(() => controller.abort());
      return controller.signal;
    },
  },
  cancelToken: {
    'cancelled before': ({ axios }) => {
      const source = axios.CancelToken.source();
      source.cancel('too early');
      return source.token;
    },
    never: ({ axios }) => axios.CancelToken.source().token,
    'in the tick': ({ axios }) => {
      const source = axios.CancelToken.source();
      queueMicrotask(() => source.cancel('in the tick'));
      return source.token;
    },
  },
};

/** What ends a request that gets no answer. */
export const LIMITS: Readonly<Record<string, Values>> = {
  limit: {
    timeout: () => ({ timeout: 300 }),
    'timeout with a message': () => ({ timeout: '300', timeoutErrorMessage: 'too slow' }),
    'timeout made clear': () => ({ timeout: 300, transitional: { clarifyTimeoutError: true } }),
    signal: (world) => {
      const controller = new AbortController();
      world.onArrival(() => controller.abort(new Error('enough')));
      return { signal: controller.signal };
    },
    cancelToken: (world) => {
      const source = world.axios.CancelToken.source();
      world.onArrival(() => source.cancel('enough'));
      return { cancelToken: source.token };
    },
  },
};

/** Options whose values are several options at once. */
const SPREAD = new Set([
  'baseURL',
  'paramsSerializer',
  'formSerializer',
  'progress',
  'formDataHeaderPolicy',
  'env',
  'limit',
  'data of its own length',
  'xsrf',
]);
const NAMES: Readonly<Record<string, string>> = {
  'headers of a type': 'headers',
  'data of a kind': 'data',
  'url with credentials': 'url',
  'url that is odd': 'url',
};

/** Puts one option on a config. */
export function choose(config: Config, option: string, name: string, world: World): void {
  const values = { ...COMMON[option], ...UNCOMMON[option], ...LIMITS[option] };
  const value = values[name]?.(world);
  const key = NAMES[option] ?? option;
  if (option === 'xsrf') config[name] = value;
  else if (SPREAD.has(option)) Object.assign(config, value);
  else if (key === 'headers') config.headers = { ...config.headers, ...(value as object) };
  else config[key] = value;
}
