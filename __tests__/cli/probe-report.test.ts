import { type Advice, adviceOn } from '../../lib/cli/probe/advice.js';
import { renderProbe } from '../../lib/cli/probe/render.js';
import {
  type AnswerSeen,
  type ConnectionSeen,
  failureOf,
  PhaseError,
  type ProbeReport,
  type TlsSeen,
} from '../../lib/cli/probe/report.js';
import { targetOf } from '../../lib/cli/probe/route.js';
import { resolvePolicy } from '../../lib/config/resolve.js';

const TLS: TlsSeen = {
  version: 'TLSv1.3',
  alpn: undefined,
  problem: undefined,
  certificate: {
    subject: 'api.test',
    issuer: 'An authority',
    names: ['api.test'],
    validTo: '2030-01-02T00:00:00.000Z',
    daysLeft: 400,
  },
};

const CONNECTION: ConnectionSeen = {
  addresses: [],
  peer: '192.0.2.1:443',
  phases: { tcpMs: 1, tlsMs: 2 },
  tls: TLS,
};

const ANSWER: AnswerSeen = {
  protocol: 'HTTP/1.1',
  status: 200,
  reused: true,
  firstByteMs: 1,
  bodyMs: 1,
  bodyBytes: 1,
  isCut: false,
  headers: {},
  location: undefined,
  waitMs: undefined,
};

/** A report of a server that is well, but for this. */
function reportOf(part: Partial<ProbeReport>): ProbeReport {
  return {
    url: 'https://api.test/',
    route: { proxy: undefined, reason: 'client.proxyUrl is false' },
    connections: [CONNECTION],
    answers: [ANSWER, ANSWER],
    closesUnannounced: false,
    speaksHttp2: false,
    failure: undefined,
    ...part,
  };
}

function adviceFor(part: Partial<ProbeReport>, config: object = {}): readonly Advice[] {
  return adviceOn(reportOf(part), resolvePolicy(config));
}

const textFor = (part: Partial<ProbeReport>) => renderProbe(reportOf(part), adviceFor(part));

const answers = (part: Partial<AnswerSeen>) => ({
  answers: [
    { ...ANSWER, ...part },
    { ...ANSWER, ...part },
  ],
});

const certificate = (part: Partial<NonNullable<TlsSeen['certificate']>>, problem?: string) => ({
  connections: [
    { ...CONNECTION, tls: { ...TLS, problem, certificate: { ...TLS.certificate, ...part } as never } },
  ],
});

describe('The advice of a probe', () => {
  it.each<[what: string, report: Partial<ProbeReport>, config: object, advice: Advice]>([
    [
      'a certificate that expires soon',
      certificate({ daysLeft: 20 }),
      {},
      { text: 'The certificate expires in 20 days.' },
    ],
    [
      'an answer that takes more than a third of the limit',
      answers({ firstByteMs: 1500, bodyMs: 600 }),
      { client: { timeout: '6s' } },
      { option: 'client.timeout', text: 'An answer took 2100 ms; the limit is 6s.' },
    ],
    [
      'a connection that takes more than a third of the limit',
      { connections: [{ ...CONNECTION, phases: { dnsMs: 200, tcpMs: 150, tlsMs: 100 } }] },
      { client: { connectTimeout: '1s' } },
      { option: 'client.connectTimeout', text: 'A connection took 450 ms; the limit is 1s.' },
    ],
    [
      'a wait that is ignored',
      answers({ status: 503, waitMs: 2000 }),
      { retry: { retryAfter: false } },
      { option: 'retry.retryAfter: true', text: 'It asks for a wait of 2s, which is ignored now.' },
    ],
    [
      'credentials that are missing',
      answers({ status: 401 }),
      {},
      { text: "It wants credentials: --header 'Authorization: …' sends them, and they are shown nowhere." },
    ],
    [
      'a quota',
      answers({ headers: { 'x-ratelimit-remaining': '3' } }),
      {},
      {
        text: 'It counts requests (see the fields above). After a 429 the policy waits until its quota is refilled.',
      },
    ],
  ])('names %s', (_what, report, config, advice) => {
    expect(adviceFor(report, config)).toContainEqual(advice);
  });

  it.each<[what: string, report: Partial<ProbeReport>, config: object, unexpected: RegExp]>([
    ['a timeout that is off', answers({ firstByteMs: 90_000 }), { client: { timeout: false } }, /limit/],
    ['a status that nobody retries', answers({ status: 503, waitMs: 5 }), { retry: false }, /wait|retries/],
    ['no wait', answers({ status: 503, waitMs: 0 }), {}, /wait/],
    ['a quota that is used up', answers({ status: 429, headers: { ratelimit: 'r=0' } }), {}, /counts/],
  ])('is none for %s', (_what, report, config, unexpected) => {
    expect(JSON.stringify(adviceFor(report, config))).not.toMatch(unexpected);
  });
});

describe('The text of a probe', () => {
  it.each<[what: string, report: Partial<ProbeReport>, shown: RegExp]>([
    [
      'a proxy',
      { route: { proxy: 'http://p:1', reason: 'client.proxyUrl' } },
      /proxy http:\/\/p:1 \(client\.proxyUrl\)/,
    ],
    ['a certificate of the past', certificate({ daysLeft: -3 }), /expired 3 days ago/],
    ['why it is not trusted', certificate({}, 'CERT_HAS_EXPIRED'), /NOT trusted \(CERT_HAS_EXPIRED\)/],
    [
      'some of many names',
      certificate({ names: ['a', 'b', 'c', 'd', 'e', 'f'] }),
      /for a, b, c, d, 2 more, until/,
    ],
    [
      'a body that was not read to its end',
      answers({ isCut: true }),
      /more than 1 bytes, not\s+read further/,
    ],
    [
      'where a redirect leads',
      answers({ status: 302, location: 'https://b.test/' }),
      /redirect to https:\/\/b\.test\//,
    ],
    [
      'TLS without a certificate',
      { connections: [{ ...CONNECTION, tls: { ...TLS, certificate: undefined } }] },
      /TLS +TLSv1\.3, no HTTP\/2\n {2}answer/,
    ],
    [
      'a failure without a code',
      { answers: [], failure: { phase: 'request', code: undefined, message: 'no luck' } },
      /FAILED +request: no luck\n/,
    ],
  ])('shows %s', (_what, report, shown) => {
    expect(textFor(report)).toMatch(shown);
  });

  it('breaks what is long, and says nothing where there is nothing to say', () => {
    const addresses = Array.from({ length: 12 }, (_, index) => `2001:db8::${index}`);
    const text = textFor({ connections: [{ ...CONNECTION, addresses }], answers: [] });

    expect(text).toMatch(/^ {2}addresses +2001:db8::0, .*\n {16}2001:db8::/m);
    expect(text).not.toMatch(/Good to know|Options that follow/);
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});

describe('The failure of a probe', () => {
  it('is the first of several, as of a name with several addresses', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const cause = new AggregateError([refused, new Error('other')]);

    expect(failureOf(new PhaseError('tcp', cause))).toMatchObject({ phase: 'tcp', code: 'ECONNREFUSED' });
  });

  it('is told in the first line of what has no words of ours', () => {
    const cause = Object.assign(new Error('tls: bad\n../ssl/record.c:355:\n'), { code: 'ERR_SSL_BAD' });

    expect(failureOf(new PhaseError('tls', cause)).message).toBe('tls: bad');
  });
});

describe('The server of a URL', () => {
  it.each([
    ['http://a.test', false, 'a.test', 80],
    ['https://a.test', true, 'a.test', 443],
    ['https://[::1]:8443', true, '::1', 8443],
  ])('%s', (url, isSecure, hostname, port) => {
    expect(targetOf(new URL(url))).toMatchObject({ isSecure, hostname, port });
  });
});
