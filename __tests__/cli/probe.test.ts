import { createServer, getDefaultAutoSelectFamily, setDefaultAutoSelectFamily } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Advice } from '../../lib/cli/probe/advice.js';
import type { ProbeReport } from '../../lib/cli/probe/report.js';
import { keepAliveHintMs } from '../../lib/transport/agents.js';
import * as certs from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { watchLeaks } from '../helpers/leaks.js';
import { handler, never, redirect, reply, slow, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { closedPort, listen, shut, trackSockets } from '../helpers/tcp.js';
import { command } from './run-command.js';

const PROXY_VARIABLES = ['https_proxy', 'http_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** Sets the proxy variables of the environment, and only these, for the running test. */
function environment(variables: Record<string, string> = {}): void {
  const before = PROXY_VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of PROXY_VARIABLES) delete process.env[name];
  Object.assign(process.env, variables);
  atEnd(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

beforeEach(() => environment());

const TRUSTING = { tls: { ca: certs.ca } };

/** Probes with a configuration of the client, and returns the report, also as text. */
async function probe(url: string, client: object = {}, ...flags: string[]) {
  const files = { 'c.json': JSON.stringify({ client, retry: { retryTimeout: '30s' } }) };
  const { out, err, exitCode } = await command(['probe', '--json', ...flags, url, 'c.json'], files);
  const report = JSON.parse(out) as ProbeReport & { advice: Advice[] };
  const options = report.advice.map(({ option }) => option);
  const notes = report.advice.map(({ text }) => text).join('\n');
  return { report, options, notes, out, err, exitCode };
}

/** The same as text. */
const probeText = async (url: string, client: object = {}) =>
  (await command(['probe', url, 'c.json'], { 'c.json': JSON.stringify({ client }) })).out;

/** A server that says this to everyone who comes. */
async function startSpeaker(words: string): Promise<string> {
  const server = createServer((socket) => void socket.end(words));
  const open = trackSockets(server);
  const port = await listen(server);
  atEnd(() => shut(server, open));
  return `http://127.0.0.1:${port}/`;
}

describe('axios-policy probe of a server that is well', () => {
  it('says which steps a connection takes, and that the second answer came on the same one', async () => {
    const origin = await startOrigin({ tls: true, keepAliveHint: 5 });
    const watch = watchLeaks();

    const { report, exitCode, notes, options } = await probe(`${origin.url}/x?key=pa55`, TRUSTING);

    expect(exitCode).toBe(0);
    expect(report).toMatchObject({
      url: `${origin.url}/x`,
      route: { reason: 'neither HTTPS_PROXY nor ALL_PROXY is set' },
      connections: [
        {
          addresses: expect.arrayContaining(['127.0.0.1']),
          peer: `127.0.0.1:${origin.port}`,
          phases: { dnsMs: expect.any(Number), tcpMs: expect.any(Number), tlsMs: expect.any(Number) },
          tls: { version: 'TLSv1.3', alpn: 'http/1.1', certificate: { daysLeft: expect.any(Number) } },
        },
      ],
      answers: [
        { status: 200, protocol: 'HTTP/1.1', reused: false, bodyBytes: 11 },
        { status: 200, reused: true, headers: { 'keep-alive': 'timeout=5' } },
      ],
      speaksHttp2: false,
      closesUnannounced: false,
    });
    expect(report.connections).toHaveLength(1);
    expect(origin.requests.map(({ url }) => url)).toEqual(['/x?key=pa55', '/x?key=pa55']);
    expect(notes).toContain('It closes idle connections after 5s, and the policy after 4s.');
    expect(options.filter(Boolean)).toEqual([]);
    await origin.idle();
    await watch.expectNone();
  });

  it('comes to its end without limits of the configuration, and without the race of addresses', async () => {
    const origin = await startOrigin();
    const raced = getDefaultAutoSelectFamily();
    atEnd(() => setDefaultAutoSelectFamily(raced));
    setDefaultAutoSelectFamily(false);

    const url = origin.url.replace('127.0.0.1', 'localhost');
    const { report, exitCode } = await probe(url, { timeout: false, connectTimeout: false });

    expect(exitCode).toBe(0);
    expect(report.connections[0]).toMatchObject({ peer: `127.0.0.1:${new URL(url).port}` });
  });

  it('takes times that add up to what the server took', async () => {
    const origin = (await startOrigin()).always(slow(60));

    const { report } = await probe(origin.url);

    for (const { firstByteMs } of report.answers) {
      expect(firstByteMs).toBeGreaterThanOrEqual(59);
      expect(firstByteMs).toBeLessThan(500);
    }
  });

  it('shows the same as text, in 100 columns, without the query', async () => {
    const origin = await startOrigin({ tls: true });

    const text = await probeText(`${origin.url}/x?key=pa55`, TRUSTING);

    expect(text).toMatch(/^GET https:\/\/localhost:\d+\/x\n/);
    expect(text).toMatch(/certificate .*, trusted\n/);
    expect(text).toMatch(/answer 2 +200 over HTTP\/1.1, same connection, first byte after [\d.]+ ms/);
    expect(text).not.toContain('pa55');
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('sends the headers and the credentials that it is given, and shows none of them', async () => {
    const origin = await startOrigin();
    const url = origin.url.replace('//', '//us%40er:pa55@');

    const { out } = await probe(
      url,
      { allowHttp: true },
      '-H',
      'X-Token: t0ken',
      '--header',
      'Accept: text/csv',
    );

    const authorization = `Basic ${Buffer.from('us@er:pa55').toString('base64')}`;
    expect(origin.requests[1]?.headers).toMatchObject({
      authorization,
      'x-token': 't0ken',
      accept: 'text/csv',
    });
    expect(out).not.toMatch(/pa55|t0ken|us.?40er|csv/);
  });

  it('sends the headers of the configuration, where it is given no others', async () => {
    const origin = await startOrigin();
    const defaultHeaders = { 'X-Token': 't0ken', Accept: 'text/csv' };

    const { out } = await probe(
      origin.url,
      { defaultHeaders, userAgent: 'shop/1' },
      '-H',
      'accept: text/html',
    );

    expect(origin.requests[0]?.headers).toMatchObject({
      'x-token': 't0ken',
      accept: 'text/html',
      'user-agent': 'shop/1',
    });
    expect(out).not.toContain('t0ken');
  });

  it('trusts what the configuration trusts beside the usual authorities', async () => {
    const origin = await startOrigin({ tls: true });

    const { exitCode, report } = await probe(origin.url, { rootCertificate: certs.ca });

    expect(exitCode).toBe(0);
    expect(report.connections[0]?.tls?.problem).toBeUndefined();
  });

  it('asks http:// all the same, and says that the policy would refuse it', async () => {
    const origin = await startOrigin();

    expect((await probe(origin.url)).options).toContain("client.allowHttp: ['127.0.0.1']");
    expect((await probe(origin.url, { allowHttp: ['127.0.0.1'] })).options.filter(Boolean)).toEqual([]);
  });
});

describe('axios-policy probe of a server that speaks HTTP/2', () => {
  it('finds that out beside a policy that is for HTTP/1.1 only', async () => {
    const origin = await startHttp2Origin({
      server: { allowHTTP1: true },
      http1: (_request, response) => void response.end('ok'),
    });

    const { report, options } = await probe(origin.url, TRUSTING);

    expect(report).toMatchObject({
      speaksHttp2: true,
      answers: [{ protocol: 'HTTP/1.1' }, { reused: true }],
    });
    expect(options).toContain('client.http1Only: false');
  });

  it.each([
    ['chosen by the server', { http1Only: false }],
    ['alone', { http2Only: true }],
  ])('asks over it twice on one connection, %s', async (_how, version) => {
    const origin = await startHttp2Origin();

    const { report, exitCode } = await probe(`${origin.url}/a?b=c`, { ...TRUSTING, ...version });

    expect(exitCode).toBe(0);
    expect(report).toMatchObject({
      speaksHttp2: true,
      answers: [
        { protocol: 'HTTP/2', status: 200, reused: false },
        { protocol: 'HTTP/2', status: 200, reused: true },
      ],
    });
    expect(origin.connections).toBe(1);
    expect(origin.requests.map(({ headers }) => headers[':path'])).toEqual(['/a?b=c', '/a?b=c']);
  });

  it('asks over it without TLS', async () => {
    const origin = await startHttp2Origin({ tls: false });

    const { report } = await probe(origin.url, { http2Only: true });

    expect(report.answers).toMatchObject([{ protocol: 'HTTP/2' }, { protocol: 'HTTP/2' }]);
  });

  it('fails where a policy insists on it and the server does not speak it', async () => {
    const origin = await startOrigin({ tls: true });

    const { report, exitCode, options } = await probe(origin.url, { ...TRUSTING, http2Only: true });

    expect(exitCode).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'tls', message: 'the server does not speak HTTP/2' });
    expect(options).toContain('client.http2Only: false');
    expect(origin.requests).toHaveLength(0);
  });
});

describe('axios-policy probe of a certificate', () => {
  it.each([
    ['an issuer nobody knows', certs.server, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'client.rootCertificate'],
    ['itself as the issuer', certs.selfSigned, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'client.rootCertificate'],
  ])('with %s looks at it, and sends nothing', async (_what, identity, code, option) => {
    const origin = await startOrigin({ tls: identity });

    const { report, exitCode, options } = await probe(origin.url);

    expect(exitCode).toBe(1);
    expect(report.failure).toEqual({ phase: 'tls', code, message: 'the certificate is not trusted' });
    expect(report.connections[0]?.tls).toMatchObject({
      problem: code,
      certificate: { subject: expect.any(String) },
    });
    expect(options).toContain(option);
    expect(origin.requests).toHaveLength(0);
  });

  it.each([
    ['that has expired', certs.expired, 'CERT_HAS_EXPIRED', /certificate has expired/],
    ['for another host', certs.wrongHost, 'ERR_TLS_CERT_ALTNAME_INVALID', /for other names/],
  ])('%s says so', async (_what, identity, code, advice) => {
    const origin = await startOrigin({ tls: identity });

    const { report, notes } = await probe(origin.url, TRUSTING);

    expect(report.failure).toMatchObject({ code });
    expect(notes).toMatch(advice);
    expect(origin.requests).toHaveLength(0);
  });

  it('asks all the same where the policy does not look at certificates', async () => {
    const origin = await startOrigin({ tls: certs.expired });

    const { exitCode, notes } = await probe(origin.url, { allowInvalidCertificates: true });

    expect(exitCode).toBe(0);
    expect(notes).toMatch(/certificate has expired/);
    expect(origin.requests).toHaveLength(2);
  });
});

describe('axios-policy probe through a proxy', () => {
  it('goes through a tunnel, and names the proxy without its password', async () => {
    const origin = await startOrigin({ tls: true });
    const proxy = await startProxy({ auth: { user: 'user', password: 'pa55' } });
    const proxyUrl = `http://user:pa55@127.0.0.1:${proxy.port}`;

    const { report, out } = await probe(origin.url, { ...TRUSTING, proxyUrl });

    expect(report).toMatchObject({
      route: { proxy: `http://127.0.0.1:${proxy.port}`, reason: 'client.proxyUrl' },
      connections: [{ phases: { tunnelMs: expect.any(Number), tlsMs: expect.any(Number) } }],
      answers: [{ status: 200 }, { reused: true }],
    });
    expect(proxy.requests[0]).toMatchObject({ method: 'CONNECT', target: `localhost:${origin.port}` });
    expect(out).not.toContain('pa55');
  });

  it('goes through a tunnel of an https:// proxy, whose authority the configuration names', async () => {
    const origin = await startOrigin({ tls: true });
    const proxy = await startProxy({ tls: true });

    const { report, exitCode } = await probe(origin.url, {
      ...TRUSTING,
      proxyUrl: proxy.url,
      proxyCaCertificate: certs.otherCa,
    });

    expect(exitCode).toBe(0);
    expect(report).toMatchObject({
      route: { proxy: proxy.url },
      answers: [{ status: 200 }, { reused: true }],
    });
  });

  it('sends nothing through an https:// proxy that nobody vouches for', async () => {
    const proxy = await startProxy({ tls: true });

    const { report } = await probe('https://api.test/', { proxyUrl: proxy.url });

    expect(report.failure).toMatchObject({ phase: 'tunnel', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(proxy.requests).toHaveLength(0);
  });

  it('has an https:// proxy forward http://', async () => {
    const origin = await startOrigin();
    const proxy = await startProxy({ tls: true });

    const { report } = await probe(origin.url, { proxyUrl: proxy.url, proxyCaCertificate: certs.otherCa });

    expect(report.answers).toMatchObject([{ status: 200 }, { reused: true }]);
    expect(report.connections[0]?.phases).toMatchObject({ tlsMs: expect.any(Number) });
    expect(proxy.requests[0]).toMatchObject({ method: 'GET' });
  });

  it('has a proxy tunnel HTTP/2 without TLS', async () => {
    const origin = await startHttp2Origin({ tls: false });
    const proxy = await startProxy();

    const { report } = await probe(origin.url, { http2Only: true, proxyUrl: proxy.url });

    expect(report.answers).toMatchObject([{ protocol: 'HTTP/2' }, { protocol: 'HTTP/2' }]);
    expect(proxy.requests[0]).toMatchObject({ method: 'CONNECT' });
  });

  it('has a proxy of the environment forward http://, and says which variable named it', async () => {
    const origin = await startOrigin();
    const proxy = await startProxy({ auth: { user: 'user', password: 'pa55' } });
    environment({ HTTP_PROXY: `http://user:pa55@127.0.0.1:${proxy.port}` });

    const { report, options } = await probe(`${origin.url}/x`);

    expect(report.route.reason).toBe('the environment variable HTTP_PROXY');
    expect(report.answers).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(proxy.requests[0]).toMatchObject({ method: 'GET', target: `${origin.url}/x` });
    expect(options).toContain('client.proxyUrl');
  });

  it.each([
    ['NO_PROXY', { HTTP_PROXY: 'http://p.test:1', NO_PROXY: '127.0.0.1' }, {}, 'NO_PROXY names the host'],
    ['proxyUrl: false', { HTTP_PROXY: 'http://p.test:1' }, { proxyUrl: false }, 'client.proxyUrl is false'],
    [
      'proxyExcludes',
      {},
      { proxyUrl: 'http://p.test:1', proxyExcludes: ['127.0.0.1'] },
      'client.proxyExcludes names the host',
    ],
  ])('goes past it for %s, and says so', async (_why, variables, client, reason) => {
    environment(variables);
    const origin = await startOrigin();

    const { report } = await probe(origin.url, client);

    expect(report.route).toEqual({ reason });
    expect(report.answers).toHaveLength(2);
  });

  it('says that it wants credentials', async () => {
    const proxy = await startProxy({ auth: { user: 'user', password: 'pa55' } });
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;

    const { report, exitCode, options } = await probe('https://api.test/', { proxyUrl });

    expect(exitCode).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'tunnel', code: 'ERR_POLICY_PROXY_AUTH' });
    expect(options).toContain('client.proxyUrl');
  });

  it('fails before anything is sent for a proxy in the environment that is none', async () => {
    environment({ HTTPS_PROXY: 'socks5://user:pa55@p.test' });

    const { exitCode, out, err } = await command(['probe', 'https://api.test/']);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain('HTTPS_PROXY');
    expect(err).not.toContain('pa55');
  });
});

describe('axios-policy probe of idle connections', () => {
  it.each([
    [60, {}, 'after 1m, and the policy after 15s'],
    [60, { poolIdleTimeout: false }, 'after 1m, and the policy after 59s'],
    [1, {}, 'after 1s. The policy keeps none that long'],
    [undefined, {}, 'poolIdleTimeout (it is 15s) has to be shorter'],
    [undefined, { poolIdleTimeout: false }, 'poolIdleTimeout (it is off)'],
  ])(
    'that are kept for %s s, with %j, says how long the policy keeps them',
    async (keepAliveHint, client, text) => {
      const origin = await startOrigin(keepAliveHint === undefined ? {} : { keepAliveHint });

      expect((await probe(origin.url, client)).notes).toContain(text);
    },
  );
});

describe('axios-policy probe of connections that end', () => {
  it('says that each request pays for a new one', async () => {
    const origin = (await startOrigin()).always(reply({ headers: { connection: 'close' } }));

    const { report, notes } = await probe(origin.url);

    expect(report.answers).toMatchObject([{ reused: false }, { reused: false }]);
    expect(report.connections).toHaveLength(2);
    expect(notes).toContain('closes the connection after each answer');
  });

  it('says that the server closes them without a word', async () => {
    const origin = await startOrigin();
    const closing = handler((request, response) => {
      // Closes when the second request comes, as a server whose idle timeout is short.
      if (origin.requests.length === 2) request.socket.destroy();
      else response.end('ok');
    });
    origin.always(closing);

    const { report, options } = await probe(origin.url);

    expect(report).toMatchObject({ closesUnannounced: true, answers: [{ status: 200 }, { status: 200 }] });
    expect(options).toContain('client.poolMaxIdlePerHost: 0');
  });
});

describe('axios-policy probe of an answer', () => {
  it.each([
    ['5', 'the policy waits that long', undefined],
    ['60', 'longer than retryTimeout', 'retry.retryTimeout'],
  ])('429 with Retry-After: %s says what the policy makes of it', async (seconds, note, option) => {
    const limited = { 'retry-after': seconds, ratelimit: '"default";r=0;t=5' };
    const origin = (await startOrigin()).always(reply({ status: 429, headers: limited }));

    const { report, notes, options, exitCode } = await probe(origin.url, { allowHttp: true });

    expect(exitCode).toBe(0);
    expect(report.answers[0]).toMatchObject({
      status: 429,
      waitMs: Number(seconds) * 1000,
      headers: limited,
    });
    expect(notes).toContain(note);
    expect(options.find(Boolean)).toBe(option);
  });

  it('that redirects says where to, without the query', async () => {
    const origin = (await startOrigin()).always(redirect(301, '/v2/?session=pa55'));

    const { report, notes, out } = await probe(origin.url);

    expect(report.answers[0]?.location).toBe(`${origin.url}/v2/`);
    expect(notes).toContain(`redirects to ${origin.url}/v2/`);
    expect(out).not.toContain('pa55');
  });

  it('is not read beyond 8 MB', async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    const endless = handler((_request, response) => {
      const more = () => {
        while (response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const origin = (await startOrigin()).always(endless);

    const { report, exitCode } = await probe(origin.url);

    expect(exitCode).toBe(0);
    expect(report.answers).toMatchObject([{ isCut: true }, { isCut: true, reused: false }]);
    expect(report.answers[0]?.bodyBytes).toBeGreaterThan(8 * 1024 * 1024);
  });

  it('that redirects to what is no URL says nothing of it', async () => {
    const origin = (await startOrigin()).always(redirect(302, 'http://['));

    const { report } = await probe(origin.url);

    expect(report.answers[0]).toMatchObject({ status: 302 });
    expect(report.answers[0]?.location).toBeUndefined();
  });

  it('cannot write to the terminal', async () => {
    const origin = (await startOrigin()).always(reply({ headers: { server: 'a\x9b31mred' } }));

    const text = await probeText(origin.url);

    expect(text).toMatch(/server: a\\u\{9b\}31mred/);
  });
});

describe('axios-policy probe that fails', () => {
  it('says that nothing listens', async () => {
    const { report, exitCode } = await probe(`https://127.0.0.1:${await closedPort()}/`);

    expect(exitCode).toBe(1);
    expect(report.failure).toEqual({
      phase: 'tcp',
      code: 'ECONNREFUSED',
      message: 'nothing listens at this address and port',
    });
  });

  it('says that there is no such host', async () => {
    const { report, exitCode } = await probe('https://no-such-host.invalid/');

    expect(exitCode).toBe(1);
    expect(report.failure).toMatchObject({
      phase: 'dns',
      code: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN)$/),
    });
  });

  it('ends with connectTimeout while a handshake stalls, and leaves nothing behind', async () => {
    const server = createServer();
    const open = trackSockets(server);
    const port = await listen(server);
    atEnd(() => shut(server, open));
    const watch = watchLeaks();

    const { report } = await probe(`https://127.0.0.1:${port}/`, { connectTimeout: '300ms' });

    expect(report.failure).toMatchObject({
      phase: 'tls',
      message: expect.stringContaining('client.connectTimeout'),
    });
    expect(report.connections[0]?.phases).toMatchObject({ tcpMs: expect.any(Number) });
    await watch.expectNone();
  });

  it('ends with timeout while there is no answer', async () => {
    const origin = (await startOrigin()).always(never());

    const { report, exitCode } = await probe(origin.url, { timeout: '80ms' });

    expect(exitCode).toBe(1);
    expect(report.failure).toMatchObject({
      phase: 'request',
      message: 'no answer within 80 ms (client.timeout)',
    });
  });

  it('says that the other side is not HTTP', async () => {
    const { report } = await probe(await startSpeaker('SSH-2.0-OpenSSH_9.6\r\n'));

    expect(report.failure).toMatchObject({ phase: 'request', message: 'the answer is not HTTP' });
  });

  it('ends with timeout while the answer does not end, and says that it began', async () => {
    const body = handler((_request, response) => void response.writeHead(200).write('data: 1\n\n'));
    const origin = (await startOrigin()).always(body);

    const { report } = await probe(origin.url, { timeout: '80ms' });

    expect(report.failure).toMatchObject({
      code: 'ETIMEDOUT',
      message: 'an answer that did not end within 80 ms (client.timeout)',
    });
  });

  it.each(['http', 'http2'])('says that the server went away while it was asked over %s', async (scheme) => {
    const url =
      scheme === 'http'
        ? (await startOrigin()).always(handler(({ socket }) => socket.destroy())).url
        : (await startHttp2Origin()).always(({ stream }) => stream.session?.destroy()).url;

    const { report, exitCode } = await probe(url, { ...TRUSTING, http1Only: false });

    expect(exitCode).toBe(1);
    expect(report.failure).toEqual({
      phase: 'request',
      code: 'ECONNRESET',
      message: 'the other side closed the connection',
    });
  });

  it('says that the server would go on in another protocol', async () => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n';
    const url = await startSpeaker(head);

    const { report, exitCode } = await probe(url);

    expect(exitCode).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'request', message: expect.stringContaining('101') });
  });

  it('says of a server for http:// that it does not speak TLS, and asks about the scheme', async () => {
    const origin = await startOrigin();

    const { report, notes } = await probe(origin.url.replace('http:', 'https:'));

    expect(report.failure).toEqual({
      phase: 'tls',
      code: 'ERR_SSL_WRONG_VERSION_NUMBER',
      message: 'the other side does not speak TLS',
    });
    expect(notes).toContain('A server for http:// answers so.');
  });

  it('shows in which step, as text', async () => {
    const text = await probeText(`https://127.0.0.1:${await closedPort()}/`);

    expect(text).toMatch(/^ {2}connection 1 +none, TCP /m);
    expect(text).toMatch(/^ {2}FAILED +TCP: ECONNREFUSED, nothing listens at this address and port$/m);
  });

  it('fails where a policy insists on HTTP/2 and the server chooses no protocol', async () => {
    const server = createTlsServer({ ...certs.server });
    const open = trackSockets(server);
    const port = await listen(server);
    atEnd(() => shut(server, open));

    const { report, options } = await probe(`https://127.0.0.1:${port}/`, { ...TRUSTING, http2Only: true });

    expect(report.failure).toMatchObject({ phase: 'tls', code: 'ERR_POLICY_HTTP2_NOT_SUPPORTED' });
    expect(report.connections[0]?.tls?.alpn).toBeUndefined();
    expect(options).toContain('client.http2Only: false');
  });

  it.each([
    ['no URL', [], /no URL/],
    ['what is no URL', ['pa55 host'], /expected a URL/],
    ['a password in its place', ['pa55:x'], /expected a URL/],
    ['another scheme', ['ftp://user:pa55@host'], /expected a URL/],
    ['a header without a name', ['-H', 'pa55', 'https://host'], /Name: value/],
    ['a header of two lines', ['-H', 'a: b\r\nc: pa55', 'https://host'], /Name: value/],
    ['a third argument', ['https://host', 'c.json', 'more'], /unexpected argument 'more'/],
  ])('ends with 2 for %s, and repeats no secret', async (_what, args, message) => {
    const { exitCode, out, err } = await command(['probe', ...args]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).toContain('see axios-policy probe --help');
    expect(err).not.toContain('pa55');
  });
});

describe('the hint of Keep-Alive', () => {
  it.each([
    ['timeout=5', 5000],
    ['max=100, timeout=15', 15_000],
    ['Timeout=0', 0],
    ['timeout = "7"', 7000],
    ['max=100', undefined],
    ['timeout=soon', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (field, ms) => {
    expect(keepAliveHintMs(field)).toBe(ms);
  });
});
