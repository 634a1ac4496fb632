/** What others send, or write into a configuration, may be long: no parser may take more than its share of time for it. */

import { findJsonFault } from '../lib/cli/config-file.js';
import { durationToMs } from '../lib/config/duration.js';
import { parseNoProxy } from '../lib/config/no-proxy.js';
import { parseProxyUrl } from '../lib/config/proxy-url.js';
import { quote, renderDuration, renderKey, renderKind, renderValue } from '../lib/config/render.js';
import { resolvePolicy } from '../lib/config/resolve.js';
import { joinUrl, originOf, parse, plainHttpUrl, urlOf } from '../lib/request/url.js';
import {
  acceptsByteRanges,
  downloadPlan,
  parseContentRange,
  parseUnsatisfiedSize,
} from '../lib/resume/plan.js';
import { describeCause, formatForeignFailure } from '../lib/retry/describe.js';
import { headerGetter, parseHttpDate, requestedDelayMs } from '../lib/retry/headers.js';
import { redactText, redactUrl } from '../lib/retry/redact.js';
import { problemsOf } from './config/problems.js';

const NOW = Date.UTC(2026, 0, 1);
const axios = { getUri: ({ url }: { url?: string | undefined }) => url ?? '' };
const waitBy = (name: string) => (text: string) => requestedDelayMs(headerGetter({ [name]: text }), NOW, 429);
const fieldOf = (section: string, key: string) => (text: string) =>
  problemsOf(() => resolvePolicy({ [section]: { [key]: text } }));

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'a duration': (text) => problemsOf(() => durationToMs(text)),
  'a date': (text) => parseHttpDate(text, NOW),
  'Retry-After': waitBy('retry-after'),
  Date: (text) => requestedDelayMs(headerGetter({ date: text, 'retry-after': '1' }), NOW, 429),
  RateLimit: waitBy('ratelimit'),
  'X-RateLimit-Reset': waitBy('x-ratelimit-reset'),
  'retry-after-ms': waitBy('retry-after-ms'),
  'Content-Range': parseContentRange,
  'Content-Range of a 416': parseUnsatisfiedSize,
  'Accept-Ranges': acceptsByteRanges,
  'the head of a download': (text) =>
    downloadPlan(
      { status: 200, header: headerGetter({ etag: text, 'content-length': text, 'accept-ranges': text }) },
      { method: 'GET' } as never,
    ),
  'a list of NO_PROXY': (text) => parseNoProxy(text)('a.test', 80),
  'a host against NO_PROXY': (text) => parseNoProxy('a.test,.b.test,10.0.0.0/8,[::1]:80,*c')(text, 80),
  'a proxy URL': parseProxyUrl,
  'a URL under a base': (text) => joinUrl('https://a.test', text),
  'a base': (text) => joinUrl(text, 'path'),
  'a URL': parse,
  'an origin': (text) => originOf({ url: text }),
  'a whole URL': (text) => urlOf({ url: text, baseURL: `http://a.test/${text}` }),
  'a plain http URL': (text) => plainHttpUrl({ url: text }, axios as never),
  'a URL for a message': (text) => redactUrl(text, false),
  'a text for a message': (text) => redactText(text, false),
  'a failure': (text) =>
    formatForeignFailure({ what: describeCause({ message: text }), url: text, method: 'get' }),
  'a wrong value': (text) => [
    quote(text),
    renderValue(text),
    renderDuration(text),
    renderKind(text),
    renderKey(text),
  ],
  'an unknown key': (text) => problemsOf(() => resolvePolicy({ client: { [text]: 1 } })),
  'a header of a configuration': fieldOf('client', 'userAgent'),
  'hosts of a configuration': fieldOf('client', 'proxyExcludes'),
  'a number of a configuration': fieldOf('retry', 'maxRetries'),
  'a header name of a configuration': fieldOf('retry', 'idempotencyKey'),
  JSON: findJsonFault,
};

/** Each over and over, behind what makes a parser begin, and in front of what makes it fail. */
const PIECES = [
  ...[
    ' ',
    '\t',
    '\n',
    ',',
    ';',
    ':',
    '.',
    '/',
    '\\',
    '"',
    "'",
    '%',
    '@',
    '=',
    '-',
    '*',
    '[',
    ']',
    '{',
    '?',
    '#',
  ],
  ...[
    '0',
    '9',
    'a',
    'Z',
    'é',
    '1,',
    '1 ',
    'a.',
    '::',
    '0:',
    '//',
    '@/',
    '%4',
    '\\"',
    'a=',
    ';t=1',
    ',"a"',
    '1s ',
  ],
  ...[
    't=1,',
    'limit=',
    'GMT,',
    'Bearer ',
    'cookie ',
    "cookie:'",
    'cookie:"\n',
    'http://',
    'a://@',
    '[[',
    '1-',
    ' =',
  ],
];
const BEGINNINGS = ['', 'bytes ', 'https://', 'a.test:', '"', 'P1', '['];

const TEXTS = PIECES.flatMap((piece) => [
  { beginning: '', piece, ending: '' },
  ...BEGINNINGS.map((beginning) => ({ beginning, piece, ending: '!' })),
]);

type Text = (typeof TEXTS)[number];

const textOf = ({ beginning, piece, ending }: Text, length: number) =>
  beginning + piece.repeat(length / piece.length) + ending;

/** CPU time of this process, in ms: what other processes do meanwhile does not count. */
function costMs(work: () => unknown): number {
  const before = process.cpuUsage();
  try {
    work();
  } catch {
    // What is wrong with a text is not the question here.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const LENGTH = 8000;
/** Less than this is noise: the collector, the compiler. A quadratic parser of this length needs more. */
const NOISE_MS = 25;
const TRIES = 3;

/** Whether a text of twice the length costs clearly more than twice as much, each time it is tried. */
function isSuperlinear(parser: (text: string) => unknown, text: Text): boolean {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const longMs = costMs(() => parser(textOf(text, 2 * LENGTH)));
    if (longMs < NOISE_MS) return false;
    if (longMs / costMs(() => parser(textOf(text, LENGTH))) < 3) return false;
  }
  return true;
}

describe('twice as long a text costs at most about twice as much', () => {
  it.each(Object.keys(PARSERS))('as %s', (name) => {
    const parser = PARSERS[name] ?? (() => undefined);
    const steep = TEXTS.filter((text) => isSuperlinear(parser, text));
    expect(steep.map((text) => JSON.stringify(text))).toEqual([]);
  });

  it('is noticed where it does not hold', () => {
    const quadratic = (text: string) => text.replace(/ +$/, '');
    expect(isSuperlinear(quadratic, { beginning: '', piece: ' ', ending: '!' })).toBe(true);
  });
});
