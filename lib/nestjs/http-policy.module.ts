import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { HttpPolicyClient } from './http-policy-client.js';
import { HTTP_POLICY } from './inject-policy.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './options.js';

/**
 * In place of `HttpModule` of `@nestjs/axios`: exports an `HttpService` on an axios instance of its own that has a
 * policy attached, and the `Policy` for `@InjectPolicy()`. Its connections are closed when the app has shut down.
 *
 * Each `register` and `registerAsync` makes a service, a policy and pools of its own, for the modules that import it.
 * Imported without either, the defaults apply.
 *
 * Wrong options fail the start of the app with a `PolicyConfigError` that names them.
 */
@Module({
  providers: [
    { provide: MODULE_OPTIONS_TOKEN, useValue: {} },
    HttpPolicyClient,
    { provide: HttpService, useFactory: ({ http }: HttpPolicyClient) => http, inject: [HttpPolicyClient] },
    {
      provide: HTTP_POLICY,
      useFactory: ({ policy }: HttpPolicyClient) => policy,
      inject: [HttpPolicyClient],
    },
  ],
  exports: [HttpService, HTTP_POLICY],
})
export class HttpPolicyModule extends ConfigurableModuleClass {}
