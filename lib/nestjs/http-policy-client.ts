import { HttpService } from '@nestjs/axios';
import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { AxiosStatic } from 'axios';
import { attachPolicy, type Policy } from '../index.js';
import { mergeConfigs } from './defaults.module.js';
import {
  assertOptions,
  configError,
  type HttpPolicyDefaults,
  type HttpPolicyModuleOptions,
  headingOf,
  MODULE_OPTIONS_TOKEN,
  policyConfigOf,
  underHeading,
} from './options.js';
import { CLIENT_NAME, HTTP_POLICY_DEFAULTS } from './tokens.js';

/** The policies of an app, by the names of their clients. */
@Injectable()
export class NamedPolicies {
  readonly #policies = new Map<string, Policy>();

  /** @throws {PolicyConfigError} if another client has the name: `@InjectHttp` could not tell them apart. */
  add(name: string, policy: Policy): void {
    this.assertFree(name);
    this.#policies.set(name, policy);
  }

  assertFree(name: string): void {
    if (!this.#policies.has(name)) return;
    const expected = 'a name of its own (import the module of the first registration instead)';
    throw configError('name', expected, 'the name of another registration', headingOf(name));
  }

  [Symbol.iterator](): Iterator<[name: string, policy: Policy]> {
    return this.#policies.entries();
  }
}

/**
 * An `HttpService` on an axios instance of its own, and the policy on that instance. Made together, so that nobody gets
 * hold of the service before the policy is attached.
 */
@Injectable()
export class HttpPolicyClient implements OnApplicationShutdown {
  readonly http: HttpService;
  readonly policy: Policy;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: HttpPolicyModuleOptions,
    @Inject(NamedPolicies) policies: NamedPolicies,
    @Optional() @Inject(CLIENT_NAME) name?: string,
    @Optional() @Inject(HTTP_POLICY_DEFAULTS) defaults: HttpPolicyDefaults = {},
  ) {
    const heading = headingOf(name);
    assertOptions(options, heading);
    if (name !== undefined) policies.assertFree(name);
    // The copy of axios that @nestjs/axios uses, be it the CommonJS or the ES module one, for its cancel tokens.
    const axios = new HttpService().axiosRef as AxiosStatic;
    // The second `create` lets axios merge the one with the other, headers too.
    const instance = axios.create(defaults.axios).create(options.axios);
    const config = mergeConfigs(policyConfigOf(defaults), {
      ...policyConfigOf(options),
      ...named(name, options),
    });
    this.policy = underHeading(heading, () => attachPolicy(instance, config));
    if (name !== undefined) policies.add(name, this.policy);
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

/** The name of the registration, which a factory cannot change: the tokens have it. */
function named(name: string | undefined, { name: own }: HttpPolicyModuleOptions): { readonly name?: string } {
  if (name === undefined) return {};
  if (own !== undefined && own !== name) {
    throw configError('name', `the name of the registration, '${name}'`, 'another', headingOf(name));
  }
  return { name };
}
