// The servers that the runtimes talk to, in this process: an origin over HTTP/1.1, TLS and HTTP/2, a proxy, and one that
// never says a word.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import { connect, createServer as createTcp } from 'node:net';
import { gzipSync } from 'node:zlib';

const pem = (name) => readFileSync(new URL(`../../__tests__/fixtures/tls/${name}`, import.meta.url), 'utf8');
const identity = { cert: pem('server.pem'), key: pem('server-key.pem') };

/** Paths that were refused once. */
const seen = new Set();

function answer(request, response) {
  if (request.url === '/echo') {
    response.setHeader('Content-Type', request.headers['content-type'] ?? 'application/octet-stream');
    request.pipe(response);
  } else if (request.url === '/moved') {
    response.writeHead(302, { location: '/zipped' }).end();
  } else if (request.url === '/zipped') {
    response.setHeader('Content-Encoding', 'gzip').end(gzipSync('Hello World'));
  } else if (request.url.startsWith('/busy-once/') && !seen.has(request.url)) {
    seen.add(request.url);
    response.writeHead(503).end();
  } else {
    response.end('Hello World');
  }
}

/** Forwards what comes in absolute form, and opens tunnels. */
function makeProxy() {
  const server = createServer(async (request, response) => {
    const { hostname, port, pathname } = new URL(request.url);
    const answered = await fetch(`http://${hostname}:${port}${pathname}`);
    response.end(await answered.text());
  });
  server.on('connect', (request, socket) => {
    const [host, port] = request.url.split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const side of [socket, upstream]) side.on('error', () => socket.destroy());
  });
  return server;
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}

/** Starts them. They keep no process alive. */
export async function startWorld() {
  const servers = {
    http: createServer(answer),
    https: createSecure(identity, answer),
    http2: createSecureServer(identity, answer),
    proxy: makeProxy(),
    silent: createTcp(() => {}),
  };
  const ports = {};
  for (const [name, server] of Object.entries(servers)) ports[name] = await listen(server.unref());
  return {
    http: `http://127.0.0.1:${ports.http}`,
    https: `https://localhost:${ports.https}`,
    http2: `https://localhost:${ports.http2}`,
    proxy: `http://127.0.0.1:${ports.proxy}`,
    silent: `http://127.0.0.1:${ports.silent}`,
    ca: pem('ca.pem'),
  };
}
