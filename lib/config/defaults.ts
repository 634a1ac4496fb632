/**
 * Every default, in the spelling a user would write, with its reason. `undefined` = there is none, or it depends.
 * The names and, unless a line says otherwise, the values are object_store's:
 * https://docs.rs/object_store/latest/object_store/struct.ClientOptions.html
 */
import type { BackoffConfig, BudgetConfig, ClientConfig, RetryConfig } from './types.js';

/** One value for each key of a configuration. */
type DefaultsOf<T> = { readonly [K in keyof Required<T>]: T[K] | undefined };

/** Defaults of {@link ClientConfig}. */
export const CLIENT_DEFAULTS = Object.freeze({
  // Credentials in the clear are a mistake more often than a wish.
  allowHttp: false,
  // Without the checks, TLS protects from nobody who can answer.
  allowInvalidCertificates: false,
  // Several SYN retransmissions (1 s, 2 s) fit; a host that is gone costs seconds, not minutes.
  connectTimeout: '5s',
  // Only the caller knows what the bytes are.
  defaultContentType: undefined,
  // One HTTP/2 connection is slower than several HTTP/1.1 ones for large bodies: apache/arrow-rs#5194.
  http1Only: true,
  // Needs a server that is known to speak it.
  http2Only: false,
  // A PING costs wake-ups, and servers may answer many with ENHANCE_YOUR_CALM.
  http2KeepAliveInterval: false,
  // hyper's: ample for a round trip, short enough to notice a dead peer.
  http2KeepAliveTimeout: '20s',
  // An idle connection that died harms nobody until it is used.
  http2KeepAliveWhileIdle: false,
  // Not the reference's 90 s: common servers close idle connections at 20–75 s, and we should be the first to.
  poolIdleTimeout: '15s',
  // Sockets are cheap next to handshakes; the idle timeout is what bounds them.
  poolMaxIdlePerHost: Number.POSITIVE_INFINITY,
  // The environment, as with every other tool on the machine.
  proxyUrl: undefined,
  // What an explicit proxy is for, the operator has said by naming it.
  proxyExcludes: Object.freeze([]) as readonly string[],
  // `timeout` bounds the attempt; a bound on silence as well is the caller's to choose.
  readTimeout: false,
  // Longer than any healthy answer, short enough to leave time for a retry within `retryTimeout`.
  timeout: '30s',
  // What the instance's own `httpsAgent` carries.
  tls: undefined,
  // axios' own.
  userAgent: undefined,
} as const) satisfies DefaultsOf<ClientConfig>;

/** Defaults of {@link BackoffConfig}. */
export const BACKOFF_DEFAULTS = Object.freeze({
  // Doubles the range of the draw: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
  base: 2,
  // Longer than a round trip, shorter than a user notices.
  initBackoff: '100ms',
  // Beyond it a longer wait spares the server little and costs the caller much.
  maxBackoff: '15s',
} as const) satisfies DefaultsOf<BackoffConfig>;

/** Defaults of {@link BudgetConfig}. The reference has no budget. */
export const BUDGET_DEFAULTS = Object.freeze({
  // One request's `maxRetries`: a quiet origin is still retried in full.
  minTokens: 10,
  // Bounds the burst of a busy process.
  maxTokens: 1000,
  // Rides out a failover of some seconds at the origin's own request rate.
  windowSeconds: 20,
  // One retry for ten requests that went well: load grows by a tenth at most while an origin is overloaded.
  perSuccess: 0.1,
  // Before the request rate is known, a process that starts during an outage must not give up at once.
  initialTokens: 500,
} as const) satisfies DefaultsOf<BudgetConfig>;

/** Statuses retried by default: server errors, 429 Too Many Requests, 408 Request Timeout. */
export function isRetryableStatus(status: number): boolean {
  return (status >= 500 && status <= 599) || status === 429 || status === 408;
}

/** Header of an idempotency key: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header */
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key';

/** Defaults of {@link RetryConfig}. */
export const RETRY_DEFAULTS = Object.freeze({
  backoff: BACKOFF_DEFAULTS,
  // With the backoff above, 3 s of waiting on average: enough for a restart or a failover.
  maxRetries: 10,
  // Under 5 minutes: credentials and signed URLs of common clouds are refreshed that long before they expire.
  retryTimeout: '3m',
  // The method says.
  idempotent: undefined,
  // All: a status says that the server did not do it.
  methods: undefined,
  // `isRetryableStatus`.
  statuses: undefined,
  shouldRetry: undefined,
  // The server knows best when it will be back.
  retryAfter: true,
  // Ten retries each keep an overloaded server down; a budget lets it recover.
  budget: true,
  // A header the server does not ask for may be refused.
  idempotencyKey: false,
  // What arrived need not be sent again, and a stream has no other way to go on.
  resume: true,
  onRetry: undefined,
  onGiveUp: undefined,
} as const) satisfies DefaultsOf<RetryConfig>;
