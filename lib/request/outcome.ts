import { fieldOf } from '../config/own.js';
import type { ResolvedRequestPolicy } from '../config/resolved.js';
import type { Observation, RefusedHead } from '../retry/classify.js';
import { classify } from '../retry/classify.js';
import { causeChain } from '../retry/error-predicates.js';
import type { Idempotency } from '../retry/idempotency.js';
import { idempotencyOf, isIdempotent } from '../retry/idempotency.js';
import type { AttemptReport } from '../transport/exchange.js';
import { isRejection } from '../transport/observe.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios.js';
import { accepts } from './axios.js';
import type { Call } from './call.js';
import { rememberCall } from './call.js';
import type { ExpiredLimit } from './deadline.js';
import type { AttemptResult } from './pending-retry.js';
import { configOf } from './pending-retry.js';
import type { ObservedCall } from './platform.js';
import type { SentAttempt } from './send.js';
import { atOnce, callHook } from './warnings.js';

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
  const { kind, status, code, response, headers } = classify(behindTransform(error), call.observation);
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

function requestOf(call: Call, settled: unknown): Pick<AttemptResult, 'config' | 'method'> {
  const config = call.sent ?? configOf(settled) ?? NO_CONFIG;
  return { config, method: (config.method ?? 'get').toUpperCase() };
}

/** Of an error of axios; of other errors nothing. */
export function partOf<K extends 'request' | 'response'>(error: unknown, key: K): AxiosError[K] | undefined {
  return typeof error === 'object' && error !== null ? fieldOf(error as AxiosError, key) : undefined;
}

/** The errors of refused responses, by what a transform of the caller's threw on the body. */
const hiddenErrors = new WeakMap<object, unknown>();

function behindTransform(error: unknown): unknown {
  const isRefusal = partOf(error, 'response') !== undefined && !hiddenErrors.has(error as object);
  if (isRefusal) return error;
  const thrown = causeChain(error).find((link) => hiddenErrors.has(link));
  return thrown === undefined ? error : hiddenErrors.get(thrown);
}

/**
 * Lets a refused response be known also if the caller's transforms throw on its body, which is often not what they are
 * made for: the page of a proxy in place of JSON. axios then rejects with what they threw, and that tells of no request.
 */
export function seeBehindTransforms(call: Call, config: RequestConfig, refused: unknown): void {
  const { transformResponse } = config;
  if (transformResponse == null || partOf(refused, 'response') === undefined) return;
  const transforms =
    typeof transformResponse === 'function' ? [transformResponse] : Object.values(transformResponse);
  config.transformResponse = (data, headers, status) => {
    config.transformResponse = transformResponse;
    try {
      return transforms.reduce(
        (body: unknown, transform) => transform.call(config, body, headers, status),
        data,
      );
    } catch (error) {
      if (error instanceof Error) {
        hiddenErrors.set(error, refused);
        rememberCall(error, call);
      }
      throw error;
    }
  };
}

/** How far a second delivery of a request is harmless, found out when it matters, and once. */
export function idempotencyOfResult(
  { settings }: Pick<ObservedCall, 'settings'>,
  result: AttemptResult,
): Idempotency {
  result.idempotency ??= idempotencyOfRequest(settings, result.config);
  return result.idempotency;
}

/** How far a second delivery of a request is harmless, by all that was said about it. */
export function idempotencyOfRequest(settings: ResolvedRequestPolicy, config: RequestConfig): Idempotency {
  const { idempotent = undefined, idempotencyKeyHeader = false } = settings.retry || {};
  const request = { method: config.method ?? 'get', headers: config.headers, config };
  const find = (said: typeof idempotent) =>
    idempotencyOf(request, settings.idempotent, said, idempotencyKeyHeader);
  if (typeof idempotent !== 'function') return find(idempotent);
  return callHook('idempotent', () => find((asked) => atOnce(idempotent(asked))), 'none');
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
  // Of an answer that came whole the certificate was good.
  const untrusted = phase !== 'complete' && causeChain(cause).some(isRejection);
  const refused = phase === 'response' ? refusedHead(answer, config) : undefined;
  return { phase, neverProcessed, truncated, expired, untrusted, refused };
}

/** A response whose body did not arrive whole, but whose status says enough. */
function refusedHead(answer: AttemptReport['answer'], config: RequestConfig): RefusedHead | undefined {
  if (answer === undefined) return undefined;
  const { statusCode: status = 0, headers } = answer;
  return status < 300 || accepts(config, status) ? undefined : { status, headers };
}

/** Notes that an attempt failed, which need not be the fault of its connection. */
export function noteFailure(attempt: SentAttempt): void {
  const { call, observed } = attempt;
  // An idle connection may be closed at any time: that says nothing of the server.
  if (observed.lostKeepAliveRace) noteFailedPlace(attempt);
  else if (isRefusal(call.observation)) noteRefusal(attempt);
  else noteAnswer(attempt, isServersFault(call.observation, observed.report()));
}

/**
 * Tells if the request may be sent again at once, on another connection: the first one lost the race that any idle
 * connection may lose, and a second delivery is harmless or impossible; or it was none for this request, which the server
 * says it did not carry out.
 */
export function mayChangeConnection(attempt: SentAttempt, error: unknown): boolean {
  const { call, config, observed, signal } = attempt;
  if (signal.aborted || !call.isReplayable(config.data)) return false;
  if (observed.isMisdirected && observed.connection !== 'new') {
    noteFailedPlace(attempt, 'always');
    return true;
  }
  if (!observed.lostKeepAliveRace || !isOfConnection(call, error)) return false;
  return call.observation.neverProcessed || isIdempotent(idempotencyOfRequest(call.settings, config));
}

/** An upload may also end a connection that was well: its stream fails, or is longer than it may be. */
function isOfConnection({ body, observation }: Call, error: unknown): boolean {
  if (body?.failed === true) return false;
  const { kind } = classify(error, observation);
  return kind !== 'permanent' && kind !== 'cancelled';
}

/** Notes how the connection of an attempt did, for the requests that look for one. */
export function noteAnswer(attempt: SentAttempt, hasFailed: boolean): void {
  const peer = attempt.observed.exchange?.place?.peer;
  const { addresses } = attempt.context.connections;
  if (peer !== undefined && hasFailed) addresses?.failed(peer.name, peer.address, false);
  else if (peer !== undefined) addresses?.succeeded(peer.name, peer.address);
  if (hasFailed) noteFailedPlace(attempt);
}

/** The server said that it takes no more just now (HTTP/2 REFUSED_STREAM, GOAWAY). */
function isRefusal({ expired, neverProcessed, phase }: Observation): boolean {
  return expired === undefined && phase === 'sent' && neverProcessed;
}

/**
 * A refusal speaks neither for the server nor against it. At another address is another server; another connection to the
 * same one would go round its limit, unless it refuses time after time.
 */
function noteRefusal({ call, observed }: SentAttempt): void {
  const place = observed.exchange?.place;
  if (place !== undefined) call.failedAt(place, place.peer === undefined ? 'again' : undefined);
}

function noteFailedPlace({ call, observed }: SentAttempt, when?: 'always'): void {
  const place = observed.exchange?.place;
  if (place !== undefined) call.failedAt(place, when);
}

/** The attempt failed for its server, or the way there, rather than for what was asked or how it was read. */
function isServersFault(
  { phase, truncated, expired, untrusted }: Observation,
  { answer }: AttemptReport,
): boolean {
  if (expired !== undefined || truncated) return true;
  if (answer?.statusCode !== undefined) return answer.statusCode >= 500;
  return (phase === 'connect' || phase === 'sent') && !untrusted;
}
