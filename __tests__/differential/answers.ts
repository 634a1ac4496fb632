import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { AnswerSpec } from './world.js';

const HEADERS: Record<string, readonly string[]> = {
  json: ['Content-Type: application/json'],
  'json in latin1': ['Content-Type: application/json; charset=iso-8859-1'],
  text: ['content-type: text/plain'],
  'two cookies': ['Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2'],
  'a header twice': ['X-Twice: 1', 'X-Twice: 2'],
  'a type twice': ['Content-Type: text/plain', 'Content-Type: text/html'],
  'a name in capitals': ['X-LOUD: yes'],
  'an empty value': ['X-Empty:'],
  'a padded value': ['X-Padded:   in between  '],
  'a value in latin1': ['X-Latin: \xe4\xf6\xfc'],
  'a tab': ['X-Tab: a\tb'],
  'names of methods': ['get: 1', 'set: 2', 'constructor: 3', 'toJSON: 4', '__proto__: 5', 'has: 6'],
  'numbers for names': ['2: two', '1: one'],
  'an etag': ['ETag: "1"', 'Accept-Ranges: bytes'],
  'a keep-alive hint': ['Keep-Alive: timeout=5, max=100'],
  close: ['Connection: close'],
  'a date': ['Date: Thu, 01 Jan 1970 00:00:00 GMT'],
  'retry-after': ['Retry-After: 1'],
};

const LOCATIONS: Record<string, string> = {
  absolute: '{url}/absolute?x=1#fragment',
  'of another origin': '{other}/elsewhere',
  path: '/path?y=2',
  relative: 'relative',
  'only a query': '?only=query',
  'without a scheme': '//{host}/no-scheme',
  'with credentials': 'http://user:pass@{host}/private',
  'with spaces': '/with spaces/\xe4',
  empty: '',
  'no URL': 'http://',
  'of another scheme': 'ftp://example.test/file',
};
for (const [name, location] of Object.entries(LOCATIONS))
  HEADERS[`location ${name}`] = [`Location: ${location}`];

const BODIES: Record<string, Buffer> = {
  json: Buffer.from('{"a":[1,"\u00e4"],"b":null}'),
  empty: Buffer.alloc(0),
  text: Buffer.from('some text'),
  'bad json': Buffer.from('{"a":'),
  'json behind a mark': Buffer.from('\ufeff{"a":1}'),
  'text behind two marks': Buffer.from('\ufeff\ufefftext'),
  latin1: Buffer.from('"\xe4\xf6"', 'latin1'),
  'a number': Buffer.from('12'),
  null: Buffer.from('null'),
  'white space': Buffer.from(' \n'),
  'many bytes': Buffer.from('0123456789abcdef'.repeat(8192)),
};

const ENCODINGS: Record<string, readonly [name: string | undefined, encode: (body: Buffer) => Buffer]> = {
  none: [undefined, (body) => body],
  gzip: ['gzip', (body) => gzipSync(body)],
  'x-gzip': ['X-GZIP', (body) => gzipSync(body)],
  deflate: ['deflate', (body) => deflateSync(body)],
  'raw deflate': ['deflate', (body) => deflateRawSync(body)],
  br: ['br', (body) => brotliCompressSync(body)],
  compress: ['compress', (body) => gzipSync(body)],
  identity: ['identity', (body) => body],
  unknown: ['klingon', (body) => body],
  'gzip that is none': ['gzip', (body) => body],
  'br that is none': ['br', (body) => body],
  'gzip cut short': ['gzip', (body) => gzipSync(body).subarray(0, -9)],
  'gzip and more': ['gzip', (body) => Buffer.concat([gzipSync(body), Buffer.from('more')])],
  'gzip of nothing': ['gzip', () => Buffer.alloc(0)],
};

const chunk = (body: Buffer): string =>
  body.length === 0 ? '' : `${body.length.toString(16)}\r\n${body.toString('latin1')}\r\n`;

/** The header fields of a body, and its bytes. */
const FRAMINGS: Record<string, (body: Buffer) => readonly [head: string[], bytes: string]> = {
  length: (body) => [[`Content-Length: ${body.length}`], body.toString('latin1')],
  chunked: (body) => [['Transfer-Encoding: chunked'], `${chunk(body)}0\r\n\r\n`],
  'chunked with trailers': (body) => [
    ['Transfer-Encoding: chunked', 'Trailer: X-Sum'],
    `${chunk(body.subarray(0, 5))}${chunk(body.subarray(5))}0\r\nX-Sum: 7\r\n\r\n`,
  ],
  'until the end': (body) => [['Connection: close'], body.toString('latin1')],
  'both of length and chunked': (body) => [
    ['Transfer-Encoding: chunked', `Content-Length: ${body.length}`],
    `${chunk(body)}0\r\n\r\n`,
  ],
  'two lengths': (body) => [
    [`Content-Length: ${body.length}`, `Content-Length: ${body.length + 1}`],
    body.toString('latin1'),
  ],
  'a bad chunk': (body) => [['Transfer-Encoding: chunked'], `zz\r\n${body.toString('latin1')}\r\n`],
};

/** How the bytes of an answer are sent. */
export type Step = string | 'pause' | 'end' | 'reset' | 'arrived';

const half = (bytes: string): number => Math.ceil(bytes.length / 2);

/** What is done with a head and a body. */
const ENDINGS: Record<string, (head: string, body: string) => Step[]> = {
  whole: (head, body) => [head + body],
  'in pieces': (head, body) => [head, 'pause', body.slice(0, half(body)), 'pause', body.slice(half(body))],
  'head in pieces': (head, body) => [head.slice(0, 20), 'pause', head.slice(20) + body],
  closed: (head, body) => [head + body, 'end'],
  'after early hints': (head, body) => [`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head}${body}`],
  'after continue': (head, body) => [`HTTP/1.1 100 Continue\r\n\r\n${head}${body}`],
  'cut in the body': (head, body) => [head + body.slice(0, half(body)), 'pause', 'end'],
  'cut at once': (head, body) => [head + body.slice(0, half(body)), 'end'],
  'cut in the head': (head) => [head.slice(0, half(head)), 'end'],
  'no answer': () => ['end'],
  reset: () => ['reset'],
  garbage: () => ['This is not HTTP\r\n\r\n', 'end'],
  silence: () => ['arrived'],
  'silence in the body': (head, body) => [
    head + body.slice(0, half(body)),
    ...Array<Step>(8).fill('pause'),
    'arrived',
  ],
};

/** Endings that leave a request waiting. */
export const isSilent = ({ ending }: AnswerSpec): boolean => ending.startsWith('silence');

/** Endings before which a connection must not have been used: a lost keep-alive race is the policy's to mend. */
export const mayLoseRace = ({ ending }: AnswerSpec): boolean =>
  ['no answer', 'reset', 'cut in the head', 'garbage'].includes(ending);

const withoutBody = (status: number): boolean => status === 204 || status === 304;

/** What the server does, for a request to the server of `host`. */
export function stepsOf(answer: AnswerSpec, method: string, host: string, otherHost: string): Step[] {
  const [encoding, encode] = ENCODINGS[answer.encoding] ?? [undefined, (body: Buffer) => body];
  const [framing, bytes] = FRAMINGS[answer.framing]?.(encode(BODIES[answer.body] ?? Buffer.alloc(0))) ?? [
    [],
    '',
  ];
  const lines = [
    `HTTP/1.1 ${answer.status} ${answer.status === 299 ? '' : 'Some Reason'}`,
    ...answer.headers.flatMap((name) => HEADERS[name] ?? []),
    ...(encoding === undefined ? [] : [`Content-Encoding: ${encoding}`]),
    ...(withoutBody(answer.status) ? [] : framing),
  ];
  const head = `${lines.join('\r\n')}\r\n\r\n`
    .replaceAll('{url}', `http://${host}`)
    .replaceAll('{other}', `http://${otherHost}`)
    .replaceAll('{host}', host);
  const body = method === 'HEAD' || withoutBody(answer.status) ? '' : bytes;
  const steps = ENDINGS[answer.ending]?.(head, body) ?? [];
  return answer.framing === 'until the end' && !isSilent(answer) ? [...steps, 'end'] : steps;
}

const oftenFirst = (values: readonly string[], weight: number): fc.Arbitrary<string> => {
  const [first = '', ...others] = values;
  return fc.oneof(
    { withCrossShrink: true },
    { weight, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
};

const statuses = fc.oneof(
  { withCrossShrink: true },
  { weight: 5, arbitrary: fc.constant(200) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(201, 204, 206, 299, 300, 304, 400, 401, 404, 410, 429, 500, 503, 600, 999),
  },
  { weight: 2, arbitrary: fc.constantFrom(301, 302, 303, 307, 308) },
);

const isRedirect = (status: number): boolean => status > 300 && status < 309 && status !== 304;

const answers: fc.Arbitrary<AnswerSpec> = fc
  .record({
    status: statuses,
    headers: fc.uniqueArray(
      fc.constantFrom(...Object.keys(HEADERS).filter((name) => !name.startsWith('loc'))),
      {
        maxLength: 3,
      },
    ),
    location: fc.constantFrom(...Object.keys(HEADERS).filter((name) => name.startsWith('loc'))),
    body: oftenFirst(Object.keys(BODIES), 1),
    encoding: oftenFirst(Object.keys(ENCODINGS), 3),
    framing: oftenFirst(Object.keys(FRAMINGS), 2),
    ending: oftenFirst(Object.keys(ENDINGS), 2),
  })
  .map(({ location, headers, ending, ...rest }) => ({
    ...rest,
    headers: isRedirect(rest.status) ? [...headers, location] : headers,
    // Of the body of a redirect nobody reads.
    ending: isRedirect(rest.status) && ending === 'silence in the body' ? 'silence' : ending,
  }));

const LAST: AnswerSpec = {
  ...{ status: 200, headers: [], body: 'text', encoding: 'none', framing: 'length', ending: 'whole' },
};

/** One to three answers; a redirect is seldom the last one, for it would be followed to the limit. */
export const answerLists = fc
  .array(answers, { minLength: 1, maxLength: 3 })
  .map((list) => (list.length < 3 && isRedirect(list.at(-1)?.status ?? 0) ? [...list, LAST] : list));
