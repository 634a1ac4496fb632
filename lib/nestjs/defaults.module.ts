import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { resolvePolicy } from '../config/resolve.js';
import { assertOptions, configError, underHeading } from './errors.js';
import { type HttpPolicyDefaults, policyConfigOf } from './options.js';

/** The token of what `HttpPolicyModule.forRoot` was given. */
export const HTTP_POLICY_DEFAULTS = Symbol.for('axios-policy.nestjs.defaults');

const HEADING = 'HttpPolicyModule.forRoot';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<HttpPolicyDefaults>({
  moduleName: 'HttpPolicyDefaults',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createHttpPolicyOptions')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

/** The defaults of all clients, checked by themselves, so that a wrong one is not blamed on a client. */
@Module({
  providers: [{ provide: HTTP_POLICY_DEFAULTS, useFactory: checked, inject: [MODULE_OPTIONS_TOKEN] }],
  exports: [HTTP_POLICY_DEFAULTS],
})
export class HttpPolicyDefaultsModule extends ConfigurableModuleClass {}

function checked(defaults: HttpPolicyDefaults): HttpPolicyDefaults {
  assertOptions(defaults, HEADING);
  const config = policyConfigOf(defaults);
  if (config.name !== undefined) {
    throw configError('name', 'no name, for each client has its own', 'a name', HEADING);
  }
  underHeading(HEADING, () => resolvePolicy(config));
  return defaults;
}
