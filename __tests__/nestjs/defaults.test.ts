import type { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import type { Policy, PolicyConfig } from '../../lib/index.js';
import { mergeConfigs } from '../../lib/nestjs/defaults.module.js';
import {
  getHttpToken,
  getPolicyToken,
  HTTP_POLICY,
  type HttpPolicyDefaults,
  HttpPolicyModule,
  type HttpPolicyModuleOptions,
  type HttpPolicyOptionsFactory,
} from '../../lib/nestjs/index.js';
import { startOrigin } from '../helpers/origin.js';
import { QUICK, startContext } from './app.js';

/** The policy of a client with these options, in an app with these defaults. */
async function policyOf(defaults: HttpPolicyDefaults, own: HttpPolicyModuleOptions): Promise<Policy> {
  const app = await startContext({
    imports: [HttpPolicyModule.forRoot(defaults), HttpPolicyModule.register({ ...own, name: 'prices' })],
  });
  return app.get<Policy>(getPolicyToken('prices'));
}

describe('the defaults of forRoot', () => {
  it('hold for every client, and give way key by key', async () => {
    const app = await startContext({
      imports: [
        HttpPolicyModule.forRoot({
          client: { timeout: '4s', connectTimeout: '1s' },
          retry: { maxRetries: 2, backoff: { initBackoff: '10ms', maxBackoff: '20ms' } },
        }),
        HttpPolicyModule.register({
          name: 'prices',
          client: { timeout: '9s' },
          retry: { backoff: { base: 3 } },
        }),
        HttpPolicyModule.registerAsync({ name: 'stock', useFactory: () => ({ retry: false as const }) }),
        HttpPolicyModule.register({}),
      ],
    });
    const [prices, stock, unnamed] = [getPolicyToken('prices'), getPolicyToken('stock'), HTTP_POLICY].map(
      (token) => app.get<Policy>(token).config,
    );

    expect(prices).toMatchObject({
      client: { timeout: 9000, connectTimeout: 1000 },
      retry: { maxRetries: 2, backoff: { initBackoff: 10, maxBackoff: 20, base: 3 } },
    });
    expect(stock).toMatchObject({ client: { timeout: 4000, connectTimeout: 1000 }, retry: false });
    expect(unnamed).toMatchObject({ client: { timeout: 4000 }, retry: { maxRetries: 2 } });
  });

  it('reach a client in either spelling of obstore', async () => {
    const policy = await policyOf(
      { client_options: { connect_timeout: '1s', timeout: '4s' }, retry_config: { max_retries: '2' } },
      { client: { connectTimeout: '3s' }, retry_config: { maxRetries: 1 } },
    );

    expect(policy.config).toMatchObject({
      client: { connectTimeout: 3000, timeout: 4000 },
      retry: { maxRetries: 1 },
    });
  });

  it('are merged with those of axios as axios merges, headers too', async () => {
    const origin = await startOrigin();
    const app = await startContext({
      imports: [
        HttpPolicyModule.forRoot({
          ...QUICK,
          axios: { headers: { 'X-App': 'shop', 'X-Tier': '1' }, timeout: 4000 },
        }),
        HttpPolicyModule.register({
          name: 'prices',
          axios: { baseURL: origin.url, headers: { 'X-Tier': '2' } },
        }),
      ],
    });
    const http = app.get<HttpService>(getHttpToken('prices'));

    await firstValueFrom(http.get('/'));

    expect(origin.requests[0]?.headers).toMatchObject({ 'x-app': 'shop', 'x-tier': '2' });
    expect(http.axiosRef.defaults.timeout).toBe(4000);
  });

  it('can come from a class', async () => {
    @Injectable()
    class Defaults implements HttpPolicyOptionsFactory {
      createHttpPolicyOptions() {
        return { client: { timeout: '6s' } };
      }
    }
    const app = await startContext({
      imports: [HttpPolicyModule.register({}), HttpPolicyModule.forRootAsync({ useClass: Defaults })],
    });

    expect(app.get<Policy>(HTTP_POLICY).config.client.timeout).toBe(6000);
  });
});

describe('wrong defaults', () => {
  const failureOf = (defaults: unknown): Promise<unknown> =>
    startContext({
      imports: [
        HttpPolicyModule.forRootAsync({ useFactory: () => defaults as HttpPolicyDefaults }),
        HttpPolicyModule.register({ name: 'prices' }),
      ],
    }).then(
      () => undefined,
      (error: unknown) => error,
    );

  it.each([
    ['a bad value', { client: { timeout: 'soon' } }, /^HttpPolicyModule\.forRoot: client\.timeout: expected/],
    ['a misspelt key', { clinet: {} }, /^HttpPolicyModule\.forRoot: clinet: .*client/],
    ['a name', { name: 'all' }, /^HttpPolicyModule\.forRoot: name: expected no name/],
    ['nothing at all', undefined, /^HttpPolicyModule\.forRoot: options: expected an object .* got undefined/],
  ])('(%s) fail the start, and no client is blamed', async (_what, defaults, message) => {
    expect(await failureOf(defaults)).toMatchObject({ message: expect.stringMatching(message) });
  });

  it('that only do not go with a client are reported as that of the client', async () => {
    const failing = policyOf({ client: { http2Only: true } }, { client: { http1Only: true } });

    await expect(failing).rejects.toThrow(/^HttpPolicyModule 'prices': client\.http/);
  });
});

describe('the configuration of a client over the defaults', () => {
  const TWICE = { connectTimeout: 2, connect_timeout: 3 };
  const budget = { withdraw: () => true, deposit: () => undefined };
  const hook = () => undefined;

  it.each<[string, PolicyConfig, PolicyConfig, PolicyConfig]>([
    [
      'replaces a duration as a whole',
      { client: { timeout: { minutes: 5 } } },
      { client: { timeout: { seconds: 30 } } },
      { client: { timeout: { seconds: 30 } } },
    ],
    [
      'replaces a list as a whole',
      { client: { proxyUrl: 'http://p', proxyExcludes: ['a', 'b'] } },
      { client: { proxyExcludes: ['c'] } },
      { client: { proxyUrl: 'http://p', proxyExcludes: ['c'] } },
    ],
    [
      'keeps the other TLS material',
      { client: { tls: { ca: 'A', servername: 's' } } },
      { client: { tls: { ca: 'B' } } },
      { client: { tls: { servername: 's', ca: 'B' } } },
    ],
    [
      "replaces a budget of one's own as a whole",
      { retry: { budget: { minTokens: 3 } } },
      { retry: { budget } },
      { retry: { budget } },
    ],
    [
      'replaces a hook',
      { retry: { onRetry: async () => undefined } },
      { retry: { onRetry: hook } },
      { retry: { onRetry: hook } },
    ],
    [
      'switches retries on again',
      { retry: false },
      { retry: { maxRetries: 1 } },
      { retry: { maxRetries: 1 } },
    ],
    [
      'takes undefined for nothing said',
      { client: { timeout: 1 } },
      { client: { timeout: undefined } },
      { client: { timeout: 1 } },
    ],
    [
      'keeps both spellings of a key, which is an error to report',
      { client: { timeout: 1 } },
      { client: TWICE },
      { client: { timeout: 1, ...TWICE } },
    ],
  ])('%s', (_what, defaults, own, merged) => {
    const before = [structuredClone(Object.keys(defaults)), structuredClone(Object.keys(own))];

    expect(mergeConfigs(defaults, own)).toEqual(merged);

    expect([Object.keys(defaults), Object.keys(own)]).toEqual(before);
  });

  it('reads the getters of a configuration class', () => {
    class Client {
      readonly #seconds = 3;
      get timeout() {
        return `${this.#seconds}s`;
      }
    }

    expect(
      mergeConfigs({ client: { timeout: '1s', connectTimeout: '2s' } }, { client: new Client() }),
    ).toEqual({
      client: { timeout: '3s', connectTimeout: '2s' },
    });
  });
});
