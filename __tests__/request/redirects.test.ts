import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { AxiosRequestConfig } from 'axios';
import { type AttachedOptions, attached, attachedFor, type When } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import * as certs from '../helpers/certs.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import { type Origin, redirect, startOrigin } from '../helpers/origin.js';

const [newest] = AXIOS_COPIES;
const MATRIX = AXIOS_COPIES.flatMap(({ name, axios }) =>
  (['first', 'later'] as const).map((when) => ({ name, axios, when })),
);

/** Every name is this machine. */
const lookup: LookupFunction = (_name, options, callback) => {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

const SECRETS = {
  Authorization: 'Bearer t',
  cookie: 'c=1',
  'Proxy-Authorization': 'Basic eA==',
  'X-Api-Key': 'k',
  'Idempotency-Key': 'i',
  'X-Once': 'o',
};
const NAMES = Object.keys(SECRETS).map((name) => name.toLowerCase());
/** What is for the origin, and not for a proxy on the way to it. */
const OWN = NAMES.filter((name) => name !== 'proxy-authorization');

describe.each(MATRIX)('A redirect of the $when request, with $name', ({ axios, when }) => {
  const start = async (options: AttachedOptions = {}) => {
    const [origin, other] = await Promise.all([startOrigin(), startOrigin()]);
    const agents = { httpAgent: new HttpAgent({ lookup }), httpsAgent: new HttpsAgent({ lookup }) };
    const it = await attachedFor(when, { axios, defaults: { ...agents, proxy: false }, ...options });
    return { origin, other, ...it };
  };

  const config: AxiosRequestConfig = {
    headers: { ...SECRETS, 'X-Own': '1' },
    sensitiveHeaders: ['x-API-key'],
  } as object;
  const policy = { retry: { idempotencyKey: 'X-Once', maxRetries: 0 } };

  /** Which of the secrets came with the latest request to a server, that did come with the rest. */
  const secretsOf = ({ requests }: Origin): string[] => {
    const { headers } = requests.at(-1) ?? {};
    expect(headers).toMatchObject({ 'x-own': '1' });
    return NAMES.filter((name) => headers?.[name] !== undefined);
  };

  it('keeps what is confidential on the same origin, but for what was for a proxy', async () => {
    const { http, origin } = await start();
    origin.enqueue(redirect(302, '/next'));
    await http.get(`http://api.test:${origin.port}/`, { ...config, policy });
    expect(origin.requests).toHaveLength(2);
    expect(secretsOf(origin)).toEqual(OWN);
  });

  it.each([
    ['a subdomain', 'http://sub.api.test', 'origin'],
    ['a domain above', 'http://test', 'origin'],
    ['another port', 'http://api.test', 'other'],
    ['another host', 'http://api.test.evil.test', 'other'],
  ] as const)('leads to %s without it', async (_kind, location, server) => {
    const it = await start();
    it.origin.enqueue(redirect(307, `${location}:${it[server].port}/next`));
    await it.http.post(`http://api.test:${it.origin.port}/`, 'data', { ...config, policy });
    expect(it[server].requests.at(-1)).toMatchObject({ url: '/next', method: 'POST' });
    expect(secretsOf(it[server])).toEqual([]);
  });

  it('leads to another scheme without it, and not back with it', async () => {
    const { http, origin } = await start();
    const secure = await startOrigin({ tls: true });
    origin.enqueue(redirect(302, `https://localhost:${secure.port}/2`));
    secure.enqueue(redirect(302, `http://api.test:${origin.port}/3`));
    await http.get(`http://api.test:${origin.port}/1`, { ...config, policy });
    expect(secretsOf(secure)).toEqual([]);
    expect(secretsOf(origin)).toEqual([]);
    expect(origin.requests.at(-1)?.url).toBe('/3');
  });

  it('shows a minted idempotency key to its own origin alone', async () => {
    const { http, origin, other } = await start({ retry: { idempotencyKey: true } });
    origin.enqueue(redirect(307, '/2'), redirect(307, `${other.url}/3`));
    await http.post(origin.url, 'data');
    const keys = [...origin.requests, ...other.requests].map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([expect.any(String), keys[0], undefined]);
  });

  it.each([
    ['of the policy', { client: { tls: { ca: certs.ca, ...certs.client } } }],
    [
      'of the instance',
      { defaults: { httpsAgent: new HttpsAgent({ ...certs.client, lookup }), proxy: false } },
    ],
  ] as [string, AttachedOptions][])(
    'shows a client certificate %s to its own origin alone',
    async (_whose, options) => {
      const tls = { ...certs.server, requestCert: true, rejectUnauthorized: false };
      const [origin, other] = await Promise.all([startOrigin({ tls }), startOrigin({ tls })]);
      const { http, policy } = await attachedFor(when, { axios, ...options });
      const close = { headers: { Connection: 'close' } };
      origin.enqueue(redirect(302, '/2'), redirect(302, `${other.url}/3`));
      other.enqueue(redirect(302, `${other.url}/4`), redirect(302, `${origin.url}/5`));
      expect((await http.get(`${origin.url}/1`, close)).status).toBe(200);
      expect(origin.handshakes.map(({ clientName }) => clientName !== undefined)).toEqual([true, true, true]);
      expect(other.handshakes.map(({ clientName }) => clientName)).toEqual([undefined, undefined]);
      await http.get(other.url, close);
      expect(other.handshakes.at(-1)?.clientName).toBeDefined();
      await policy.close();
    },
  );

  it("calls the caller's hook with what is left", async () => {
    const { http, origin, other } = await start();
    origin.enqueue(redirect(302, `${other.url}/next`));
    const seen: object[] = [];
    const beforeRedirect = ({ headers }: Record<string, object>) => {
      seen.push({ ...headers });
      Object.assign(headers ?? {}, { Cookie: 'own=1' });
    };
    await http.get(origin.url, { ...config, policy, beforeRedirect });
    expect(seen).toHaveLength(1);
    expect(Object.keys(seen[0] ?? {})).not.toEqual(expect.arrayContaining(['Authorization']));
    expect(secretsOf(other)).toEqual(['cookie']);
  });

  it('is not followed with maxRedirects 0, and leaves the config as it was', async () => {
    const { http, origin } = await start();
    origin.always(redirect(302, '/next'));
    const none = await http.get(origin.url, { maxRedirects: 0, validateStatus: null });
    expect(none.status).toBe(302);
    expect(Object.keys(none.config)).not.toContain('beforeRedirect');
    const error = await http.get(origin.url).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'ERR_FR_TOO_MANY_REDIRECTS' });
    expect(origin.requests).toHaveLength(1 + 22);
  });
});

it('A redirect over HTTP/2 shows a client certificate to its own origin alone', async () => {
  const server = { requestCert: true, rejectUnauthorized: false };
  const [origin, other] = await Promise.all([startHttp2Origin({ server }), startHttp2Origin({ server })]);
  const { http } = attached({ client: { http2Only: true, tls: { ca: certs.ca, ...certs.client } } });
  const location = `${other.url}/3`;
  origin.always((call) => respond(call.number < 3 ? { status: 302, headers: { location } } : {})(call));
  for (const path of ['/1', '/2']) expect((await http.get(origin.url + path)).request.path).toBe('/3');
  const shown = [origin, other].map(({ sessions }) =>
    sessions.map(({ socket }) => (socket as TLSSocket).getPeerCertificate().subject?.CN !== undefined),
  );
  expect(shown).toEqual([[true], [false]]);
});

describe('What axios takes off at a redirect', () => {
  it.each(['first', 'later'] as When[])('is what the policy takes off the %s request', async (when) => {
    const seen: unknown[] = [];
    for (const which of ['bare', 'ours']) {
      const [origin, other] = await Promise.all([startOrigin(), startOrigin()]);
      const { http } = await attachedFor(when, { axios: newest?.axios as never });
      const client = which === 'bare' ? newest?.axios.create() : http;
      origin.enqueue(redirect(302, '/2'), redirect(302, `${other.url}/3`));
      other.enqueue(redirect(302, `${origin.url}/4`));
      await client?.get(origin.url, {
        auth: { username: 'u', password: 'p' },
        headers: { Cookie: 'c=1', 'Proxy-Authorization': 'x' },
      });
      seen.push([...origin.requests, ...other.requests].map(({ headers: { host: _, ...rest } }) => rest));
    }
    expect(seen[1]).toEqual(seen[0]);
  });
});
