import type { ResolvedRequestPolicy } from '../config/resolved.js';
import type { Outcome, RequestLike } from '../config/types.js';
import type { Observation, RefusedHead } from '../retry/classify.js';
import { classify } from '../retry/classify.js';
import { causeChain } from '../retry/error-predicates.js';
import type { Idempotency } from '../retry/idempotency.js';
import { idempotencyOf, isIdempotent } from '../retry/idempotency.js';
import { redactUrl } from '../retry/redact.js';
import type { AttemptReport } from '../transport/exchange.js';
import { isRejection } from '../transport/observe.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import { accepts } from './axios.js';
import type { Call } from './call.js';
import { nameOf } from './call.js';
import type { ExpiredLimit } from './deadline.js';
import type { AttemptResult } from './pending-retry.js';
import { configOf } from './pending-retry.js';
import type { ObservedCall } from './platform.js';
import { urlOf } from './url.js';
import { callHook } from './warnings.js';

/** The fields that lead to credentials: the headers of the request, and whatever else holds the config. */
export interface Hidden {
  readonly config: RequestLike;
  readonly error?: unknown;
  readonly response?: unknown;
}

/** Node's `util.inspect.custom`, which other platforms have no use for. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * An event or a message that may be logged as it is: `config`, `error` and `response` are there for who asks for them,
 * and in no rendering, nor in a copy.
 */
class Discreet implements Hidden {
  readonly #hidden: Hidden;

  constructor(shown: object, hidden: Hidden) {
    Object.assign(this, shown);
    this.#hidden = hidden;
  }

  get config(): RequestLike {
    return this.#hidden.config;
  }

  get error(): unknown {
    return this.#hidden.error;
  }

  get response(): unknown {
    return this.#hidden.response;
  }

  // A debugger's `showHidden` and `getters` would look behind the accessors.
  [INSPECT](): object {
    return { ...this };
  }
}

/**
 * Makes an event of what is to be seen of it and what is not. Of a response that an interceptor in front of ours has made
 * into something else, hooks get that.
 */
export function discreet<T extends object>(shown: T, hidden: Hidden): T & Pick<Outcome, keyof Hidden> {
  return new Discreet(shown, hidden) as Hidden as T & Pick<Outcome, keyof Hidden>;
}

// Of an error that was thrown before there was an attempt, and tells of its request by nothing but the call.
const NO_CONFIG = {} as RequestConfig;

/** The result of an attempt that axios resolved. */
export function resultOfResponse(call: Call, response: AxiosResponse | undefined): AttemptResult {
  // An interceptor in front of ours may have made anything of the response.
  const status = typeof response?.status === 'number' ? response.status : undefined;
  const { headers } = response ?? {};
  return {
    kind: 'ok',
    status,
    code: undefined,
    response,
    error: undefined,
    headers,
    ...requestOf(call, response),
  };
}

/** The result of an attempt that axios rejected. */
export function resultOfError(call: Call, error: unknown): AttemptResult {
  const { kind, status, code, response, headers } = classify(error, call.observation);
  // The attempt was answered well; a transform or an interceptor in front of ours did not like the answer. Or there was
  // nothing to send, of which the network knows nothing.
  const isSettled = call.succeeded || call.body?.failed === true || call.download?.hasChanged === true;
  return {
    kind: isSettled && kind !== 'cancelled' ? 'permanent' : kind,
    status,
    code,
    response: response as AxiosResponse | undefined,
    error,
    headers,
    ...requestOf(call, error),
  };
}

function requestOf(call: Call, settled: unknown): Pick<AttemptResult, 'config' | 'method' | 'idempotency'> {
  const config = call.sent ?? configOf(settled) ?? NO_CONFIG;
  const method = (config.method ?? 'get').toUpperCase();
  return { config, method, idempotency: idempotencyOfRequest(call.settings, config) };
}

/** How far a second delivery of a request is harmless, by all that was said about it. */
export function idempotencyOfRequest(settings: ResolvedRequestPolicy, config: RequestConfig): Idempotency {
  const { idempotent = undefined, idempotencyKeyHeader = false } = settings.retry || {};
  const request = { method: config.method ?? 'get', headers: config.headers, config };
  return callHook(
    'idempotent',
    () => idempotencyOf(request, settings.idempotent, idempotent, idempotencyKeyHeader),
    'none',
  );
}

/**
 * The evidence of an attempt, for the decision about a retry.
 *
 * @param expired the limit of ours that ended it.
 * @param cause the error it failed with.
 */
export function observationOf(
  { phase, neverProcessed, truncated, answer }: AttemptReport,
  config: RequestConfig,
  expired: ExpiredLimit | undefined,
  cause: unknown,
): Observation {
  const untrusted = causeChain(cause).some(isRejection);
  const refused = phase === 'response' ? refusedHead(answer, config) : undefined;
  return { phase, neverProcessed, truncated, expired, untrusted, refused };
}

/** A response whose body did not arrive whole, but whose status says enough. */
function refusedHead(answer: AttemptReport['answer'], config: RequestConfig): RefusedHead | undefined {
  if (answer === undefined) return undefined;
  const { statusCode: status = 0, headers } = answer;
  return status < 300 || accepts(config, status) ? undefined : { status, headers };
}

/** The visible part of the events that hooks are given. */
export function outcomeOf(call: ObservedCall, result: AttemptResult): Omit<Outcome, keyof Hidden> {
  const { record, settings } = call;
  const { config } = result;
  return {
    name: nameOf(call),
    kind: result.kind,
    status: result.status,
    code: result.code,
    method: result.method,
    url: redactUrl(urlOf(config), settings.sensitive),
    attempt: record.attempts,
    retries: record.retries,
    elapsedMs: record.elapsedMs,
    remainingMs: record.remainingMs,
    idempotent: isIdempotent(result.idempotency),
  };
}

/** The part of an event that no rendering shows. */
export function hiddenOf({ error, config, response }: AttemptResult): Hidden {
  return { config, error, response };
}
