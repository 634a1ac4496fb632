/**
 * The reason for each default, one sentence each, for people who wonder whether to change it. They stand apart from the
 * options, so that only those load them who ask; an option without its reason does not compile.
 */

import type { BACKOFF_OPTIONS, RETRY_OPTIONS } from '../config/options.js';
import type { BUDGET_OPTIONS } from '../config/retry-parsers.js';
import type { CLIENT_OPTIONS } from '../config/socket-options.js';

type ReasonsFor<T> = Readonly<Record<keyof T, string>>;

/** Of the options in `client`. */
export const CLIENT_REASONS: ReasonsFor<typeof CLIENT_OPTIONS> = {
  allowHttp: 'Plain http sends credentials in the clear, mostly by mistake.',
  allowInvalidCertificates: 'Without the checks, TLS protects from nobody who can answer.',
  connectionMaxAge: 'Balancers and DNS change their members; an old connection never learns of it.',
  connectTimeout:
    'A lost SYN is sent again after 1 s and after 3 s, so two losses fit; a host that is gone costs seconds, not minutes.',
  defaultContentType: 'Only the caller knows what the bytes of a body are.',
  defaultHeaders: 'A request has the headers of the axios instance, and its own.',
  disableSystemCertificates: 'Most servers have a certificate from a public authority.',
  dns: 'Look-ups block a thread of four; ten seconds hide no failover, and an old address is better than none.',
  eject: 'One bad server of five need not fail every fifth attempt; a probe finds out when it is well again.',
  http1Only:
    'Large bodies are slower over one HTTP/2 connection than over several of HTTP/1.1 (apache/arrow-rs#5194).',
  http2Only: 'It needs a server that is known to speak HTTP/2.',
  http2KeepAliveInterval: 'A PING costs wake-ups, and servers may answer many with ENHANCE_YOUR_CALM.',
  http2KeepAliveTimeout: 'Ample for a round trip, short enough to notice a dead peer.',
  http2KeepAliveWhileIdle: 'A dead connection does no harm until a request uses it.',
  http2MaxFrameSize: 'Larger frames save little, and let one response hold up the others.',
  poolIdleTimeout:
    'Many servers close idle connections after 20–75 s; closing first avoids sending into a closed one.',
  poolMaxIdlePerHost: 'Keeping a connection is cheaper than a new handshake; poolIdleTimeout bounds them.',
  proxyUrl: 'HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, as for every other tool on the machine.',
  proxyExcludes: 'A proxy set in proxyUrl is used for every host.',
  proxyCaCertificate: 'Needed only for an https:// proxy with a certificate of a private authority.',
  randomizeAddresses: 'The first address of a name would get all the load.',
  readTimeout: '`timeout` bounds the attempt; a limit on silence as well is your choice.',
  rootCertificate: "Node's own list of authorities covers public servers.",
  timeout:
    'Longer than any healthy answer, short enough to leave time for retries; of a streamed body it bounds the silence.',
  tls: "Certificates and keys come from the instance's own httpsAgent, if it has one.",
  userAgent: 'The one that axios sends.',
};

/** Of the options in `retry.backoff`. */
export const BACKOFF_REASONS: ReasonsFor<typeof BACKOFF_OPTIONS> = {
  initBackoff: 'Longer than a round trip, too short for a user to notice.',
  maxBackoff: 'A longer wait helps the server little more, and costs the caller much.',
  base: 'Each delay is drawn from initBackoff up to twice the last one, so that clients spread out as they back off.',
};

/** Of the options in `retry.budget`, which the reference does not have. */
export const BUDGET_REASONS: ReasonsFor<typeof BUDGET_OPTIONS> = {
  minTokens: "One request's maxRetries: requests to a quiet origin are retried in full, too.",
  maxTokens: 'Limits the burst of retries from a busy process.',
  windowSeconds: 'Covers a failover of some seconds at the usual request rate of the origin.',
  perSuccess: 'One retry for ten successes: an overloaded origin gets at most a tenth more load.',
  initialTokens: 'A process that starts during an outage has no request rate yet, and should still retry.',
};

/** Of the options in `retry`. */
export const RETRY_REASONS: ReasonsFor<Omit<typeof RETRY_OPTIONS, 'backoff'>> = {
  maxRetries:
    'With the default backoff that is about 3 s of waiting, and 55 s at most: enough for a restart or a failover.',
  retryTimeout:
    'Under 5 minutes: common clouds renew credentials and signed URLs that long before they expire.',
  elsewhere: 'Where a request has just failed it is likely to fail again.',
  idempotent: 'The method tells, unless you know better.',
  methods: 'A status such as 503 or 429 says that the server did not do it, whatever the method.',
  statuses:
    'These describe the state of the server; other statuses describe the request and would come again.',
  shouldRetry: 'Statuses and errors are enough to decide for most services.',
  retryAfter: 'The server knows best when it will be back.',
  budget: 'Retries from many clients keep an overloaded server down; a budget lets it recover.',
  idempotencyKey: 'A server may refuse a header that it does not ask for.',
  resume: 'What has arrived need not be sent again, and a stream has no other way to continue.',
  onRetry: 'Optional: called before each retry.',
  onGiveUp: 'Optional: called when a limit ends the retries.',
};
