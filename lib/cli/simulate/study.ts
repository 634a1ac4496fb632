import { isDeepStrictEqual } from 'node:util';
import type { ResolvedPolicy } from '../../config/resolved.js';
import { type Setting, simulate } from './fleet.js';
import { type Measures, measure } from './measures.js';
import { noRetry } from './no-retry.js';
import type { Policy } from './policy.js';
import { productPolicy } from './product.js';
import { CALM_MS } from './scenario.js';

/** A run of one policy. */
export interface Result extends Measures {
  readonly name: string;
  /** Most attempts in a second, from the beginning of the trouble. */
  readonly peakAttempts: number;
}

/** The same trouble for a configuration, and for what it is to be compared with. */
export interface Study {
  readonly setting: Omit<Setting, 'policy'>;
  /** The configuration comes first. */
  readonly results: readonly Result[];
}

/** What the configuration is called, beside the others. */
export const OWN = 'this configuration';

/**
 * Runs the same trouble several times.
 *
 * @param own the policy that the command is asked about.
 * @param defaults the policy of an empty configuration.
 */
export function study(setting: Study['setting'], own: ResolvedPolicy, defaults: ResolvedPolicy): Study {
  const policies = [policyOf(OWN, own)];
  if (!isDeepStrictEqual(own.retry, defaults.retry)) policies.push(policyOf('the defaults', defaults));
  if (own.retry !== false) policies.push({ ...noRetry, name: 'no retries' });
  return { setting, results: policies.map((policy) => run({ ...setting, policy })) };
}

function policyOf(name: string, { retry }: ResolvedPolicy): Policy {
  return retry === false ? { ...noRetry, name } : productPolicy(name, retry);
}

function run(setting: Setting): Result {
  const measures = measure(simulate(setting), setting.scenario);
  const peakAttempts = Math.max(...measures.attemptsPerSecond.slice(CALM_MS / 1000));
  return { name: setting.policy.name, peakAttempts, ...measures };
}
