import { HttpService } from '@nestjs/axios';
import { Inject, Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { firstValueFrom } from 'rxjs';
import { type Policy, PolicyConfigError } from '../../lib/index.js';
import {
  HTTP_POLICY,
  HttpPolicyModule,
  type HttpPolicyModuleOptions,
  type HttpPolicyOptionsFactory,
} from '../../lib/nestjs/index.js';
import { startOrigin } from '../helpers/origin.js';
import { startContext, unavailable } from './app.js';

const VARIABLES = {
  HTTP_ALLOW: 'true',
  HTTP_TIMEOUT: '5s',
  HTTP_POOL: '10',
  HTTP_RETRIES: '2',
  HTTP_BACKOFF: '2ms',
};

/** Environment variables, which are strings all of them, or not there. */
const EnvironmentModule = ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => VARIABLES] });

const fromEnvironment = (environment: ConfigService): HttpPolicyModuleOptions => ({
  client: {
    allowHttp: environment.get('HTTP_ALLOW'),
    timeout: environment.get('HTTP_TIMEOUT'),
    connectTimeout: environment.get('HTTP_CONNECT_TIMEOUT'),
    poolMaxIdlePerHost: environment.get('HTTP_POOL'),
  },
  retry: {
    maxRetries: environment.get('HTTP_RETRIES'),
    backoff: { initBackoff: environment.get('HTTP_BACKOFF'), maxBackoff: environment.get('HTTP_BACKOFF') },
  },
});

@Injectable()
class PolicyFromEnvironment implements HttpPolicyOptionsFactory {
  constructor(@Inject(ConfigService) private readonly environment: ConfigService) {}

  createHttpPolicyOptions(): HttpPolicyModuleOptions {
    return fromEnvironment(this.environment);
  }
}

@Module({
  imports: [EnvironmentModule],
  providers: [PolicyFromEnvironment],
  exports: [PolicyFromEnvironment],
})
class PolicyOptionsModule {}

describe('registerAsync', () => {
  const forms: [string, Parameters<typeof HttpPolicyModule.registerAsync>[0]][] = [
    ['useFactory', { imports: [EnvironmentModule], inject: [ConfigService], useFactory: fromEnvironment }],
    [
      'an asynchronous useFactory',
      {
        imports: [EnvironmentModule],
        inject: [ConfigService],
        useFactory: async (environment) => fromEnvironment(environment),
      },
    ],
    ['useClass', { imports: [EnvironmentModule], useClass: PolicyFromEnvironment }],
    ['useExisting', { imports: [PolicyOptionsModule], useExisting: PolicyFromEnvironment }],
  ];

  it.each(forms)('takes the strings of a ConfigService from %s', async (_form, options) => {
    const origin = (await startOrigin()).always(unavailable);
    const app = await startContext({ imports: [HttpPolicyModule.registerAsync(options)] });

    await expect(firstValueFrom(app.get(HttpService).get(origin.url))).rejects.toMatchObject({ status: 503 });

    expect(origin.requests).toHaveLength(3);
    expect(app.get<Policy>(HTTP_POLICY).config.client).toMatchObject({
      timeout: 5000,
      connectTimeout: 5000,
      poolMaxIdlePerHost: 10,
    });
  });

  it('takes the options of axios from the factory too', async () => {
    const app = await startContext({
      imports: [
        HttpPolicyModule.registerAsync({ useFactory: () => ({ axios: { baseURL: 'https://api.test' } }) }),
      ],
    });

    expect(app.get(HttpService).axiosRef.defaults.baseURL).toBe('https://api.test');
  });

  it('takes a configuration class whose options are getters', async () => {
    class HttpConfig {
      get client() {
        return { timeout: '3s' };
      }
    }
    const app = await startContext({
      imports: [HttpPolicyModule.registerAsync({ useFactory: () => new HttpConfig() })],
    });

    expect(app.get<Policy>(HTTP_POLICY).config.client.timeout).toBe(3000);
  });

  it('can be global', async () => {
    @Module({ providers: [{ provide: 'size', useFactory: (_: HttpService) => 1, inject: [HttpService] }] })
    class Feature {}

    const app = await startContext({
      imports: [HttpPolicyModule.registerAsync({ global: true, useFactory: () => ({}) }), Feature],
    });

    expect(app.get('size', { strict: false })).toBe(1);
  });
});

describe('wrong options', () => {
  /** What the start of an application fails with. */
  async function failureOf(imported: ReturnType<typeof HttpPolicyModule.register>): Promise<unknown> {
    @Module({ imports: [imported] })
    class App {}
    return NestFactory.createApplicationContext(App, { logger: false, abortOnError: false }).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  it('fail the start, with the module and the option in the message', async () => {
    const error = await failureOf(HttpPolicyModule.register({ client: { timeout: 'soon' } }));

    expect(error).toBeInstanceOf(PolicyConfigError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^HttpPolicyModule: client\.timeout: expected .* got .*soon/),
      problems: [{ path: 'client.timeout' }],
    });
  });

  it('are reported all at once', async () => {
    const error = await failureOf(
      HttpPolicyModule.registerAsync({
        useFactory: async () => ({ client: { timeout: 'soon' }, retry: { maxRetries: -1 } }),
      }),
    );

    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^HttpPolicyModule, 2 problems:\n {2}- client\.timeout: .*\n {2}- retry\.maxRetries: /,
      ),
    });
  });

  it('include a misspelt one', async () => {
    const misspelt = { clinet: {} } as HttpPolicyModuleOptions;

    expect(await failureOf(HttpPolicyModule.register(misspelt))).toMatchObject({
      message: expect.stringMatching(/^HttpPolicyModule: clinet: .*client/),
    });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['string', 'client'],
  ])('include %s in place of an object', async (received, value) => {
    const useFactory = () => value as unknown as HttpPolicyModuleOptions;

    expect(await failureOf(HttpPolicyModule.registerAsync({ useFactory }))).toMatchObject({
      message: `HttpPolicyModule: options: expected an object (does the factory return it?), got ${received}`,
    });
  });

  it.each(['axios', 'client'])('whose %s throws fail the start with what it threw', async (option) => {
    const broken = {
      get [option]() {
        throw new RangeError('no such setting');
      },
    };

    expect(await failureOf(HttpPolicyModule.registerAsync({ useFactory: () => broken }))).toEqual(
      new RangeError('no such setting'),
    );
  });
});
