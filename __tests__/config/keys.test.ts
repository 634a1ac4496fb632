import { editDistance } from '../../lib/config/other-libraries.js';
import { resolvePolicy, resolveRequestPolicy } from '../../lib/config/resolve.js';
import { toSnakeCase } from '../../lib/config/section.js';
import { CLIENT_OPTIONS } from '../../lib/config/socket-options.js';
import type { PolicyConfig } from '../../lib/config/types.js';
import { problemsOf } from './problems.js';

describe('a key in snake_case', () => {
  it.each([
    ['timeout', 'timeout'],
    ['connectTimeout', 'connect_timeout'],
    ['http1Only', 'http1_only'],
    ['http2KeepAliveWhileIdle', 'http2_keep_alive_while_idle'],
    ['poolMaxIdlePerHost', 'pool_max_idle_per_host'],
  ])('is what the reference calls %s: %s', (camel, snake) => {
    expect(toSnakeCase(camel)).toBe(snake);
  });

  it('is known for every client key', () => {
    const client = Object.fromEntries(
      Object.keys(CLIENT_OPTIONS).map((key) => [toSnakeCase(key), undefined]),
    );
    expect(resolvePolicy({ client })).toEqual(resolvePolicy({}));
  });

  it('works at every level, so that a file shared with obstore does as it is', () => {
    const shared = {
      client_options: {
        allow_http: 'true',
        connect_timeout: '4 seconds',
        http1_only: 'false',
        http2_only: 'false',
        http2_keep_alive_interval: '90 seconds',
        http2_keep_alive_timeout: '91 seconds',
        http2_keep_alive_while_idle: 'on',
        pool_idle_timeout: '93 seconds',
        pool_max_idle_per_host: '94',
        proxy_excludes: 'localhost',
        proxy_url: 'http://proxy:3128',
        timeout: '16 seconds',
        user_agent: 'shared',
        tls: { min_version: 'TLSv1.3', proxy_ca: 'pem' } as const,
      },
      retry_config: {
        backoff: { base: '3', init_backoff: '1s', max_backoff: '16s' },
        max_retries: '4',
        retry_timeout: '1m',
        retry_after: 'no',
        budget: { min_tokens: 1, per_success: 0.5 },
      },
    } satisfies PolicyConfig;
    const { client, retry } = resolvePolicy(shared);
    expect(client).toMatchObject({
      allowHttp: true,
      connectTimeoutMs: 4000,
      http1Only: false,
      http2KeepAliveIntervalMs: 90_000,
      http2KeepAliveTimeoutMs: 91_000,
      http2KeepAliveWhileIdle: true,
      poolIdleTimeoutMs: 93_000,
      poolMaxIdlePerHost: 94,
      proxyExcludes: ['localhost'],
      proxyUrl: { origin: 'http://proxy:3128' },
      timeoutMs: 16_000,
      userAgent: 'shared',
    });
    expect(client.tls.reveal()).toEqual({ minVersion: 'TLSv1.3', proxyCa: 'pem' });
    expect(retry).toMatchObject({
      backoff: { base: 3, initBackoffMs: 1000, maxBackoffMs: 16_000 },
      maxRetries: 4,
      retryTimeoutMs: 60_000,
      retryAfter: false,
      budget: { minTokens: 1, perSuccess: 0.5 },
    });
  });

  it('may be in upper case, which obstore lowers', () => {
    expect(resolvePolicy({ client: { CONNECT_TIMEOUT: '4s', Allow_HTTP: true } }).client).toMatchObject({
      connectTimeoutMs: 4000,
      allowHttp: true,
    });
  });
});

describe('two spellings of one key', () => {
  it.each<[object, string, string]>([
    [
      { client: { connectTimeout: 1, connect_timeout: 1 } },
      'client.connectTimeout',
      "both 'connectTimeout' and 'connect_timeout'",
    ],
    [{ client: { max: 1 }, client_options: {} }, 'client', "both 'client' and 'client_options'"],
    [{ retry: false, retry_config: {} }, 'retry', "both 'retry' and 'retry_config'"],
    [
      { retry: { backoff: { init_backoff: 1, initBackoff: 1 } } },
      'retry.backoff.initBackoff',
      "both 'init_backoff' and 'initBackoff'",
    ],
    [
      { client: { tls: { minVersion: 'TLSv1.2', min_version: 'TLSv1.2' } } },
      'client.tls.minVersion',
      "both 'minVersion' and 'min_version'",
    ],
  ])('such as in %j are refused', (config, path, received) => {
    expect(problemsOf(() => resolvePolicy(config))).toContainEqual({
      path,
      expected: 'one spelling of the key',
      received,
    });
  });

  it('are fine while only one has a value', () => {
    const config = { client: undefined, client_options: { connect_timeout: undefined, connectTimeout: 7 } };
    expect(resolvePolicy(config).client.connectTimeoutMs).toBe(7);
  });
});

describe('a problem under an alias', () => {
  it('is named as it was spelled', () => {
    const problems = problemsOf(() =>
      resolvePolicy({
        client_options: { connect_timeout: 0 },
        retry_config: { backoff: { init_backoff: 0 } },
      }),
    );
    expect(problems.map(({ path }) => path)).toEqual([
      'client_options.connect_timeout',
      'retry_config.backoff.init_backoff',
    ]);
  });
});

describe('an unknown key', () => {
  it.each<[object, string, string]>([
    [{ client: { conectTimeout: 1 } }, 'client.conectTimeout', 'did you mean connectTimeout?'],
    [{ client: { connecttimeout: 1 } }, 'client.connecttimeout', 'did you mean connectTimeout?'],
    [{ client: { 'connect-timeout': 1 } }, 'client.connect-timeout', 'did you mean connectTimeout?'],
    [{ client: { http2_only_: 1 } }, 'client.http2_only_', 'did you mean http2Only?'],
    [{ client: { keepAlive: true } }, 'client.keepAlive', 'connections are always kept'],
    [{ client: { proxy: 'x' } }, 'client.proxy', 'did you mean client.proxyUrl?'],
    [
      { client: { rejectUnauthorized: false } },
      'client.rejectUnauthorized',
      'client.allowInvalidCertificates?',
    ],
    [{ client: { ca: 'pem' } }, 'client.ca', 'did you mean client.tls.ca?'],
    [{ client: { maxRetries: 1 } }, 'client.maxRetries', 'did you mean retry.maxRetries?'],
    [{ client: { tls: { cacert: 'pem' } } }, 'client.tls.cacert', 'did you mean client.tls.ca?'],
    [{ client: { tls: { certt: 'pem' } } }, 'client.tls.certt', 'did you mean cert?'],
    [{ timeout: 1 }, 'timeout', 'did you mean client.timeout?'],
    [{ retries: 1 }, 'retries', 'did you mean retry.maxRetries?'],
    [{ clients: {} }, 'clients', 'did you mean client?'],
    [{ retry: { retries: 1 } }, 'retry.retries', 'did you mean retry.maxRetries?'],
    [{ retry: { noResponseRetries: 2 } }, 'retry.noResponseRetries', 'failures without a response count'],
    [{ retry: { checkRetryAfter: true } }, 'retry.checkRetryAfter', 'did you mean retry.retryAfter?'],
    [{ retry: { maxAttempts: 1 } }, 'retry.maxAttempts', 'does not count the first attempt'],
    [{ retry: { initBackoff: 1 } }, 'retry.initBackoff', 'did you mean retry.backoff.initBackoff?'],
    [{ retry: { max_retry: 1 } }, 'retry.max_retry', 'did you mean maxRetries?'],
    [{ retry: { backoff: { factor: 2 } } }, 'retry.backoff.factor', 'did you mean retry.backoff.base?'],
    [{ retry: { budget: { tokens: 2 } } }, 'retry.budget.tokens', 'the keys are minTokens, maxTokens'],
    [{ retry: { zzz: 1 } }, 'retry.zzz', 'the keys are backoff, maxRetries, retryTimeout'],
    [{ zzz: undefined }, 'zzz', 'the keys are client, retry'],
    [JSON.parse('{"__proto__": 1}'), '__proto__', 'the keys are client, retry'],
    [{ constructor: 1 }, 'constructor', 'the keys are client, retry'],
  ])('such as in %j is refused with advice', (config, path, advice) => {
    const problems = problemsOf(() => resolvePolicy(config));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path, received: 'an unknown key' });
    expect(problems[0]?.expected).toContain('a known key (');
    expect(problems[0]?.expected).toContain(advice);
  });

  it('of a request is refused as well', () => {
    const problems = problemsOf(() => resolveRequestPolicy({ retries: 3 }, resolvePolicy({})));
    expect(problems).toMatchObject([{ path: 'policy.retries', received: 'an unknown key' }]);
  });

  it('never shows its value', () => {
    const problems = problemsOf(() => resolvePolicy({ client: { proxyPassword: 'hunter2' } }));
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('is quoted if it could disguise the message, and shortened', () => {
    const problems = problemsOf(() => resolvePolicy({ client: { 'a\nb': 1, ['x'.repeat(100_000)]: 1 } }));
    expect(problems[0]?.path).toBe("client.'a\\nb'");
    expect(problems[1]?.path.length).toBeLessThan(80);
    expect(problems[1]?.expected).toContain('the keys are allowHttp');
  });
});

describe('a key that is going to be', () => {
  it.each<[object, string]>([
    [{ admission: true }, 'admission'],
    [{ hedge: { after: '1s' } }, 'hedge'],
    [{ limit: { concurrency: 5 } }, 'limit'],
  ])('such as in %j is refused as not available yet, without its value', (config, path) => {
    const problems = problemsOf(() => resolvePolicy(config));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toBe(path);
    expect(problems[0]?.expected).toMatch(/^no value \(not available yet/);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('of a request is refused as well', () => {
    const problems = problemsOf(() => resolveRequestPolicy({ hedge: false }, resolvePolicy({})));
    expect(problems).toMatchObject([{ path: 'policy.hedge', expected: 'no value (not available yet)' }]);
  });

  it('may be undefined, which is its default', () => {
    const config = { admission: undefined, hedge: undefined, limit: undefined };
    expect(problemsOf(() => resolvePolicy(config))).toEqual([]);
  });
});

describe('an object that holds keys in an unusual way', () => {
  const expected = { connectTimeoutMs: 7, timeoutMs: 8 };

  class Options {
    readonly timeout = 8;
    get connectTimeout() {
      return 7;
    }
    get description() {
      return 'not a key, but not an own one either';
    }
    describe() {
      return this.description;
    }
  }

  it.each<[string, object]>([
    ['frozen', Object.freeze({ connectTimeout: 7, timeout: 8 })],
    ['without a prototype', Object.assign(Object.create(null), { connectTimeout: 7, timeout: 8 })],
    ['with inherited keys', Object.assign(Object.create({ connectTimeout: 7 }), { timeout: 8 })],
    ['of a class with getters', new Options()],
    ['of a class derived from one with getters', new (class extends Options {})()],
  ])('is read: %s', (_, client) => {
    expect(resolvePolicy({ client }).client).toMatchObject(expected);
  });

  it('is never changed', () => {
    const config = {
      client: { proxyExcludes: ['a'], tls: { ca: ['pem'] } },
      retry: { methods: ['get'], statuses: [500] },
    };
    const before = structuredClone(config);
    resolvePolicy(config);
    expect(config).toEqual(before);
    config.client.proxyExcludes.push('still mine');
    config.client.tls.ca.push('still mine');
    config.retry.statuses.push(501);
  });

  it('does not take keys from the root of all objects', () => {
    Object.defineProperty(Object.prototype, 'allowInvalidCertificates', {
      value: true,
      enumerable: true,
      configurable: true,
    });
    try {
      expect(resolvePolicy({ client: {} }).client.allowInvalidCertificates).toBe(false);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'allowInvalidCertificates');
    }
  });
});

describe('the distance between two words', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['retrys', 'retries', 2],
    ['same', 'same', 0],
  ])('%j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });
});
