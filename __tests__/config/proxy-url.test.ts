import { inspect } from 'node:util';
import fc from 'fast-check';
import { parseProxyUrl, readProxyUrl } from '../../lib/config/proxy-url.js';
import { resolvePolicy } from '../../lib/config/resolve.js';
import type { ProxyAddress } from '../../lib/config/resolved.js';
import { problemsOf } from './problems.js';

function addressOf(text: string): ProxyAddress {
  const parsed = parseProxyUrl(text);
  if (!parsed.ok) throw new Error(parsed.received);
  return parsed.value;
}

const basic = (credentials: string, encoding: BufferEncoding = 'utf8') =>
  `Basic ${Buffer.from(credentials, encoding).toString('base64')}`;

describe('a proxy address', () => {
  it.each([
    ['http://proxy:3128', 'http:', 'proxy', 3128, 'http://proxy:3128'],
    ['http://proxy', 'http:', 'proxy', 80, 'http://proxy:80'],
    ['https://proxy/', 'https:', 'proxy', 443, 'https://proxy:443'],
    ['HTTPS://Proxy:80', 'https:', 'proxy', 80, 'https://proxy:80'],
    ['localhost:3128', 'http:', 'localhost', 3128, 'http://localhost:3128'],
    ['proxy.internal', 'http:', 'proxy.internal', 80, 'http://proxy.internal:80'],
    ['10.0.0.1:8080', 'http:', '10.0.0.1', 8080, 'http://10.0.0.1:8080'],
    [' http://proxy:1 ', 'http:', 'proxy', 1, 'http://proxy:1'],
    ['http://[::1]:3128', 'http:', '::1', 3128, 'http://[::1]:3128'],
    ['[fe80::1]', 'http:', 'fe80::1', 80, 'http://[fe80::1]:80'],
  ])('written %s is parsed', (text, protocol, hostname, port, origin) => {
    expect(addressOf(text)).toEqual({ protocol, hostname, port, origin, authorization: undefined });
    expect(Object.isFrozen(addressOf(text))).toBe(true);
  });

  it.each([
    ['http://user:pass@proxy', basic('user:pass')],
    ['user:pass@proxy:3128', basic('user:pass')],
    ['http://user@proxy', basic('user:')],
    ['http://:pass@proxy', basic(':pass')],
    ['http://us%40er:p%3Ass%2F@proxy', basic('us@er:p:ss/')],
    ['http://user:100%@proxy', basic('user:100%')],
    ['http://user:p%C3%A9@proxy', basic('user:pé')],
    ['http://user:pé@proxy', basic('user:pé')],
    ['http://user:p%E9@proxy', basic('user:pé', 'latin1')],
    ['http://user:a%0D%0Ab@proxy', basic('user:a\r\nb')],
  ])('written %s has its credentials decoded', (text, authorization) => {
    const address = addressOf(text);
    expect(address.authorization?.reveal()).toBe(authorization);
    expect(address.origin).not.toContain('user');
    expect(inspect(address, { depth: 9, showHidden: true })).not.toContain(authorization.slice(6));
    expect(JSON.stringify(address)).not.toContain(authorization.slice(6));
  });

  it('may come as a URL', () => {
    const parsed = readProxyUrl(new URL('https://u:p@proxy:8443'));
    expect(parsed).toMatchObject({ ok: true, value: { origin: 'https://proxy:8443' } });
  });
});

describe('a proxy address that is wrong', () => {
  it.each<[unknown, string]>([
    ['', 'an empty string'],
    ['  ', 'a string (not shown)'],
    [true, 'true'],
    [3128, 'a number'],
    [null, 'null'],
    [{ host: 'proxy' }, 'an object'],
    ['socks5://user:hunter2@proxy', 'a socks5:// URL'],
    ['ftp://proxy', 'a ftp:// URL'],
    ['http://', 'a string (not shown) that is not a URL'],
    ['http:proxy', 'a string (not shown) that is not a URL'],
    ['http://user:hunter2@', 'a string (not shown) that is not a URL'],
    ['http://user:hunter2@proxy:99999', 'a string (not shown) that is not a URL'],
    ['http://user:hunter2/@proxy', 'a string (not shown) that is not a URL'],
    ['http://user:1/hunter2@proxy', 'a URL with a path, query or fragment'],
    ['http://user:1?hunter2@proxy', 'a URL with a path, query or fragment'],
    ['http://user:1#hunter2@proxy', 'a URL with a path, query or fragment'],
    ['http://proxy/wpad.dat', 'a URL with a path, query or fragment'],
    ['http://user:hunter2@proxy:0', 'a URL with port 0'],
  ])('such as %p is refused without being repeated', (value, received) => {
    const [problem, ...more] = problemsOf(() => resolvePolicy({ client: { proxyUrl: value } }));
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ path: 'client.proxyUrl', received });
    expect(problem?.expected).toContain("a proxy URL such as 'http://user:password@host:3128'");
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('throws nothing and shows no credentials, whatever the text', () => {
    const secret = 's3cr3t';
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (before, after) => {
        const parsed = parseProxyUrl(`${before}${secret}${after}@host`);
        const shown = parsed.ok ? inspect(parsed.value.authorization) : parsed.received;
        expect(shown).not.toContain(secret);
      }),
    );
  });
});
