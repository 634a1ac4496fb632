import { fieldOf } from '../config/own.js';
import type { ResolvedRetry } from '../config/resolved.js';
import type { GiveUpReason, Outcome, RequestLike } from '../config/types.js';
import type { Retry } from '../retry/decide.js';
import { isIdempotent } from '../retry/idempotency.js';
import { redactUrl } from '../retry/redact.js';
import type { RequestConfig } from './axios.js';
import { BodyEdits } from './body.js';
import type { Call } from './call.js';
import { idempotencyOfResult } from './outcome.js';
import type { AttemptResult, Cancellable } from './pending-retry.js';
import { followCancel, isCancelled, unfollowCancel } from './pending-retry.js';
import type { Channels, ObservedCall } from './platform.js';
import { urlOf } from './url.js';
import { nameOf, reportHookError } from './warnings.js';

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
    idempotent: isIdempotent(idempotencyOfResult(call, result)),
  };
}

/** The part of an event that no rendering shows. */
export function hiddenOf({ error, config, response }: AttemptResult): Hidden {
  return { config, error, response };
}

/** Thrown in place of a hook's answer, when the request was cancelled meanwhile. */
export const CANCELLED = Symbol('cancelled');

/** The caller's hooks around a retry. They may take their time, but no longer than the request is wanted. */

/**
 * Asks `shouldRetry`.
 *
 * @returns `undefined` leaves the decision to the table.
 * @throws CANCELLED
 */
export async function askShouldRetry(
  call: Call,
  result: AttemptResult,
  { shouldRetry }: ResolvedRetry,
): Promise<boolean | undefined> {
  if (shouldRetry === undefined || result.kind === 'cancelled') return undefined;
  try {
    const outcome = discreet(outcomeOf(call, result), hiddenOf(result));
    const answer: unknown = await whileWanted(shouldRetry(outcome), result.config, call);
    return typeof answer === 'boolean' ? answer : undefined;
  } catch (error) {
    report('shouldRetry', error, call);
    return undefined;
  }
}

/**
 * Tells of a retry to come, and lets `onRetry` edit it.
 *
 * @param result with the config of the next attempt.
 * @throws CANCELLED
 */
export async function beforeRetry(
  call: Call,
  result: AttemptResult,
  decision: Retry,
  channels: Channels,
): Promise<void> {
  if (channels.retries.hasSubscribers) channels.publishRetry(call, result, decision);
  const { retry } = call.settings;
  if (retry === false || retry.onRetry === undefined) return;
  const { config } = result;
  const { delayMs, reason } = decision;
  const edits = call.body && new BodyEdits(call.body, config);
  try {
    const outcome = { ...outcomeOf(call, result), retry: call.record.retries + 1, delayMs, reason };
    await whileWanted(retry.onRetry(discreet(outcome, hiddenOf(result))), call.sent ?? config, call);
    edits?.apply();
  } catch (error) {
    edits?.undo();
    report('onRetry', error, call);
  }
}

/**
 * Tells `onGiveUp` that there will be no retry.
 *
 * @throws CANCELLED
 */
export async function reportGiveUp(
  call: Call,
  result: AttemptResult,
  reason: GiveUpReason,
  channels: Channels,
): Promise<void> {
  channels.publishGiveUp(call, result, reason);
  const { retry } = call.settings;
  if (retry === false || retry.onGiveUp === undefined) return;
  try {
    const event = discreet({ ...outcomeOf(call, result), reason }, hiddenOf(result));
    await whileWanted(retry.onGiveUp(event), result.config, call);
  } catch (error) {
    report('onGiveUp', error, call);
  }
}

/** Reports what a hook threw, unless that was the end of the request. */
function report(hook: string, error: unknown, call: Call): void {
  if (error === CANCELLED) throw error;
  reportHookError(hook, error, nameOf(call));
}

/**
 * Waits for what one of the caller's hooks promised, but not longer than the request is wanted.
 *
 * @returns the hook's answer.
 * @throws {@link CANCELLED}, or what the hook threw before that; what it throws later is nobody's concern.
 */
async function whileWanted<T>(
  answer: T | Promise<T>,
  config: RequestConfig,
  request: Cancellable,
): Promise<T> {
  const signal = fieldOf(config, 'signal');
  const cancelToken = fieldOf(config, 'cancelToken');
  // The hook may change the config.
  const followed = { signal, cancelToken } as RequestConfig;
  let stop: (() => void) | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    stop = () => reject(CANCELLED);
    if (isCancelled(request, followed)) stop();
    else followCancel(followed, request, stop);
  });
  try {
    return await Promise.race([cancelled, answer]);
  } finally {
    if (stop !== undefined) unfollowCancel(followed, request, stop);
  }
}
