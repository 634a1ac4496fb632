import { inspect } from 'node:util';
import { Secret } from '../../lib/config/render.js';
import { describePolicy, resolvePolicy } from '../../lib/config/resolve.js';
import type { PolicyView } from '../../lib/config/resolved.js';
import { isRetryableStatus } from '../../lib/config/retry-parsers.js';

const viewOf = (config: unknown): PolicyView => describePolicy(resolvePolicy(config));

/** Every rendering of a value a log might use. */
const renderings = (value: unknown): string =>
  [
    JSON.stringify(value),
    inspect(value, { depth: null, showHidden: true, getters: true }),
    String(value),
  ].join('\n');

describe('the view of a policy of which nothing is said', () => {
  it('has every key of the input, with its default', () => {
    expect(viewOf({})).toEqual({
      name: undefined,
      client: {
        allowHttp: false,
        allowInvalidCertificates: false,
        connectTimeout: 5000,
        connectionMaxAge: 300_000,
        defaultContentType: undefined,
        defaultHeaders: undefined,
        disableSystemCertificates: false,
        dns: { cacheTtl: 10_000, staleOnError: 60_000 },
        eject: { failures: 5, for: 30_000, maxPercent: 50 },
        http1Only: true,
        http2Only: false,
        http2KeepAliveInterval: false,
        http2KeepAliveTimeout: 20_000,
        http2KeepAliveWhileIdle: false,
        http2MaxFrameSize: undefined,
        poolIdleTimeout: 15_000,
        poolMaxIdlePerHost: Number.POSITIVE_INFINITY,
        proxyUrl: undefined,
        proxyExcludes: [],
        proxyCaCertificate: undefined,
        randomizeAddresses: true,
        readTimeout: false,
        rootCertificate: undefined,
        timeout: 30_000,
        tls: undefined,
        userAgent: undefined,
      },
      retry: {
        backoff: { base: 2, initBackoff: 100, maxBackoff: 15_000 },
        elsewhere: true,
        maxRetries: 10,
        retryTimeout: 180_000,
        idempotent: undefined,
        methods: undefined,
        statuses: isRetryableStatus,
        shouldRetry: undefined,
        retryAfter: true,
        budget: { minTokens: 10, maxTokens: 1000, windowSeconds: 20, perSuccess: 0.1, initialTokens: 500 },
        idempotencyKey: false,
        resume: true,
        onRetry: undefined,
        onGiveUp: undefined,
      },
    } satisfies PolicyView);
  });

  it('is a configuration of the same policy', () => {
    const policy = resolvePolicy({});
    const { timeoutIsDefault, given, ...client } = resolvePolicy(describePolicy(policy)).client;
    expect({ ...client, given: new Map(), timeoutIsDefault: true }).toEqual(policy.client);
    expect(timeoutIsDefault).toBe(false);
  });
});

describe('the view of a policy', () => {
  it('is frozen', () => {
    const view = viewOf({ client: { tls: { ca: 'pem' } }, retry: { methods: ['GET'] } });
    const parts = [view, view.client, view.client.tls, view.client.proxyExcludes, view.retry];
    const nested = view.retry && [view.retry.backoff, view.retry.methods, view.retry.budget];
    expect([...parts, ...(nested || [])].every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('has lists and functions as they were given', () => {
    const onRetry = () => undefined;
    const statuses = (status: number) => status > 500;
    expect(viewOf({ retry: { methods: ['get'], statuses: [503], onRetry } }).retry).toMatchObject({
      methods: ['GET'],
      statuses: [503],
      onRetry,
    });
    expect(viewOf({ retry: { statuses } }).retry).toMatchObject({ statuses });
  });

  it.each([
    ['http://proxy', 'http://proxy:80'],
    ['http://user:hunter2@proxy', 'http://REDACTED@proxy:80'],
    ['https://hunter2@[::1]:8443', 'https://REDACTED@[::1]:8443'],
    [false, false],
    [undefined, undefined],
  ])('shows the proxy %p as %p', (proxyUrl, shown) => {
    expect(viewOf({ client: { proxyUrl } }).client.proxyUrl).toBe(shown);
  });

  it('names the TLS material without showing it', () => {
    const { tls } = viewOf({ client: { tls: { key: 'hunter2', passphrase: 'hunter2' } } }).client;
    expect(tls).toEqual({ key: 'REDACTED', passphrase: 'REDACTED' });
  });

  it('has no retries where they are off', () => {
    expect(viewOf({ retry: false }).retry).toBe(false);
    expect(viewOf({ retry: { budget: false } }).retry).toMatchObject({ budget: false });
  });

  it('does not look into a budget of the caller’s own, which may refer to itself', () => {
    const budget = { withdraw: () => true, deposit: () => undefined, self: {} };
    budget.self = budget;
    const view = viewOf({ retry: { budget } });
    expect(view.retry).toMatchObject({ budget: 'custom' });
    expect(() => JSON.stringify(view)).not.toThrow();
  });

  it('shows no secret in any rendering, nor does the resolved policy', () => {
    const config = {
      client: {
        proxyUrl: 'http://hunter2:hunter2@proxy',
        tls: { key: 'hunter2', pfx: Buffer.from('hunter2'), ca: ['hunter2'], passphrase: 'hunter2' },
      },
    };
    const policy = resolvePolicy(config);
    const encoded = Buffer.from('hunter2:hunter2').toString('base64');
    for (const rendering of [renderings(policy), renderings(describePolicy(policy))]) {
      expect(rendering).not.toContain('hunter2');
      expect(rendering).not.toContain(encoded);
      expect(rendering).toContain('REDACTED');
    }
  });
});

describe('a secret', () => {
  const secret = new Secret({ password: 'hunter2' });

  it('is had by asking for it', () => {
    expect(secret.reveal()).toEqual({ password: 'hunter2' });
  });

  it('is in no rendering, and cannot be changed', () => {
    expect(renderings({ secret })).not.toContain('hunter2');
    expect(`${secret}`).toBe('REDACTED');
    expect(Object.isFrozen(secret)).toBe(true);
  });
});
