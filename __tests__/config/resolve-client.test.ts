import { resolvePolicy } from '../../lib/config/resolve.js';
import type { ResolvedClient } from '../../lib/config/resolved.js';
import { problemsOf } from './problems.js';

const clientOf = (client: object): ResolvedClient => resolvePolicy({ client }).client;

/** The only problem of a client section. */
function problemOf(client: unknown) {
  const problems = problemsOf(() => resolvePolicy({ client }));
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe('a client value that is right', () => {
  it.each([
    [{ connectTimeout: '90 seconds' }, { connectTimeoutMs: 90_000 }],
    [{ connectTimeout: false }, { connectTimeoutMs: false }],
    [{ connectTimeout: { seconds: 4 } }, { connectTimeoutMs: 4000 }],
    [{ timeout: 1500 }, { timeoutMs: 1500, timeoutIsDefault: false }],
    [{ timeout: '30s' }, { timeoutMs: 30_000, timeoutIsDefault: false }],
    [{ timeout: false }, { timeoutMs: false, timeoutIsDefault: false }],
    [{ readTimeout: '45 seconds' }, { readTimeoutMs: 45_000 }],
    [{ poolIdleTimeout: 0 }, { poolIdleTimeoutMs: 0 }],
    [{ poolIdleTimeout: '0s' }, { poolIdleTimeoutMs: 0 }],
    [{ poolIdleTimeout: false }, { poolIdleTimeoutMs: false }],
    [{ poolMaxIdlePerHost: '94' }, { poolMaxIdlePerHost: 94 }],
    [{ poolMaxIdlePerHost: '+5' }, { poolMaxIdlePerHost: 5 }],
    [{ poolMaxIdlePerHost: 0 }, { poolMaxIdlePerHost: 0 }],
    [{ poolMaxIdlePerHost: Number.POSITIVE_INFINITY }, { poolMaxIdlePerHost: Number.POSITIVE_INFINITY }],
    [{ http2KeepAliveInterval: '30s' }, { http2KeepAliveIntervalMs: 30_000 }],
    [{ http2KeepAliveTimeout: 1 }, { http2KeepAliveTimeoutMs: 1 }],
    [{ http2KeepAliveWhileIdle: 'Y' }, { http2KeepAliveWhileIdle: true }],
    [{ allowHttp: 'TRUE' }, { allowHttp: true }],
    [{ allowHttp: 'off' }, { allowHttp: false }],
    [{ allowHttp: ['localhost', ' .svc '] }, { allowHttp: { entries: ['localhost', '.svc'] } }],
    [{ allowInvalidCertificates: '1' }, { allowInvalidCertificates: true }],
    [{ userAgent: 'tool/1.0 (é)' }, { userAgent: 'tool/1.0 (é)' }],
    [
      { defaultContentType: 'text/plain; charset=utf-8' },
      { defaultContentType: 'text/plain; charset=utf-8' },
    ],
    [{ proxyExcludes: ['.internal', ' 10.0.0.0/8 '] }, { proxyExcludes: ['.internal', '10.0.0.0/8'] }],
    [{ proxyExcludes: '.internal, 10.0.0.0/8,,' }, { proxyExcludes: ['.internal', '10.0.0.0/8'] }],
    [{ proxyExcludes: '' }, { proxyExcludes: [] }],
    [{ proxyUrl: false }, { proxyUrl: false }],
    [{ proxyUrl: 'http://false' }, { proxyUrl: { hostname: 'false' } }],
  ])('such as %p is resolved', (client, resolved) => {
    expect(clientOf(client)).toMatchObject(resolved);
  });
});

describe('the HTTP version', () => {
  it.each([
    [{}, true, false],
    [{ http1Only: false }, false, false],
    [{ http1Only: true }, true, false],
    [{ http2Only: true }, false, true],
    [{ http2Only: 'yes', http1Only: 'no' }, false, true],
    [{ http2Only: false }, true, false],
  ])('of %p has http1Only %p and http2Only %p', (client, http1Only, http2Only) => {
    expect(clientOf(client)).toMatchObject({ http1Only, http2Only });
  });

  it('cannot be both', () => {
    expect(problemOf({ http1Only: 'true', http2Only: true })).toEqual({
      path: 'client.http2Only',
      expected: 'at most one of http1Only and http2Only to be true',
      received: 'both true',
    });
  });

  it('is not in conflict with a value that is wrong by itself', () => {
    expect(problemOf({ http1Only: true, http2Only: 'maybe' })?.received).toBe("'maybe'");
  });
});

const DURATION = "a duration such as '5s' or a number of milliseconds";
const OFF = 'a duration longer than 0 (use false to switch it off)';
const NO_PINGS = 'use http2KeepAliveInterval: false to switch it off';
const BOOLEAN = "a boolean, or a word such as 'true', 'yes', 'off' or '0'";
const HEADER = 'a header value: a non-empty line without control characters or non-latin1';
const INTEGER = 'a whole number of at least 0, or Infinity';
const EXCLUDES = 'an array of host names';

describe('a client value that is wrong', () => {
  it.each<[string, unknown, string, string]>([
    ['timeout', 0, OFF, '0'],
    ['timeout', '0s', OFF, "'0s'"],
    ['timeout', { seconds: 0 }, OFF, 'an object'],
    ['connectTimeout', 0, OFF, '0'],
    ['readTimeout', 0, OFF, '0'],
    ['http2KeepAliveInterval', 0, OFF, '0'],
    ['http2KeepAliveTimeout', 0, `a duration longer than 0 (${NO_PINGS})`, '0'],
    ['http2KeepAliveTimeout', false, `${DURATION} (${NO_PINGS})`, 'false'],
    ['timeout', -1, `${DURATION}, or false to switch it off`, '-1 (it is negative)'],
    ['timeout', Number.NaN, DURATION, 'NaN (it is not finite)'],
    ['timeout', Number.POSITIVE_INFINITY, 'or false to switch it off', 'Infinity (it is not finite)'],
    ['timeout', true, DURATION, 'true (it is neither'],
    ['timeout', '5', DURATION, "'5' (a unit such as 's' or 'ms' is missing at offset 1)"],
    ['timeout', '5 Sec', DURATION, "'5 Sec' (unknown unit 'Sec' at offset 2; did you mean 'sec'?)"],
    ['connectTimeout', '1h, 30m', DURATION, "'1h, 30m' (unexpected character ',' at offset 2)"],
    ['poolIdleTimeout', -1, DURATION, '-1 (it is negative)'],
    ['poolIdleTimeout', null, 'leave the key out for its default', 'null'],
    ['timeout', null, 'leave the key out for its default', 'null'],
    ['allowHttp', 'maybe', BOOLEAN, "'maybe'"],
    ['allowHttp', ' true', BOOLEAN, "' true'"],
    ['allowHttp', 1, BOOLEAN, '1'],
    ['allowHttp', 'localhost', "or an array of hosts, IPs or CIDRs such as '.svc'", "'localhost'"],
    ['allowHttp', ['a.test', 'http://b.test'], 'an array of hosts', 'at index 1'],
    ['allowHttp', [''], 'an array of hosts', 'at index 0'],
    ['allowInvalidCertificates', null, `${BOOLEAN} (leave the key out for its default)`, 'null'],
    ['http2KeepAliveWhileIdle', '92 seconds', BOOLEAN, "'92 seconds'"],
    ['poolMaxIdlePerHost', -1, INTEGER, '-1'],
    ['poolMaxIdlePerHost', 1.5, INTEGER, '1.5'],
    ['poolMaxIdlePerHost', Number.NaN, INTEGER, 'NaN'],
    ['poolMaxIdlePerHost', Number.NEGATIVE_INFINITY, INTEGER, '-Infinity'],
    ['poolMaxIdlePerHost', 'Infinity', INTEGER, "'Infinity'"],
    ['poolMaxIdlePerHost', '18446744073709551615', INTEGER, "'18446744073709551615'"],
    ['poolMaxIdlePerHost', ' 5', INTEGER, "' 5'"],
    ['userAgent', 'a\r\nX-Injected: 1', HEADER, 'a string (not shown)'],
    ['userAgent', '☃', HEADER, 'a string (not shown)'],
    ['userAgent', '', HEADER, "''"],
    ['userAgent', 5, HEADER, '5'],
    ['defaultContentType', 'text/plain\n', HEADER, 'a string (not shown)'],
    ['defaultContentType', '\u007f', HEADER, 'a string (not shown)'],
    ['proxyExcludes', ['a', ''], EXCLUDES, "'' at index 1"],
    ['proxyExcludes', [5], EXCLUDES, '5 at index 0'],
    ['proxyExcludes', true, EXCLUDES, 'true'],
    ['tls', 'ca', 'an object', 'a string (not shown)'],
    ['proxyExcludes', ['a', 'https://b'], EXCLUDES, 'at index 1'],
    ['proxyExcludes', 'a,https://b', EXCLUDES, 'at index 1'],
    ['proxyUrl', 'false', 'or false for no proxy', "'false'"],
    ['proxyUrl', '0', 'or false for no proxy', "'0'"],
    ['defaultHeaders', new Headers({ a: 'b' }), 'an object of header values', 'an instance of Headers'],
    ['defaultHeaders', new Map([['a', 'b']]), 'an object of header values', 'an instance of Map'],
    ['dns', new Map(), 'an object, or false', 'an instance of Map'],
    ['tls', null, 'an object', 'null'],
    ['tls', Promise.resolve({}), 'an object', 'a promise (await it)'],
  ])('such as %s: %p is named with what would be right', (key, value, expected, received) => {
    const problem = problemOf({ [key]: value });
    expect(problem?.path).toBe(`client.${key}`);
    expect(problem?.expected).toContain(expected);
    expect(problem?.received).toContain(received);
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    [5, '5'],
    ['5s', "'5s'"],
    [[], 'an array'],
    [false, 'false'],
  ])('such as %p for all of them is refused', (client, received) => {
    expect(problemOf(client)).toEqual({ path: 'client', expected: 'an object', received });
  });
});

describe('TLS material', () => {
  const pem = '-----BEGIN SECRET-----';

  it('is kept as it is, out of sight, its arrays copied', () => {
    const ca = [pem, Buffer.from(pem)];
    const { tls } = clientOf({
      tls: { ca, key: Buffer.from(pem), min_version: 'TLSv1.2', proxy_ca: pem, cert: undefined },
    });
    expect(tls.reveal()).toEqual({ ca, key: Buffer.from(pem), minVersion: 'TLSv1.2', proxyCa: pem });
    ca.pop();
    expect(tls.reveal().ca).toHaveLength(2);
    expect(JSON.stringify(clientOf({ tls: { ca } }))).not.toContain('SECRET');
  });

  it.each<[string, unknown, string, string]>([
    ['ca', '', 'PEM text, bytes, or a non-empty array of them', 'an empty string'],
    ['ca', [], 'PEM text', 'an array'],
    ['cert', [pem, 5], 'PEM text', 'an array'],
    ['key', 12345, 'PEM text', 'a number'],
    ['pfx', Buffer.alloc(0), 'PEM text', 'empty bytes'],
    ['passphrase', 12345, 'a string', 'a number'],
    ['servername', true, 'a string', 'true'],
    ['servername', '10.0.0.1', 'a host name', 'a string (not shown)'],
    ['servername', '[::1]', 'a host name', 'a string (not shown)'],
    ['ciphers', ['a'], 'a string', 'an array'],
    ['minVersion', 'TLS1.2', "one of 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'", 'a string (not shown)'],
    ['proxyCa', {}, 'PEM text', 'an object'],
  ])('is refused without being shown: %s', (key, value, expected, received) => {
    const problem = problemOf({ tls: { [key]: value } });
    expect(problem?.path).toBe(`client.tls.${key}`);
    expect(problem?.expected).toContain(expected);
    expect(problem?.received).toBe(received);
  });

  it('has versions in order', () => {
    expect(problemOf({ tls: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' } })).toEqual({
      path: 'client.tls.maxVersion',
      expected: "no version below minVersion 'TLSv1.3'",
      received: "'TLSv1.2'",
    });
    expect(clientOf({ tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } }).tls.reveal()).toEqual({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
    });
  });
});
