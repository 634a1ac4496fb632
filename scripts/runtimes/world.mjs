// The servers that the runtimes talk to, in this process: an origin over HTTP/1.1, TLS and HTTP/2, a proxy, and one that
// never says a word.
import { gzipSync } from 'node:zlib';
import servers from '../../__tests__/helpers/servers.cjs';

const { ca, handler, Http2Origin, Origin, respond, TcpServer, TestProxy } = servers;

/** Paths that were refused once. */
const seen = new Set();

const answer = handler((request, response, recorded) => {
  if (request.url === '/echo') {
    response.setHeader('Content-Type', request.headers['content-type'] ?? 'application/octet-stream');
    response.end(recorded.body);
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
});

/** Starts them. */
export async function startWorld() {
  const http = new Origin({}).always(answer);
  const https = new Origin({ tls: true }).always(answer);
  const http2 = new Http2Origin({}).always(respond({ body: 'Hello World' }));
  const proxy = new TestProxy({});
  const silent = new TcpServer(() => {});
  const all = [http, https, http2, proxy, silent];
  await Promise.all(all.map((server) => server.start()));
  return {
    urls: {
      http: http.url,
      https: https.url,
      http2: http2.url,
      proxy: proxy.url,
      silent: `http://${silent.host}`,
      ca,
    },
    close: () => Promise.all(all.map((server) => server.close())),
  };
}
