import { Inject } from '@nestjs/common';

/**
 * The token under which {@link HttpPolicyModule} exports its `Policy`, for `moduleRef.get()`, `inject: []` of a factory
 * and `overrideProvider()` of a test.
 */
// Symbol.for, because an app may load the CommonJS and the ES module copy of this package, and means one token.
export const HTTP_POLICY = Symbol.for('axios-policy.nestjs.policy');

/** Injects the `Policy` of the imported {@link HttpPolicyModule}: `constructor(@InjectPolicy() policy: Policy)`. */
export function InjectPolicy(): PropertyDecorator & ParameterDecorator {
  return Inject(HTTP_POLICY);
}
