import { createSecureContext, type TLSSocket } from 'node:tls';
import { attached, failureOf } from '../../helpers/attached.js';
import * as certs from '../../helpers/certs.js';
import { startHttp2Origin } from '../../helpers/http2-origin.js';
import { reply, startOrigin } from '../../helpers/origin.js';

/** A server at an address, with a certificate for each of two names. */
async function start() {
  const contexts = { localhost: certs.server, 'example.test': certs.wrongHost };
  const asked: string[] = [];
  const origin = await startHttp2Origin({
    server: {
      SNICallback(name, callback) {
        asked.push(name);
        callback(null, createSecureContext(contexts[name as keyof typeof contexts]));
      },
    },
  });
  return { origin, asked, url: `https://127.0.0.1:${origin.port}/` };
}

describe.each([
  ['http2Only', { http2Only: true }],
  ['a choice of the server', { http1Only: false }],
])('a Host header, with %s,', (_mode, client) => {
  it.each(['Host', 'host', 'hOST'])(
    'reaches SNI, the check of the certificate and :authority, written %s',
    async (name) => {
      const { origin, asked, url } = await start();
      const { http } = attached({ client });
      for (let i = 0; i < 3; i++) await http.get(url, { headers: { [name]: 'example.test' } });
      expect(asked).toEqual(['example.test']);
      expect(origin.requests.map(({ headers }) => headers[':authority'])).toEqual(
        Array(3).fill('example.test'),
      );
      expect(origin.connections).toBe(1);
    },
  );

  it('makes for sessions of their own, one per name, with and without a port', async () => {
    const { origin, asked, url } = await start();
    const { http } = attached({ client });
    for (const Host of ['example.test', 'localhost', 'example.test:8443', 'localhost']) {
      await http.get(url, { headers: { Host } });
      await http.post(url, 'body', { headers: { Host } });
    }
    await http.get(url);
    expect(asked).toEqual(['example.test', 'localhost']);
    expect(origin.connections).toBe(3);
    const sessions = new Map(
      origin.requests.map(({ headers, sessionNumber }) => [headers[':authority'], sessionNumber]),
    );
    expect([...sessions.values()]).toEqual([1, 2, 1, 3]);
  });

  it('that is an address is no server name, and the URL is what the certificate is for', async () => {
    const { origin, asked } = await start();
    const { http } = attached({ client });
    await http.get(`https://localhost:${origin.port}/`, { headers: { Host: '127.0.0.1' } });
    expect(asked).toEqual([]);
    expect((origin.session.socket as TLSSocket).servername).toBeFalsy();
  });

  it('that no certificate of the server is for fails the request', async () => {
    const origin = await startHttp2Origin();
    const { http } = attached({ client });
    await http.get(origin.url);
    const error = await failureOf(http.get(origin.url, { headers: { Host: 'example.test' } }));
    expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

it('a Host header reaches a server that chose HTTP/1.1, over one connection', async () => {
  const origin = await startOrigin({ tls: certs.wrongHost });
  origin.always(reply({ body: 'ok' }));
  const { http } = attached({ client: { http1Only: false } });
  for (let i = 0; i < 3; i++)
    await http.get(`https://127.0.0.1:${origin.port}/`, { headers: { Host: 'example.test' } });
  expect(origin.connections).toBe(1);
});
