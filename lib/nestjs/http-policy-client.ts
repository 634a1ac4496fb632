import { HttpService } from '@nestjs/axios';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { AxiosStatic } from 'axios';
import { type AxiosLike, attachPolicy, type Policy, type PolicyConfig, PolicyConfigError } from '../index.js';
import { type HttpPolicyModuleOptions, MODULE_OPTIONS_TOKEN } from './options.js';

/**
 * An `HttpService` on an axios instance of its own, and the policy on that instance. Made together, so that nobody gets
 * hold of the service before the policy is attached.
 */
@Injectable()
export class HttpPolicyClient implements OnApplicationShutdown {
  readonly http: HttpService;
  readonly policy: Policy;

  constructor(@Inject(MODULE_OPTIONS_TOKEN) options: HttpPolicyModuleOptions) {
    if (typeof options !== 'object' || options === null) throw noOptions(options);
    // The copy of axios that @nestjs/axios uses, be it the CommonJS or the ES module one, for its cancel tokens.
    const axios = new HttpService().axiosRef as AxiosStatic;
    const instance = axios.create(options.axios);
    this.policy = attach(instance, options);
    this.http = new HttpService(instance);
  }

  /**
   * Cancels what is still under way, and closes the connections.
   *
   * The last of Nest's hooks on purpose. The HTTP server has answered its requests by then, with the policy until the
   * end, and the hooks before are there to wait for work of other kinds; what is left nobody waits for, and it is not to
   * hold up the shutdown for as long as retries may take (https://docs.nestjs.com/fundamentals/lifecycle-events).
   */
  async onApplicationShutdown(): Promise<void> {
    await this.policy.close({ abort: true });
  }
}

function attach(instance: AxiosLike, options: HttpPolicyModuleOptions): Policy {
  try {
    return attachPolicy(instance, policyConfigOf(options));
  } catch (error) {
    if (error instanceof PolicyConfigError) throw new PolicyConfigError(error.problems, 'HttpPolicyModule');
    throw error;
  }
}

/** All options but `axios`, also what is no option at all: a misspelt one is to be reported. */
function policyConfigOf(options: HttpPolicyModuleOptions): PolicyConfig {
  const { axios: _, ...own } = options;
  // By name once more, for a configuration class may have them as getters, which are not its own.
  const { client, client_options, retry, retry_config } = options;
  return { ...own, client, client_options, retry, retry_config };
}

function noOptions(received: unknown): PolicyConfigError {
  const problem = {
    path: 'options',
    expected: 'an object (does the factory return it?)',
    received: received === null ? 'null' : typeof received,
  };
  return new PolicyConfigError([problem], 'HttpPolicyModule');
}
