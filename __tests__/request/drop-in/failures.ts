import * as http1 from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { AxiosRequestConfig } from 'axios';
import { closedPort, failingLookup } from '../../helpers/faults.js';
import {
  type Answer,
  drip,
  hangUp,
  never,
  type Origin,
  partialHead,
  raw,
  reply,
  reset,
  slow,
  stallBody,
  truncate,
} from '../../helpers/origin.js';
import { until } from '../../helpers/wait.js';
import type { Case } from './compare.js';

type Config = AxiosRequestConfig & Record<string, unknown>;

const failing = (is: string, answer: Answer, config: Config = {}): Case => ({
  is,
  arrange: (origin) => origin.always(answer),
  request: ({ http, url }) => http.get(url, config),
});

const lost: Case[] = [5, 0].flatMap((maxRedirects) =>
  [
    failing('that is reset', reset(), { maxRedirects }),
    failing('that is hung up on', hangUp(), { maxRedirects }),
    failing('whose headers are cut short', partialHead('HTTP/1.1 200 OK\r\nContent-'), { maxRedirects }),
    failing('whose body is cut short', truncate({ declared: 100, sent: 10, how: 'fin' }), { maxRedirects }),
    {
      ...failing(
        'whose body is cut short, with a name of its own',
        truncate({ declared: 9, sent: 1, how: 'fin' }),
        {
          maxRedirects,
        },
      ),
      defaults: { headers: { 'User-Agent': 'mine' } },
    },
    failing('whose body is reset', truncate({ declared: 100, sent: 10, how: 'rst' }), { maxRedirects }),
    failing('whose stream is cut short', truncate({ declared: 100, sent: 10, how: 'fin' }), {
      maxRedirects,
      responseType: 'stream',
    }),
    failing('answered with something else', raw('SSH-2.0-OpenSSH_9.7\r\n', 'fin'), { maxRedirects }),
  ].map((it) => ({ ...it, is: `${it.is}, with maxRedirects ${maxRedirects}` })),
);

const unreachable: Case[] = [
  {
    is: 'that is refused',
    request: async ({ http }) => http.get(`http://127.0.0.1:${await closedPort()}/`).catch(withoutPort),
  },
  {
    is: 'to an unknown host',
    request: ({ http }) => http.get('http://unknown.test/', { lookup: failingLookup() as never }),
  },
  { is: 'to no url at all', request: ({ http }) => http.get(undefined as never) },
  { is: 'to a path without a host', request: ({ http }) => http.get('/path') },
  { is: 'to a url that is none', request: ({ http }) => http.get('http://[') },
  { is: 'to a host that is none', request: ({ http }) => http.get('http://a b/') },
  { is: 'to a port that is none', request: ({ http }) => http.get('http://a.test:99999/') },
  { is: 'of an unsupported protocol', request: ({ http }) => http.get('ftp://a.test/') },
  { is: 'of another unsupported protocol', request: ({ http }) => http.get('javascript:alert(1)') },
  { is: 'to a file', request: ({ http }) => http.get('file:///etc/hostname') },
  {
    is: 'to a socket that is not there',
    request: ({ http }) => http.get('http://localhost/', { socketPath: '/nowhere/a.sock' }),
  },
  {
    is: 'with a socket path that is none',
    request: ({ http }) => http.get('http://localhost/', { socketPath: 5 as never }),
  },
];

/** The port is another one in each run. */
function withoutPort(error: Error): never {
  error.message = error.message.replace(/\d+$/, 'PORT');
  throw Object.assign(error, { port: 0, cause: undefined, config: undefined });
}

const data: Case[] = [
  { is: 'of data', request: ({ http }) => http.get('data:text/plain,hello%20world') },
  { is: 'of data in base64', request: ({ http }) => http.get('data:application/json;base64,eyJhIjoxfQ==') },
  {
    is: 'of data as a stream',
    request: ({ http }) => http.get('data:text/plain,hello', { responseType: 'stream' }),
  },
  {
    is: 'of data as text',
    request: ({ http }) => http.get('data:text/plain,hello', { responseType: 'text' }),
  },
  {
    is: 'of data over maxContentLength',
    request: ({ http }) => http.get('data:text/plain,hello', { maxContentLength: 2 }),
  },
  { is: 'of data that is none', request: ({ http }) => http.get('data:nothing') },
  { is: 'that posts to data', request: ({ http }) => http.post('data:text/plain,hello', 'x') },
];

const timeouts: Case[] = [
  failing('that times out', never(), { timeout: 250 }),
  failing('that times out, without redirects', never(), { timeout: 250, maxRedirects: 0 }),
  failing('that times out with a clear code', never(), {
    timeout: 250,
    transitional: { clarifyTimeoutError: true },
  }),
  failing('that times out with a message of its own', never(), { timeout: 250, timeoutErrorMessage: 'slow' }),
  failing('that times out, its limit a string', never(), { timeout: '250' as never }),
  failing('that is in time', slow(20, reply({ body: 'in time' })), { timeout: 5000 }),
  failing('whose timeout is no number', reply(), { timeout: 'soon' as never }),
  failing('whose timeout is not a number', reply(), { timeout: Number.NaN }),
  failing('whose timeout is endless', reply(), { timeout: Number.POSITIVE_INFINITY }),
  failing('whose timeout is an object', reply(), { timeout: {} as never }),
  failing('whose timeout is a number with a unit', slow(10), { timeout: '5000ms' as never }),
  failing('whose timeout is true', reply(), { timeout: true as never }),
  failing('whose timeout is a fraction', slow(10), { timeout: 5000.7 }),
  failing('whose timeout is null', reply(), { timeout: null as never }),
  {
    is: 'that times out by the instance',
    defaults: { timeout: 250 },
    arrange: (origin) => origin.always(never()),
    request: ({ http, url }) => http.get(url),
  },
];

const requested = (origin: { requests: unknown[] }) => until(() => origin.requests.length === 1);

/** A request, and when its caller gives it up. */
const cancelled = (is: string, answer: Answer, more: Config = {}, when = requested): Case[] => [
  {
    is: `that is aborted ${is}`,
    arrange: (origin) => origin.always(answer),
    request: async ({ http, origin, url }) => {
      const controller = new AbortController();
      const response = http.get(url, { ...more, signal: controller.signal });
      response.catch(() => {});
      await when(origin);
      controller.abort(new Error('the reason'));
      return response;
    },
  },
  {
    is: `whose token is cancelled ${is}`,
    arrange: (origin) => origin.always(answer),
    request: async ({ axios, http, origin, url }) => {
      const { token, cancel } = axios.CancelToken.source();
      const response = http.get(url, { ...more, cancelToken: token });
      response.catch(() => {});
      await when(origin);
      cancel('the reason');
      return response;
    },
  },
];

const cancels: Case[] = [
  ...cancelled('before it is sent', never(), {}, async () => {}),
  ...cancelled('before the answer', never()),
  ...cancelled('before the answer, without redirects', never(), { maxRedirects: 0 }),
  ...cancelled('while the body arrives', stallBody({ declared: 100, sent: 10 })),
  {
    is: 'that was aborted before it was made',
    request: ({ http, url }) => http.get(url, { signal: AbortSignal.abort() }),
  },
  {
    is: 'whose signal timed out',
    arrange: (origin) => origin.always(never()),
    request: ({ http, url }) => http.get(url, { signal: AbortSignal.timeout(250) }),
  },
  {
    is: 'whose token was cancelled before it was made',
    request: ({ axios, http, url }) => {
      const { token, cancel } = axios.CancelToken.source();
      cancel('early');
      return http.get(url, { cancelToken: token });
    },
  },
  {
    is: 'whose stream is aborted',
    arrange: (origin) => origin.always(drip({ pieces: ['a', 'b', 'c', 'd', 'e', 'f'], everyMs: 30 })),
    request: async ({ http, url }) => {
      const controller = new AbortController();
      const response = await http.get<Readable>(url, { responseType: 'stream', signal: controller.signal });
      response.data.once('data', () => setImmediate(() => controller.abort()));
      return response;
    },
  },
  {
    is: 'whose upload is destroyed',
    request: ({ http, origin, url }) => {
      const body = new Readable({ read() {} });
      body.push('beginning');
      void until(() => origin.requests[0]?.body.toString() === 'beginning').then(() => body.destroy());
      return http.post(url, body);
    },
  },
];

const adapter = (is: string, adapt: (config: object) => unknown): Case => ({
  is,
  request: ({ http }) => http.get('http://adapted.test/path', { adapter: adapt as never }),
});

/** Aborted while an adapter waits: `when`, and not after a while, so that it has sent by then whatever it sends. */
const abortedWith = (is: string, config: Config, when: (origin: Origin) => Promise<void>): Case => ({
  is,
  arrange: (origin) => origin.always(never()),
  request: ({ http, origin, url }) => {
    const controller = new AbortController();
    void when(origin).then(() => controller.abort(new RangeError('the reason')));
    return http.get(url, { ...config, signal: controller.signal });
  },
});

const adapters: Case[] = [
  abortedWith('that is aborted in the fetch adapter', { adapter: 'fetch' }, requested),
  abortedWith(
    'whose adapter rejects with the reason of the abort',
    {
      adapter: ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener?.('abort', () => reject((signal as AbortSignal).reason));
        }),
    },
    () => delay(30),
  ),
  adapter('whose adapter resolves', async (config) => ({
    status: 200,
    statusText: 'OK',
    data: '{"a":1}',
    headers: { a: 'b' },
    config,
    request: {},
  })),
  adapter('whose adapter resolves with next to nothing', async () => ({ data: 5 })),
  adapter('whose adapter resolves with nothing', async () => undefined),
  adapter('whose adapter rejects with an error', () => Promise.reject(new RangeError('adapter'))),
  adapter('whose adapter rejects with a code', () =>
    Promise.reject(Object.assign(new Error('x'), { code: 'EWHAT' })),
  ),
  adapter('whose adapter rejects with a string', () => Promise.reject('just a string')),
  adapter('whose adapter throws', () => {
    throw new TypeError('at once');
  }),
  {
    is: 'whose adapter rejects with an AxiosError',
    request: ({ axios, http }) =>
      http.get('http://adapted.test/', {
        adapter: async (config) => {
          const response = { status: 500, statusText: 'no', data: '{"a":1}', headers: {}, config };
          throw new axios.AxiosError('adapted', 'ERR_BAD_RESPONSE', config, {}, response as never);
        },
      }),
  },
  {
    is: "whose adapter calls axios' own",
    request: ({ axios, http, url }) =>
      http.get(url, {
        adapter: (config) =>
          axios.getAdapter('http')({ ...config, headers: config.headers.set('X-By', 'adapter') }),
      }),
  },
  {
    is: 'with an adapter nobody knows',
    request: ({ http, url }) => http.get(url, { adapter: 'carrier-pigeon' as never }),
  },
  { is: 'with several adapters', request: ({ http, url }) => http.get(url, { adapter: ['xhr', 'http'] }) },
  {
    is: 'with adapters that are not there',
    request: ({ http, url }) => http.get(url, { adapter: ['xhr', 'pigeon'] as never }),
  },
  {
    is: 'with the fetch adapter',
    request: ({ http, url }) => http.post(url, { a: 1 }, { adapter: 'fetch' }),
  },
  {
    is: 'with a status by the fetch adapter',
    arrange: (origin) => origin.always(reply({ status: 404 })),
    request: ({ http, url }) => http.get(url, { adapter: 'fetch' }),
  },
  {
    is: 'with a transport of its own',
    request: async ({ http, url }) => {
      const calls: string[] = [];
      class Transport {
        request(options: http1.RequestOptions, onResponse: (response: http1.IncomingMessage) => void) {
          calls.push(`${options.method} ${options.path}`);
          return http1.request(options, onResponse);
        }
      }
      const response = await http.get(`${url}/x`, { transport: new Transport() } as never);
      return { ...response, data: calls };
    },
  },
];

const options: Case[] = [
  failing('with an option axios does not know', reply(), { somethingElse: { nested: true } }),
  failing('with a paramsSerializer that throws', reply(), {
    params: { a: 1 },
    paramsSerializer: () => {
      throw new RangeError('no');
    },
  }),
  failing('with params that cannot be serialized', reply(), { params: { day: new Date(Number.NaN) } }),
  failing('with a bad paramsSerializer', reply(), { paramsSerializer: { encode: 5 as never } }),
  failing('with a bad transitional option', reply(), { transitional: { silentJSONParsing: 'yes' as never } }),
  failing(
    'with a frozen config',
    reply(),
    Object.freeze({ params: Object.freeze({ a: Object.freeze([1]) }) }),
  ),
  failing(
    'with a config without a prototype',
    reply(),
    Object.assign(Object.create(null), { params: { a: 1 } }),
  ),
  failing('with symbols in its config', reply(), {
    [Symbol('own')]: 1,
    params: { [Symbol('s')]: 1, a: 2 },
  } as never),
  failing('with a class instance in its config', reply(), {
    own: new (class Own {
      a = 1;
    })(),
  }),
  failing('with params in a circle', reply(), { params: circular() }),
  { is: 'that posts a circle', request: ({ http, url }) => http.post(url, circular()) },
];

function circular(): object {
  const circle: { self?: object } = {};
  circle.self = circle;
  return circle;
}

/** Requests that do not come to a response, or not to one from the network. */
export const FAILURES: readonly Case[] = [
  ...lost,
  ...unreachable,
  ...data,
  ...timeouts,
  ...cancels,
  ...adapters,
  ...options,
];
