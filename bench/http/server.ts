/** The server, a process of its own: HTTP/1.1 with and without TLS, HTTP/2 over TLS, and a proxy. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { LARGE_BYTES, SMALL } from './payloads.js';
import type { Connections, ServerReply } from './server-process.js';

const small = Buffer.from(SMALL);
const large = Buffer.alloc(LARGE_BYTES, 'x');

const answer: RequestListener = (request, response) => {
  request.resume();
  request.once('end', () => {
    const isLarge = request.url === '/large';
    const body = isLarge ? large : small;
    response.writeHead(request.url === '/unavailable' ? 503 : 200, {
      'content-type': isLarge ? 'application/octet-stream' : 'application/json',
      'content-length': body.length,
    });
    response.end(body);
  });
};

/** Without the layer that makes HTTP/2 look like HTTP/1.1, which costs as much as all the rest. */
function answerStream(stream: ServerHttp2Stream, { ':path': path }: IncomingHttpHeaders): void {
  const isLarge = path === '/large';
  const body = isLarge ? large : small;
  // One that its client gives up is for that to report.
  stream.on('error', () => {});
  stream.resume();
  stream.once('end', () => {
    if (stream.destroyed) return;
    stream.respond({
      ':status': path === '/unavailable' ? 503 : 200,
      'content-type': isLarge ? 'application/octet-stream' : 'application/json',
      'content-length': body.length,
    });
    stream.end(body);
  });
}

function tunnel({ url = '' }: IncomingMessage, client: Duplex, head: Buffer): void {
  const { hostname, port } = new URL(`http://${url}`);
  const origin = connect({ host: hostname, port: Number(port), noDelay: true }, () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) origin.write(head);
    origin.pipe(client).pipe(origin);
  });
  const end = (): void => {
    origin.destroy();
    client.destroy();
  };
  for (const socket of [origin, client]) socket.on('error', end).on('close', end);
}

// Clients keep connections open from one of their turns to the next; that must not depend on the server.
function patient<S extends Server>(server: S): S {
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  return server;
}

async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function main(certificate: string, certificateKey: string): Promise<void> {
  const identity = { cert: readFileSync(certificate), key: readFileSync(certificateKey) };
  const http = patient(createServer(answer));
  const https = patient(createHttpsServer(identity, answer));
  const http2 = createSecureServer(identity).on('stream', answerStream);
  const proxy = patient(createServer().on('connect', tunnel));

  const opened: Connections = { http: 0, https: 0, http2: 0, proxy: 0, none: 0 };
  http.on('connection', () => opened.http++);
  https.on('connection', () => opened.https++);
  http2.on('session', () => opened.http2++);
  proxy.on('connect', () => opened.proxy++);

  const reply = (message: ServerReply): void => void process.send?.(message);
  process.on('message', () => reply({ opened }));
  process.on('disconnect', () => process.exit());
  reply({
    ports: {
      http: await listen(http),
      https: await listen(https),
      http2: await listen(http2),
      proxy: await listen(proxy),
    },
    opened,
  });
}

const [, , certificate = '', certificateKey = ''] = process.argv;
void main(certificate, certificateKey);
