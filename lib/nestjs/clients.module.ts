import { Global, Module } from '@nestjs/common';
import { HttpPolicyHealth } from './health.js';
import { NamedPolicies } from './named-policies.js';

/** One for the whole app: what its clients have in common. */
@Global()
@Module({ providers: [NamedPolicies, HttpPolicyHealth], exports: [NamedPolicies, HttpPolicyHealth] })
export class HttpPolicyClientsModule {}
