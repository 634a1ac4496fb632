/**
 * The configuration as the rest of the library sees it: parsed, checked and completed once, at attach. Its values follow
 * from the tables of options. Lengths of time are finite milliseconds no longer than a timer can hold, or `false` for
 * "no limit".
 */

import type { Requirement, Values } from './option.js';
import type { CLIENT_OPTIONS, REQUEST_OPTIONS, RETRY_OPTIONS } from './options.js';

export type { ResolvedBudget } from './budget-option.js';
export type { HeaderFields } from './default-headers.js';
export type { LimitMs } from './duration.js';
export type { ResolvedBackoff } from './options.js';
export type { ProxyAddress } from './proxy-url.js';

/** An option that was set explicitly and needs what not every platform has. */
export interface ExplicitOption {
  readonly key: string;
  readonly needs: Requirement;
  /** As the user spelled it: `client_options.connect_timeout`. */
  readonly path: string;
  /** Its value as a message may show it: shortened, without secrets. */
  readonly received: string;
}

/** `ClientConfig`, resolved. */
export interface ResolvedClient extends Values<typeof CLIENT_OPTIONS> {
  /** `true` if nobody set `timeout`; a stream is then bounded by silence, not as a whole. */
  readonly timeoutIsDefault: boolean;
  /** Keys that the user set, to whatever value. */
  readonly given: ReadonlySet<string>;
  /** Options that somebody set and that not every platform supports. */
  readonly explicit: readonly ExplicitOption[];
}

/** `RetryConfig`, resolved. */
export interface ResolvedRetry extends Omit<Values<typeof RETRY_OPTIONS>, 'statuses'> {
  readonly isRetryableStatus: (status: number) => boolean;
  /** The list behind `isRetryableStatus`, if the user gave one; for display. */
  readonly statuses?: readonly number[] | undefined;
}

/** A limit that may be meant in another unit: see `short-limits.ts`. */
export interface ShortLimit {
  /** As the user spelled it. */
  readonly path: string;
  readonly ms: number;
  /** The same number in seconds, if it was given without a unit. */
  readonly inSeconds: string | undefined;
}

/** `PolicyConfig`, resolved. */
export interface ResolvedPolicy {
  /** The policy's name in messages, if somebody gave it one. */
  readonly name: string | undefined;
  readonly client: ResolvedClient;
  /** `false` = transport only. */
  readonly retry: ResolvedRetry | false;
  /** Limits that may be meant in another unit, if there are any. */
  readonly shortLimits: readonly ShortLimit[] | undefined;
}

/** `RequestPolicy`, resolved. A value is `undefined` where the request says nothing. */
export interface ResolvedRequestPolicy extends Values<typeof REQUEST_OPTIONS> {
  /** The whole retry configuration of this request: the policy's, with the request's overrides. */
  readonly retry: ResolvedRetry | false;
}
