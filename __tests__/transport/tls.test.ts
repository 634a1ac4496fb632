import { Agent } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { attachPolicy, type ClientConfig, getPolicyMetadata, PolicyConfigError } from '../../lib/index.js';
import { attached, attachedFor, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import * as certs from '../helpers/certs.js';
import { reply, startOrigin } from '../helpers/origin.js';

const retry = { maxRetries: 3, backoff: { initBackoff: 1, maxBackoff: 2 } };

/** An origin that wants the client to show a certificate, and notes whose it was. */
const startMutual = () =>
  startOrigin({ tls: { requestCert: true, rejectUnauthorized: true, ca: certs.ca, ...certs.server } });

const REJECTED: [string, TlsOptions, string, string][] = [
  ['of an unknown authority', certs.other, 'localhost', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['signed by itself', certs.selfSigned, 'localhost', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['that has expired', certs.expired, 'localhost', 'CERT_HAS_EXPIRED'],
  ['for another host', certs.wrongHost, 'localhost', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['for a name, at an address', certs.localhostOnly, '127.0.0.1', 'ERR_TLS_CERT_ALTNAME_INVALID'],
];

describe.each([
  { when: 'first', maxRedirects: 5 },
  { when: 'later', maxRedirects: 5 },
  { when: 'later', maxRedirects: 0 },
] as const)(
  'For a $when request with maxRedirects $maxRedirects, a certificate',
  ({ when, maxRedirects }) => {
    it.each(REJECTED)('%s is rejected, and not tried again', async (_name, tls, host, code) => {
      const origin = await startOrigin({ tls });
      const { http, policy } = await attachedFor(when, { retry, defaults: { maxRedirects } });
      const error = await failureOf(http.post(`https://${host}:${origin.port}/`, 'secret'));
      expect(error).toMatchObject({ isAxiosError: true, code });
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
      expect(origin.requests).toHaveLength(0);
      await origin.idle();
      expect(policy.stats().pools).toEqual([]);
    });

    it.each(REJECTED)('%s is accepted with allowInvalidCertificates', async (_name, tls, host) => {
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const origin = await startOrigin({ tls });
      const { http } = attached({ client: { allowInvalidCertificates: true }, defaults: { maxRedirects } });
      for (let i = 0; i < 3; i += 1)
        expect((await http.get(`https://${host}:${origin.port}/`)).status).toBe(200);
      expect(origin.connections).toBe(1);
      expect(warnings.mock.calls).toEqual([
        [
          expect.stringContaining('client.allowInvalidCertificates'),
          { type: 'AxiosPolicyWarning', code: 'AXIOS_POLICY_INVALID_CERTIFICATES' },
        ],
      ]);
      warnings.mockRestore();
    });
  },
);

describe('Checked certificates', () => {
  it('are no reason to warn', () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    attached();
    attached({ client: { allowInvalidCertificates: false } });
    expect(warnings).not.toHaveBeenCalled();
    warnings.mockRestore();
  });
});

describe('client.tls', () => {
  it.each([
    ['text', certs.ca],
    ['bytes', Buffer.from(certs.ca)],
    ['several', [certs.otherCa, Buffer.from(certs.ca)]],
    ['a bundle', `# comment\n${certs.otherCa}\n${certs.ca}`],
  ])('takes authorities as %s', async (_form, ca) => {
    const origin = await startOrigin({ tls: true });
    const { http } = attached({ client: { tls: { ca } } });
    expect((await http.get(origin.url)).status).toBe(200);
  });

  const identities: [string, ClientConfig['tls']][] = [
    ['cert and key', certs.client],
    [
      'an encrypted key and its passphrase',
      { cert: certs.client.cert, key: certs.encryptedClientKey, passphrase: certs.passphrase },
    ],
    ['pfx and its passphrase', { pfx: certs.clientPfx, passphrase: certs.passphrase }],
  ];

  it.each(identities)('shows a client certificate given as %s', async (_form, tls) => {
    const origin = await startMutual();
    const { http } = attached({ client: { tls: { ca: certs.ca, ...tls } } });
    expect((await http.get(origin.url)).status).toBe(200);
    expect(origin.handshakes[0]?.clientName).toBeTruthy();
  });

  it('shows none if none was given, so that a server which wants one ends the connection', async () => {
    const origin = await startMutual();
    const { http } = attached();
    await failureOf(http.get(origin.url));
    expect(origin.requests).toHaveLength(0);
  });

  it('servername is asked for and checked instead of the host', async () => {
    const origin = await startOrigin({ tls: certs.localhostOnly });
    const { http } = attached({ client: { tls: { ca: certs.ca, servername: 'localhost' } } });
    expect((await http.get(`https://127.0.0.1:${origin.port}/`)).status).toBe(200);
    expect(origin.handshakes[0]?.servername).toBe('localhost');
  });

  it('minVersion and maxVersion bound the protocol', async () => {
    const origin = await startOrigin({ tls: { ...certs.server, maxVersion: 'TLSv1.2' } });
    const modern = attached({ client: { tls: { ca: certs.ca, minVersion: 'TLSv1.3' } } });
    expect((await failureOf(modern.http.get(origin.url))).message).toMatch(/protocol version/i);
    const old = attached({ client: { tls: { ca: certs.ca, maxVersion: 'TLSv1.2' } } });
    const { request } = await old.http.get(origin.url);
    expect(request.socket.getProtocol()).toBe('TLSv1.2');
  });

  it('ciphers picks the cipher', async () => {
    const ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384';
    const origin = await startOrigin({ tls: true });
    const { http } = attached({ client: { tls: { ca: certs.ca, ciphers, maxVersion: 'TLSv1.2' } } });
    const { request } = await http.get(origin.url);
    expect(ciphers).toContain(request.socket.getCipher().name);
  });

  it('may be spelled as in a file of the reference', async () => {
    const origin = await startOrigin({ tls: true });
    const { http } = attached({ client: { tls: { ca: certs.ca, min_version: 'TLSv1.3' } } as never });
    const { request } = await http.get(origin.url);
    expect(request.socket.getProtocol()).toBe('TLSv1.3');
  });
});

describe('TLS material that is of no use', () => {
  const bad: [string, ClientConfig['tls']][] = [
    ['an authority that is a path', { ca: '/etc/ssl/ca.pem' }],
    ['an authority that is no certificate', { ca: [certs.ca, certs.client.key] }],
    ['an authority that is cut short', { ca: certs.ca.slice(0, 200) }],
    ['an authority of a proxy that is a path', { proxyCa: '/etc/ssl/ca.pem' }],
    ['a certificate that is none', { cert: 'certificate', key: certs.client.key }],
    ['a key that is none', { cert: certs.client.cert, key: 'key' }],
    ['a key of another certificate', { cert: certs.client.cert, key: certs.server.key }],
    [
      'a wrong passphrase',
      { cert: certs.client.cert, key: certs.encryptedClientKey, passphrase: 'sesame open' },
    ],
    ['a key without its passphrase', { cert: certs.client.cert, key: certs.encryptedClientKey }],
    ['a pfx that is none', { pfx: Buffer.from('pfx') }],
    ['unknown ciphers', { ciphers: 'ROT13' }],
  ];

  it.each(bad)('is refused at attach, and leaves the instance alone: %s', (_what, tls) => {
    const http = (AXIOS_COPIES[0] as (typeof AXIOS_COPIES)[number]).axios.create();
    const attach = () => attachPolicy(http, { client: { tls } });
    expect(attach).toThrow(PolicyConfigError);
    expect(attach).toThrow(/client\.tls/);
    expect(attach).not.toThrow(/sesame|BEGIN|etc/);
    const { request, response } = http.interceptors;
    expect([request.handlers, response.handlers]).toEqual([[], []]);
    expect(() => attachPolicy(http).detach()).not.toThrow();
  });

  it("is found in the instance's own agent as well, and said to be there", () => {
    const httpsAgent = new Agent({ cert: 'certificate', key: 'key' });
    expect(() => attached({ client: { tls: undefined }, defaults: { httpsAgent } })).toThrow(
      /instance\.defaults\.httpsAgent/,
    );
  });
});

describe('A server that answers with headers only after TLS', () => {
  it('is sent no request before it proved who it is', async () => {
    const trusted = await startOrigin({ tls: true });
    const untrusted = await startOrigin({ tls: certs.other });
    untrusted.always(reply({ body: 'phish' }));
    const { http } = attached();
    await http.get(trusted.url);
    await failureOf(http.get(untrusted.url, { headers: { Authorization: 'Bearer secret' } }));
    expect(untrusted.requests).toHaveLength(0);
  });
});
