import { inspect } from 'node:util';
import fc from 'fast-check';
import { matchesNoProxy } from '../../../lib/config/no-proxy.js';
import { parseProxyUrl } from '../../../lib/config/proxy-url.js';
import type { ProxyAddress } from '../../../lib/config/resolved.js';
import { PolicyConfigError } from '../../../lib/errors.js';
import { ProxySelector } from '../../../lib/transport/proxy/selection.js';
import type { UrlTarget } from '../../../lib/transport/target.js';

const HTTPS: UrlTarget = { protocol: 'https:', hostname: 'host.test', port: 443 };
const HTTP: UrlTarget = { protocol: 'http:', hostname: 'host.test', port: 80 };

function address(url: string): ProxyAddress {
  const parsed = parseProxyUrl(url);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.value;
}

/** Where an environment leads, as `http://host:port`. */
function originFor(env: NodeJS.ProcessEnv, target: UrlTarget): string | undefined {
  return new ProxySelector(undefined, [], env).proxyFor(target)?.origin;
}

describe('with an explicit proxy', () => {
  const proxy = address('http://explicit.test:3128');
  const env = { HTTPS_PROXY: 'http://env.test:1', NO_PROXY: '*' };

  it('takes it for http and https, whatever the environment says', () => {
    const selector = new ProxySelector(proxy, [], env);
    expect(selector.proxyFor(HTTPS)).toBe(proxy);
    expect(selector.proxyFor(HTTP)).toBe(proxy);
  });

  it('passes it by for the hosts that are excluded', () => {
    const selector = new ProxySelector(proxy, ['host.test:443', '10.0.0.0/8'], env);
    expect(selector.proxyFor(HTTPS)).toBeUndefined();
    expect(selector.proxyFor(HTTP)).toBe(proxy);
    expect(selector.proxyFor({ ...HTTP, hostname: '10.1.1.1' })).toBeUndefined();
  });
});

describe('with no proxy, explicitly', () => {
  it('connects directly, whatever the environment says', () => {
    const selector = new ProxySelector(false, [], { ALL_PROXY: 'http://env.test:1' });
    expect(selector.proxyFor(HTTPS)).toBeUndefined();
    expect(selector.proxyFor(HTTP)).toBeUndefined();
  });
});

describe('with the environment', () => {
  it('takes no variable from Object.prototype, which it seems to have', () => {
    const polluted = Object.prototype as { ALL_PROXY?: string };
    polluted.ALL_PROXY = 'http://evil.test:1';
    const found = originFor({}, HTTPS);
    delete polluted.ALL_PROXY;
    expect(found).toBeUndefined();
  });

  it.each<[NodeJS.ProcessEnv, string | undefined, string | undefined]>([
    [{}, undefined, undefined],
    [{ HTTPS_PROXY: 'http://s:1' }, 'http://s:1', undefined],
    [{ https_proxy: 'http://s:1' }, 'http://s:1', undefined],
    [{ HTTP_PROXY: 'http://p:1' }, undefined, 'http://p:1'],
    [{ http_proxy: 'http://p:1' }, undefined, 'http://p:1'],
    [{ ALL_PROXY: 'http://a:1' }, 'http://a:1', 'http://a:1'],
    [{ all_proxy: 'http://a:1' }, 'http://a:1', 'http://a:1'],
    [{ ALL_PROXY: 'http://a:1', HTTPS_PROXY: 'http://s:1' }, 'http://s:1', 'http://a:1'],
    [{ https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:1' }, 'http://low:1', undefined],
    [{ http_proxy: 'http://low:1', HTTP_PROXY: 'http://up:1' }, undefined, 'http://low:1'],
    [{ all_proxy: 'http://low:1', ALL_PROXY: 'http://up:1' }, 'http://low:1', 'http://low:1'],
    [{ https_proxy: '', HTTPS_PROXY: 'http://up:1' }, 'http://up:1', undefined],
    [{ https_proxy: ' ', all_proxy: 'http://a:1' }, 'http://a:1', 'http://a:1'],
    [{ HTTPS_PROXY: 'bare.test:8080' }, 'http://bare.test:8080', undefined],
    [{ HTTPS_PROXY: 'https://secure.test' }, 'https://secure.test:443', undefined],
    [{ HTTPS_PROXY: 'http://[::1]:3128' }, 'http://[::1]:3128', undefined],
    // A CGI script: HTTP_PROXY is the header `Proxy` of whoever made the request.
    [{ REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil:1' }, undefined, undefined],
    [{ REQUEST_METHOD: 'GET', http_proxy: 'http://evil:1' }, undefined, undefined],
    [
      { REQUEST_METHOD: 'GET', HTTPS_PROXY: 'http://s:1', ALL_PROXY: 'http://a:1' },
      'http://s:1',
      'http://a:1',
    ],
    // Hosts to be reached without.
    [{ ALL_PROXY: 'http://a:1', NO_PROXY: 'other.test' }, 'http://a:1', 'http://a:1'],
    [{ ALL_PROXY: 'http://a:1', NO_PROXY: 'host.test' }, undefined, undefined],
    [{ ALL_PROXY: 'http://a:1', no_proxy: 'host.test:80' }, 'http://a:1', undefined],
    [{ ALL_PROXY: 'http://a:1', no_proxy: 'other.test', NO_PROXY: '*' }, 'http://a:1', 'http://a:1'],
    [{ ALL_PROXY: 'http://a:1', no_proxy: '', NO_PROXY: '*' }, undefined, undefined],
    [{ ALL_PROXY: 'not a proxy', NO_PROXY: '*' }, undefined, undefined],
  ])('%j leads https to %s and http to %s', (env, https, http) => {
    expect(originFor(env, HTTPS)).toBe(https);
    expect(originFor(env, HTTP)).toBe(http);
  });

  it('reads the environment of the process if given no other, for every request', () => {
    const selector = new ProxySelector(undefined, []);
    const replaced = jest.replaceProperty(process, 'env', { https_proxy: 'http://first.test:1' });
    const first = selector.proxyFor(HTTPS);
    process.env.https_proxy = 'http://second.test:1';
    const second = selector.proxyFor(HTTPS);
    replaced.restore();
    expect([first?.origin, second?.origin]).toEqual(['http://first.test:1', 'http://second.test:1']);
  });

  it('hands out the same object for the same value, also after another one', () => {
    const env: NodeJS.ProcessEnv = { ALL_PROXY: 'http://a:1' };
    const selector = new ProxySelector(undefined, [], env);
    const first = selector.proxyFor(HTTPS);
    expect(selector.proxyFor(HTTP)).toBe(first);
    env.ALL_PROXY = 'http://b:1';
    expect(selector.proxyFor(HTTPS)?.origin).toBe('http://b:1');
    env.ALL_PROXY = 'http://a:1';
    expect(selector.proxyFor(HTTPS)).toBe(first);
  });

  it('forgets old values where there are too many of them', () => {
    const env: NodeJS.ProcessEnv = { ALL_PROXY: 'http://a:1' };
    const selector = new ProxySelector(undefined, [], env);
    const first = selector.proxyFor(HTTPS);
    for (let port = 1; port <= 100; port += 1) {
      env.ALL_PROXY = `http://b:${port}`;
      selector.proxyFor(HTTPS);
    }
    env.ALL_PROXY = 'http://a:1';
    const again = selector.proxyFor(HTTPS);
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  it('decodes the credentials, and shows them nowhere', () => {
    const env = { HTTPS_PROXY: 'http://us%40er:p%3Aw@proxy.test:3128' };
    const selector = new ProxySelector(undefined, [], env);
    const proxy = selector.proxyFor(HTTPS);
    expect(proxy?.authorization?.reveal()).toBe(`Basic ${Buffer.from('us@er:p:w').toString('base64')}`);
    const shown = inspect([selector, proxy], { depth: 10 }) + JSON.stringify([selector, proxy]);
    expect(shown).not.toMatch(/p%3Aw|p:w|dXNAZXI/);
  });

  it.each([
    ['HTTPS_PROXY', 'socks5://user:s3cret@proxy.test'],
    ['https_proxy', 'http://user:s3cret@'],
    ['ALL_PROXY', 'http://user:s3cret@proxy.test:99999'],
    ['all_proxy', 's3cret not a proxy'],
  ])('names the variable of a proxy that is none, not its value: %s=%s', (name, value) => {
    const selector = new ProxySelector(undefined, [], { [name]: value });
    let thrown: unknown;
    try {
      selector.proxyFor(HTTPS);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PolicyConfigError);
    expect((thrown as Error).message).toContain(`environment variable ${name}`);
    expect(inspect(thrown, { depth: 10 }) + JSON.stringify(thrown)).not.toContain('s3cret');
  });
});

it('takes any NO_PROXY without complaint', () => {
  fc.assert(
    fc.property(fc.string(), fc.domain(), (list, hostname) => {
      const selector = new ProxySelector(undefined, [], { ALL_PROXY: 'http://a:1', NO_PROXY: list });
      const direct = list.trim() !== '' && matchesNoProxy(list, hostname, 443);
      expect(selector.proxyFor({ ...HTTPS, hostname })?.origin).toBe(direct ? undefined : 'http://a:1');
    }),
  );
});
