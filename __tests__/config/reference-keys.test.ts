import { describePolicy, resolvePolicy } from '../../lib/config/resolve.js';
import type { PolicyConfig } from '../../lib/index.js';
import * as certs from '../helpers/certs.js';
import { problemsOf } from './problems.js';

/** Every key of obstore 0.11's `ClientConfig` and of object_store 0.14's client options, as strings. */
const STRINGS = {
  allow_http: 'true',
  allow_invalid_certificates: 'false',
  connect_timeout: '90 seconds',
  default_content_type: 'text/plain',
  default_headers: { 'x-api-version': '2', authorization: 'Bearer hunter2' },
  disable_system_certificates: 'false',
  http1_only: 'false',
  http2_keep_alive_interval: '90 seconds',
  http2_keep_alive_timeout: '91 seconds',
  http2_keep_alive_while_idle: 'true',
  http2_max_frame_size: '16384',
  http2_only: 'false',
  pool_idle_timeout: '93 seconds',
  pool_max_idle_per_host: '94',
  proxy_ca_certificate: certs.ca,
  proxy_excludes: 'localhost, .internal,10.0.0.0/8',
  proxy_url: 'https://user:hunter2@proxy:3128',
  read_timeout: '45 seconds',
  root_certificate: certs.ca,
  timeout: '95 seconds',
  user_agent: 'shared/1',
} satisfies PolicyConfig['client_options'];

/** obstore's `RetryConfig`; its lengths of time are timedeltas there, which become strings. */
const RETRY = {
  backoff: { base: 2, init_backoff: '0.1s', max_backoff: '15s' },
  max_retries: 10,
  retry_timeout: '180s',
} satisfies PolicyConfig['retry_config'];

const RESOLVED = {
  allowHttp: true,
  allowInvalidCertificates: false,
  connectTimeoutMs: 90_000,
  defaultContentType: 'text/plain',
  disableSystemCertificates: false,
  http1Only: false,
  http2KeepAliveIntervalMs: 90_000,
  http2KeepAliveTimeoutMs: 91_000,
  http2KeepAliveWhileIdle: true,
  http2MaxFrameSize: 16_384,
  http2Only: false,
  poolIdleTimeoutMs: 93_000,
  poolMaxIdlePerHost: 94,
  proxyExcludes: ['localhost', '.internal', '10.0.0.0/8'],
  proxyUrl: { protocol: 'https:', hostname: 'proxy', port: 3128 },
  readTimeoutMs: 45_000,
  timeoutMs: 95_000,
  userAgent: 'shared/1',
};

const camelCase = (key: string) => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

describe('a configuration with every key of object_store and obstore', () => {
  it.each([
    ['snake_case', STRINGS],
    ['camelCase', Object.fromEntries(Object.entries(STRINGS).map(([key, value]) => [camelCase(key), value]))],
    [
      'upper case',
      Object.fromEntries(Object.entries(STRINGS).map(([key, value]) => [key.toUpperCase(), value])),
    ],
  ])('is taken in %s, with values as strings', (_, client) => {
    const resolved = resolvePolicy({ client_options: client, retry_config: RETRY });
    expect(resolved.client).toMatchObject(RESOLVED);
    expect(resolved.client.rootCertificate?.reveal()).toBe(certs.ca);
    expect(resolved.client.proxyCaCertificate?.reveal()).toBe(certs.ca);
    expect({ ...resolved.client.defaultHeaders?.reveal() }).toEqual(STRINGS.default_headers);
    expect(resolved.retry).toEqual(resolvePolicy({}).retry);
  });

  it('trusts the proxy’s authorities as `tls.proxyCa` does', () => {
    const { tls } = resolvePolicy({ client: { proxyCaCertificate: certs.ca, tls: { ca: certs.ca } } }).client;
    expect(tls.reveal()).toEqual({ ca: certs.ca, proxyCa: certs.ca });
  });

  it('takes bytes of headers and certificates, as Python has them', () => {
    const pem = Buffer.from(certs.ca);
    const { client } = resolvePolicy({
      client: {
        default_headers: { 'X-Name': Buffer.from('Zoë', 'latin1') },
        root_certificate: [pem, certs.ca],
      },
    });
    expect({ ...client.defaultHeaders?.reveal() }).toEqual({ 'X-Name': 'Zoë' });
    expect(client.rootCertificate?.reveal()).toEqual([pem, certs.ca]);
  });

  it('shows no header, certificate or password', () => {
    const policy = resolvePolicy({ client: STRINGS });
    for (const shown of [JSON.stringify(policy), JSON.stringify(describePolicy(policy))]) {
      expect(shown).not.toMatch(/hunter2|BEGIN|"2"/);
    }
    expect(describePolicy(policy).client).toMatchObject({
      defaultHeaders: { 'x-api-version': 'REDACTED', authorization: 'REDACTED' },
      rootCertificate: 'REDACTED',
      proxyCaCertificate: 'REDACTED',
    });
  });
});

const HEADERS = 'an object of header values';
const CERTIFICATES = 'PEM text of one or several certificates';
const FRAME = 'a whole number from 16384 to 16777215';

describe('a value of theirs that is wrong', () => {
  it.each<[string, unknown, string, string]>([
    ['defaultHeaders', 'X-A: 1', HEADERS, 'a string (not shown)'],
    ['defaultHeaders', ['X-A', '1'], HEADERS, 'an array'],
    ['defaultHeaders', { 'X-A': 'hunter2\r\nX-B: 1' }, HEADERS, 'a string (not shown) for X-A'],
    ['defaultHeaders', { 'X-A': '☃' }, 'printable ISO 8859-1', 'a string (not shown) for X-A'],
    ['defaultHeaders', { 'X-A': 5 }, HEADERS, 'a number for X-A'],
    ['defaultHeaders', { 'X A': '1' }, HEADERS, "the name 'X A'"],
    ['defaultHeaders', { 'Content-Length': '5' }, HEADERS, 'Content-Length, which belongs to one body'],
    ['defaultHeaders', { 'X-A': '1', 'x-a': '2' }, 'each header once', 'x-a in two spellings'],
    ['rootCertificate', 'hunter2', CERTIFICATES, 'a string (not shown)'],
    ['rootCertificate', '', CERTIFICATES, 'an empty string'],
    ['rootCertificate', [certs.ca, 'hunter2'], CERTIFICATES, 'an array'],
    ['proxyCaCertificate', Buffer.from('hunter2'), CERTIFICATES, 'bytes (not shown)'],
    ['disableSystemCertificates', 'maybe', 'a boolean', "'maybe'"],
    ['http2MaxFrameSize', 16_383, FRAME, '16383'],
    ['http2MaxFrameSize', '16777216', FRAME, "'16777216'"],
    ['http2MaxFrameSize', 20_000.5, FRAME, '20000.5'],
  ])('such as %s: %p is refused without being shown', (key, value, expected, received) => {
    const problems = problemsOf(() => resolvePolicy({ client: { [key]: value } }));
    expect(problems).toEqual([
      { path: `client.${key}`, expected: expect.stringContaining(expected), received },
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('is refused twice over: authorities of a proxy under both names', () => {
    const problems = problemsOf(() =>
      resolvePolicy({ client: { proxy_ca_certificate: certs.ca, tls: { proxyCa: certs.ca } } }),
    );
    expect(problems).toEqual([
      {
        path: 'client.proxy_ca_certificate',
        expected: 'at most one of proxyCaCertificate and tls.proxyCa, which are the same',
        received: 'both',
      },
    ]);
  });
});
