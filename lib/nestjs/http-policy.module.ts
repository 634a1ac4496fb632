import {
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type FactoryProvider,
  Global,
  Module,
} from '@nestjs/common';
import { HttpPolicyDefaultsModule } from './defaults.module.js';
import { HttpPolicyHealth } from './health.js';
import { HttpPolicyClient, NamedPolicies } from './http-policy-client.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  type HttpPolicyDefaults,
  MODULE_OPTIONS_TOKEN,
  type OPTIONS_TYPE,
} from './options.js';
import { CLIENT_NAME, getHttpToken, getPolicyToken } from './tokens.js';

/** One for the whole app: what its clients have in common. */
@Global()
@Module({ providers: [NamedPolicies, HttpPolicyHealth], exports: [NamedPolicies, HttpPolicyHealth] })
class HttpPolicyClientsModule {}

const tokensOf = (name?: string) => [getHttpToken(name), getPolicyToken(name)];

/** What a client passes on: its `HttpService` and its `Policy`, under the tokens of its name. */
const providersOf = (name?: string): FactoryProvider[] => [
  {
    provide: getHttpToken(name),
    useFactory: ({ http }: HttpPolicyClient) => http,
    inject: [HttpPolicyClient],
  },
  {
    provide: getPolicyToken(name),
    useFactory: ({ policy }: HttpPolicyClient) => policy,
    inject: [HttpPolicyClient],
  },
];

/** A client with a name. It does not export `HttpService` itself, so one module can import several. */
@Module({ imports: [HttpPolicyClientsModule], providers: [HttpPolicyClient] })
class NamedHttpPolicyModule {}

/**
 * In place of `HttpModule` of `@nestjs/axios`: exports an `HttpService` on an axios instance of its own that has a
 * policy attached, and its `Policy`. Its connections are closed when the app has shut down.
 *
 * With a `name`, they are injected by it: `@InjectHttp('prices')`, `@InjectPolicy('prices')`; without, as `HttpService`
 * and `@InjectPolicy()`. Each `register` and `registerAsync` makes a service, a policy and pools of its own, for the
 * modules that import it. Imported without either, the defaults apply.
 *
 * Wrong options fail the start of the app with a `PolicyConfigError` that names the client and the options.
 */
@Module({
  imports: [HttpPolicyClientsModule],
  providers: [{ provide: MODULE_OPTIONS_TOKEN, useValue: {} }, HttpPolicyClient, ...providersOf()],
  exports: tokensOf(),
})
export class HttpPolicyModule extends ConfigurableModuleClass {
  /** A client with these options. */
  static override register(options: typeof OPTIONS_TYPE): DynamicModule {
    return clientOf(ConfigurableModuleClass.register(options), options.name);
  }

  /** A client with the options of a factory or a class. Its `name` stands beside these, for tokens have it. */
  static override registerAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return clientOf(ConfigurableModuleClass.registerAsync(options), options.name);
  }

  /**
   * Defaults of all clients of the app. Each client's own options are merged over them, key by key: see
   * `docs/nestjs.md`.
   */
  static forRoot(defaults: HttpPolicyDefaults): DynamicModule {
    return HttpPolicyDefaultsModule.forRoot(defaults);
  }

  /** {@link HttpPolicyModule.forRoot} with the defaults of a factory or a class. */
  static forRootAsync(
    options: ConfigurableModuleAsyncOptions<HttpPolicyDefaults, 'createHttpPolicyOptions'>,
  ): DynamicModule {
    return HttpPolicyDefaultsModule.forRootAsync(options);
  }
}

function clientOf(definition: DynamicModule, name: string | undefined): DynamicModule {
  if (name === undefined) return { ...definition, module: HttpPolicyModule };
  const own = [{ provide: CLIENT_NAME, useValue: name }, ...providersOf(name)];
  return {
    ...definition,
    module: NamedHttpPolicyModule,
    providers: [...(definition.providers ?? []), ...own],
    exports: tokensOf(name),
  };
}
