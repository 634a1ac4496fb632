import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { AXIOS_COPIES } from './helpers/axios-copies.js';
import * as certs from './helpers/certs.js';
import { ManualClock, sequence } from './helpers/clock.js';
import {
  closedPort,
  failingLookup,
  lookupTo,
  portToTake,
  type RecordingLookup,
  stallingLookup,
  startBlackHole,
  startRelay,
  startTcp,
  startTlsStall,
} from './helpers/faults.js';
import { countListeners, watchLeaks } from './helpers/leaks.js';
import {
  deaf,
  drip,
  early,
  gzipDrip,
  handler,
  hangUp,
  never,
  type Origin,
  type OriginOptions,
  partialHead,
  raw,
  redirect,
  reply,
  reset,
  slow,
  stallBody,
  startOrigin,
  truncate,
} from './helpers/origin.js';
import { delay, onceRead, until } from './helpers/wait.js';

type Options = RequestOptions & { ca?: string; cert?: string; key?: string };

const send = (origin: Origin, options: Options = {}): ClientRequest =>
  origin.url.startsWith('https:')
    ? httpsRequest(origin.url, { ca: certs.ca, agent: false, ...options })
    : httpRequest(origin.url, { agent: false, ...options });

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function get(origin: Origin, options?: Options) {
  const response = await answerTo(send(origin, options));
  const body = await readAll(response);
  return { status: response.statusCode, headers: response.headers, body: body.toString() };
}

/** How the TCP connection of a plain request ended, and all that came over it. */
async function onTheWire(origin: Origin, request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n') {
  const socket = connect(origin.port, '127.0.0.1');
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  socket.write(request);
  const end = new Promise<string>((resolve) => {
    socket.once('end', () => resolve('fin'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
  });
  return { socket, end, text: () => text };
}

const connected = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
  });

const transports: { name: string; options: OriginOptions }[] = [
  { name: 'http', options: {} },
  { name: 'https', options: { tls: true } },
];

describe.each(transports)('an origin over $name', ({ options }) => {
  const agents = [new HttpAgent({ keepAlive: true }), new HttpsAgent({ keepAlive: true })] as const;
  const agent = agents[options.tls ? 1 : 0];
  afterEach(() => agent.destroy());

  it('says Hello World unless told otherwise', async () => {
    const origin = await startOrigin(options);
    const { status, headers, body } = await get(origin);
    expect({ status, type: headers['content-type'], body }).toEqual({
      status: 200,
      type: 'text/plain',
      body: 'Hello World',
    });
  });

  it('plays its queue in order and then the answer for always', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(reply({ status: 503 }), redirect(302, '/there')).always(reply({ body: { ok: true } }));
    const first = await get(origin);
    const second = await get(origin);
    const third = await get(origin);
    expect([first.status, second.status, second.headers.location, third.status]).toEqual([
      503,
      302,
      '/there',
      200,
    ]);
    expect([third.body, third.headers['content-type']]).toEqual(['{"ok":true}', 'application/json']);
    origin.enqueue(reply({ body: Buffer.from([65, 66]) }));
    expect(await get(origin)).toMatchObject({
      body: 'AB',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect((await get(origin)).body).toBe('{"ok":true}');
  });

  it('records requests with their bodies and connections', async () => {
    const origin = await startOrigin(options);
    const request = send(origin, { method: 'PUT', path: '/a?b', agent, headers: { 'X-Test': 'y' } });
    request.write('one ');
    request.write('two');
    await readAll(await answerTo(request));
    await get(origin, { agent });
    await get(origin, { agent: false });
    const [first, ...others] = origin.requests;
    expect(first).toMatchObject({
      method: 'PUT',
      url: '/a?b',
      bodyComplete: true,
      headers: { 'x-test': 'y' },
    });
    expect(first?.rawHeaders).toContain('X-Test');
    expect(first?.body.toString()).toBe('one two');
    expect([first, ...others].map((it) => [it?.socketId, it?.requestOnSocket])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(origin.connections).toBe(2);
  });

  it('shows a body that never came to its end as incomplete', async () => {
    const origin = await startOrigin(options);
    const request = send(origin, { method: 'POST', headers: { 'Content-Length': 10 } }).on('error', () => {});
    request.write('half');
    await until(() => origin.requests[0]?.body.toString() === 'half');
    request.destroy();
    await origin.idle();
    expect(origin.requests[0]?.bodyComplete).toBe(false);
  });

  it('resets the connection instead of answering', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(reset());
    await expect(get(origin)).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    expect(origin.requests).toHaveLength(1);
    await origin.idle();
  });

  it('hangs up instead of answering', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(hangUp());
    await expect(get(origin)).rejects.toMatchObject({ code: 'ECONNRESET', message: 'socket hang up' });
    await origin.idle();
  });

  it('never answers but keeps the connection', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(never());
    const request = send(origin).on('error', () => {});
    const answered = answerTo(request).then(
      () => 'answered',
      () => 'failed',
    );
    await until(() => origin.requests.length === 1);
    expect(await Promise.race([answered, delay(50)])).toBeUndefined();
    expect(origin.openSockets).toBe(1);
    request.destroy();
    await origin.idle();
  });

  it('answers late', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(slow(40, reply({ body: 'late' })));
    const startedAt = performance.now();
    expect((await get(origin)).body).toBe('late');
    // A timer may fire a fraction of a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThan(39);
  });

  it.each([
    { contentLength: true, declared: '6' },
    { contentLength: false, declared: undefined },
  ])('drips a body piece by piece (contentLength: $contentLength)', async ({ contentLength, declared }) => {
    const origin = await startOrigin(options);
    origin.enqueue(drip({ pieces: ['ab', 'cd', 'ef'], everyMs: 20, contentLength }));
    const response = await answerTo(send(origin));
    const pieces: string[] = [];
    for await (const piece of response) pieces.push(String(piece));
    expect(response.headers['content-length']).toBe(declared);
    expect(pieces).toEqual(['ab', 'cd', 'ef']);
  });

  it('stops dripping when the client leaves', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(drip({ pieces: ['ab', 'cd', 'ef'], everyMs: 20 }));
    const response = await answerTo(send(origin));
    response.destroy();
    await origin.idle();
  });

  it('drips a gzip body', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(gzipDrip({ body: 'Hello '.repeat(20), pieces: 3, everyMs: 5 }));
    const response = await answerTo(send(origin));
    expect(response.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(await readAll(response)).toString()).toBe('Hello '.repeat(20));
  });

  it('goes silent in the middle of a body', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(stallBody({ declared: 100, sent: 7 }));
    const response = await answerTo(send(origin));
    const [piece] = await once(response, 'data');
    expect([String(piece), response.headers['content-length']]).toEqual(['xxxxxxx', '100']);
    const next = once(response, 'end').catch(() => 'failed');
    expect(await Promise.race([next, delay(50)])).toBeUndefined();
    expect(origin.openSockets).toBe(1);
    response.destroy();
  });

  it.each([
    ['fin', undefined],
    ['rst', 'read'],
  ] as const)('cuts a body short with %s after the bytes that it sends', async (how, syscall) => {
    const origin = await startOrigin(options);
    origin.enqueue(truncate({ declared: 100, sent: 7, how }));
    const request = send(origin);
    const response = await answerTo(request);
    let failure: NodeJS.ErrnoException | undefined;
    request.on('error', (error) => {
      failure = error;
    });
    let received = 0;
    response.on('data', (piece: Buffer) => {
      received += piece.length;
    });
    const [error] = await once(response, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET', message: 'aborted' });
    expect([received, response.complete, failure?.syscall]).toEqual([7, false, syscall]);
    await origin.idle();
  });

  it('cuts the head short', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(
      partialHead('HTTP/1.1 200 OK\r\nContent-'),
      partialHead('HTTP/1.1 200 OK\r\nContent-', 'rst'),
    );
    await expect(get(origin)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(get(origin)).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    await origin.idle();
  });

  it('sends raw bytes and takes the next request on the same connection', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(raw('HTTP/1.1 299 Odd\r\nContent-Length: 3\r\n\r\nodd'));
    expect(await get(origin, { agent })).toMatchObject({ status: 299, body: 'odd' });
    expect(await get(origin, { agent })).toMatchObject({ status: 200, body: 'Hello World' });
    expect(origin.requests.map(({ socketId }) => socketId)).toEqual([1, 1]);
  });

  it('leaves everything else to a handler', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(handler((_request, response, { body }) => response.writeHead(201).end(body)));
    const request = send(origin, { method: 'POST' });
    request.write('echo');
    const response = await answerTo(request);
    expect([response.statusCode, String(await readAll(response))]).toEqual([201, 'echo']);
  });

  it('answers before the body of the request has come, if told so', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(early(reply({ status: 413 })));
    const request = send(origin, { method: 'POST', headers: { 'Content-Length': 10 } }).on('error', () => {});
    request.flushHeaders();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect([response.statusCode, origin.requests[0]?.bodyComplete]).toEqual([413, false]);
    request.destroy();
  });

  it('can refuse to read an upload', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(deaf());
    const size = 32 * 1024 * 1024;
    const request = send(origin, { method: 'POST', headers: { 'Content-Length': size } }).on(
      'error',
      () => {},
    );
    request.end(Buffer.alloc(size));
    await until(() => origin.requests.length === 1);
    await delay(50);
    expect(origin.requests[0]?.body.length).toBeLessThan(size / 2);
    expect(request.writableFinished).toBe(false);
    request.destroy();
  });

  it.each(['fin', 'rst'] as const)('ends idle connections with %s', async (how) => {
    const origin = await startOrigin(options);
    await get(origin, { agent });
    expect(origin.openSockets).toBe(1);
    origin.endConnections(how);
    await origin.idle();
    expect(origin.connections).toBe(1);
  });

  it('keeps idle connections and hints only when told to', async () => {
    const plain = await startOrigin(options);
    const hinting = await startOrigin({ ...options, keepAliveHint: 3 });
    expect((await get(plain, { agent })).headers).not.toHaveProperty('keep-alive');
    expect((await get(hinting, { agent })).headers).toHaveProperty('keep-alive', 'timeout=3');
    await expect(plain.idle(30)).rejects.toThrow('no open connection, but 1 of 1 are');
  });

  it('destroys what is open when it closes and closes twice without harm', async () => {
    const origin = await startOrigin(options);
    origin.enqueue(never());
    const failed = get(origin).catch(({ code }: NodeJS.ErrnoException) => code);
    await until(() => origin.requests.length === 1);
    await Promise.all([origin.close(), origin.close()]);
    expect(await failed).toBe('ECONNRESET');
    expect(origin.openSockets).toBe(0);
    await origin.close();
  });
});

describe('what an origin does on the wire', () => {
  it('sends nothing but RST for a reset', async () => {
    const origin = await startOrigin();
    origin.enqueue(reset());
    const { end, text } = await onTheWire(origin);
    expect([await end, text()]).toEqual(['ECONNRESET', '']);
  });

  it('sends nothing but FIN when it hangs up', async () => {
    const origin = await startOrigin();
    origin.enqueue(hangUp());
    const { end, text } = await onTheWire(origin);
    expect([await end, text()]).toEqual(['fin', '']);
  });

  it.each([
    ['fin', 'fin'],
    ['rst', 'ECONNRESET'],
  ] as const)('sends the bytes of a body cut short before %s', async (how, end) => {
    const origin = await startOrigin();
    origin.enqueue(truncate({ declared: 9, sent: 4, how }));
    const wire = await onTheWire(origin);
    expect(await wire.end).toBe(end);
    expect(wire.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Content-Length: 9\r\n.*\r\n\r\nxxxx$/s);
  });

  it('sends exactly the bytes of half a head', async () => {
    const origin = await startOrigin();
    origin.enqueue(partialHead('HTTP/1.1 20'));
    const { end, text } = await onTheWire(origin);
    expect([await end, text()]).toEqual(['fin', 'HTTP/1.1 20']);
  });

  it('sends no length with 204 and 304', async () => {
    const origin = await startOrigin();
    origin.enqueue(reply({ status: 204 }), reply({ status: 304 }));
    expect((await get(origin)).headers).not.toHaveProperty('content-length');
    expect((await get(origin)).headers).not.toHaveProperty('content-length');
  });

  it('keeps the URL of a request that takes it for a proxy', async () => {
    const origin = await startOrigin();
    await get(origin, { path: 'http://elsewhere.test/x' });
    expect(origin.requests[0]?.url).toBe('http://elsewhere.test/x');
  });

  it('listens on IPv6 and names itself accordingly', async () => {
    const origin = await startOrigin({ host: '::1' });
    expect(origin.url).toBe(`http://[::1]:${origin.port}`);
    expect((await get(origin)).status).toBe(200);
  });

  it('takes a port that was given', async () => {
    const port = await portToTake();
    const origin = await startOrigin({ port });
    expect([origin.port, (await get(origin)).status]).toEqual([port, 200]);
  });
});

describe('TLS of an origin', () => {
  const codeOf = (error: NodeJS.ErrnoException): string | undefined => error.code;

  it.each([
    ['wrongHost', certs.wrongHost, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', certs.expired, 'CERT_HAS_EXPIRED'],
    ['selfSigned', certs.selfSigned, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['other', certs.other, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('is refused by a client with the certificate %s', async (_name, tls, code) => {
    const origin = await startOrigin({ tls });
    expect(await get(origin).catch(codeOf)).toBe(code);
    expect(origin.requests).toEqual([]);
  });

  it('accepts localhost and both addresses, or localhost only', async () => {
    const origin = await startOrigin({ tls: true });
    const strict = await startOrigin({ tls: certs.localhostOnly });
    expect((await get(origin, { hostname: '127.0.0.1' })).status).toBe(200);
    expect((await get(strict)).status).toBe(200);
    expect(await get(strict, { hostname: '127.0.0.1' }).catch(codeOf)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    const six = await startOrigin({ tls: true, host: '::1' });
    const ofSix = await get(six).then(({ status }) => status, codeOf);
    expect(ofSix).toBe(certs.refusesIpv6Literals ? 'ERR_TLS_CERT_ALTNAME_INVALID' : 200);
  });

  it('verifies the other certificate with the other authority', async () => {
    const origin = await startOrigin({ tls: certs.other });
    expect((await get(origin, { ca: certs.otherCa })).status).toBe(200);
  });

  it.each([
    ['PEM', certs.client],
    [
      'encrypted PEM',
      { cert: certs.client.cert, key: certs.encryptedClientKey, passphrase: certs.passphrase },
    ],
    ['PKCS #12', { pfx: certs.clientPfx, passphrase: certs.passphrase }],
  ])('sees the client certificate from %s', async (_name, identity) => {
    const origin = await startOrigin({ tls: { requestCert: true, rejectUnauthorized: true, ca: certs.ca } });
    expect((await get(origin, identity as Options)).status).toBe(200);
    expect(origin.handshakes[0]?.clientName).toBe('Test client');
  });

  it('refuses a client without a certificate if it wants one', async () => {
    const origin = await startOrigin({ tls: { requestCert: true, rejectUnauthorized: true, ca: certs.ca } });
    await expect(get(origin)).rejects.toThrow();
    expect(origin.requests).toEqual([]);
  });

  it('notes name, protocol and resumption of each handshake', async () => {
    const origin = await startOrigin({ tls: { ALPNProtocols: ['http/1.1'] } });
    const options = { port: origin.port, ca: certs.ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] };
    const first = tlsConnect(options);
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    const second = tlsConnect({ ...options, session });
    await once(second, 'secureConnect');
    await until(() => origin.handshakes.length === 2);
    second.destroy();
    expect(origin.handshakes[0]).toEqual({
      cipher: 'TLS_AES_256_GCM_SHA384',
      protocol: 'TLSv1.3',
      servername: 'localhost',
      alpnProtocol: 'http/1.1',
      clientName: undefined,
      sessionReused: false,
    });
    expect(origin.secureSessionsReused).toBe(1);
  });
});

describe('faults below HTTP', () => {
  it('hands each connection to the listener of a TCP server', async () => {
    const server = await startTcp((socket) => void socket.end('hi'), '127.0.0.1', await portToTake());
    const socket = connect(server.port, '127.0.0.1');
    const [data] = await once(socket, 'data');
    await server.idle();
    expect([String(data), server.sockets.length, server.openSockets]).toEqual(['hi', 1, 0]);
    expect(server.host).toBe(`127.0.0.1:${server.port}`);
    await server.close();
    expect(await connected(connect(server.port, '127.0.0.1'))).toBe('ECONNREFUSED');
  });

  it('leads through a relay, which may stall the next connection and forget those it has', async () => {
    const server = await startTcp((socket) => void socket.on('data', (data) => socket.write(data)));
    const relay = await startRelay(server.port);
    const echo = async (socket: Socket): Promise<string> => {
      socket.write('hello');
      return String(await once(socket, 'data'));
    };
    const first = connect(relay.port, '127.0.0.1');
    const heard: string[] = [];
    expect(await echo(first)).toBe('hello');
    relay.freeze();
    relay.stall(1);
    const second = connect(relay.port, '127.0.0.1');
    for (const silent of [first, second])
      silent.on('data', (data) => heard.push(String(data))).write('hello');
    expect(await echo(connect(relay.port, '127.0.0.1'))).toBe('hello');
    await new Promise<void>((resolve) => onceRead(resolve));
    expect(heard).toEqual([]);
    expect([relay.connections, server.sockets.length, first.destroyed]).toEqual([3, 2, false]);
  });

  it('serves IPv6 too', async () => {
    const server = await startTcp((socket) => void socket.end('six'), '::1');
    const [data] = await once(connect(server.port, '::1'), 'data');
    expect([String(data), server.host]).toEqual(['six', `[::1]:${server.port}`]);
  });

  it('accepts TCP but never finishes a TLS handshake', async () => {
    const server = await startTlsStall();
    const socket = tlsConnect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => {});
    const secured = once(socket, 'secureConnect').then(
      () => 'secured',
      () => 'failed',
    );
    await until(() => (server.sockets[0]?.bytesRead ?? 0) > 0);
    expect(await Promise.race([secured, delay(50)])).toBeUndefined();
    expect(server.sockets[0]?.bytesWritten).toBe(0);
    await expect(server.idle(20)).rejects.toThrow('no open connection, but 1');
    socket.destroy();
    await server.idle();
  });

  it('lets a connection to a black hole hang', async () => {
    const { port, close } = await startBlackHole();
    const socket = connect(port, '127.0.0.1');
    expect(await Promise.race([connected(socket), delay(150)])).toBeUndefined();
    expect(socket.connecting).toBe(true);
    socket.destroy();
    await close();
  });

  it('refuses connections to a closed port', async () => {
    expect(await connected(connect(await closedPort(), '127.0.0.1'))).toBe('ECONNREFUSED');
  });

  const connectBy = (port: number, lookup: RecordingLookup, family?: number) =>
    connect({ port, host: 'name.test', lookup, ...(family && { family }) });

  it('never answers a stalled lookup', async () => {
    const lookup = stallingLookup();
    const socket = connectBy(1, lookup);
    expect(await Promise.race([connected(socket), delay(50)])).toBeUndefined();
    expect(lookup.asked).toEqual(['name.test']);
    socket.destroy();
  });

  it('fails a lookup with the code asked for', async () => {
    expect(await connected(connectBy(1, failingLookup()))).toBe('ENOTFOUND');
    expect(await connected(connectBy(1, failingLookup('EAI_AGAIN')))).toBe('EAI_AGAIN');
  });

  it('looks a name up to several addresses, tried in turn', async () => {
    const server = await startTcp((socket) => void socket.end());
    const lookup = lookupTo('::1', '127.0.0.1');
    const both = connectBy(server.port, lookup);
    expect(await connected(both)).toBe('connected');
    expect(both.autoSelectFamilyAttemptedAddresses).toEqual([
      `::1:${server.port}`,
      `127.0.0.1:${server.port}`,
    ]);
    const single = connectBy(server.port, lookup, 4);
    expect([await connected(single), single.remoteAddress]).toEqual(['connected', '127.0.0.1']);
    both.destroy();
    single.destroy();
  });

  it('looks a name up to the first address when only one is wanted', (done) => {
    lookupTo('::1', '127.0.0.1')('name.test', {}, (error, address, family) => {
      expect([error, address, family]).toEqual([null, '::1', 6]);
      done();
    });
  });
});

describe('the watch for leaks', () => {
  it('finds nothing when nothing is left', async () => {
    const leaks = watchLeaks();
    const origin = await startOrigin({ tls: true });
    await get(origin, { agent: false });
    await delay(5);
    await expect(leaks.expectNone()).resolves.toBeUndefined();
  });

  it('gives things the time to end', async () => {
    const leaks = watchLeaks();
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 50);
    await leaks.expectNone();
    expect(fired).toBe(true);
  });

  it('finds files that are open', async () => {
    const leaks = watchLeaks();
    const file = await open(__filename);
    if (existsSync('/proc/self/fd'))
      await expect(leaks.expectNone(20)).rejects.toThrow(`open file ${__filename}`);
    await file.close();
  });

  it('finds timers, also unref’d ones, and says where they were made', async () => {
    const leaks = watchLeaks();
    const timers = [1, 2].map(() => setTimeout(() => {}, 60_000).unref());
    await expect(leaks.expectNone(50)).rejects.toThrow(
      /Left behind:\n {2}2 × Timeout at .*helpers\.test\.ts:\d+/,
    );
    for (const timer of timers) clearTimeout(timer);
  });

  it.each(transports)('finds the idle connection of a pool over $name', async ({ options }) => {
    const origin = await startOrigin(options);
    const agent = options.tls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    const leaks = watchLeaks();
    await get(origin, { agent });
    await expect(leaks.expectNone(50)).rejects.toThrow(/ {2}1 × TCPWRAP at/);
    agent.destroy();
  });

  it('finds a connection attempt under way', async () => {
    const { port } = await startBlackHole();
    const leaks = watchLeaks();
    const socket = connect(port, '127.0.0.1');
    await expect(leaks.expectNone(50)).rejects.toThrow('TCPCONNECTWRAP');
    socket.destroy();
  });

  it('does not take what was there before for a leak', async () => {
    const timer = setTimeout(() => {}, 60_000);
    const leaks = watchLeaks();
    await leaks.expectNone();
    clearTimeout(timer);
  });

  describe('begun outside a test', () => {
    let leaks: ReturnType<typeof watchLeaks>;
    beforeAll(() => {
      leaks = watchLeaks();
    });

    it('is not confused by the timers of jest', async () => {
      await delay(1);
      await expect(leaks.expectNone()).resolves.toBeUndefined();
    });
  });

  it('is over once it has been asked', async () => {
    const leaks = watchLeaks();
    await leaks.expectNone();
    const timer = setTimeout(() => {}, 60_000);
    await leaks.expectNone(10);
    clearTimeout(timer);
  });

  it('counts the listeners of a signal', () => {
    const { signal } = new AbortController();
    const listener = () => {};
    expect(countListeners(signal)).toBe(0);
    signal.addEventListener('abort', listener);
    expect(countListeners(signal)).toBe(1);
    signal.removeEventListener('abort', listener);
    expect(countListeners(signal)).toBe(0);
  });
});

describe('cleaning up', () => {
  let ofFile: Origin;
  let ofTest: Origin;
  beforeAll(async () => {
    ofFile = await startOrigin();
  });

  it('lets a test start an origin', async () => {
    ofTest = await startOrigin({ port: await portToTake() });
    expect((await get(ofTest)).status).toBe(200);
  });

  it('closes it after that test, and not what was started before all', async () => {
    await expect(get(ofTest)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await get(ofFile)).status).toBe(200);
  });

  it('closes an origin at the end of its block', async () => {
    let port: number;
    {
      await using origin = await startOrigin({ port: await portToTake() });
      port = origin.port;
    }
    expect(await connected(connect(port, '127.0.0.1'))).toBe('ECONNREFUSED');
  });
});

describe('time and chance', () => {
  it('moves a manual clock by hand only', () => {
    const clock = new ManualClock(100);
    const { now } = clock;
    clock.advance(25);
    expect(now()).toBe(125);
    expect(() => clock.advance(-1)).toThrow(RangeError);
  });

  it('draws the given values and no more', () => {
    const random = sequence(0.1, 0.9);
    expect([random(), random()]).toEqual([0.1, 0.9]);
    expect(random).toThrow('Only 2 random values were expected');
  });

  it('waits in real time while the timers of a test are faked', async () => {
    jest.useFakeTimers();
    try {
      await delay(1);
      await expect(until(() => false, 5)).rejects.toThrow('Not so within 5 ms');
    } finally {
      jest.useRealTimers();
    }
  });

  it('waits until a condition holds, or says what did not', async () => {
    let asked = 0;
    await until(() => ++asked === 3);
    expect(asked).toBe(3);
    await expect(
      until(
        async () => false,
        10,
        () => 'the moon is blue',
      ),
    ).rejects.toThrow('Not so within 10 ms: the moon is blue');
    await expect(until(() => false, 10)).rejects.toThrow('() => false');
  });
});

describe('the copies of axios', () => {
  it('are the newest and the oldest supported one', () => {
    expect(AXIOS_COPIES.map(({ axios }) => axios.VERSION)).toEqual([
      (require('axios/package.json') as { version: string }).version,
      '1.7.9',
    ]);
  });

  it.each(AXIOS_COPIES)('answer as $name over real sockets', async ({ name, axios }) => {
    const origin = await startOrigin();
    const { data } = await axios.get<string>(origin.url);
    expect(data).toBe('Hello World');
    expect(`axios/${name.slice(6)}`).toBe(origin.requests[0]?.headers['user-agent']);
  });
});
