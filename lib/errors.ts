/**
 * The library's own errors. They are what `error.cause` holds of an AxiosError that the policy, not the server,
 * brought about; giving up rejects with the last attempt's own AxiosError.
 */

/** Every code of the library. What causes each and what to do is in the table of docs/errors.md. */
export type PolicyErrorCode =
  | 'ERR_POLICY_CONFIG'
  | 'ERR_POLICY_HTTP_NOT_ALLOWED'
  | 'ERR_POLICY_BODY_CONSUMED'
  | 'ERR_POLICY_CONNECT_TIMEOUT'
  | 'ERR_POLICY_PROXY_AUTH'
  | 'ERR_POLICY_PROXY_TUNNEL'
  | 'ERR_POLICY_HTTP2_NOT_SUPPORTED'
  | 'ERR_POLICY_HTTP2_STREAM'
  | 'ERR_POLICY_HTTP2_SESSION'
  | 'ERR_POLICY_PING_TIMEOUT';

// Two copies of this package (CommonJS and ESM) may meet in one process; `instanceof` alone would tell them apart.
const BRAND = Symbol.for('axios-policy.error');

/** Base of the library's errors. `instanceof` holds across copies of the package. */
export class PolicyError extends Error {
  override readonly name: string = 'PolicyError';
  /** The stable code. `code` may be another one, for compatibility with axios and Node. */
  readonly policyCode: PolicyErrorCode;
  /** Copied by axios to `AxiosError.code`. */
  readonly code: string;

  constructor(
    policyCode: PolicyErrorCode,
    message: string,
    options: { code?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.policyCode = policyCode;
    this.code = options.code ?? policyCode;
    Object.defineProperty(this, BRAND, bare({ value: this.policyCode }));
  }
}

Object.defineProperty(
  PolicyError,
  Symbol.hasInstance,
  bare({
    value(this: unknown, candidate: unknown): boolean {
      // Subclasses inherit this, and mean themselves.
      if (this !== PolicyError) return Function.prototype[Symbol.hasInstance].call(this, candidate);
      return typeof candidate === 'object' && candidate !== null && BRAND in candidate;
    },
  }),
);

/** A descriptor that inherits a `get`, from wherever, is one of an accessor. */
function bare(descriptor: PropertyDescriptor): PropertyDescriptor {
  return Object.assign(Object.create(null), descriptor);
}

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Where: `client.connectTimeout`. */
  readonly path: string;
  /** Values that would have been right. */
  readonly expected: string;
  /** The value that came, shortened, without secrets. */
  readonly received: string;
}

/** Thrown by `attachPolicy` before it touches the instance; names every problem at once. */
export class PolicyConfigError extends PolicyError {
  override readonly name = 'PolicyConfigError';
  readonly problems: readonly ConfigProblem[];

  /** @param heading what the message begins with. */
  constructor(problems: readonly ConfigProblem[], heading = 'Invalid policy') {
    super('ERR_POLICY_CONFIG', describeProblems(problems, heading));
    this.problems = Object.freeze(problems.map((problem) => Object.freeze({ ...problem })));
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof PolicyError && value.policyCode === 'ERR_POLICY_CONFIG';
  }
}

/** Options are fewer; of something else that was given by mistake, a log need not have it all. */
const MOST_LISTED = 50;

function describeProblems(problems: readonly ConfigProblem[], heading: string): string {
  const lines = problems
    .slice(0, MOST_LISTED)
    .map(({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`);
  if (lines.length === 1) return `${heading}: ${lines[0]}`;
  if (problems.length > MOST_LISTED) lines.push(`and ${problems.length - MOST_LISTED} more`);
  return `${heading}, ${problems.length} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`;
}

/** A new connection was not usable within `connectTimeout`. Nothing was sent. */
export class ConnectTimeoutError extends PolicyError {
  override readonly name = 'ConnectTimeoutError';
  readonly syscall = 'connect';

  constructor(target: string, timeoutMs: number) {
    super(
      'ERR_POLICY_CONNECT_TIMEOUT',
      `connect to ${target} timed out after ${timeoutMs} ms (client.connectTimeout)`,
      {
        code: 'ETIMEDOUT',
      },
    );
  }
}

/** An `http://` URL was refused before a byte was sent. */
export class HttpNotAllowedError extends PolicyError {
  override readonly name = 'HttpNotAllowedError';

  /**
   * @param target `host:port` of the origin.
   * @param isListed whether other hosts are allowed, by a list that lacks this one.
   */
  constructor(target: string, isListed = false) {
    const remedy = isListed
      ? 'add the host to client.allowHttp'
      : 'attach the policy with client.allowHttp: true';
    super('ERR_POLICY_HTTP_NOT_ALLOWED', `plain http to ${target} is not allowed: use https, or ${remedy}`);
  }
}

/** The body is a stream that an earlier request has read. What is left of it was not sent. */
export class BodyConsumedError extends PolicyError {
  override readonly name = 'BodyConsumedError';

  constructor() {
    super(
      'ERR_POLICY_BODY_CONSUMED',
      'the body is a stream that an earlier request has read, and was not sent: give a new stream, or policy.body, a function that makes one for each attempt',
    );
  }
}

/** The proxy asks for credentials, or refuses those that it got (407). It would refuse the same again. */
export class ProxyAuthError extends PolicyError {
  override readonly name = 'ProxyAuthError';
  readonly proxyStatus = 407;

  /**
   * @param proxy the proxy as `http://host:port`, without credentials.
   * @param target `host:port` of the origin.
   */
  constructor(proxy: string, target: string) {
    super(
      'ERR_POLICY_PROXY_AUTH',
      `proxy ${proxy} wants other credentials for ${target} (407): put them in client.proxyUrl, percent-encoded`,
    );
  }
}

/** The proxy refused to open a tunnel. Nothing was sent to the origin. */
export class ProxyTunnelError extends PolicyError {
  override readonly name = 'ProxyTunnelError';
  /** Status of the proxy's reply to CONNECT; `undefined` if the reply was not HTTP. */
  readonly proxyStatus: number | undefined;

  /**
   * @param proxy the proxy as `http://host:port`, without credentials.
   * @param target `host:port` of the origin.
   */
  constructor(
    proxy: string,
    target: string,
    reply: { readonly status?: number | undefined; readonly cause?: unknown },
  ) {
    const what = reply.status === undefined ? 'with something that is not HTTP' : `with ${reply.status}`;
    super('ERR_POLICY_PROXY_TUNNEL', `proxy ${proxy} answered CONNECT ${target} ${what}`, {
      cause: reply.cause,
    });
    this.proxyStatus = reply.status;
  }
}

/** The connection to a proxy was lost before the tunnel stood. Nothing was sent to the origin. */
export class ProxyConnectionError extends PolicyError {
  override readonly name = 'ProxyConnectionError';
  // As of an error of connect(2), so that it is known for one: for the origin, nothing else has happened.
  readonly syscall = 'connect';
  readonly proxyStatus = undefined;

  /**
   * @param proxy the proxy as `http://host:port`, without credentials.
   * @param target `host:port` of the origin.
   */
  constructor(proxy: string, target: string, options: { readonly code: string; readonly cause: unknown }) {
    super(
      'ERR_POLICY_PROXY_TUNNEL',
      `proxy ${proxy} closed the connection before it answered CONNECT ${target}`,
      options,
    );
  }
}

/** The server does not speak HTTP/2, and `client.http2Only` forbids anything else. Nothing was sent. */
export class Http2NotSupportedError extends PolicyError {
  override readonly name = 'Http2NotSupportedError';

  /** @param target `host:port` of the origin. */
  constructor(target: string, cause?: unknown) {
    super(
      'ERR_POLICY_HTTP2_NOT_SUPPORTED',
      `${target} does not speak HTTP/2: attach the policy without client.http2Only, or with client.http1Only: true`,
      { cause },
    );
  }
}

/** What is known of a request that HTTP/2 failed. */
interface Http2FailureDetails {
  /** The error code of RST_STREAM or GOAWAY (RFC 9113, section 7). */
  readonly http2Code?: number | undefined;
  /** Whether the server said that it never processed the request, which makes it safe to send again. */
  readonly neverProcessed?: boolean;
  readonly cause?: unknown;
}

/** The stream of a request ended before its response was whole. */
export class Http2StreamError extends PolicyError {
  override readonly name = 'Http2StreamError';
  /** The error code of RST_STREAM (RFC 9113, section 7). */
  readonly http2Code: number | undefined;
  /** Whether the server said that it never processed the request, which makes it safe to send again. */
  readonly neverProcessed: boolean;

  constructor(message: string, details: Http2FailureDetails = {}) {
    super('ERR_POLICY_HTTP2_STREAM', message, { cause: details.cause });
    this.http2Code = details.http2Code;
    this.neverProcessed = details.neverProcessed ?? false;
  }
}

/**
 * The HTTP/2 connection of a request failed: it was lost (`code` is `ECONNRESET`, as over HTTP/1.1), or the server
 * gave it up with a GOAWAY that names an error.
 */
export class Http2SessionError extends PolicyError {
  override readonly name = 'Http2SessionError';
  /** The error code of GOAWAY (RFC 9113, section 7), if there was one. */
  readonly http2Code: number | undefined;
  /** Whether the server said that it never processed the request, which makes it safe to send again. */
  readonly neverProcessed: boolean;

  constructor(message: string, details: Http2FailureDetails & { readonly code?: string } = {}) {
    super('ERR_POLICY_HTTP2_SESSION', message, {
      ...(details.code === undefined ? {} : { code: details.code }),
      cause: details.cause,
    });
    this.http2Code = details.http2Code;
    this.neverProcessed = details.neverProcessed ?? false;
  }
}

/** The header fields of a request are too large for HTTP/2. Nothing was sent. A retry would not help. */
export class Http2HeaderSizeError extends PolicyError {
  override readonly name = 'Http2HeaderSizeError';

  /** @param target `host:port` of the origin. */
  constructor(target: string, bytes: number, limit: string) {
    super(
      'ERR_POLICY_HTTP2_STREAM',
      `the header fields of the request to ${target} have ${bytes} bytes, ${limit} over HTTP/2`,
      { code: 'ERR_INVALID_HTTP2_HEADER_SIZE' },
    );
  }
}

/** A PING was not answered within `http2KeepAliveTimeout`, so the connection was given up. It counts as a timeout. */
export class PingTimeoutError extends PolicyError {
  override readonly name = 'PingTimeoutError';
  readonly syscall = 'ping';

  /** @param target `host:port` of the origin. */
  constructor(target: string, timeoutMs: number) {
    super(
      'ERR_POLICY_PING_TIMEOUT',
      `${target} did not answer a PING within ${timeoutMs} ms (client.http2KeepAliveTimeout)`,
      { code: 'ETIMEDOUT' },
    );
  }
}
