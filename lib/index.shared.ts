/** What the package exports on every platform: all but `attachPolicy` itself. */

// As types, because there is nothing to load: it makes `policy` known on axios' request config.
export type * from './augment.js';
export type { ClientView, PolicyView, RetryView } from './config/resolved.js';
export type {
  BackoffConfig,
  BudgetConfig,
  ClientConfig,
  DnsConfig,
  Duration,
  DurationUnits,
  EjectConfig,
  GiveUpEvent,
  GiveUpReason,
  HeadersLike,
  Outcome,
  OutcomeKind,
  PolicyConfig,
  RequestLike,
  RequestPolicy,
  ResponseLike,
  RetryBudget,
  RetryConfig,
  RetryEvent,
  TlsConfig,
  WithSnakeCase,
} from './config/types.js';
export type {
  BodyConsumedError,
  Http2HeaderSizeError,
  Http2NotSupportedError,
  Http2SessionError,
  Http2StreamError,
  PingTimeoutError,
  ProxyAuthError,
  ProxyConnectionError,
  ProxyTunnelError,
} from './errors.js';
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
export type { BudgetSnapshot } from './retry/budget.js';
export type { AttemptOutcome, RequestMetadata } from './retry/record.js';
export type { RequestTimings } from './retry/timings.js';
export type { AddressMessage, ConnectionLabel, ConnectMessage, PoolMessage } from './transport/channels.js';
export type { Http2OriginStats } from './transport/http2/session-state.js';
export type { AddressStats } from './transport/peer.js';
export type { PoolStats } from './transport/pools.js';
