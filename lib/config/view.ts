/** The policy as its owner may look at it: `policy.config`. Plain, frozen, and safe to log. */
import { type View, viewOf } from './option.js';
import { CLIENT_OPTIONS, RETRY_OPTIONS } from './options.js';
import type { ResolvedPolicy, ResolvedRetry } from './resolved.js';

/** A resolved `ClientConfig`: durations in ms, `false` = off, `undefined` = none; `[redacted]` for what is secret. */
export interface ClientView extends View<typeof CLIENT_OPTIONS> {}

/** A resolved `RetryConfig`: durations in ms, functions as they are. */
export interface RetryView extends View<typeof RETRY_OPTIONS> {}

/** A policy's configuration as it is in force, by the keys of its options. */
export interface PolicyView {
  readonly name: string | undefined;
  readonly client: ClientView;
  readonly retry: RetryView | false;
}

function describeRetry({ isRetryableStatus, ...retry }: ResolvedRetry): RetryView {
  return viewOf(RETRY_OPTIONS, { ...retry, statuses: retry.statuses ?? isRetryableStatus });
}

/** A frozen, plain picture of a policy without its secrets, for people and logs. */
export function describePolicy(policy: ResolvedPolicy): PolicyView {
  return Object.freeze({
    name: policy.name,
    client: viewOf(CLIENT_OPTIONS, policy.client),
    retry: policy.retry && describeRetry(policy.retry),
  });
}
