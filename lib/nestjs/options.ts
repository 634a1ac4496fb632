import type { HttpModuleOptions } from '@nestjs/axios';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { PolicyConfig } from '../index.js';

/** What `HttpPolicyModule.register` takes, and what the factory of `registerAsync` returns. */
export interface HttpPolicyModuleOptions extends PolicyConfig {
  /**
   * Defaults of the module's own axios instance (`baseURL`, `headers`, …), as `HttpModule.register` takes them.
   * @defaultValue axios' defaults
   */
  readonly axios?: Omit<HttpModuleOptions, 'global'>;
}

/** What a class given to `registerAsync` as `useClass` or `useExisting` has to do. */
export interface HttpPolicyOptionsFactory {
  createHttpPolicyOptions(): HttpPolicyModuleOptions | Promise<HttpPolicyModuleOptions>;
}

/** Options about the module itself; they stand beside the others in `register`, and beside the factory in `registerAsync`. */
interface ModuleExtras {
  /**
   * Whether every module of the app gets the `HttpService` and the `Policy` without importing this one.
   * @defaultValue `false`
   */
  global?: boolean;
}

/**
 * The base of {@link HttpPolicyModule}.
 *
 * Transient, because Nest takes two imports of a module for one and the same if their options look alike (before Nest
 * 11 it compares the text of functions), and each registration is to have its own pools and budget.
 */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<HttpPolicyModuleOptions>({ moduleName: 'HttpPolicy', alwaysTransient: true })
    .setClassMethodName('register')
    .setFactoryMethodName('createHttpPolicyOptions')
    .setExtras<ModuleExtras>({ global: false }, (definition, { global }) => ({
      ...definition,
      global,
    }))
    .build();
