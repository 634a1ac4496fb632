/** Why each default is what it is: one sentence per field, for people who wonder whether to change it. */
import type { BackoffConfig, BudgetConfig, ClientConfig, RetryConfig } from '../config/types.js';

/** Of {@link ClientConfig}. */
export const CLIENT_REASONS: Readonly<Record<keyof ClientConfig, string>> = {
  allowHttp: 'Credentials in the clear are a mistake more often than a wish.',
  allowInvalidCertificates: 'Without the checks, TLS protects from nobody who can answer.',
  connectTimeout:
    'A lost SYN is sent again after 1 s and after 3 s, so two losses fit; a host that is gone costs seconds, not minutes.',
  defaultContentType: 'Only the caller knows what the bytes of a body are.',
  http1Only:
    'Large bodies are slower over one HTTP/2 connection than over several of HTTP/1.1 (apache/arrow-rs#5194).',
  http2Only: 'It needs a server that is known to speak HTTP/2.',
  http2KeepAliveInterval: 'A PING costs wake-ups, and servers may answer many with ENHANCE_YOUR_CALM.',
  http2KeepAliveTimeout: 'Ample for a round trip, short enough to notice a dead peer.',
  http2KeepAliveWhileIdle: 'An idle connection that died harms nobody until it is used.',
  poolIdleTimeout:
    'Common servers close idle connections at 20–75 s; who closes first never sends into a closed connection.',
  poolMaxIdlePerHost: 'Sockets are cheap next to handshakes; poolIdleTimeout is what bounds them.',
  proxyUrl: 'HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, as for every other tool on the machine.',
  proxyExcludes: 'Who names a proxy wants it used.',
  readTimeout: '`timeout` bounds the attempt; a bound on silence as well is for the caller to choose.',
  timeout:
    'Longer than any healthy answer, short enough to leave time for retries; of a streamed body it bounds the silence.',
  tls: "What the instance's own httpsAgent carries is taken over.",
  userAgent: 'The one that axios sends.',
};

/** Of {@link BackoffConfig}. */
export const BACKOFF_REASONS: Readonly<Record<keyof BackoffConfig, string>> = {
  initBackoff: 'Longer than a round trip, shorter than a user notices.',
  maxBackoff: 'A longer wait spares the server little more, and costs the caller much.',
  base: 'Each delay is drawn from initBackoff up to twice the last one, so that clients spread out as they back off.',
};

/** Of {@link BudgetConfig}. */
export const BUDGET_REASONS: Readonly<Record<keyof BudgetConfig, string>> = {
  minTokens: "One request's maxRetries: also a quiet origin is retried in full.",
  maxTokens: 'Bounds what a busy process can send at once.',
  windowSeconds: "Rides out a failover of some seconds at the origin's own request rate.",
  perSuccess:
    'One retry for ten requests that went well: an overloaded origin gets a tenth more load at most.',
  initialTokens:
    'Until the request rate is known, a process that starts during an outage must not give up at once.',
};

/** Of {@link RetryConfig}. */
export const RETRY_REASONS: Readonly<Record<Exclude<keyof RetryConfig, 'backoff'>, string>> = {
  maxRetries:
    'With the default backoff that is 3 s of waiting as a rule, and 55 s at most: enough for a restart or a failover.',
  retryTimeout:
    'Under 5 minutes: credentials and signed URLs of common clouds are renewed that long before they expire.',
  idempotent: 'The method says it, unless the caller knows better.',
  methods: 'A status such as 503 or 429 says that the server did not do it, whatever the method.',
  statuses: 'They tell of the state of the server; the other ones tell of the request, and would come again.',
  shouldRetry: 'Statuses and errors say enough for most services.',
  retryAfter: 'The server knows best when it will be back.',
  budget: 'Retries by everybody keep an overloaded server down; a budget lets it recover.',
  idempotencyKey: 'A header that the server does not ask for may be refused.',
  resume: 'What has arrived need not be sent again, and a stream has no other way to go on.',
  onRetry: 'Nothing to be told.',
  onGiveUp: 'Nothing to be told.',
};
