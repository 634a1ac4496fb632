/**
 * The policy as a NestJS module: an `HttpService` of `@nestjs/axios` that has a policy attached.
 * @packageDocumentation
 */
export { HttpPolicyHealth, type HttpPolicyHealthLimits, type HttpPolicyHealthStatus } from './health.js';
export { HttpPolicyModule } from './http-policy.module.js';
export type { HttpPolicyDefaults, HttpPolicyModuleOptions, HttpPolicyOptionsFactory } from './options.js';
export { getHttpToken, getPolicyToken, HTTP_POLICY, InjectHttp, InjectPolicy } from './tokens.js';
