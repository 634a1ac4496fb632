/**
 * Timeouts, keep-alive pools, proxies, HTTP/2 and retries for an axios instance, with one call.
 * @packageDocumentation
 */
import './augment.js';

export type { AxiosLike } from './attach/axios-like.js';
export type {
  AttemptDescription,
  AttemptEndMessage,
  AttemptMessage,
  AttemptStartMessage,
  GiveUpMessage,
  RetryMessage,
} from './attach/channels.js';
export { describeFailure, getPolicyMetadata } from './attach/describe-failure.js';
export type { PolicyStats } from './attach/stats.js';
export { attachPolicy, type Policy } from './attach.js';
export type {
  BackoffConfig,
  BudgetConfig,
  ClientConfig,
  Duration,
  DurationUnits,
  GiveUpEvent,
  GiveUpReason,
  Outcome,
  OutcomeKind,
  PolicyConfig,
  RequestPolicy,
  RetryBudget,
  RetryConfig,
  RetryEvent,
  TlsConfig,
} from './config/types.js';
export type { PolicyView } from './config/view.js';
export {
  type ConfigProblem,
  ConnectTimeoutError,
  HttpNotAllowedError,
  PolicyConfigError,
  PolicyError,
  type PolicyErrorCode,
} from './errors.js';
export type { AttemptOutcome, RequestMetadata } from './retry/metadata.js';
export type { ConnectionLabel, ConnectMessage, PoolMessage } from './transport/channels.js';
