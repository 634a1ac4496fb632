import type { HttpModuleOptions } from '@nestjs/axios';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type PolicyConfig, PolicyConfigError } from '../index.js';

/** The argument of `HttpPolicyModule.register`, and the result of the factory of `registerAsync`. */
export interface HttpPolicyModuleOptions extends PolicyConfig {
  /**
   * Defaults of the module's own axios instance (`baseURL`, `headers`, …), as `HttpModule.register` takes them.
   * @defaultValue axios' defaults
   */
  readonly axios?: Omit<HttpModuleOptions, 'global'>;
}

/** The defaults that all clients share, for `HttpPolicyModule.forRoot`. */
export type HttpPolicyDefaults = Omit<HttpPolicyModuleOptions, 'name'>;

/** What a class given to `registerAsync` or `forRootAsync` as `useClass` or `useExisting` has to do. */
export interface HttpPolicyOptionsFactory {
  createHttpPolicyOptions(): HttpPolicyModuleOptions | Promise<HttpPolicyModuleOptions>;
}

/** All options but `axios`, also what is no option at all: a misspelt one is to be reported. */
export function policyConfigOf(options: HttpPolicyModuleOptions): PolicyConfig {
  const { axios: _, ...own } = options;
  // By name once more, for a configuration class may have them as getters, which are not its own.
  const { client, client_options, retry, retry_config } = options;
  return { ...own, client, client_options, retry, retry_config };
}

/** Options about the module itself; they stand beside the others in `register`, and beside the factory in `registerAsync`. */
interface ModuleExtras {
  /**
   * Whether every module of the app gets the `HttpService` and the `Policy` without importing this one.
   * @defaultValue `false`
   */
  global?: boolean;
  /**
   * The name of the client: for `@InjectHttp(name)` and `@InjectPolicy(name)`, and in messages about it.
   * @defaultValue none: injected as `HttpService` and with `@InjectPolicy()`
   */
  name?: string | undefined;
}

/**
 * The base of `HttpPolicyModule`.
 *
 * Transient, because Nest takes two imports of a module for one and the same if their options look alike (before Nest
 * 11 it compares the text of functions), and each registration is to have its own pools and budget.
 */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<HttpPolicyModuleOptions>({ moduleName: 'HttpPolicy', alwaysTransient: true })
    .setClassMethodName('register')
    .setFactoryMethodName('createHttpPolicyOptions')
    .setExtras<ModuleExtras>({ global: false, name: undefined }, (definition, { global }) => ({
      ...definition,
      global,
    }))
    .build();

/** @throws {PolicyConfigError} if a factory returned something else than options. */
export function assertOptions(options: unknown, heading: string): void {
  if (typeof options === 'object' && options !== null) return;
  const received = options === null ? 'null' : typeof options;
  throw configError('options', 'an object (does the factory return it?)', received, heading);
}

/** An error about one option. */
export function configError(
  path: string,
  expected: string,
  received: string,
  heading: string,
): PolicyConfigError {
  return new PolicyConfigError([{ path, expected, received }], heading);
}

/** Runs `action`; what is wrong with a configuration is reported under a heading that says where it stands. */
export function underHeading<T>(heading: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PolicyConfigError) throw new PolicyConfigError(error.problems, heading);
    throw error;
  }
}

/** The start of an error's message: which client of the app is wrong. */
export function headingOf(name: string | undefined): string {
  return name === undefined ? 'HttpPolicyModule' : `HttpPolicyModule '${name}'`;
}
