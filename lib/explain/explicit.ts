import { BUDGET_KEYS } from '../config/budget-option.js';
import type { KeySet } from '../config/key-set.js';
import { BACKOFF_KEYS, CLIENT_KEYS, POLICY_KEYS, RETRY_KEYS } from '../config/options.js';
import { Problems, Section } from '../config/section.js';

function present<K extends string>(section: Section<K>, path: string, { keys }: KeySet<K>): string[] {
  return keys.filter((key) => section.raw(key) !== undefined).map((key) => `${path}.${key}`);
}

/**
 * The fields that a configuration sets, in either spelling, as paths in camelCase: `retry.backoff.initBackoff`.
 *
 * @param config one that `resolvePolicy` has accepted.
 */
export function explicitFields(config: unknown): ReadonlySet<string> {
  // What a section says against `retry: false` or `budget: true` is of no interest: the resolver has accepted them.
  const ignored = new Problems();
  const policy = new Section(config, '', POLICY_KEYS, ignored);
  const retry = policy.child('retry', RETRY_KEYS);
  return new Set([
    ...present(policy.child('client', CLIENT_KEYS), 'client', CLIENT_KEYS),
    ...present(retry, 'retry', RETRY_KEYS),
    ...present(retry.child('backoff', BACKOFF_KEYS), 'retry.backoff', BACKOFF_KEYS),
    ...present(retry.child('budget', BUDGET_KEYS), 'retry.budget', BUDGET_KEYS),
  ]);
}
