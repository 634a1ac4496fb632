import fc from 'fast-check';
import { resolvePolicy, resolveRequestPolicy } from '../../lib/config/resolve.js';
import { PolicyConfigError } from '../../lib/errors.js';
import { problemsOf } from './problems.js';

/** Every object reachable from a value by its own properties. */
function reachable(value: unknown, seen = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return seen;
  seen.add(value);
  for (const key of Reflect.ownKeys(value)) reachable(Reflect.get(value, key), seen);
  return seen;
}

describe('a configuration that is none', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    ['client', "'client'"],
    [5, '5'],
    [[], 'an array'],
    [() => ({}), 'a function'],
    [Promise.resolve({}), 'a promise (await it)'],
    [new Map([['name', 'x']]), 'an instance of Map'],
    [new Date(), 'an instance of Date'],
  ])('such as %p is refused', (config, received) => {
    expect(problemsOf(() => resolvePolicy(config))).toEqual([
      { path: 'config', expected: 'an object', received },
    ]);
  });
});

describe('a configuration with several problems', () => {
  const config = {
    client: { connectTimeout: 0, timeot: 1, http1Only: true, http2Only: true, tls: { ca: 5 } },
    retry: { maxRetries: -1, backoff: { base: 1, initBackoff: 0 } },
    retires: 3,
  };

  it('names fifty in its message, and all of them as problems', () => {
    const strange = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`none${index}`, 1]));
    expect(problemsOf(() => resolvePolicy(strange))).toHaveLength(60);
    expect(() => resolvePolicy(strange)).toThrow(
      /^Invalid policy, 60 problems:(?:\n.+){50}\n {2}- and 10 more$/,
    );
  });

  it('has them reported all at once', () => {
    const paths = problemsOf(() => resolvePolicy(config)).map(({ path }) => path);
    expect(new Set(paths)).toEqual(
      new Set([
        'retires',
        'client.timeot',
        'client.connectTimeout',
        'client.http2Only',
        'client.tls.ca',
        'retry.maxRetries',
        'retry.backoff.base',
        'retry.backoff.initBackoff',
      ]),
    );
    expect(paths).toHaveLength(8);
  });

  it('has each of them in the message', () => {
    expect(() => resolvePolicy(config)).toThrow(PolicyConfigError);
    expect(() => resolvePolicy(config)).toThrow('Invalid policy, 8 problems:');
    expect(() => resolvePolicy(config)).toThrow(
      'retry.backoff.base: expected a number greater than 1, got 1',
    );
  });
});

describe('a resolved policy', () => {
  const policy = resolvePolicy({
    client: { proxyUrl: 'http://u:p@proxy', proxyExcludes: ['a'], tls: { ca: ['pem'] } },
    retry: { methods: ['GET'], statuses: [500], budget: {} },
  });

  it('is frozen at every level', () => {
    const objects = reachable(policy);
    expect(objects.size).toBeGreaterThan(8);
    expect([...objects].filter((object) => !Object.isFrozen(object))).toEqual([]);
    expect(Object.isFrozen(policy.client.tls.reveal().ca)).toBe(true);
  });

  it('leaves what is the caller’s unfrozen', () => {
    const budget = { withdraw: () => true, deposit: () => undefined };
    const onRetry = () => undefined;
    const ca = ['pem'];
    resolvePolicy({ client: { tls: { ca } }, retry: { budget, onRetry } });
    expect([budget, onRetry, ca].some((object) => Object.isFrozen(object))).toBe(false);
  });
});

describe('a configuration that fails while it is read', () => {
  it('fails with its own error', () => {
    const broken = new TypeError('vault is sealed');
    const client = {
      timeout: {
        get seconds(): number {
          throw broken;
        },
      },
    };
    expect(() => resolvePolicy({ client })).toThrow(broken);
  });
});

describe('any configuration', () => {
  const key = fc.constantFrom(
    'client',
    'retry',
    'timeout',
    'proxyUrl',
    'proxy_url',
    'tls',
    'backoff',
    'budget',
    'statuses',
    'methods',
    'x',
  );
  const leaf = fc.oneof(
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.bigInt(),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.dictionary(key, tie('tree')),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }));

  it('is either resolved or refused with its problems', () => {
    fc.assert(
      fc.property(tree, (config) => {
        for (const problem of problemsOf(() => resolvePolicy(config))) {
          expect(problem.received.length).toBeLessThan(400);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of a request is either resolved or refused with its problems', () => {
    const base = resolvePolicy({});
    fc.assert(
      fc.property(tree, (policy) => {
        expect(Array.isArray(problemsOf(() => resolveRequestPolicy(policy, base)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the policy of a request', () => {
  const base = resolvePolicy({
    retry: { maxRetries: 3, backoff: { initBackoff: 7 }, statuses: [500], methods: ['GET'] },
  });
  const nothing = {
    retry: base.retry,
    timeoutMs: undefined,
    readTimeoutMs: undefined,
    idempotent: undefined,
    sensitive: false,
    body: undefined,
  };

  it.each([[undefined], [{}], [{ retry: undefined, timeout: undefined }]])(
    '%p is the instance’s',
    (input) => {
      const resolved = resolveRequestPolicy(input, base);
      expect(resolved).toEqual(nothing);
      expect(resolved.retry).toBe(base.retry);
      expect(Object.isFrozen(resolved)).toBe(true);
    },
  );

  it('overrides retries key by key', () => {
    const { retry } = resolveRequestPolicy(
      { retry: { maxRetries: 1, backoff: { max_backoff: '1s' } } },
      base,
    );
    expect(retry).toEqual({
      ...(base.retry || {}),
      maxRetries: 1,
      backoff: { base: 2, initBackoffMs: 7, maxBackoffMs: 1000 },
    });
    expect(retry !== false && retry.isRetryableStatus(503)).toBe(false);
    expect(Object.isFrozen(retry)).toBe(true);
  });

  it('is compared with the instance’s values', () => {
    const problems = problemsOf(() => resolveRequestPolicy({ retry: { backoff: { maxBackoff: 5 } } }, base));
    expect(problems).toMatchObject([{ path: 'policy.retry.backoff.maxBackoff' }]);
  });

  it('can switch retries off', () => {
    expect(resolveRequestPolicy({ retry: false }, base).retry).toBe(false);
  });

  it('can ask for retries where the instance has none, with the defaults for the rest', () => {
    const off = resolvePolicy({ retry: false });
    expect(resolveRequestPolicy({}, off).retry).toBe(false);
    expect(resolveRequestPolicy({ retry: { maxRetries: 1 } }, off).retry).toMatchObject({
      maxRetries: 1,
      retryTimeoutMs: 180_000,
    });
  });

  it('keeps the instance’s budget with `budget: true`', () => {
    const budget = { withdraw: () => true, deposit: () => undefined };
    const own = resolvePolicy({ retry: { budget } });
    const none = resolvePolicy({ retry: { budget: false } });
    expect(resolveRequestPolicy({ retry: { budget: true } }, own).retry).toMatchObject({ budget });
    expect(resolveRequestPolicy({ retry: { budget: true } }, none).retry).toMatchObject({
      budget: { minTokens: 10 },
    });
    expect(resolveRequestPolicy({ retry: { maxRetries: 1 } }, none).retry).toMatchObject({ budget: false });
  });

  it('has limits and marks of its own', () => {
    const body = () => 'again';
    const policy = { timeout: '1s', read_timeout: false, idempotent: true, sensitive: 'yes', body };
    expect(resolveRequestPolicy(policy, base)).toEqual({
      retry: base.retry,
      timeoutMs: 1000,
      readTimeoutMs: false,
      idempotent: true,
      sensitive: true,
      body,
    });
  });

  it.each<[unknown, string, string, string]>([
    [null, 'policy', 'an object', 'null'],
    [true, 'policy', 'an object', 'true'],
    [{ timeout: 0 }, 'policy.timeout', 'use false to switch it off', '0'],
    [{ readTimeout: -1 }, 'policy.readTimeout', "a duration such as '5s'", '-1 (it is negative)'],
    [{ idempotent: 'maybe' }, 'policy.idempotent', 'a boolean', "'maybe'"],
    [{ sensitive: 1 }, 'policy.sensitive', 'a boolean', '1'],
    [{ body: 'text' }, 'policy.body', 'a function', "'text'"],
    [{ retry: true }, 'policy.retry', 'an object, or false for no retries', 'true'],
    [{ retry: { maxRetries: -1 } }, 'policy.retry.maxRetries', 'a whole number of at least 0', '-1'],
    [{ connectTimeout: 1 }, 'policy.connectTimeout', 'did you mean client.connectTimeout?', 'an unknown key'],
  ])('%p is refused', (input, path, expected, received) => {
    const problems = problemsOf(() => resolveRequestPolicy(input, base));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path, received });
    expect(problems[0]?.expected).toContain(expected);
  });
});
