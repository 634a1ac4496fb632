/**
 * Says beforehand what a configuration means; see the command `axios-policy explain`.
 * @packageDocumentation
 */
import { describePolicy, resolvePolicy } from '../config/resolve.js';
import type { ShortLimit } from '../config/resolved.js';
import { describeShortLimit } from '../config/resolver.js';
import type { PolicyConfig } from '../config/types.js';
import { scheduleOf } from './delays.js';
import { explainFields, explicitFields } from './fields.js';
import { retryTableOf } from './retry-table.js';
import type { PolicyExplanation } from './types.js';
import { worstCaseNotesOf, worstCasesOf } from './worst-case.js';

/** Freezes a plain value and everything in it. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

function remarkOf(limit: ShortLimit): string {
  return `${describeShortLimit(limit)}, which is shorter than many a round trip.`;
}

/**
 * Says what a configuration means, without attaching it: every field with its default and the reason for it, what is
 * retried, the delays, and how long a request may take at most.
 *
 * The same configuration gives the same explanation: percentiles of the delays are simulated with a fixed seed.
 * Passwords, keys and passphrases are not in it.
 *
 * @param config what `attachPolicy` takes; keys may be written in snake_case.
 * @returns a plain object, frozen at every level; `renderExplanation` makes text of it.
 * @throws {PolicyConfigError} with everything that is wrong with `config`, as `attachPolicy`.
 */
export function explainPolicy(config: PolicyConfig = {}): PolicyExplanation {
  const policy = resolvePolicy(config);
  return deepFreeze({
    remarks: policy.shortLimits?.map(remarkOf) ?? [],
    ...explainFields(describePolicy(policy), explicitFields(config)),
    retryTable: retryTableOf(policy),
    schedule: scheduleOf(policy.retry),
    worstCases: worstCasesOf(policy),
    worstCaseNotes: worstCaseNotesOf(policy),
  });
}

export { renderExplanation } from './render.js';
export type {
  DelayRange,
  DelaySchedule,
  ExplainedField,
  ExplainedValue,
  PolicyExplanation,
  RetryDelay,
  RetryTable,
  RetryTableRow,
  RetryVerdict,
  WorstCase,
} from './types.js';
