import { Readable } from 'node:stream';
import type { PolicyConfig } from '../lib/index.browser.js';
import * as browser from '../lib/index.browser.js';
import { getPolicyMetadata, PolicyConfigError } from '../lib/index.browser.js';
import * as node from '../lib/index.js';
import { randomUuid } from '../lib/request/idempotency-key.js';
import { failureOf, policyCodeOf } from './helpers/attached.js';
import { AXIOS_COPIES } from './helpers/axios-copies.js';
import { atEnd } from './helpers/cleanup.js';
import { never, reply, startOrigin } from './helpers/origin.js';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

const unavailable = () => reply({ status: 503 });

/** Puts something on globalThis for the running test. */
function stub(name: string, value: unknown): void {
  const own = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  atEnd(() => {
    if (own === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, own);
  });
}

it('The browser entry has the names of the Node one', () => {
  expect(new Set(Object.keys(browser))).toEqual(new Set(Object.keys(node)));
});

// What only a browser has (XMLHttpRequest, CORS) is tried in a real one, see compat/browser.
describe.each(AXIOS_COPIES)('The browser entry, with $name', ({ axios }) => {
  function attached(config: PolicyConfig = {}) {
    const http = axios.create({ adapter: 'fetch' });
    const policy = browser.attachPolicy(http, {
      ...config,
      client: { allowHttp: true, ...config.client },
      retry: config.retry === false ? false : { backoff: { initBackoff: 1, maxBackoff: 2 }, ...config.retry },
    });
    atEnd(() => policy.close({ abort: true }));
    return { http, policy };
  }

  it('refuses fields about connections, and the User-Agent', () => {
    const client = {
      connectTimeout: '2s',
      proxyUrl: 'http://user:secret@a.test',
      userAgent: 'a',
      timeout: '1s',
    };
    expect(() => attached({ client })).toThrow(PolicyConfigError);
    const message = [
      'Invalid policy, 3 problems:',
      "  - client.connectTimeout: expected no value (not available in a browser), got '2s'",
      '  - client.proxyUrl: expected no value (not available in a browser), got a string (not shown)',
      "  - client.userAgent: expected no value (not available in a browser), got 'a'",
    ];
    expect(() => attached({ client })).toThrow(message.join('\n'));
  });

  it('refuses a readTimeout of a request', async () => {
    const { http } = attached();
    const error = await failureOf(http.get('https://a.test', { policy: { readTimeout: '1s' } }));
    expect(error.message).toContain('policy.readTimeout: expected no value (not available in a browser)');
  });

  it('retries, and tells of it', async () => {
    const origin = await startOrigin();
    origin.enqueue(unavailable(), unavailable());
    const onRetry = jest.fn();
    const { http, policy } = attached({ retry: { onRetry, idempotencyKey: true } });
    const response = await http.post(origin.url, { a: 1 });
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 3, retries: 2 });
    expect(onRetry).toHaveBeenCalledTimes(2);
    const keys = new Set(origin.requests.map(({ headers }) => headers['idempotency-key']));
    expect([...keys]).toEqual([expect.stringMatching(UUID)]);
    expect(policy.stats()).toMatchObject({ attempts: 3, retries: 2, pools: [], http2: [] });
    expect(policy.stats().budget).toHaveLength(1);
  });

  it('gives up, with a line for the log', async () => {
    const origin = await startOrigin();
    origin.enqueue(unavailable(), unavailable());
    const onGiveUp = jest.fn();
    const { http } = attached({ retry: { maxRetries: 1, onGiveUp } });
    const error = await failureOf(http.get(origin.url));
    expect(browser.describeFailure(error)).toMatch(/^GET http:.* failed after 1 retry .*: 503/);
    expect(onGiveUp).toHaveBeenCalledTimes(1);
  });

  it('ends an attempt with its deadline', async () => {
    const origin = await startOrigin();
    origin.enqueue(never());
    const { http } = attached({ client: { timeout: 80 }, retry: false });
    expect(await failureOf(http.get(origin.url))).toMatchObject({ code: 'ECONNABORTED' });
  });

  it('sends a form with the boundary of the platform', async () => {
    const origin = await startOrigin();
    const { http } = attached();
    const form = new FormData();
    form.set('a', '1');
    await http.post(origin.url, form);
    expect(origin.requests[0]?.headers['content-type']).not.toContain('axios-policy');
    expect(origin.requests[0]?.body.toString()).toContain('name="a"');
  });

  it('closes when the streams of a mock have ended', async () => {
    const { http, policy } = attached();
    const data = Readable.from(['a']);
    const adapter = async (config: object) =>
      ({ status: 200, statusText: '', headers: {}, data, config }) as never;
    await http.get('https://a.test', { adapter });
    const closed = policy.close();
    data.resume();
    await closed;
    expect(data.readableEnded).toBe(true);
  });

  it('lets a request of an instance without an adapter choose among those of a browser', async () => {
    const http = axios.create();
    Reflect.deleteProperty(http.defaults, 'adapter');
    const policy = browser.attachPolicy(http, { client: { allowHttp: true } });
    atEnd(() => policy.close());
    const origin = await startOrigin();
    expect((await http.get(origin.url)).data).toBe('Hello World');
  });

  describe('without allowHttp', () => {
    const refused = async (url: string) => {
      const { http } = attached({ client: { allowHttp: false } });
      const error = await failureOf(http.get(url));
      expect(policyCodeOf(error)).toBe('ERR_POLICY_HTTP_NOT_ALLOWED');
      return error.message;
    };

    it.each([
      ['/users', 'page.test'],
      ['//other.test/users', 'other.test'],
      ['http://other.test:81/users', 'other.test:81'],
    ])('refuses %s on a page that was loaded over http', async (url, host) => {
      stub('location', { href: 'http://page.test/app/' });
      expect(await refused(url)).toMatch(`plain http to ${host} is not allowed`);
    });

    it('refuses what is relative to the base of the document', async () => {
      stub('location', { href: 'https://page.test/' });
      stub('document', { baseURI: 'http://base.test/' });
      expect(await refused('users')).toMatch('plain http to base.test is not allowed');
    });

    it('does not refuse it on a page that was loaded over https', async () => {
      stub('location', { href: 'https://page.test/' });
      const { http } = attached({ client: { allowHttp: false }, retry: false });
      expect(policyCodeOf(await failureOf(http.get('/users')))).toBeUndefined();
    });
  });

  it('warns on the console of a hook that failed, where a process has no warnings', async () => {
    const origin = await startOrigin();
    origin.enqueue(unavailable());
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    atEnd(() => warn.mockRestore());
    const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning') ?? {};
    Object.defineProperty(process, 'emitWarning', { value: undefined, configurable: true });
    atEnd(() => void Object.defineProperty(process, 'emitWarning', emitWarning));
    const { http } = attached({
      retry: {
        onRetry: () => {
          throw new Error('oh');
        },
      },
    });
    await http.get(origin.url);
    expect(warn.mock.calls.map(([message]) => String(message).split('\n')[0])).toEqual([
      "[AXIOS_POLICY_HOOK] AxiosPolicyWarning: the policy's onRetry hook failed: oh",
    ]);
  });
});

describe('A random UUID', () => {
  it('is of version 4', () => {
    expect(randomUuid()).toMatch(UUID);
  });

  it('is of version 4 on a page that has no crypto.randomUUID', () => {
    stub('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(0xff) });
    expect(randomUuid()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
  });
});
