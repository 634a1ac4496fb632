import { request } from 'node:http';
import { takeHandover, withHandover } from '../../../lib/transport/handover.js';
import { http2HeadOf, RequestHead } from '../../../lib/transport/http2/headers.js';
import { Http1Origins } from '../../../lib/transport/http2/http1.js';
import { type TransportRequestOptions, targetOf } from '../../../lib/transport/http2/options.js';

const options = (more: TransportRequestOptions = {}): TransportRequestOptions => ({
  protocol: 'https:',
  hostname: 'example.test',
  ...more,
});
const headOf = (more: TransportRequestOptions = {}, userAgent?: string) =>
  new RequestHead(targetOf(options(more)), options(more), userAgent);

describe('the target of a request', () => {
  it.each([
    [{ hostname: 'example.test' }, 'example.test:443', 'https://example.test:443'],
    [{ hostname: 'example.test', port: '8443' }, 'example.test:8443', 'https://example.test:8443'],
    [{ hostname: undefined, host: 'other.test' }, 'other.test:443', 'https://other.test:443'],
    [{ hostname: undefined }, 'localhost:443', 'https://localhost:443'],
    [{ hostname: '[::1]' }, '[::1]:443', 'https://[::1]:443'],
    [{ hostname: '::1', protocol: 'http:' }, '[::1]:80', 'http://[::1]:80'],
    [{ socketPath: '/run/app.sock' }, '/run/app.sock', 'https://example.test:443'],
  ])('of %j is %s', (more, name, origin) => {
    expect(targetOf(options(more))).toMatchObject({ name, origin });
  });

  it.each(['ftp:', undefined])('has no protocol %s', (protocol) => {
    expect(() => targetOf({ protocol })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PROTOCOL' }));
  });
});

describe('the head of a request', () => {
  it('has the pseudo-header fields of its target', () => {
    expect(headOf({ path: '/a?b=c', method: 'post' }).toHttp2()).toEqual({
      ':method': 'POST',
      ':scheme': 'https',
      ':authority': 'example.test',
      ':path': '/a?b=c',
    });
    expect(headOf().toHttp2()).toMatchObject({ ':method': 'GET', ':path': '/' });
  });

  it.each([
    [{ hostname: '::1', port: 8443 }, '[::1]:8443'],
    [{ hostname: '::1' }, '[::1]'],
    [{ protocol: 'http:', port: 443 }, 'example.test:443'],
    [{ headers: { HOST: 'own.test:1' } }, 'own.test:1'],
  ])('has the authority of %j', (more, authority) => {
    expect(headOf(more).toHttp2()[':authority']).toBe(authority);
    expect(headOf(more).get('Host')).toBe(authority);
  });

  it.each([
    [{}],
    [{ headers: { Accept: 'a', 'X-Own': 'b', 'x-own': 'c', Host: 'own.test' } }],
    [{ headers: { Connection: 'close, X-Hop', 'X-Hop': '1', TE: 'gzip', 'X-End': '2' } }],
    [{ headers: { Cookie: ['a=1', 'b=2'], 'X-List': ['a', 'b'] } }],
    [{ headers: { 'User-Agent': 'own/1' } }],
    [{ protocol: 'http:', port: 8080, path: '/a?b', method: 'POST' }],
  ])('is the same made the short way of %j', (more: TransportRequestOptions) => {
    const whole = { ...options(more), method: more.method ?? 'GET', path: more.path ?? '/' };
    expect(http2HeadOf(targetOf(whole), whole, 'policy/1')).toEqual(headOf(more, 'policy/1').toHttp2());
  });

  it.each([
    [{ path: '/a b' }, 'ERR_UNESCAPED_CHARACTERS'],
    [{ method: 'G T' }, 'ERR_INVALID_HTTP_TOKEN'],
    [{ headers: { 'X-A': 'a\nb' } }, 'ERR_INVALID_CHAR'],
    [{ headers: { 'X A': 'a' } }, 'ERR_INVALID_HTTP_TOKEN'],
  ])('is not made the short way of %j', (more: TransportRequestOptions, code) => {
    const whole = { ...options(more), method: more.method ?? 'GET', path: more.path ?? '/' };
    expect(() => http2HeadOf(targetOf(whole), whole)).toThrow(expect.objectContaining({ code }));
  });

  it('keeps names as they were for HTTP/1.1, and has none twice', () => {
    const head = headOf({ headers: { 'X-Own': 'a', Connection: 'close' } });
    head.set('x-own', 'b');
    expect(head.toHttp1()).toEqual({ 'x-own': 'b', Connection: 'close' });
    expect(head.get('X-OWN')).toBe('b');
    head.remove('X-Own');
    expect(head.get('x-own')).toBeUndefined();
  });

  it('takes a list of names and values', () => {
    expect(headOf({ headers: ['X-A', '1', 'X-B', '2'] }).toHttp1()).toEqual({ 'X-A': '1', 'X-B': '2' });
  });

  it('leaves out what is no value', () => {
    const headers = { 'X-A': undefined, 'X-B': null, 'X-C': false } as unknown as Record<string, string>;
    expect(headOf({ headers }).toHttp1()).toEqual({});
  });

  it('joins lists as HTTP/2 wants them', () => {
    const headers = { Cookie: ['a=1', 'b=2'], 'X-List': ['1', '2'], 'Content-Length': 5 };
    expect(headOf({ headers: headers as never }).toHttp2()).toMatchObject({
      cookie: 'a=1; b=2',
      'x-list': '1, 2',
      'content-length': 5,
    });
  });

  it('keeps TE: trailers, and no other', () => {
    expect(headOf({ headers: { TE: 'Trailers' } }).toHttp2()).toMatchObject({ te: 'Trailers' });
    expect(headOf({ headers: { TE: 'trailers', Connection: 'TE' } }).toHttp2()).toMatchObject({
      te: 'trailers',
    });
    expect(headOf({ headers: { TE: 'gzip' } }).toHttp2()).not.toHaveProperty('te');
  });

  it('has credentials and a user agent unless it has its own', () => {
    expect(headOf({ auth: 'me:secret' }, 'policy/1').toHttp1()).toEqual({
      Authorization: `Basic ${btoa('me:secret')}`,
      'User-Agent': 'policy/1',
    });
    const own = { authorization: 'Bearer x', 'user-agent': 'own/1' };
    expect(headOf({ auth: 'me:secret', headers: own }, 'policy/1').toHttp1()).toEqual(own);
  });

  it.each<[string, TransportRequestOptions]>([
    ['a header with a line break', { headers: { 'X-A': 'a\r\nX-B: b' } }],
    ['a header with a name that is none', { headers: { 'X A': 'a' } }],
    ['a pseudo-header field', { headers: { ':path': '/other' } }],
    ['a path with a space', { path: '/a b' }],
    ['a path with a line break', { path: '/\r\nX: y' }],
    ['a method that is none', { method: 'GET /' }],
  ])('refuses %s as http.request does', (_name, more) => {
    const native = codeOf(() => request({ ...options(more), protocol: 'http:', agent: false }).destroy());
    expect(native).toBeDefined();
    expect(codeOf(() => headOf(more))).toBe(native);
  });
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

describe('a handover', () => {
  const socket = { destroyed: false } as Parameters<typeof takeHandover>[0] as never;

  it('can be taken once', () => {
    const given = { ...withHandover({ path: '/' }, socket) };
    expect(takeHandover(given)).toBe(socket);
    expect(takeHandover(given)).toBeUndefined();
  });

  it('is none where there is no socket, or where it was lost', () => {
    expect(takeHandover({})).toBeUndefined();
    expect(takeHandover(withHandover({}, undefined))).toBeUndefined();
    expect(takeHandover(withHandover({}, { destroyed: true } as never))).toBeUndefined();
  });
});

describe('the memory of HTTP/1.1 origins', () => {
  it('forgets after a while', () => {
    let now = 0;
    const origins = new Http1Origins(() => now);
    origins.add('https://a');
    now = 9 * 60_000;
    expect(origins.has('https://a')).toBe(true);
    now = 10 * 60_000;
    expect(origins.has('https://a')).toBe(false);
    expect(origins.has('https://b')).toBe(false);
  });

  it('forgets the oldest when there are too many', () => {
    const origins = new Http1Origins();
    for (let i = 0; i < 1001; i++) origins.add(`https://${i}`);
    expect(origins.has('https://0')).toBe(false);
    expect(origins.has('https://1')).toBe(true);
    expect(origins.has('https://1000')).toBe(true);
  });
});
