import { gzipSync } from 'node:zlib';
import type { AxiosRequestConfig } from 'axios';
import { attachedFor, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { hangUp, never, type Origin, redirect, reply, startOrigin } from '../helpers/origin.js';

interface Redirectable {
  _currentUrl: string;
  _redirectCount: number;
  _ended: boolean;
  _requestBodyLength: number;
  _options: { method: string; path: string; maxRedirects: number };
}

/** What code reads of a redirect follower's request. */
const partsOf = (redirectable: Redirectable, origin: Origin) => {
  const { _currentUrl, _redirectCount, _ended, _requestBodyLength, _options } = redirectable;
  const { method, path, maxRedirects } = _options;
  const url = _currentUrl.replace(origin.url, '');
  return { url, _redirectCount, _ended, _requestBodyLength, method, path, maxRedirects };
};

const POSTED = { url: '/a?b=1', _redirectCount: 0, _ended: true, _requestBodyLength: 4, method: 'POST' };

const MATRIX = AXIOS_COPIES.flatMap((copy) =>
  (['first', 'later'] as const).map((when) => ({ ...copy, when })),
);

describe.each(MATRIX)('the request of a $when response, with $name,', ({ axios, when }) => {
  const post = async (origin: Origin, config: AxiosRequestConfig = {}) => {
    const { http } = await attachedFor(when, { axios });
    return http.post(`${origin.url}/a?b=1`, 'data', config);
  };

  it('has what the redirect follower knows', async () => {
    const origin = await startOrigin();
    const { request } = await post(origin, { maxRedirects: 3 });
    expect(partsOf(request._redirectable, origin)).toEqual({ ...POSTED, path: '/a?b=1', maxRedirects: 3 });
    expect(request._redirectable._currentRequest).toBe(request);
    expect(request._redirectable.getHeader('content-length')).toBe('4');
    expect(request._redirectable).toBe(request._redirectable);
  });

  it('has it where axios made something of the response', async () => {
    const origin = await startOrigin();
    origin.always(reply({ body: gzipSync('text'), headers: { 'Content-Encoding': 'gzip' } }));
    const { request, data } = await post(origin);
    expect(data).toBe('text');
    expect(partsOf(request._redirectable, origin)).toEqual({ ...POSTED, path: '/a?b=1', maxRedirects: 21 });
    expect(request._redirectable._currentRequest).toBe(request);
  });

  it('has the number of redirects', async () => {
    const origin = await startOrigin();
    origin.enqueue(redirect(302, '/b'), redirect(302, '/c'));
    const { request } = await post(origin);
    expect(partsOf(request._redirectable, origin)).toMatchObject({ url: '/c', _redirectCount: 2 });
    expect(request._redirectable._currentRequest).toBe(request);
  });

  it('has none where redirects are not followed', async () => {
    const { request } = await post(await startOrigin(), { maxRedirects: 0 });
    expect(request).not.toHaveProperty('_redirectable');
  });

  it.each(['drops the connection', 'is given up'])(
    'is the follower itself where the server %s',
    async (end) => {
      const origin = await startOrigin();
      origin.always(end === 'is given up' ? never() : hangUp());
      const { request } = await failureOf(post(origin, { timeout: end === 'is given up' ? 30 : 0 }));
      expect(partsOf(request, origin)).toEqual({ ...POSTED, path: '/a?b=1', maxRedirects: 21 });
      expect(request.destroyed).toBe(end === 'is given up');
    },
  );

  it('is the native one where the server drops the connection of a request without a follower', async () => {
    const origin = await startOrigin();
    origin.always(hangUp());
    const { request } = await failureOf(post(origin, { maxRedirects: 0 }));
    expect(request).toMatchObject({ path: '/a?b=1', method: 'POST' });
  });

  it('has it over HTTP/2, too', async () => {
    const origin = await startHttp2Origin();
    const { http } = await attachedFor('first', { axios, client: { http2Only: true } });
    if (when === 'later') await http.get(origin.url);
    const { request } = await http.post(`${origin.url}/a?b=1`, 'data', { maxRedirects: 3 });
    expect(request._redirectable).toMatchObject({
      ...{ _currentUrl: `${origin.url}/a?b=1`, _redirectCount: 0, _requestBodyLength: 4, _ended: true },
      _options: { method: 'POST', path: '/a?b=1', maxRedirects: 3 },
    });
    expect(request._redirectable._currentRequest).toBe(request);
  });
});

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const UNSERIALISABLE: [string, AxiosRequestConfig][] = [
  ['an invalid date', { params: { at: new Date(Number.NaN) } }],
  ['an object in itself', { params: { cyclic: [cyclic] } }],
  [
    'an encoder that throws',
    {
      params: { a: 1 },
      paramsSerializer: {
        encode: () => {
          throw new RangeError('not that');
        },
      },
    },
  ],
  [
    'a serializer that throws',
    {
      params: { a: 1 },
      paramsSerializer: () => {
        throw new RangeError('not this');
      },
    },
  ],
];

describe.each(MATRIX)(
  'params of a $when request that cannot be serialised, with $name:',
  ({ axios, when }) => {
    it.each(UNSERIALISABLE)('%s', async (_is, config) => {
      const pictureOf = ({ name, message, code, ...rest }: Error & { code?: string }) => ({
        ...{ name, message, code, keys: new Set(Object.keys(rest)) },
        ...{ ...rest, config: undefined, cause: undefined },
      });
      const bare = await failureOf(axios.get('http://127.0.0.1/', config));
      const { http } = await attachedFor(when, { axios });
      const error = await failureOf(http.get('http://127.0.0.1/', config));
      expect(pictureOf(error)).toEqual(pictureOf(bare));
      expect(error).toBeInstanceOf(bare.constructor);
      expect(Object.keys({ ...error.config?.headers })).toEqual(Object.keys({ ...bare.config?.headers }));
    });
  },
);
