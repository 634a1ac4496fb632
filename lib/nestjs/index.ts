/**
 * The policy as a NestJS module: an `HttpService` of `@nestjs/axios` that has a policy attached.
 * @packageDocumentation
 */
export { HttpPolicyModule } from './http-policy.module.js';
export { HTTP_POLICY, InjectPolicy } from './inject-policy.js';
export type { HttpPolicyModuleOptions, HttpPolicyOptionsFactory } from './options.js';
