/**
 * What a user may say: the configuration of a policy, before it is resolved.
 *
 * Every key may also be written in the snake_case of the reference (`connect_timeout`), so that a JSON or YAML
 * file shared with an obstore service works as it is. See `resolve.ts` for what becomes of it.
 */
import type { ClientConfig } from './client-types.js';
import type { RetryConfig } from './retry-types.js';
import type { Duration, Spelled } from './value-types.js';

export type * from './client-types.js';
export type * from './event-types.js';
export type * from './retry-types.js';
export type * from './value-types.js';

/** The second argument of `attachPolicy`. */
export interface PolicyConfig {
  /** Connections and deadlines. */
  readonly client?: Spelled<ClientConfig>;
  /** The same as `client`, by the name obstore uses. */
  readonly client_options?: Spelled<ClientConfig>;
  /** Retries; `false` = none at all, transport only. */
  readonly retry?: Spelled<RetryConfig> | false;
  /** The same as `retry`, by the name obstore uses. */
  readonly retry_config?: Spelled<RetryConfig> | false;
  /**
   * What messages about the policy call it, to tell one of several from the others.
   * @defaultValue none
   */
  readonly name?: string;
}

/** What one request may say about its own policy, as `axios.get(url, { policy })`. */
export interface RequestPolicy {
  /** Overrides of the retry configuration; `false` = no retries. */
  readonly retry?: Spelled<RetryConfig> | false;
  /** Overrides `client.timeout` and axios' `timeout`. */
  readonly timeout?: Duration | false;
  /** Overrides `client.readTimeout`. */
  readonly readTimeout?: Duration | false;
  /**
   * Whether this request may safely be delivered twice. `false` also forbids to send it again at once when the
   * kept-alive connection that it was sent on dies without a byte of a response.
   */
  readonly idempotent?: boolean;
  /** Keeps the whole URL out of messages. */
  readonly sensitive?: boolean;
  /**
   * Makes the body of each attempt anew, so that a stream can be re-sent; within the attempt's `timeout`. A stream that it
   * makes is destroyed when its attempt is over. A `Content-Length` header that you set for it stays.
   */
  readonly body?: () => unknown;
}
