import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { inspect } from 'node:util';
import { Secret } from '../../../lib/config/render.js';
import type { ProxyAddress } from '../../../lib/config/resolved.js';
import { ProxyAuthError, ProxyConnectionError, ProxyTunnelError } from '../../../lib/errors.js';
import type { TunnelOptions } from '../../../lib/transport/proxy/tunnel.js';
import { openTunnel } from '../../../lib/transport/proxy/tunnel.js';
import * as certs from '../../helpers/certs.js';
import { closedPort, startBlackHole, startTcp, startTlsStall } from '../../helpers/faults.js';
import { countListeners } from '../../helpers/leaks.js';
import { startOrigin } from '../../helpers/origin.js';
import type { TestProxy } from '../../helpers/proxy.js';
import { startProxy } from '../../helpers/proxy.js';
import { until } from '../../helpers/wait.js';

const PASSWORD = 'p@ss:w/ rd';
const BASIC = `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`;

function address(url: string, authorization?: string): ProxyAddress {
  const { protocol, hostname, port } = new URL(url);
  return {
    protocol: protocol === 'https:' ? 'https:' : 'http:',
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
    origin: url,
    authorization: authorization === undefined ? undefined : new Secret(authorization),
  };
}

const live = (): AbortSignal => new AbortController().signal;
const target = (url: string) => ({ hostname: new URL(url).hostname, port: Number(new URL(url).port) });
const trusting: Pick<TunnelOptions, 'tls'> = { tls: { ca: certs.otherCa } };

async function failureOf(promise: Promise<Socket>): Promise<Error & Record<string, unknown>> {
  const outcome = await promise.then(
    (socket) => socket.destroy() && new Error('no failure, but a tunnel'),
    (error: Error) => error,
  );
  return outcome as Error & Record<string, unknown>;
}

/** One request over a tunnel, by hand. */
async function get(socket: Socket, host: string): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

describe('a proxy that opens the tunnel', () => {
  it.each(['100 Continue', '102 Processing', '103 Early Hints'])(
    'waits for the final response after a %s, as RFC 9110 has it for every 1xx',
    async (interim) => {
      const raw = `HTTP/1.1 ${interim}\r\n\r\n`;
      const proxy = await startProxy({ connect: { raw: `${raw}${raw}HTTP/1.1 200 OK\r\n\r\n` } });
      const origin = await startOrigin();
      const socket = await openTunnel(address(proxy.url), target(origin.url), { signal: live() });
      expect(await get(socket, 'origin')).toContain('Hello World');
    },
  );

  it.each([
    ['http', false],
    ['https', true],
  ])('hands out a connection to the origin, through an %s:// proxy', async (_name, tls) => {
    const [proxy, origin] = await Promise.all([startProxy({ tls }), startOrigin()]);
    const socket = await openTunnel(address(proxy.url), target(origin.url), { signal: live(), ...trusting });
    expect(await get(socket, 'origin')).toContain('Hello World');
    expect(proxy.tunnels).toEqual([`127.0.0.1:${origin.port}`]);
    expect(origin.requests).toHaveLength(1);
    await proxy.idle();
  });

  it.each([
    ['http', false],
    ['https', true],
  ])('carries TLS to the origin, through an %s:// proxy', async (_name, tls) => {
    const [proxy, origin] = await Promise.all([startProxy({ tls }), startOrigin({ tls: true })]);
    const raw = await openTunnel(address(proxy.url), target(origin.url), { signal: live(), ...trusting });
    const secure = tlsConnect({ socket: raw, host: 'localhost', ca: certs.ca });
    expect(await get(secure, 'localhost')).toContain('Hello World');
    await proxy.idle();
  });

  it('carries megabytes in both directions unharmed, over the raw connection and with back-pressure', async () => {
    const big = Buffer.alloc(3_000_000, 'abcdefghijklmnopqrstuvwxyz');
    const echo = await startTcp((socket) => void socket.pipe(socket));
    const proxy = await startProxy();
    const socket = await openTunnel(
      address(proxy.url),
      { hostname: '127.0.0.1', port: echo.port },
      { signal: live() },
    );
    const pieces: Buffer[] = [];
    socket.end(big);
    await until(() => echo.openSockets === 1);
    for await (const piece of socket) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces).equals(big)).toBe(true);
  });

  it('sends Host, Proxy-Connection, User-Agent and Proxy-Authorization, and nothing else', async () => {
    const [proxy, origin] = await Promise.all([
      startProxy({ auth: { user: 'user', password: PASSWORD } }),
      startOrigin(),
    ]);
    const options = { signal: live(), userAgent: 'test/1.0' };
    const socket = await openTunnel(address(proxy.url, BASIC), target(origin.url), options);
    socket.destroy();
    expect(proxy.requests[0]?.headers).toEqual({
      host: `127.0.0.1:${origin.port}`,
      'proxy-connection': 'keep-alive',
      'user-agent': 'test/1.0',
      'proxy-authorization': BASIC,
    });
  });

  it('sends neither User-Agent nor Proxy-Authorization where there is none', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin()]);
    (await openTunnel(address(proxy.url), target(origin.url), { signal: live() })).destroy();
    const names = new Set(Object.keys(proxy.requests[0]?.headers ?? {}));
    expect(names).toEqual(new Set(['host', 'proxy-connection']));
  });

  it.each(['::1', '[::1]'])('puts the IPv6 literal %s in brackets', async (hostname) => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin({ host: '::1' })]);
    const socket = await openTunnel(address(proxy.url), { hostname, port: origin.port }, { signal: live() });
    expect(await get(socket, 'origin')).toContain('Hello World');
    expect(proxy.requests[0]?.head).toMatch(
      new RegExp(`^CONNECT \\[::1\\]:${origin.port} HTTP/1.1\r\n(.*\r\n)*Host: \\[::1\\]:${origin.port}`),
    );
  });

  it('reaches a proxy at an IPv6 address', async () => {
    const [proxy, origin] = await Promise.all([startProxy({ host: '::1' }), startOrigin()]);
    const socket = await openTunnel(address(proxy.url), target(origin.url), {
      signal: live(),
      dial: { autoSelectFamilyAttemptTimeout: 500 },
    });
    expect(await get(socket, 'origin')).toContain('Hello World');
  });

  it.each([201, 204, 299])('takes a %d for a tunnel, as RFC 9110 has it for every 2xx', async (status) => {
    const proxy = await startProxy({ connect: { raw: `HTTP/1.1 ${status} Fine\r\n\r\n` } });
    const origin = await startOrigin();
    const socket = await openTunnel(address(proxy.url), target(origin.url), { signal: live() });
    expect(await get(socket, 'origin')).toContain('Hello World');
  });

  it.each([
    ['http', false],
    ['https', true],
  ])(
    'keeps what the origin said in the same segment as the reply, from an %s:// proxy',
    async (_name, tls) => {
      const proxy = await startProxy({ tls, connect: { raw: 'HTTP/1.1 200 OK\r\n\r\nfirst ' } });
      const greeter = await startTcp((socket) => void socket.once('data', () => socket.end('second')));
      const to = { hostname: '127.0.0.1', port: greeter.port };
      const socket = await openTunnel(address(proxy.url), to, { signal: live(), ...trusting });
      socket.setEncoding('utf8').write('go on');
      let text = '';
      for await (const piece of socket) text += piece;
      expect(text).toBe('first second');
    },
  );

  it('keeps the early bytes for a TLS layer, too', async () => {
    const origin = await startOrigin({ tls: true });
    // What a server says before the client has spoken is no TLS: the handshake must see it, and fail of it.
    const proxy = await startProxy({ connect: { raw: 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request' } });
    const raw = await openTunnel(address(proxy.url), target(origin.url), { signal: live() });
    const [error] = await once(tlsConnect({ socket: raw, host: 'localhost', ca: certs.ca }), 'error').catch(
      (e) => [e],
    );
    expect(error).toMatchObject({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
  });

  it('keeps early bytes that end with the connection', async () => {
    const proxy = await startProxy({ connect: { raw: 'HTTP/1.1 200 OK\r\n\r\nall there is', ends: true } });
    const socket = await openTunnel(
      address(proxy.url),
      { hostname: 'localhost', port: 1 },
      { signal: live() },
    );
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) text += piece;
    expect(text).toBe('all there is');
  });

  it('reads a reply that comes byte by byte', async () => {
    const bytes = [...'HTTP/1.1 200 OK\r\nVia: 1.1 slow\r\n\r\nhello'];
    const slowly = await startTcp((socket) => {
      socket.setNoDelay(true).resume();
      const next = () => {
        const byte = bytes.shift();
        if (byte === undefined) socket.end();
        else socket.write(byte, () => setImmediate(next));
      };
      next();
    });
    const socket = await openTunnel(
      address(`http://${slowly.host}`),
      { hostname: 'localhost', port: 1 },
      { signal: live() },
    );
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) text += piece;
    expect(text).toBe('hello');
  });

  it('is left alone by its signal from then on', async () => {
    const [proxy, origin] = await Promise.all([startProxy(), startOrigin()]);
    const controller = new AbortController();
    const socket = await openTunnel(address(proxy.url), target(origin.url), { signal: controller.signal });
    expect(countListeners(controller.signal)).toBe(0);
    controller.abort();
    expect(await get(socket, 'origin')).toContain('Hello World');
  });
});

describe('a proxy that refuses', () => {
  const host = { hostname: 'host.test', port: 443 };

  it('wants credentials: ProxyAuthError', async () => {
    const proxy = await startProxy({ auth: { user: 'user', password: 'other' } });
    const error = await failureOf(openTunnel(address(proxy.url, BASIC), host, { signal: live() }));
    expect(error).toBeInstanceOf(ProxyAuthError);
    expect(error).toMatchObject({ code: 'ERR_POLICY_PROXY_AUTH', proxyStatus: 407, name: 'ProxyAuthError' });
    expect(error.message).toContain(`proxy ${proxy.url} `);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(BASIC.slice(6));
    await proxy.idle();
  });

  it.each([302, 400, 403, 404, 502, 503, 504])(
    'answers %d: ProxyTunnelError with the status',
    async (status) => {
      const proxy = await startProxy({ connect: status });
      const error = await failureOf(openTunnel(address(proxy.url), host, { signal: live() }));
      expect(error).toBeInstanceOf(ProxyTunnelError);
      expect(error).toMatchObject({ code: 'ERR_POLICY_PROXY_TUNNEL', proxyStatus: status });
      expect(error.message).toBe(`proxy ${proxy.url} answered CONNECT host.test:443 with ${status}`);
      await proxy.idle();
    },
  );

  it.each([
    ['nothing of HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['an empty head', '\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 what OK\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`],
  ])('answers with %s: ProxyTunnelError without a status', async (_name, raw) => {
    const server = await startTcp((socket) => void socket.once('data', () => socket.write(raw)));
    const error = await failureOf(openTunnel(address(`http://${server.host}`), host, { signal: live() }));
    expect(error).toBeInstanceOf(ProxyTunnelError);
    expect(error).toMatchObject({ code: 'ERR_POLICY_PROXY_TUNNEL', proxyStatus: undefined });
    await server.idle();
  });
});

describe('a proxy that is not there, or not for long', () => {
  const host = { hostname: 'host.test', port: 443 };

  it('is down: ECONNREFUSED, as it came', async () => {
    const error = await failureOf(
      openTunnel(address(`http://127.0.0.1:${await closedPort()}`), host, { signal: live() }),
    );
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
  });

  it.each([
    ['http', false],
    ['https', true],
  ])('closes half way, being an %s:// proxy: ECONNRESET of connect', async (_name, tls) => {
    const proxy = await startProxy({ tls, connect: 'close' });
    const error = await failureOf(openTunnel(address(proxy.url), host, { signal: live(), ...trusting }));
    expect(error).toBeInstanceOf(ProxyConnectionError);
    expect(error).toMatchObject({
      code: 'ECONNRESET',
      syscall: 'connect',
      policyCode: 'ERR_POLICY_PROXY_TUNNEL',
    });
    expect(error.message).toContain(proxy.url);
    await proxy.idle();
  });

  it('resets half way: ECONNRESET of connect, with the reset as cause', async () => {
    const server = await startTcp((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    const error = await failureOf(openTunnel(address(`http://${server.host}`), host, { signal: live() }));
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'connect', cause: { syscall: 'read' } });
    await server.idle();
  });

  it('ends in the middle of its reply: ECONNRESET of connect', async () => {
    const proxy = await startProxy({ connect: { raw: 'HTTP/1.1 200 O', ends: true } });
    const error = await failureOf(openTunnel(address(proxy.url), host, { signal: live() }));
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'connect' });
    await proxy.idle();
  });

  it('ends in the middle of its TLS handshake: ECONNRESET of connect', async () => {
    const server = await startTcp((socket) => void socket.once('data', () => socket.end()));
    const error = await failureOf(
      openTunnel(address(`https://localhost:${server.port}`), host, { signal: live() }),
    );
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'connect' });
    await server.idle();
  });
});

describe('an https:// proxy', () => {
  const host = { hostname: 'host.test', port: 443 };

  it.each([
    ['is self-signed', certs.selfSigned, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['is signed by an unknown authority', certs.other, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('is rejected if it %s', async (_name, identity, code) => {
    const proxy = await startProxy({ tls: identity });
    const error = await failureOf(openTunnel(address(proxy.url), host, { signal: live() }));
    expect(error).toMatchObject({ code });
    expect(proxy.requests).toHaveLength(0);
    await proxy.idle();
  });

  it('is rejected if its certificate is for another host, IP address or not', async () => {
    const proxy = await startProxy({ tls: certs.localhostOnly });
    const at = address(proxy.url.replace('localhost', '127.0.0.1'), BASIC);
    const error = await failureOf(openTunnel(at, host, { signal: live(), tls: { ca: certs.ca } }));
    expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(proxy.requests).toHaveLength(0);
  });

  it('is accepted whatever it shows, if checks are switched off', async () => {
    const [proxy, origin] = await Promise.all([startProxy({ tls: certs.selfSigned }), startOrigin()]);
    const options = { signal: live(), tls: { rejectUnauthorized: false } };
    const socket = await openTunnel(address(proxy.url), target(origin.url), options);
    expect(await get(socket, 'origin')).toContain('Hello World');
  });
});

describe('a signal', () => {
  const host = { hostname: 'host.test', port: 443 };
  const reason = new Error('enough');

  it('that was aborted before keeps the proxy from being called at all', async () => {
    const proxy = await startProxy();
    expect(await failureOf(openTunnel(address(proxy.url), host, { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    expect(proxy.connections).toBe(0);
  });

  it('ends a connection to a proxy that does not even accept it', async () => {
    const hole = await startBlackHole();
    const signal = AbortSignal.timeout(40);
    const error = await failureOf(openTunnel(address(`http://${hole.host}`), host, { signal }));
    expect(error).toBe(signal.reason);
  });

  it('ends a TLS handshake with the proxy', async () => {
    const server = await startTlsStall();
    const controller = new AbortController();
    const failed = failureOf(
      openTunnel(address(`https://localhost:${server.port}`), host, { signal: controller.signal }),
    );
    await until(() => server.openSockets === 1);
    controller.abort(reason);
    expect(await failed).toBe(reason);
    expect(countListeners(controller.signal)).toBe(0);
    await server.idle();
  });

  it.each([
    ['http', false],
    ['https', true],
  ])('ends a CONNECT that an %s:// proxy does not answer', async (_name, tls) => {
    const proxy = await startProxy({ tls, connect: 'stall' });
    const controller = new AbortController();
    const failed = failureOf(
      openTunnel(address(proxy.url), host, { signal: controller.signal, ...trusting }),
    );
    await until(() => proxy.requests.length === 1);
    controller.abort(reason);
    expect(await failed).toBe(reason);
    expect(countListeners(controller.signal)).toBe(0);
    await proxy.idle();
  });

  it('ends two hundred stalled tunnels at once, and no connection is left', async () => {
    const proxy: TestProxy = await startProxy({ connect: 'stall' });
    const controllers = Array.from({ length: 200 }, () => new AbortController());
    const failures = controllers.map(({ signal }) =>
      failureOf(openTunnel(address(proxy.url), host, { signal })),
    );
    await until(() => proxy.requests.length === 200);
    expect(proxy.openSockets).toBe(200);
    for (const controller of controllers) controller.abort(reason);
    expect(new Set(await Promise.all(failures))).toEqual(new Set([reason]));
    await proxy.idle();
  });

  it('ends a reply that only drips', async () => {
    const server = await startTcp((socket) => {
      const timer = setInterval(() => socket.write('X'), 5);
      socket.resume().once('close', () => clearInterval(timer));
    });
    const signal = AbortSignal.timeout(50);
    expect(await failureOf(openTunnel(address(`http://${server.host}`), host, { signal }))).toBe(
      signal.reason,
    );
    await server.idle();
  });
});

describe('what is written into the CONNECT request', () => {
  it.each(['host\r\nX-Injected: 1', 'host\nname', 'host name', 'user@host', 'host/path', 'host\0'])(
    'is refused where it could break out of the head: host %j',
    async (hostname) => {
      const proxy = await startProxy();
      const error = await failureOf(
        openTunnel(address(proxy.url), { hostname, port: 443 }, { signal: live() }),
      );
      expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_CHAR' });
      expect(proxy.connections).toBe(0);
    },
  );

  it('is refused where a header value could break out of its line, without showing it', async () => {
    const proxy = await startProxy();
    const host = { hostname: 'host.test', port: 443 };
    const signal = live();
    const agent = await failureOf(
      openTunnel(address(proxy.url), host, { signal, userAgent: 'a\r\nX-Injected: 1' }),
    );
    expect(agent).toMatchObject({ code: 'ERR_INVALID_CHAR' });
    const secret = await failureOf(
      openTunnel(address(proxy.url, 'Basic c2VjcmV0\r\nX: 1'), host, { signal }),
    );
    expect(secret).toMatchObject({ code: 'ERR_INVALID_CHAR' });
    expect(inspect(secret)).not.toContain('c2VjcmV0');
    expect(proxy.connections).toBe(0);
  });
});

it('mixes up nothing between tunnels that are read at the same time', async () => {
  const letters = ['a', 'b', 'c'];
  const echo = await startTcp((socket) => void socket.pipe(socket));
  const proxy = await startProxy();
  const unharmed = await Promise.all(
    letters.map(async (letter) => {
      const to = { hostname: '127.0.0.1', port: echo.port };
      const socket = await openTunnel(address(proxy.url), to, { signal: live() });
      socket.end(letter.repeat(200_000));
      let text = '';
      for await (const piece of socket.setEncoding('utf8')) text += piece;
      return text === letter.repeat(200_000);
    }),
  );
  expect(unharmed).toEqual([true, true, true]);
});
