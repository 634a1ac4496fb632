import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../lib/config/duration.js';
import type { Option, OptionTable } from '../../lib/config/option.js';
import { BACKOFF_OPTIONS, RETRY_OPTIONS } from '../../lib/config/options.js';
import { resolvePolicy } from '../../lib/config/resolve.js';
import { BUDGET_OPTIONS, DEFAULT_BUDGET, isRetryableStatus } from '../../lib/config/retry-parsers.js';
import { CLIENT_OPTIONS, DNS_OPTIONS, EJECT_OPTIONS } from '../../lib/config/socket-options.js';

const CONFIG = join(__dirname, '..', '..', 'lib', 'config');
const types = ['client-types.ts', 'retry-types.ts']
  .map((file) => readFileSync(join(CONFIG, file), 'utf8'))
  .join('\n');

/** What the documentation of each field of an interface says of its default. */
function documentedDefaults(name: string): Array<[field: string, text: string | undefined]> {
  const body = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(types)?.[1] ?? '';
  const fields = body.matchAll(/\/\*\*([\s\S]*?)\*\/\s*readonly (\w+)\?/g);
  return [...fields].map(([, doc = '', field = '']) => [field, /@defaultValue (.*)/.exec(doc)?.[1]]);
}

/** A default as the documentation has to put it; `undefined` for one that takes words. */
function literal({ default: value, unit }: Option): string | undefined {
  if (unit === 'ms' && typeof value === 'number') return `\`'${formatDuration(value)}'\``;
  if (value === DEFAULT_BUDGET) return '`true`';
  if (Array.isArray(value)) return `\`${JSON.stringify(value)}\``;
  return value === undefined || typeof value === 'object' || typeof value === 'function'
    ? undefined
    : `\`${String(value)}\``;
}

describe.each([
  ['ClientConfig', CLIENT_OPTIONS],
  ['DnsConfig', DNS_OPTIONS],
  ['EjectConfig', EJECT_OPTIONS],
  ['BackoffConfig', BACKOFF_OPTIONS],
  ['BudgetConfig', BUDGET_OPTIONS],
  ['RetryConfig', RETRY_OPTIONS],
])('the defaults of %s', (name, options: OptionTable) => {
  const documented = documentedDefaults(name);

  it('are one for each documented field, and no others', () => {
    const fields = documented.map(([field]) => field);
    expect(new Set(fields)).toEqual(new Set(Object.keys(options)));
    expect(fields).toHaveLength(Object.keys(options).length);
  });

  it.each(documented)('of %s are documented as %s', (field, text) => {
    const expected = literal(options[field] as Option);
    if (expected !== undefined) expect(text).toBe(expected);
    // There is no one value, so it is told in words.
    else expect(text).toMatch(/^[^`]/);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(options)).toBe(true);
  });
});

describe('a policy of which nothing is said', () => {
  const { client, retry } = resolvePolicy(undefined);

  it.each([
    ['allowHttp', false],
    ['allowInvalidCertificates', false],
    ['connectTimeoutMs', 5_000],
    ['defaultContentType', undefined],
    ['http1Only', true],
    ['http2Only', false],
    ['http2KeepAliveIntervalMs', false],
    ['http2KeepAliveTimeoutMs', 20_000],
    ['http2KeepAliveWhileIdle', false],
    ['poolIdleTimeoutMs', 15_000],
    ['poolMaxIdlePerHost', Number.POSITIVE_INFINITY],
    ['proxyUrl', undefined],
    ['proxyExcludes', []],
    ['readTimeoutMs', false],
    ['timeoutMs', 30_000],
    ['timeoutIsDefault', true],
    ['userAgent', undefined],
  ] as const)('has client.%s %p', (key, value) => {
    expect(client[key]).toEqual(value);
  });

  it('has no TLS material of its own', () => {
    expect(client.tls.reveal()).toEqual({});
  });

  it('retries as documented', () => {
    expect(retry).toEqual({
      backoff: { base: 2, initBackoffMs: 100, maxBackoffMs: 15_000 },
      elsewhere: true,
      maxRetries: 10,
      retryTimeoutMs: 180_000,
      idempotent: undefined,
      methods: undefined,
      isRetryableStatus,
      shouldRetry: undefined,
      retryAfter: true,
      budget: { minTokens: 10, maxTokens: 1000, windowSeconds: 20, perSuccess: 0.1, initialTokens: 500 },
      idempotencyKeyHeader: false,
      resume: true,
      onRetry: undefined,
      onGiveUp: undefined,
    });
  });

  it.each([
    {},
    { client: undefined, retry: undefined },
    { client: {}, retry: {} },
    { client: { timeout: undefined } },
  ])('is the same as %p', (config) => {
    expect(resolvePolicy(config)).toEqual({ client, retry });
  });
});

describe('a status that is retried by default', () => {
  it('is 408, 429 or a server error', () => {
    const retried = Array.from({ length: 1000 }, (_, status) => status).filter(isRetryableStatus);
    expect(retried).toEqual([408, 429, ...Array.from({ length: 100 }, (_, index) => 500 + index)]);
  });
});
