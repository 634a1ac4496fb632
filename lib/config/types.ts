/**
 * What a user may say: the configuration of a policy, before it is resolved.
 *
 * Every key may also be written in the snake_case of the reference (`connect_timeout`), so that a JSON or YAML file shared
 * with an obstore service works as it is. The types have it under `client_options` and `retry_config`, so that an editor
 * offers each option once. See `resolve.ts` for what becomes of it.
 */
import type { ClientConfig, DnsConfig, EjectConfig, TlsConfig } from './client-types.js';
import type { BackoffConfig, BudgetConfig, RetryConfig } from './retry-types.js';
import type { Duration, SnakeCase } from './value-types.js';

export type * from './client-types.js';
export type * from './event-types.js';
export type * from './retry-types.js';
export type * from './value-types.js';

/** Configurations that stand in another one. */
type Nested = TlsConfig | DnsConfig | EjectConfig | BackoffConfig | BudgetConfig;

type SnakeCaseWithin<V> = V extends Nested ? WithSnakeCase<V> : V;

/** A configuration in either spelling of its keys, at every level. Both spellings of one key are an error. */
export type WithSnakeCase<T> = {
  readonly [K in keyof T & string as K | SnakeCase<K>]?: SnakeCaseWithin<T[K]>;
};

/** The second argument of `attachPolicy`. */
export interface PolicyConfig {
  /** Connections and deadlines. */
  readonly client?: ClientConfig | undefined;
  /** The same as `client`, by the name obstore uses, and with its snake_case. */
  readonly client_options?: WithSnakeCase<ClientConfig> | undefined;
  /** Retries; `false` = none at all, transport only. */
  readonly retry?: RetryConfig | false | undefined;
  /** The same as `retry`, by the name obstore uses, and with its snake_case. */
  readonly retry_config?: WithSnakeCase<RetryConfig> | false | undefined;
  /**
   * Stands in errors, warnings, events, channel messages and metrics, to tell one of several policies from the others.
   * @defaultValue the host of the instance's `baseURL`, as it is at attach
   */
  readonly name?: string | undefined;
}

/** What one request may say about its own policy, as `axios.get(url, { policy })`. */
export interface RequestPolicy {
  /** Overrides of the retry configuration; `false` = no retries. */
  readonly retry?: RetryConfig | false | undefined;
  /** Overrides `client.timeout` and axios' `timeout`. */
  readonly timeout?: Duration | false | undefined;
  /** Overrides `client.readTimeout`. */
  readonly readTimeout?: Duration | false | undefined;
  /**
   * Whether a second delivery of this request does no harm. `false` also means that it is not sent again at once when its
   * kept-alive connection dies before the first byte of a response.
   */
  readonly idempotent?: boolean | undefined;
  /** Keeps the whole URL out of messages. */
  readonly sensitive?: boolean | undefined;
  /**
   * Makes a new body for each attempt, so that a stream can be sent again. It has the attempt's `timeout` to finish. A
   * stream that it makes is destroyed when its attempt is over. A `Content-Length` header that you set stays.
   */
  readonly body?: (() => unknown) | undefined;
}
