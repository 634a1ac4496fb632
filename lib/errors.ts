/**
 * The library's own errors. They are what `error.cause` holds of an AxiosError that the policy, not the server,
 * brought about; giving up rejects with the last attempt's own AxiosError.
 */

/** Every code of the library. What causes each and what to do is in the README's table. */
export type PolicyErrorCode =
  | 'ERR_POLICY_CONFIG'
  | 'ERR_POLICY_HTTP_NOT_ALLOWED'
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
  /** The stable code, whatever `code` says for compatibility with axios and Node. */
  readonly policyCode: PolicyErrorCode;
  /** What axios copies to `AxiosError.code`. */
  readonly code: string;

  constructor(
    policyCode: PolicyErrorCode,
    message: string,
    options: { code?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.policyCode = policyCode;
    this.code = options.code ?? policyCode;
    Object.defineProperty(this, BRAND, { value: this.policyCode });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== PolicyError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Where: `client.connectTimeout`. */
  readonly path: string;
  /** What would have been right. */
  readonly expected: string;
  /** What came, shortened, without secrets. */
  readonly received: string;
}

/** Thrown by `attachPolicy` before it touches the instance; names every problem at once. */
export class PolicyConfigError extends PolicyError {
  override readonly name = 'PolicyConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('ERR_POLICY_CONFIG', describeProblems(problems));
    this.problems = Object.freeze(problems.map((problem) => Object.freeze({ ...problem })));
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof PolicyError && value.policyCode === 'ERR_POLICY_CONFIG';
  }
}

function describeProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(
    ({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`,
  );
  if (lines.length === 1) return `Invalid policy: ${lines[0]}`;
  return `Invalid policy, ${lines.length} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`;
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

  constructor(target: string) {
    super(
      'ERR_POLICY_HTTP_NOT_ALLOWED',
      `plain http to ${target} is not allowed: use https, or attach the policy with client.allowHttp: true`,
    );
  }
}
