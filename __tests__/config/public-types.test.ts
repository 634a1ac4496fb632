import { join } from 'node:path';
import type { InternalAxiosRequestConfig } from 'axios';
import ts from 'typescript';
import { describePolicy, resolvePolicy, resolveRequestPolicy } from '../../lib/config/resolve.js';
import type {
  BackoffConfig,
  BudgetConfig,
  ClientConfig,
  Outcome,
  PolicyConfig,
  RequestLike,
  RequestPolicy,
  RetryConfig,
  TlsConfig,
} from '../../lib/index.js';

type Undefined<T> = { readonly [K in keyof T]-?: undefined };

/** As a program writes a configuration of which it has only some values. */
function undefinedFor<T>(...keys: Array<keyof T>): Undefined<T> {
  return Object.fromEntries(keys.map((key) => [key, undefined])) as Undefined<T>;
}

it('This file compiles where undefined is no value of an optional property', () => {
  const root = join(__dirname, '..', '..');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([__filename], { ...options, exactOptionalPropertyTypes: true });
  const wrong = ts.getPreEmitDiagnostics(program, program.getSourceFile(__filename));
  expect(wrong.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});

describe('the types of a configuration', () => {
  it('take undefined for every option, which is its default', () => {
    const client: ClientConfig = undefinedFor<ClientConfig>('timeout', 'tls', 'proxyUrl', 'userAgent');
    const tls: TlsConfig = undefinedFor<TlsConfig>('ca', 'minVersion');
    const backoff: BackoffConfig = undefinedFor<BackoffConfig>('base', 'initBackoff');
    const budget: BudgetConfig = undefinedFor<BudgetConfig>('minTokens');
    const retry: RetryConfig = undefinedFor<RetryConfig>('maxRetries', 'onRetry', 'budget', 'statuses');
    const policy: PolicyConfig = undefinedFor<PolicyConfig>('client', 'retry', 'name', 'client_options');
    const request: RequestPolicy = undefinedFor<RequestPolicy>('retry', 'timeout', 'body', 'idempotent');
    const nothing = resolvePolicy({});
    expect(resolvePolicy(policy)).toEqual(nothing);
    expect(
      describePolicy(resolvePolicy({ client: { ...client, tls }, retry: { ...retry, backoff, budget } })),
    ).toEqual(describePolicy(nothing));
    expect(resolveRequestPolicy(request, nothing)).toEqual(resolveRequestPolicy(undefined, nothing));
  });

  it('have snake_case under the names of obstore alone', () => {
    const shared: PolicyConfig = {
      client_options: { connect_timeout: '5s', tls: { min_version: 'TLSv1.3' }, timeout: '9s' },
      retry_config: { max_retries: 3, backoff: { init_backoff: '1s' }, budget: { min_tokens: 3 } },
    };
    // @ts-expect-error an editor that offered both would show each option twice
    const client: ClientConfig = { connect_timeout: '5s' };
    // @ts-expect-error the same
    const retry: RetryConfig = { max_retries: 3 };
    expect(resolvePolicy({ client, retry })).toMatchObject({
      client: { connectTimeoutMs: 5000 },
      retry: { maxRetries: 3 },
    });
    expect(resolvePolicy(shared)).toMatchObject({ retry: { backoff: { initBackoffMs: 1000 } } });
  });
});

describe('the types of hooks', () => {
  it('describe requests and responses as axios has them, so that nothing needs a cast', () => {
    const retry: RetryConfig = {
      idempotent: (config) => config.url?.startsWith('/search'),
      shouldRetry: ({ response }) => response?.headers.get('X-Retry') === 'yes' || response?.status === 409,
      onRetry: ({ config }) => {
        if (config.headers.has('X-Signature')) config.headers.delete('X-Signature');
        config.headers.set('X-Signature', `${config.method} ${config.baseURL}${config.url}`);
        config.params = { again: true };
        config.data = undefined;
      },
    };
    const ofAxios = (config: InternalAxiosRequestConfig): RequestLike => config;
    const isSlow = ({ response }: Pick<Outcome, 'response'>) => response?.data === 'SlowDown';
    expect(resolvePolicy({ retry }).retry).toMatchObject(retry);
    expect([ofAxios, isSlow]).toHaveLength(2);
  });
});
