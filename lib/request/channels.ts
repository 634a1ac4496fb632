import { channel } from 'node:diagnostics_channel';
import { REDACTED } from '../config/render.js';
import type { GiveUpEvent, GiveUpReason, OutcomeKind, RetryEvent } from '../config/types.js';
import { classify } from '../retry/classify.js';
import { redactUrl } from '../retry/redact.js';
import type { RequestTimings } from '../retry/timings.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import type { AttemptResult } from './pending-retry.js';
import type { AttemptEnd, ObservedCall } from './platform.js';
import type { Hidden } from './retry-hooks.js';
import { discreet, hiddenOf, outcomeOf } from './retry-hooks.js';
import { originOf, urlOf } from './url.js';
import { nameOf } from './warnings.js';

/**
 * Messages about requests on `node:diagnostics_channel`. As long as nobody subscribes, no message is made.
 *
 * Messages are logged as they are, so what may hold credentials (the config with its headers, the error and the response
 * that lead to it) is there for who asks for it, and in no rendering.
 */

/** The channels' names. */
export const ATTEMPT_CHANNEL = 'axios-policy:attempt';
export const RETRY_CHANNEL = 'axios-policy:retry';
export const GIVE_UP_CHANNEL = 'axios-policy:giveup';

/** The channels themselves, to be asked whether anybody listens. */
export const ATTEMPTS = channel(ATTEMPT_CHANNEL);
export const RETRIES = channel(RETRY_CHANNEL);
const giveUps = channel(GIVE_UP_CHANNEL);

/** The part that both messages about an attempt have. */
export interface AttemptDescription {
  /** One object per attempt, the same in both of its messages; a key for what a subscriber remembers of it. */
  readonly id: object;
  /** Of the policy: as it was given, else the host of `baseURL`. */
  readonly name?: string | undefined;
  /** 1-based number of the attempt. */
  readonly attempt: number;
  /**
   * Times the request was sent before: `attempt` − 1, and one more for each keep-alive race that was lost, as such a
   * re-send is no new attempt.
   */
  readonly resends: number;
  /** Upper case. */
  readonly method: string;
  /** Without credentials and query. */
  readonly url: string;
  /** `https://host:port`, the port as the URL has it; empty for a relative URL. */
  readonly origin: string;
  /** The request's config, not enumerable. Headers that are set on it at `start` are sent. */
  readonly config: object;
  /** Monotonic time since the initial request, in ms. */
  readonly elapsedMs: number;
}

/** Before a request is handed to the connections, each time it is. */
export interface AttemptStartMessage extends AttemptDescription {
  readonly stage: 'start';
}

/** When axios' adapter is done with it: the body has arrived, of a `responseType: 'stream'` the headers, or it failed. */
export interface AttemptEndMessage extends AttemptDescription {
  readonly stage: 'end';
  readonly kind: OutcomeKind;
  /** Status of the response, if there was one. */
  readonly status?: number | undefined;
  /** Code of the error, if there was one. */
  readonly code?: string | undefined;
  /** `1.1` or `2.0`, if there was a response. */
  readonly httpVersion?: string | undefined;
  /** Time since `start`, in ms. */
  readonly durationMs: number;
  /** Where that went, as in the metadata; absent if nothing of the attempt was seen on a connection. */
  readonly timings?: RequestTimings | undefined;
  /** The error as axios rejected it, not enumerable. */
  readonly error?: unknown;
  /** The response, not enumerable. */
  readonly response?: unknown;
}

/** A message of the channel `axios-policy:attempt`. */
export type AttemptMessage = AttemptStartMessage | AttemptEndMessage;

/** A message of the channel `axios-policy:retry`: what `onRetry` gets; `config`, `error`, `response` not enumerable. */
export type RetryMessage = RetryEvent;

/** A message of the channel `axios-policy:giveup`: what `onGiveUp` gets, with the same three not enumerable. */
export type GiveUpMessage = GiveUpEvent;

/**
 * Tells that an attempt begins.
 *
 * @returns tells how it ended; to be called once.
 */
export function publishAttempt(call: ObservedCall, config: RequestConfig): (end: AttemptEnd) => void {
  const startedAt = performance.now();
  const description = describe(call, config);
  const publish = (message: object, hidden?: Omit<Hidden, 'config'>) =>
    ATTEMPTS.publish(discreet(message, { config, ...hidden }));
  publish({ stage: 'start', ...description, elapsedMs: call.record.elapsedMs });

  return (end) => {
    const { hidden, ...seen } = endOf(call, end);
    const durationMs = performance.now() - startedAt;
    const { elapsedMs, timings } = call.record;
    publish({ stage: 'end', ...description, elapsedMs, durationMs, timings, ...seen }, hidden);
  };
}

/** Tells of a retry to come. */
export function publishRetry(
  call: ObservedCall,
  result: AttemptResult,
  { delayMs, reason }: Pick<RetryEvent, 'delayMs' | 'reason'>,
): void {
  const message = { ...outcomeOf(call, result), retry: call.record.retries + 1, delayMs, reason };
  RETRIES.publish(discreet(message, hiddenOf(result)));
}

/** Tells that there will be no retry of a failure that would have been retried. */
export function publishGiveUp(call: ObservedCall, result: AttemptResult, reason: GiveUpReason): void {
  if (!giveUps.hasSubscribers) return;
  giveUps.publish(discreet({ ...outcomeOf(call, result), reason }, hiddenOf(result)));
}

function describe(call: ObservedCall, config: RequestConfig) {
  const { record, settings } = call;
  return {
    id: {},
    name: nameOf(call),
    attempt: record.attempts,
    resends: call.sends - 1,
    method: (config.method ?? 'get').toUpperCase(),
    url: redactUrl(urlOf(config), settings.sensitive),
    origin: settings.sensitive ? REDACTED : originOf(config),
  };
}

function endOf(call: ObservedCall, end: AttemptEnd) {
  if ('response' in end) {
    const { response } = end;
    return {
      kind: 'ok',
      ...answerOf(response),
      code: undefined,
      hidden: { response, error: undefined },
    } as const;
  }
  const { error } = end;
  const { kind, code, response } = classify(error, call.observation);
  return { kind, ...answerOf(response), code, hidden: { error, response } };
}

function answerOf(response: unknown) {
  // The caller's own adapter may have made anything of it, and a mock has no request.
  const { status, request } = (response ?? {}) as Partial<AxiosResponse>;
  return { status, httpVersion: (request as NativeRequest | undefined)?.res?.httpVersion };
}

/** The response on a request, which Node's types leave out. */
interface NativeRequest {
  readonly res?: { readonly httpVersion?: string };
}
