import { once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { Agent as HttpsAgent } from 'node:https';
import type { Server, Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import type { AxiosError } from 'axios';
import axios from 'axios';
import type { ProxyAddress } from '../../../lib/config/resolved.js';
import type { Http2ClientOptions } from '../../../lib/transport/http2/options.js';
import { openTunnel } from '../../../lib/transport/proxy/tunnel.js';
import type { Target } from '../../../lib/transport/target.js';
import * as certs from '../../helpers/certs.js';
import { atEnd } from '../../helpers/cleanup.js';
import { startTcp, startTlsStall } from '../../helpers/faults.js';
import { http2Client, overHttp2 } from '../../helpers/http2-client.js';
import { startFrameOrigin } from '../../helpers/http2-frames.js';
import { respond, startHttp2Origin } from '../../helpers/http2-origin.js';
import { watchLeaks } from '../../helpers/leaks.js';
import { reply, startOrigin } from '../../helpers/origin.js';
import type { ProxyOptions } from '../../helpers/proxy.js';
import { startProxy } from '../../helpers/proxy.js';
import { closedPort, listen, shut, trackSockets } from '../../helpers/tcp.js';
import { delay, until } from '../../helpers/wait.js';

const http1Origin = (tls = true) =>
  startOrigin({ tls }).then((origin) => origin.always(reply({ body: 'HTTP/1.1' })));

/** axios over a client with these options, and its requests' failures. */
function over(options: Partial<Http2ClientOptions> = {}, defaults = {}) {
  const client = http2Client(options);
  const { api, exchanges } = overHttp2(axios, client, defaults);
  const fails = async (url: string, config = {}): Promise<AxiosError> =>
    api.get(url, config).then(
      () => Promise.reject(new Error('The request succeeded')),
      (error) => error,
    );
  return { client, api, exchanges, fails };
}

describe('a connection that cannot be made', () => {
  it('is refused: ECONNREFUSED', async () => {
    const { fails, exchanges, client } = over();
    const error = await fails(`https://127.0.0.1:${await closedPort()}`);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', isAxiosError: true });
    expect(exchanges[0]).toMatchObject({
      phase: 'connect',
      neverProcessed: false,
      truncated: false,
      progress: 0,
    });
    expect(client.stats()).toEqual([]);
  });

  it('fails by its certificate', async () => {
    const origin = await startHttp2Origin();
    const { fails, exchanges } = over({ tls: { handshake: {}, material: undefined } });
    expect((await fails(origin.url)).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(exchanges[0]?.phase).toBe('connect');
  });

  it('fails by the name of its host', async () => {
    const origin = await startHttp2Origin({ server: certs.localhostOnly });
    const { fails } = over();
    expect((await fails(`https://127.0.0.1:${origin.port}`)).code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('does not fail by its certificate where that is not to be checked', async () => {
    const origin = await startHttp2Origin({ server: certs.selfSigned });
    const { api } = over({ tls: { handshake: { rejectUnauthorized: false }, material: undefined } });
    expect((await api.get(`https://127.0.0.1:${origin.port}`)).data).toBe('Hello World');
  });

  describe('in time', () => {
    const timedOut = { code: 'ETIMEDOUT', cause: { name: 'ConnectTimeoutError', syscall: 'connect' } };

    it('stalls in TLS', async () => {
      const stall = await startTlsStall();
      const { fails, exchanges, client } = over({ connectTimeoutMs: 60 });
      expect(await fails(`https://127.0.0.1:${stall.port}`)).toMatchObject(timedOut);
      expect(exchanges[0]?.phase).toBe('connect');
      await stall.idle();
      expect(client.stats()).toEqual([]);
    });

    it('stalls before the preface of HTTP/2', async () => {
      const origin = await startFrameOrigin(() => {}, { speaks: false });
      const { fails } = over({ http2Only: true, connectTimeoutMs: 60 });
      expect(await fails(origin.url)).toMatchObject(timedOut);
      await until(() => origin.openSockets === 0);
    });

    it('stalls in DNS', async () => {
      const { fails } = over({ connectTimeoutMs: 60, connection: { lookup: () => {} } });
      expect(await fails('https://example.test/')).toMatchObject(timedOut);
    });

    it('is not limited when there is no limit', async () => {
      const origin = await startHttp2Origin();
      const { api } = over({ connectTimeoutMs: false });
      expect((await api.get(origin.url)).status).toBe(200);
    });
  });

  it('is lost before the preface: ECONNRESET', async () => {
    const origin = await startFrameOrigin(() => {}, {
      speaks: false,
      onConnection: ({ socket }) => socket.end(),
    });
    const { fails, exchanges } = over({ http2Only: true });
    expect((await fails(origin.url)).code).toBe('ECONNRESET');
    expect(exchanges[0]?.phase).toBe('connect');
  });

  it('is not tried for ever when the server gives each one up at once', async () => {
    const origin = await startFrameOrigin(() => {}, {
      onConnection: (peer) => {
        peer.socket.cork();
        process.nextTick(() => {
          peer.goaway(0, 0);
          peer.socket.uncork();
        });
      },
    });
    const { fails, exchanges } = over({ http2Only: true });
    const error = await fails(origin.url);
    expect(error.cause).toMatchObject({ neverProcessed: true });
    expect(exchanges[0]?.neverProcessed).toBe(true);
    expect(origin.connections).toBe(1);
  });
});

describe('a connection in the making that nobody waits for', () => {
  it('is given up with its last request', async () => {
    const stall = await startTlsStall();
    const { api, client } = over();
    const leaks = watchLeaks();
    const aborts = [new AbortController(), new AbortController()];
    const requests = aborts.map(({ signal }) => api.get(`https://127.0.0.1:${stall.port}`, { signal }));
    const outcomes = requests.map((request) => request.catch((error: AxiosError) => error.code));
    await until(() => stall.openSockets === 1);
    aborts[0]?.abort();
    expect(await outcomes[0]).toBe('ERR_CANCELED');
    await delay(20);
    expect(stall.openSockets).toBe(1);
    expect(client.stats()[0]).toMatchObject({ connecting: true, pending: 1 });
    aborts[1]?.abort();
    expect(await outcomes[1]).toBe('ERR_CANCELED');
    await stall.idle();
    await leaks.expectNone();
    expect(client.stats()).toEqual([]);
  });

  it('goes on for those that still wait', async () => {
    const origin = await startHttp2Origin();
    const { api } = over();
    const abort = new AbortController();
    const left = api.get(origin.url, { signal: abort.signal }).catch((error: AxiosError) => error.code);
    const stays = api.get(origin.url);
    abort.abort();
    expect(await left).toBe('ERR_CANCELED');
    expect((await stays).status).toBe(200);
    expect(origin).toMatchObject({ connections: 1 });
    expect(origin.requests).toHaveLength(1);
  });

  it('does not take along who comes after it was given up', async () => {
    const origin = await startHttp2Origin();
    const { api } = over();
    const abort = new AbortController();
    const left = api.get(origin.url, { signal: abort.signal }).catch((error: AxiosError) => error.code);
    await new Promise(setImmediate);
    abort.abort();
    expect(await left).toBe('ERR_CANCELED');
    expect((await api.get(origin.url)).status).toBe(200);
  });
});

describe('a server that speaks HTTP/1.1', () => {
  it('is spoken to in HTTP/1.1, on the connection that found out', async () => {
    const origin = await http1Origin();
    const { api, exchanges } = over();
    const response = await api.post(origin.url, { a: 1 });
    expect(response.data).toBe('HTTP/1.1');
    expect(response.request.res.httpVersion).toBe('1.1');
    expect(exchanges[0]).toMatchObject({ phase: 'complete', truncated: false });
    for (let i = 0; i < 3; i++) expect((await api.get(origin.url)).data).toBe('HTTP/1.1');
    expect(origin.connections).toBe(1);
    expect(origin.requests.map(({ requestOnSocket }) => requestOnSocket)).toEqual([1, 2, 3, 4]);
    expect(origin.requests[0]?.body.toString()).toBe('{"a":1}');
  });

  it('is asked once when many requests begin together', async () => {
    const origin = await http1Origin();
    const { api } = over();
    const responses = await Promise.all(Array.from({ length: 5 }, () => api.get(origin.url)));
    expect(responses.map(({ data }) => data)).toEqual(Array(5).fill('HTTP/1.1'));
    // One handshake offered HTTP/2; the connections after it did not have to.
    expect(origin.connections).toBe(5);
  });

  it('gets the rest of an upload that had to wait for the answer', async () => {
    const origin = await http1Origin();
    const { api } = over();
    const body = Buffer.alloc(500_000, 'x');
    await api.put(origin.url, body, { maxRedirects: 0 });
    expect(origin.requests[0]?.body.equals(body)).toBe(true);
  });

  it('loses no connection to an agent that knows nothing of handovers', async () => {
    const origin = await http1Origin();
    const agent = new HttpsAgent({ keepAlive: true, ca: certs.ca });
    atEnd(() => agent.destroy());
    const { api } = over({ http1: { http: agent, https: agent } });
    expect((await api.get(origin.url)).data).toBe('HTTP/1.1');
    await until(() => origin.openSockets === 1);
  });

  it('is aborted like any other', async () => {
    const origin = await http1Origin();
    origin.always({ play: () => {} });
    const { api, exchanges } = over();
    const abort = new AbortController();
    const outcome = api.get(origin.url, { signal: abort.signal }).catch((error: AxiosError) => error.code);
    await until(() => origin.requests.length === 1);
    expect(exchanges[0]).toMatchObject({ phase: 'sent', waitingForPeer: true });
    abort.abort();
    expect(await outcome).toBe('ERR_CANCELED');
    await origin.idle();
  });

  it('is an error when HTTP/2 is a must, whether it knows ALPN or not', async () => {
    const withAlpn = await http1Origin();
    const withoutAlpn = createTlsServer(certs.server, (socket) => void socket.on('error', () => {}));
    const open = trackSockets(withoutAlpn);
    atEnd(() => shut(withoutAlpn, open));
    const port = await listen(withoutAlpn);
    const { fails, exchanges } = over({ http2Only: true });
    for (const url of [withAlpn.url, `https://localhost:${port}`]) {
      const error = await fails(url);
      expect(error).toMatchObject({ code: 'ERR_POLICY_HTTP2_NOT_SUPPORTED' });
      expect(error.message).toContain('does not speak HTTP/2');
    }
    expect(exchanges.map(({ phase }) => phase)).toEqual(['connect', 'connect']);
    await until(() => open.size === 0);
  });

  it('is an error when HTTP/2 is a must, though it ends the handshake without an alert', async () => {
    const origin = await http1Origin();
    const relay = await startTcp((near) => {
      near.once('data', (hello) => {
        // The ClientHello has the names of the protocols in clear text.
        if (!hello.includes('http/1.1')) return void near.end();
        const far = connect(origin.port, '127.0.0.1').on('error', () => undefined);
        far.write(hello);
        near.pipe(far).pipe(near);
      });
    });
    const { fails } = over({ http2Only: true });
    expect((await fails(`https://localhost:${relay.port}`)).code).toBe('ERR_POLICY_HTTP2_NOT_SUPPORTED');
    expect(relay.sockets).toHaveLength(2);
  });

  it('is an error in plain text, too, when HTTP/2 is a must', async () => {
    const server = createHttp1Server((_request, response) => void response.end('HTTP/1.1'));
    const open = trackSockets(server);
    atEnd(() => shut(server, open));
    const port = await listen(server);
    const { fails } = over({ http2Only: true });
    expect((await fails(`http://127.0.0.1:${port}`)).code).toBe('ERR_POLICY_HTTP2_NOT_SUPPORTED');
  });

  it('gets a request again that it refused over HTTP/2', async () => {
    const origin = await startHttp2Origin({
      server: { allowHTTP1: true },
      http1: (_request, response) => void response.end('HTTP/1.1'),
    });
    origin.always(({ stream }) => stream.close(0xd));
    const { api, fails, exchanges } = over();
    expect((await fails(origin.url)).cause).toMatchObject({ neverProcessed: true });
    expect(exchanges[0]?.neverProcessed).toBe(true);
    expect((await api.get(origin.url)).data).toBe('HTTP/1.1');
  });
});

describe('plain http', () => {
  it('is HTTP/2 by prior knowledge', async () => {
    const origin = await startHttp2Origin({ tls: false });
    const { api } = over({ http2Only: true });
    expect((await api.get(origin.url)).data).toBe('Hello World');
    expect(origin.requests[0]?.headers[':scheme']).toBe('http');
  });

  it('is HTTP/1.1 otherwise', async () => {
    const origin = await http1Origin(false);
    const { api, exchanges } = over();
    for (let i = 0; i < 2; i++) expect((await api.get(origin.url)).data).toBe('HTTP/1.1');
    expect(origin.connections).toBe(1);
    expect(exchanges).toEqual([]);
  });

  it.each([true, false])(
    'is refused without a byte where it is not allowed, http2Only %s',
    async (http2Only) => {
      const origin = await startHttp2Origin({ tls: false });
      const { fails } = over({ allowHttp: false, http2Only });
      for (const maxRedirects of [0, 5]) {
        const error = await fails(origin.url, { maxRedirects });
        expect(error).toMatchObject({ code: 'ERR_POLICY_HTTP_NOT_ALLOWED', isAxiosError: true });
      }
      expect(origin.connections).toBe(0);
    },
  );

  it('is refused when a redirect leads there', async () => {
    const plain = await startHttp2Origin({ tls: false });
    const origin = await startHttp2Origin();
    origin.always(respond({ status: 302, headers: { location: plain.url } }));
    const { fails } = over({ allowHttp: false });
    expect((await fails(origin.url)).code).toBe('ERR_POLICY_HTTP_NOT_ALLOWED');
    expect(plain.connections).toBe(0);
  });
});

describe('a tunnel', () => {
  async function startTunnels(options: ProxyOptions = {}) {
    const proxy = await startProxy(options);
    const address: ProxyAddress = {
      protocol: options.tls ? 'https:' : 'http:',
      hostname: options.tls ? 'localhost' : '127.0.0.1',
      port: proxy.port,
      origin: proxy.url,
      authorization: undefined,
    };
    const dialTunnel = (target: Target, signal: AbortSignal) =>
      openTunnel(address, target, { signal, tls: { ca: certs.otherCa } });
    return { proxy, dialTunnel };
  }

  it.each([false, true])('carries HTTP/2, TLS in TLS %s', async (tls) => {
    const { proxy, dialTunnel } = await startTunnels({ tls });
    const origin = await startHttp2Origin();
    origin.always(respond({ body: 'x'.repeat(300_000) }));
    const { api, client } = over({ dialTunnel });
    const lengths = await Promise.all(
      [1, 2, 3].map(async () => (await api.get<string>(origin.url)).data.length),
    );
    expect(lengths).toEqual([300_000, 300_000, 300_000]);
    expect(proxy.openSockets).toBe(1);
    client.destroy(new Error('Enough'));
    await until(() => proxy.openSockets === 0 && origin.openSockets === 0);
  });

  it('carries h2c', async () => {
    const { dialTunnel } = await startTunnels();
    const origin = await startHttp2Origin({ tls: false });
    const { api } = over({ dialTunnel, http2Only: true });
    expect((await api.get(origin.url)).data).toBe('Hello World');
  });

  it('verifies the certificate of the origin', async () => {
    const { proxy, dialTunnel } = await startTunnels();
    const origin = await startHttp2Origin({ server: certs.localhostOnly });
    const { fails } = over({ dialTunnel });
    expect((await fails(`https://127.0.0.1:${origin.port}`)).code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    await until(() => proxy.openSockets === 0);
  });

  it('fails with the error of the proxy that refuses it', async () => {
    const { dialTunnel } = await startTunnels({ connect: 503 });
    const { fails, exchanges } = over({ dialTunnel });
    const error = await fails('https://example.test/');
    expect(error.code).toBe('ERR_POLICY_PROXY_TUNNEL');
    expect(error.cause).toMatchObject({ proxyStatus: 503 });
    expect(exchanges[0]?.phase).toBe('connect');
  });

  it('times out where the proxy stalls', async () => {
    const { proxy, dialTunnel } = await startTunnels({ connect: 'stall', tls: true });
    const { fails } = over({ dialTunnel, connectTimeoutMs: 80 });
    expect(await fails('https://example.test/')).toMatchObject({
      code: 'ETIMEDOUT',
      cause: { syscall: 'connect' },
    });
    await proxy.idle();
  });

  it.each(['https', 'http'])('that is late and knows of no signal is thrown away, %s', async (scheme) => {
    const stall = await startTlsStall();
    const dialTunnel = async () => {
      const socket = connect(stall.port, '127.0.0.1');
      await delay(100);
      return socket;
    };
    const { fails } = over({ dialTunnel, connectTimeoutMs: 30, http2Only: true });
    expect(await fails(`${scheme}://example.test/`)).toMatchObject({
      code: 'ETIMEDOUT',
      cause: { syscall: 'connect' },
    });
    await stall.idle();
  });

  it('is not used where there is none', async () => {
    const origin = await startHttp2Origin();
    const { api } = over({ dialTunnel: () => undefined });
    expect((await api.get(origin.url)).status).toBe(200);
  });
});

describe('a unix socket', () => {
  const path =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\axios-policy-${process.pid}`
      : join(tmpdir(), `axios-policy-${process.pid}.sock`);

  it('is reached by prior knowledge, on a session of its own', async () => {
    const server = createHttp2Server((_request, response) => void response.end('from the socket'));
    const open = trackSockets(server as unknown as Server);
    atEnd(() => shut(server as unknown as Server, open));
    server.listen(path);
    await once(server, 'listening');
    const { api, client } = over({ http2Only: true });
    const { data } = await api.get('http://localhost/', { socketPath: path });
    expect(data).toBe('from the socket');
    expect(client.stats()).toHaveLength(1);
  });

  it('is refused where plain http is', async () => {
    const { fails } = over({ http2Only: true, allowHttp: false });
    const error = await fails('http://localhost/', { socketPath: path });
    expect(error.code).toBe('ERR_POLICY_HTTP_NOT_ALLOWED');
    expect(error.message).toContain(path);
  });
});

describe('the sockets of a client', () => {
  it('are told to who wants to know', async () => {
    const origin = await startHttp2Origin();
    const added: Socket[] = [];
    const { api } = over({ sockets: { add: (socket) => void added.push(socket) } });
    await api.get(origin.url);
    expect(added).toHaveLength(1);
    expect(added[0]?.remotePort).toBe(origin.port);
  });
});
