/** What the package exports on every platform: all but `attachPolicy` itself. */

// As types, because there is nothing to load: it makes `policy` known on axios' request config.
export type * from './augment.js';
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
export type { PolicyStats } from './request/activity.js';
export type { AxiosLike } from './request/axios.js';
export type {
  AttemptDescription,
  AttemptEndMessage,
  AttemptMessage,
  AttemptStartMessage,
  GiveUpMessage,
  RetryMessage,
} from './request/channels.js';
export { describeFailure, getPolicyMetadata } from './request/describe-failure.js';
export type { Policy } from './request/policy.js';
export type { AttemptOutcome, RequestMetadata, RequestTimings } from './retry/record.js';
export type { ConnectionLabel, ConnectMessage, PoolMessage } from './transport/channels.js';
