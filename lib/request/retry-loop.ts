import type { ResolvedRetry } from '../config/resolved.js';
import { isRetryableStatus } from '../config/retry-parsers.js';
import type { Decision, GiveUp } from '../retry/decide.js';
import { backoffMs, decide } from '../retry/decide.js';
import { headerGetter, requestedDelayMs } from '../retry/headers.js';
import { Patience } from '../retry/patience.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import type { Call } from './call.js';
import { callOf } from './call.js';
import { idempotencyOfResult, resultOfError, resultOfResponse } from './outcome.js';
import type { AttemptResult } from './pending-retry.js';
import { configOf, isCancelled, KeptResult, PendingRetry } from './pending-retry.js';
import type { Channels } from './platform.js';
import type { PriorInterceptors } from './prior-interceptors.js';
import { askShouldRetry, beforeRetry, CANCELLED, reportGiveUp } from './retry-hooks.js';
import { releaseBody } from './streams.js';
import { atOnce, callHook, nameOf } from './warnings.js';

/** The surroundings of the loop. */
interface RetryLoopParts {
  /** The policy's adapter, which runs one attempt. */
  readonly adapter: (config: RequestConfig) => Promise<AxiosResponse>;
  /** The response interceptors in front of ours, if there are any. */
  readonly prior: () => PriorInterceptors | undefined;
  /** A monotonic clock, in ms. */
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** The step after an attempt: its response goes to the caller, or a sleep and another attempt follow. */
type Step = { readonly response: AxiosResponse } | { readonly sleepMs: number; readonly next: RequestConfig };

const TOO_LATE: GiveUp = { retry: false, reason: 'retry-timeout', wouldRetry: true };
const TOO_LONG: GiveUp = { retry: false, reason: 'retry-after', wouldRetry: true };

/**
 * Looks at the result of an attempt, decides, and makes the next attempt after a sleep, until there is an outcome:
 * result → classify → decide → sleep → next attempt → result.
 */
export class RetryLoop {
  readonly #parts: RetryLoopParts;
  /** From the first time that a server asks to be left alone. */
  #patience: Patience | undefined;

  constructor(parts: RetryLoopParts) {
    this.#parts = parts;
  }

  /**
   * Asks for the rest of a body that was cut, after its response went to the caller: as often as it takes.
   *
   * @returns the response with the rest.
   * @throws the error of the last attempt.
   */
  async resume(call: Call, cut: Error): Promise<AxiosResponse> {
    const { activity } = call.context;
    const { sent } = call;
    call.reopen();
    if (sent !== undefined && isCancelled(call, sent)) {
      activity.add(call);
      const canceled = await this.#cancel(call, sent);
      activity.delete(call);
      throw canceled;
    }
    return this.drive(call, resultOfError(call, cut));
  }

  /** Decides about the result of an attempt, and makes others until there is an outcome. */
  drive(call: Call, result: AttemptResult): Promise<AxiosResponse> {
    call.context.activity.add(call);
    const pending = new PendingRetry();
    call.pending = pending;
    void this.#goOn(call, pending, result);
    return pending.outcome;
  }

  // Between two attempts no function waits, there is only a timer: one that waits keeps whatever it had in its hands, and
  // is itself most of what a sleeping request would hold. So neither stack nor memory grows with the number of retries.
  async #goOn(call: Call, pending: PendingRetry, result: AttemptResult): Promise<void> {
    try {
      const step = await this.#step(call, pending, result);
      if ('response' in step) this.#end(call, pending, step.response);
      else pending.sleep(step.sleepMs, step.next, call, this.#wake);
    } catch (error) {
      pending.discardLeftover();
      const failure: unknown = error === CANCELLED ? await this.#cancel(call, result.config) : error;
      this.#end(call, pending, Promise.reject(failure));
    }
  }

  /** One function for every sleep. */
  readonly #wake = async (call: Call): Promise<void> => {
    const { pending, sent: next } = call;
    if (pending === undefined || next === undefined) return;
    pending.clearSleep(next, call);
    let result: AttemptResult;
    try {
      pending.discardLeftover();
      if (isCancelled(call, next)) throw await this.#cancel(call, next);
      const moreMs = this.#furtherWaitMs(call);
      // A process may be frozen for longer than it meant to sleep.
      const tooLate = call.record.remainingMs <= 0 ? TOO_LATE : moreMs === undefined && TOO_LONG;
      const { kept } = pending;
      const { lastOutcome } = call.record;
      if (kept !== undefined && lastOutcome !== undefined && tooLate) {
        const last = kept.recall(lastOutcome, next, call.context.errors);
        this.#end(call, pending, await this.#finish(call, last, tooLate));
        return;
      }
      if (moreMs) {
        pending.delayMs += moreMs;
        pending.sleep(moreMs, next, call, this.#wake);
        return;
      }
      pending.kept = undefined;
      result = await this.#dispatch(call, pending.delayMs, next);
    } catch (error) {
      this.#end(call, pending, Promise.reject(error));
      return;
    }
    await this.#goOn(call, pending, result);
  };

  /** Delivers the outcome to the caller. */
  #end(call: Call, pending: PendingRetry, outcome: AxiosResponse | Promise<never>): void {
    call.ended = true;
    call.pending = undefined;
    // What an error is kept with, the bytes that came before it are not.
    if (!call.download?.delivered) call.download = undefined;
    call.context.activity.delete(call);
    pending.deliver(outcome);
  }

  async #step(call: Call, pending: PendingRetry, result: AttemptResult): Promise<Step> {
    const { record } = call;
    const isAccepted = result.kind === 'ok';
    if (!isAccepted) record.attemptFailed(result);
    const decision = await this.#decide(call, result);
    if (decision.retry && isCancelled(call, result.config)) throw CANCELLED;
    if (isAccepted && (decision.retry || decision.wouldRetry)) record.attemptFailed(result);
    if (!decision.retry) return { response: await this.#finish(call, result, decision) };

    const data: unknown = result.response?.data;
    if (typeof data === 'object') pending.leftover = releaseBody(data);
    const next = configOfNext(call, result);
    call.stamp(next);
    const decidedMs = record.elapsedMs;
    const { channels } = call.context.platform;
    if (hasListeners(call, channels))
      await beforeRetry(call, { ...result, config: next }, decision, channels);
    const hookMs = record.elapsedMs - decidedMs;
    if (hookMs > 0 && record.remainingMs <= 0 && decision.delayMs < hookMs) {
      return { response: await this.#finish(call, result, TOO_LATE) };
    }
    pending.kept = new KeptResult(result);
    pending.delayMs = decision.delayMs;
    // What was sent weighs more than its copy, see configOfNext.
    call.retryWith(next);
    return { next, sleepMs: Math.max(0, decision.delayMs - hookMs) };
  }

  async #decide(call: Call, result: AttemptResult): Promise<Decision> {
    const { retry: settings } = call.settings;
    // Without an attempt there is nothing to make again: it was cancelled before, or an interceptor refused it.
    if (settings === false || call.sent === undefined) {
      const reason = result.kind === 'cancelled' ? 'cancelled' : 'not-retryable';
      return { retry: false, reason, wouldRetry: false };
    }
    const override = settings.shouldRetry && (await askShouldRetry(call, result, settings));
    // Nothing was sent, and nothing would be.
    if (result.code === 'ERR_POLICY_BODY_CONSUMED')
      return { retry: false, reason: 'body-not-replayable', wouldRetry: false };
    const retry = withGuardedStatuses(settings, call);
    return decide({
      kind: result.kind,
      status: result.status,
      method: result.method,
      get idempotency() {
        return idempotencyOfResult(call, result);
      },
      override,
      bodyReplayable: call.isReplayable(result.config.data),
      retries: call.record.retries,
      elapsedMs: call.record.elapsedMs,
      retry,
      requestedMs: retry.retryAfter ? this.#requestedMs(call, result, retry) : undefined,
      backoffMs: () => this.#drawBackoffMs(call, retry),
      withdraw: () => call.budget?.withdraw(call.origin) ?? true,
      random: this.#parts.random,
    });
  }

  /** The wait that the origin asked for, by this response or by another. */
  #requestedMs(
    { origin }: Call,
    result: AttemptResult,
    { isRetryableStatus }: Pick<ResolvedRetry, 'isRetryableStatus'>,
  ): number | undefined {
    const ownMs = requestedDelayMs(headerGetter(result.headers), Date.now(), result.status);
    if (ownMs === undefined && this.#patience === undefined) return undefined;
    this.#patience ??= new Patience(this.#parts.nowMs);
    return this.#patience.sharedMs(origin, result, ownMs, isRetryableStatus);
  }

  #drawBackoffMs(call: Call, { backoff }: ResolvedRetry): number {
    call.backoffMs = backoffMs(backoff, call.backoffMs, this.#parts.random);
    return call.backoffMs;
  }

  /**
   * The time that a retry whose sleep is over has to sleep on, because its origin asked for patience meanwhile; `undefined`
   * if `retryTimeout` has no room for it.
   */
  #furtherWaitMs({ origin, record, settings: { retry } }: Call): number | undefined {
    if (this.#patience === undefined || retry === false || !retry.retryAfter) return 0;
    return this.#patience.moreMs(origin, record.remainingMs, this.#parts.random);
  }

  async #dispatch(call: Call, delayMs: number, next: RequestConfig): Promise<AttemptResult> {
    const { adapter } = this.#parts;
    const prior = this.#parts.prior();
    const { activity, bare } = call.context;
    call.record.retryScheduled(delayMs);
    call.record.attemptStarted();
    activity.countRetry();
    next.adapter = adapter;
    next.transformRequest = undefined;
    const dispatched = bare.request(next);
    try {
      // The response to the caller has passed them before its body was cut.
      const response = await (call.download?.delivered
        ? dispatched
        : (prior?.pass(dispatched) ?? dispatched));
      return resultOfResponse(call, response);
    } catch (error) {
      prior?.errorArrived(call.download?.delivered ? call : callOf(error));
      return resultOfError(call, error);
    }
  }

  /** The error of a request that was cancelled between two attempts. */
  async #cancel(call: Call, next: RequestConfig): Promise<unknown> {
    const { activity, bare } = call.context;
    const config = call.sent ?? next;
    // axios rejects an aborted request with its own CanceledError, before anything is sent.
    const aborted = call.cancelled ? { ...next, signal: AbortSignal.abort() } : next;
    const error: unknown = await bare.request(aborted).catch((canceled: unknown) => canceled);
    // The reason of a cancel token is one object for all requests that share the token, and has no config.
    if (configOf(error) !== undefined) (error as { config: RequestConfig }).config = config;
    call.restore(config);
    if (call.record.gaveUp('cancelled')) activity.countGiveUp('cancelled');
    return error;
  }

  async #finish(call: Call, result: AttemptResult, { reason, wouldRetry }: GiveUp): Promise<AxiosResponse> {
    const isAccepted = result.kind === 'ok';
    if (isAccepted && !wouldRetry) {
      call.markSucceeded();
      return result.response as AxiosResponse;
    }
    const { activity, platform } = call.context;
    call.restore(result.config);
    call.record.gaveUp(reason);
    activity.countGiveUp(reason);
    if (wouldRetry) await reportGiveUp(call, result, reason, platform.channels);
    if (isAccepted) return result.response as AxiosResponse;
    throw result.error;
  }
}

/** A function of the caller's may throw. */
function withGuardedStatuses(retry: ResolvedRetry, call: Call): ResolvedRetry {
  const { isRetryableStatus: statuses } = retry;
  if (retry.statuses !== undefined || statuses === isRetryableStatus) return retry;
  const guarded = (status: number) =>
    callHook('statuses', () => atOnce(statuses(status)), false, nameOf(call));
  return { ...retry, isRetryableStatus: guarded };
}

/** Whether anybody wants to be told of retries. */
function hasListeners({ settings: { retry } }: Call, { retries }: Channels): boolean {
  return retries.hasSubscribers || (retry !== false && retry.onRetry !== undefined);
}

/** A plain copy of the config of one attempt, for the next: for the rest of a body that was cut, or for all of it. */
function configOfNext(call: Call, { config, response }: AttemptResult): RequestConfig {
  // What mergeConfig returns is a dictionary, and weighs more while a request sleeps.
  const next = { ...config };
  const { download } = call;
  const data: unknown = response?.data;
  // A stream that `shouldRetry` refused may be cut, too, but nobody wants its rest.
  const isRefused = data !== undefined && data === download?.delivered;
  if (isRefused || !download?.request(next)) call.download = undefined;
  return next;
}
