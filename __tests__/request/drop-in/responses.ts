import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { AxiosRequestConfig } from 'axios';
import { type Answer, drip, handler, redirect, reply, startOrigin } from '../../helpers/origin.js';
import type { Case } from './compare.js';

type Config = AxiosRequestConfig & Record<string, unknown>;

/** A GET that is answered with `answer`. */
const got = (is: string, answer: Answer, config: Config = {}): Case => ({
  is,
  arrange: (origin) => origin.always(answer),
  request: ({ http, url }) => http.get(url, config),
});

const json = (body: string | Buffer, status = 200): Answer =>
  reply({ status, body, headers: { 'Content-Type': 'application/json; charset=utf-8' } });

const TYPES = ['json', 'text', 'arraybuffer', 'stream', 'document', 'blob', 'nonsense'] as const;

const bodies: Case[] = [
  ...TYPES.map((responseType) => got(`as ${responseType}`, json('{"a":1}'), { responseType } as Config)),
  ...TYPES.map((responseType) =>
    got(`of status 500 as ${responseType}`, json('{"error":"e"}', 500), { responseType } as Config),
  ),
  got('as text in latin1', reply({ body: Buffer.from([0xe4, 0xf6]) }), {
    responseType: 'text',
    responseEncoding: 'latin1',
  }),
  got('in an unknown encoding', reply({ body: 'x' }), { responseEncoding: 'klingon' as never }),
  got('with a byte order mark', json('\ufeff{"a":1}')),
  got('that is no JSON', json('{"a":')),
  got('that is no JSON, strictly', json('{"a":'), {
    responseType: 'json',
    transitional: { silentJSONParsing: false },
  }),
  got('of status 500 that is no JSON, strictly', json('{"a":', 500), {
    responseType: 'json',
    transitional: { silentJSONParsing: false },
  }),
  got('that is JSON nobody asked for', json('{"a":1}'), { transitional: { forcedJSONParsing: false } }),
  got('with a reviver', json('{"a":1}'), {
    parseReviver: (_key: string, value: unknown) => (value === 1 ? 2 : value),
  }),
  got('without a body', reply()),
  got('in pieces', drip({ pieces: ['one ', 'two ', 'three'], everyMs: 5 })),
  got('in pieces, as a stream', drip({ pieces: ['one ', 'two ', 'three'], everyMs: 5 }), {
    responseType: 'stream',
  }),
  got('of a megabyte, as a stream', reply({ body: 'm'.repeat(1024 * 1024) }), { responseType: 'stream' }),
];

const ENCODINGS: [string, (body: string) => Buffer][] = [
  ['gzip', (body) => gzipSync(body)],
  ['deflate', (body) => deflateSync(body)],
  ['raw deflate', (body) => deflateRawSync(body)],
  ['br', (body) => brotliCompressSync(body)],
  ['unknown', (body) => Buffer.from(body)],
];

const compressed: Case[] = ENCODINGS.flatMap(([name, encode]): Case[] => {
  const headers = { 'Content-Encoding': name.replace('raw ', ''), 'Content-Type': 'application/json' };
  const answer = reply({ body: encode('{"a":1}'), headers });
  return [
    got(`compressed with ${name}`, answer),
    got(`compressed with ${name}, as it is`, answer, { decompress: false, responseType: 'arraybuffer' }),
    got(`compressed with ${name}, as a stream`, answer, { responseType: 'stream' }),
    got(`compressed badly with ${name}`, reply({ body: 'not compressed at all', headers })),
  ];
});

const limits: Case[] = [
  got('over maxContentLength', reply({ body: 'x'.repeat(100) }), { maxContentLength: 50 }),
  got('over maxContentLength, in pieces', drip({ pieces: ['x'.repeat(40), 'x'.repeat(40)], everyMs: 5 }), {
    maxContentLength: 50,
  }),
  got('over maxContentLength, as a stream', reply({ body: 'x'.repeat(100) }), {
    maxContentLength: 50,
    responseType: 'stream',
  }),
  got(
    'over maxContentLength when decompressed',
    reply({ body: gzipSync('x'.repeat(1000)), headers: { 'Content-Encoding': 'gzip' } }),
    { maxContentLength: 500 },
  ),
  got('just within maxContentLength', reply({ body: 'x'.repeat(50) }), { maxContentLength: 50 }),
  got('limited in its rate', reply({ body: 'x'.repeat(2000) }), { maxRate: [undefined, 200_000] as never }),
  {
    is: 'that is watched',
    arrange: (origin) => origin.always(reply({ body: 'x'.repeat(300_000) })),
    request: async ({ http, url }) => {
      const events: { loaded: number; total?: number | undefined; progress?: number | undefined }[] = [];
      const onDownloadProgress = (event: (typeof events)[number]) => void events.push(event);
      const { data } = await http.get(url, { onDownloadProgress });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const { loaded, total, progress } = events.at(-1) ?? {};
      return { data: { length: data.length, loaded, total, progress } };
    },
  },
];

const STATUSES = [201, 204, 206, 300, 304, 400, 401, 404, 408, 418, 429, 500, 503, 599];

const statuses: Case[] = [
  ...STATUSES.map((status) =>
    got(`of status ${status}`, reply({ status, body: status === 204 || status === 304 ? '' : 'body' })),
  ),
  got('of a status nobody minds: null', reply({ status: 500 }), { validateStatus: null }),
  got('of a status nobody minds: undefined', reply({ status: 500 }), { validateStatus: undefined } as never),
  got('of a status that is expected', reply({ status: 404 }), { validateStatus: (status) => status === 404 }),
  got('of a good status that is not expected', reply({ body: 'good' }), { validateStatus: () => false }),
  {
    is: 'of status 500 where the instance does not mind',
    defaults: { validateStatus: null },
    arrange: (origin) => origin.always(reply({ status: 500 })),
    request: ({ http, url }) => http.get(url),
  },
  {
    is: 'to HEAD',
    arrange: (origin) => origin.always(reply({ headers: { 'X-A': '1' }, body: 'not sent' })),
    request: ({ http, url }) => http.head(url),
  },
  {
    is: 'to HEAD, of status 404',
    arrange: (origin) => origin.always(reply({ status: 404, body: 'not sent' })),
    request: ({ http, url }) => http.head(url),
  },
  {
    is: 'to HEAD, with an encoding',
    arrange: (origin) => origin.always(reply({ headers: { 'Content-Encoding': 'gzip' } })),
    request: ({ http, url }) => http.head(url),
  },
  got(
    'with several headers of a name',
    reply({ headers: { 'Set-Cookie': ['a=1', 'b=2'], 'X-Multi': ['1', '2'] } }),
  ),
  got(
    'with an informational one before it',
    handler((_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('done');
    }),
  ),
  got(
    'with a status text of its own',
    handler((_request, response) => void response.writeHead(299, 'Quite Fine').end()),
  ),
];

const transforms: Case[] = [
  got('that is transformed', json('{"a":1}'), {
    transformResponse: [(data) => JSON.parse(data), ({ a }) => a + 1],
  }),
  got('that is not transformed', json('{"a":1}'), { transformResponse: [] }),
  got('whose transform sees the status', reply({ status: 201, body: 'x' }), {
    transformResponse: (data, headers, status) => ({ data, type: headers['content-type'], status }),
  }),
  got('whose transform throws', reply({ body: 'x' }), {
    transformResponse: () => {
      throw new TypeError('no');
    },
  }),
  got('of status 500 whose transform throws', reply({ status: 500, body: 'x' }), {
    transformResponse: () => {
      throw new TypeError('no');
    },
  }),
];

const chain = (...answers: Answer[]) => ({
  arrange: (origin: { enqueue(...answers: Answer[]): unknown }) => void origin.enqueue(...answers),
});
const MAX = [0, 1, 2, 5];

const redirects: Case[] = [
  ...MAX.map(
    (maxRedirects): Case => ({
      is: `after two redirects, with maxRedirects ${maxRedirects}`,
      ...chain(redirect(302, '/a'), redirect(301, 'b')),
      request: ({ http, url }) => http.get(`${url}/start?x=1`, { maxRedirects }),
    }),
  ),
  ...[301, 302, 303, 307, 308].map(
    (status): Case => ({
      is: `to a POST that is redirected with ${status}`,
      ...chain(redirect(status, '/next')),
      request: ({ http, url }) => http.post(url, { a: 1 }, { headers: { 'X-Own': '1' } }),
    }),
  ),
  got('in a circle', redirect(302, '/'), { maxRedirects: 3 }),
  {
    is: 'of a redirect to nowhere',
    ...chain(reply({ status: 302 })),
    request: ({ http, url }) => http.get(url),
  },
  {
    is: 'of a redirect to something else',
    ...chain(redirect(302, 'ftp://elsewhere.test/')),
    request: ({ http, url }) => http.get(url),
  },
  {
    is: 'after a redirect that keeps credentials on the same origin',
    ...chain(redirect(302, '/next')),
    request: ({ http, url }) =>
      http.get(url, { auth: { username: 'u', password: 'p' }, headers: { Cookie: 'c=1', 'X-Key': 'k' } }),
  },
  {
    is: 'after a redirect to another origin, without credentials',
    request: async ({ http, origin, url }) => {
      const other = await startOrigin();
      origin.enqueue(redirect(302, `http://localhost:${other.port}/`));
      await http.get(url, { headers: { Authorization: 'Bearer t', Cookie: 'c=1', 'X-Key': 'k' } });
      const { host: _, ...headers } = other.requests[0]?.headers ?? {};
      return headers;
    },
  },
  {
    is: 'after a redirect that is looked at',
    ...chain(redirect(302, '/next')),
    request: async ({ http, url }) => {
      const seen: unknown[] = [];
      const response = await http.get(url, {
        beforeRedirect: (options, { headers, statusCode }) => {
          seen.push([options.href, options.method, headers.location, statusCode]);
          options.headers['X-Added'] = 'by hook';
        },
      });
      return { ...response, data: seen };
    },
  },
  {
    is: 'after a redirect that is refused',
    ...chain(redirect(302, '/next')),
    request: ({ http, url }) =>
      http.get(url, {
        beforeRedirect: () => {
          throw new Error('not there');
        },
      }),
  },
];

/** Responses, by what becomes of them. */
export const RESPONSES: readonly Case[] = [
  ...bodies,
  ...compressed,
  ...limits,
  ...statuses,
  ...transforms,
  ...redirects,
];
