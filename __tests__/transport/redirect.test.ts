import http from 'node:http';
import https from 'node:https';
import type { AxiosError, AxiosRequestConfig } from 'axios';
import { FailedRequest } from '../../lib/transport/client-request.js';
import type { RedirectableOptions, RedirectRules } from '../../lib/transport/redirect.js';
import { RedirectTransport } from '../../lib/transport/redirect.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { http2Client, overHttp2 } from '../helpers/http2-client.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';
import type { Origin } from '../helpers/origin.js';
import { handler, redirect, reply, startOrigin } from '../helpers/origin.js';

type Config = Omit<AxiosRequestConfig, 'sensitiveHeaders' | 'beforeRedirect'> & RedirectRules;

/** What axios gives to its transport, where it has to be ours. */
const withTransport = (config: Config): AxiosRequestConfig => {
  const { maxRedirects, beforeRedirect, sensitiveHeaders } = config;
  const rules = { maxRedirects, sensitiveHeaders, ...(beforeRedirect ? { beforeRedirect } : {}) };
  return { ...config, transport: new RedirectTransport({ http, https }, rules) } as AxiosRequestConfig;
};

describe.each(AXIOS_COPIES)('redirects through a transport, with $name', ({ axios }) => {
  const isOld = axios.VERSION === '1.7.9';
  let origin: Origin;
  let other: Origin;

  beforeEach(async () => {
    [origin, other] = await Promise.all([startOrigin(), startOrigin()]);
  });

  /** A request and what the servers saw of it, as plain data that two runs can be compared by. */
  async function observe(config: Config, ours: boolean) {
    const before = [origin, other].map(({ requests }) => requests.length);
    const full = { url: `${origin.url}/start`, proxy: false as const, ...config } as Config;
    const outcome = await axios.request(ours ? withTransport(full) : (full as AxiosRequestConfig)).then(
      ({ status, data, request }) => ({
        status,
        data,
        responseUrl: request.res.responseUrl,
        redirects: request._redirectable?._redirectCount,
        path: request.path,
      }),
      (error: AxiosError) => ({ code: error.code, message: error.message, status: error.response?.status }),
    );
    const seen = [origin, other].map(({ requests }, i) =>
      requests
        .slice(before[i])
        .map(({ method, url, headers, body }) => ({ method, url, headers, body: body.toString() })),
    );
    return { outcome, seen };
  }

  async function expectSame(config: Config, play: () => void) {
    play();
    const bare = await observe(config, false);
    play();
    const ours = await observe(config, true);
    expect(ours).toEqual(bare);
    return ours;
  }

  it.each([301, 302, 303, 307, 308])('follows a %s as axios does', async (status) => {
    await expectSame({ method: 'post', data: { a: 1 }, headers: { 'X-Own': '1' } }, () => {
      origin.enqueue(redirect(status, '/end?a=1'), reply({ body: 'end' }));
    });
  });

  it.each([0, 1, 2, 5])('stops at maxRedirects %s as axios does', async (maxRedirects) => {
    await expectSame({ maxRedirects }, () => {
      origin.always(
        handler(({ url }, response) => {
          if (url === '/3') response.end('end');
          else response.writeHead(302, { Location: url === '/2' ? '/3' : '/2' }).end();
        }),
      );
    });
  });

  it('takes credentials off for another origin as axios does', async () => {
    const headers = { Authorization: 'Bearer secret', Cookie: 'a=1', 'X-Own': '1' };
    const { seen } = await expectSame({ headers }, () => {
      origin.enqueue(redirect(302, `${other.url}/end`));
      other.enqueue(reply({ body: 'end' }));
    });
    expect(seen[1]?.[0]?.headers).toMatchObject({ 'x-own': '1' });
    expect(seen[1]?.[0]?.headers).not.toHaveProperty('authorization');
  });

  it('calls beforeRedirect as axios does', async () => {
    const calls: unknown[] = [];
    const beforeRedirect = (
      options: { headers?: unknown; href?: string },
      response: { statusCode: number },
    ) => {
      calls.push([options.href, response.statusCode]);
      Object.assign(options.headers as object, { 'X-Hop': '1' });
    };
    const { seen } = await expectSame({ beforeRedirect } as Config, () => {
      origin.enqueue(redirect(302, '/end'), reply({ body: 'end' }));
    });
    expect(calls).toEqual(Array(2).fill([`${origin.url}/end`, 302]));
    expect(seen[0]?.[1]?.headers).toMatchObject({ 'x-hop': '1' });
  });

  it('fails with what beforeRedirect throws, as axios does', async () => {
    const beforeRedirect = () => {
      throw new Error('not there');
    };
    const { outcome } = await expectSame(
      { beforeRedirect },
      () => void origin.enqueue(redirect(302, '/end')),
    );
    expect(outcome).toMatchObject({ code: 'ERR_FR_REDIRECTION_FAILURE' });
  });

  it('refuses a body beyond maxBodyLength as axios does', async () => {
    await expectSame({ method: 'post', data: 'x'.repeat(100), maxBodyLength: 10 }, () => {});
  });

  const auth = { username: 'me', password: 'secret' };
  const basic = `Basic ${btoa('me:secret')}`;

  it('keeps credentials for the same origin, and for no other', async () => {
    const play = () => {
      origin.enqueue(redirect(302, '/second'), redirect(302, `${other.url}/`), reply());
      other.enqueue(redirect(302, `${origin.url}/back`));
    };
    if (!isOld) await expectSame({ auth }, play);
    play();
    const { seen } = await observe({ auth }, true);
    expect(seen[0]?.map(({ headers }) => headers.authorization)).toEqual([basic, basic, basic]);
    expect(seen[1]?.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('keeps credentials for an IPv6 address', async () => {
    const six = await startOrigin({ host: '::1' });
    six.enqueue(redirect(302, '/second'));
    await axios.request(withTransport({ url: six.url, auth }));
    expect(six.requests.map(({ headers }) => headers.authorization)).toEqual([basic, basic]);
  });

  it('shows sensitive headers to no other origin', async () => {
    const config = { headers: { 'X-Api-Key': 'secret', 'X-Own': '1' }, sensitiveHeaders: ['x-API-key'] };
    const play = () => {
      origin.enqueue(redirect(302, '/second'), redirect(302, `${other.url}/end`));
    };
    if (!isOld) await expectSame(config, play);
    play();
    const { seen } = await observe(config, true);
    expect(seen[0]?.map(({ headers }) => headers['x-api-key'])).toEqual(['secret', 'secret']);
    expect(seen[1]?.[0]?.headers).toMatchObject({ 'x-own': '1' });
    expect(seen[1]?.[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it.each([['x-api-key'], [[1]], [{}]])(
    'refuses sensitive headers that are %j, before anything is sent',
    async (value) => {
      const config = { sensitiveHeaders: value };
      const { outcome, seen } = await observe(config, true);
      expect(outcome).toMatchObject({
        code: 'ERR_BAD_OPTION_VALUE',
        message: 'sensitiveHeaders must be an array of strings',
      });
      expect(seen).toEqual([[], []]);
      if (!isOld)
        expect(await observe(config, false)).toMatchObject({ outcome: { code: 'ERR_BAD_OPTION_VALUE' } });
    },
  );

  it('take sensitive headers off where nothing is known of the origins', () => {
    const seen: RedirectableOptions[] = [];
    const scheme = {
      request: (options: RedirectableOptions) => {
        seen.push(options);
        return new FailedRequest(new Error('not sent')).on('error', () => {});
      },
    };
    const calls: unknown[] = [];
    const transport = new RedirectTransport(
      { http: scheme, https: scheme },
      {
        sensitiveHeaders: ['X-Key'],
        beforeRedirect: (_options, response, request) => void calls.push(response, request),
      },
    );
    transport.request({ protocol: 'http:', hostname: '127.0.0.1' }, () => {}).on('error', () => {});
    const headers = { 'x-key': 'secret', 'x-own': '1' };
    const response = { headers: {}, statusCode: 302 };
    seen[0]?.beforeRedirect?.({ headers }, response);
    seen[0]?.beforeRedirect?.({ href: 'no url' }, response);
    expect(headers).toEqual({ 'x-own': '1' });
    expect(calls).toEqual(
      Array(2)
        .fill([response, { url: '', method: '', headers: {} }])
        .flat(),
    );
  });

  it('leave the options they were given as they were', () => {
    const options = Object.freeze({ protocol: 'http:', hostname: '127.0.0.1', port: origin.port, path: '/' });
    const request = new RedirectTransport({ http, https }, {}).request(options, () => {});
    request.on('error', () => {});
    expect(() => request.destroy()).not.toThrow();
  });
});

describe.each(AXIOS_COPIES)('redirects over HTTP/2, with $name', ({ axios }) => {
  it('stay on the session within an origin', async () => {
    const origin = await startHttp2Origin();
    origin.always((call) =>
      call.number < 5
        ? respond({ status: 302, headers: { location: `/${call.number}` } })(call)
        : respond({ body: 'end' })(call),
    );
    const { api } = overHttp2(axios, http2Client());
    const { data, request } = await api.post(`${origin.url}/start`, 'data', {
      auth: { username: 'me', password: 'secret' },
    });
    expect(data).toBe('end');
    expect(new URL(request.res.responseUrl).pathname).toBe('/4');
    expect(request._redirectable._redirectCount).toBe(4);
    expect(origin.connections).toBe(1);
    expect(new Set(origin.requests.map(({ headers }) => headers.authorization)).size).toBe(1);
    expect(origin.requests.map(({ headers }) => headers[':method'])).toEqual([
      'POST',
      'GET',
      'GET',
      'GET',
      'GET',
    ]);
  });

  it('are not followed with maxRedirects 0, and too many are an error', async () => {
    const origin = await startHttp2Origin();
    origin.always(respond({ status: 302, headers: { location: '/' } }));
    const { api } = overHttp2(axios, http2Client(), { baseURL: origin.url });
    await expect(api.get('/', { maxRedirects: 0 })).rejects.toMatchObject({ response: { status: 302 } });
    await expect(api.get('/', { maxRedirects: 3 })).rejects.toMatchObject({
      code: 'ERR_FR_TOO_MANY_REDIRECTS',
    });
    expect(origin.requests).toHaveLength(5);
  });

  it('lead from HTTP/1.1 to HTTP/2 and back, without credentials', async () => {
    const [plain, secure, second] = await Promise.all([
      startOrigin(),
      startHttp2Origin(),
      startOrigin({ tls: true }),
    ]);
    plain.always(redirect(307, `${secure.url}/2`));
    secure.always(respond({ status: 307, headers: { location: `${second.url}/3` } }));
    second.always(reply({ body: 'end' }));
    const { api } = overHttp2(axios, http2Client());
    const headers = { Authorization: 'Bearer secret' };
    const { data } = await api.put(plain.url, { a: 1 }, { headers });
    expect(data).toBe('end');
    expect(second.requests[0]?.body.toString()).toBe('{"a":1}');
    expect(secure.requests[0]?.headers).not.toHaveProperty('authorization');
  });
});
