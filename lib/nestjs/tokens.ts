import { HttpService } from '@nestjs/axios';
import { Inject, type InjectionToken } from '@nestjs/common';

// Symbol.for, because an app may load the CommonJS and the ES module copy of this package, and means one token.
const PREFIX = 'axios-policy.nestjs';

/**
 * The token under which `HttpPolicyModule` without a name exports its `Policy`, for `moduleRef.get()`, `inject: []` of
 * a factory and `overrideProvider()` of a test.
 */
export const HTTP_POLICY = Symbol.for(`${PREFIX}.policy`);

/** The token of what `HttpPolicyModule.forRoot` was given. */
export const HTTP_POLICY_DEFAULTS = Symbol.for(`${PREFIX}.defaults`);

/** The token of the name that a registration was given, if any. */
export const CLIENT_NAME = Symbol(`${PREFIX}.name`);

/**
 * The token of the `HttpService` of a client, for `moduleRef.get()`, `inject: []` of a factory and `overrideProvider()`
 * of a test.
 * @param name of the client, as given to `register`; without one, `HttpService` itself.
 */
export function getHttpToken(name?: string): InjectionToken {
  return name === undefined ? HttpService : Symbol.for(`${PREFIX}.http ${name}`);
}

/**
 * The token of the `Policy` of a client.
 * @param name of the client, as given to `register`; without one, {@link HTTP_POLICY}.
 */
export function getPolicyToken(name?: string): InjectionToken {
  return name === undefined ? HTTP_POLICY : Symbol.for(`${PREFIX}.policy ${name}`);
}

/**
 * Injects the `HttpService` of a client: `constructor(@InjectHttp('prices') prices: HttpService)`.
 * @param name of the client, as given to `register`.
 */
export function InjectHttp(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getHttpToken(name));
}

/**
 * Injects the `Policy` of a client: `constructor(@InjectPolicy('prices') policy: Policy)`.
 * @param name of the client, as given to `register`; left out where the registration has none.
 */
export function InjectPolicy(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getPolicyToken(name));
}
