import type { ResolvedRetry } from '../config/resolved.js';
import type { Decision, GiveUp } from '../retry/decide.js';
import { backoffMs, decide } from '../retry/decide.js';
import type { Patience } from '../retry/patience.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import type { Call } from './call.js';
import { callOf, nameOf } from './call.js';
import { resultOfError, resultOfResponse } from './outcome.js';
import type { AttemptResult } from './pending-retry.js';
import { configOf, isCancelled, KeptResult, PendingRetry } from './pending-retry.js';
import type { PriorInterceptors } from './prior-interceptors.js';
import { askShouldRetry, beforeRetry, CANCELLED, reportGiveUp } from './retry-hooks.js';
import { releaseBody } from './streams.js';
import { callHook } from './warnings.js';

/** The surroundings of the loop. */
export interface RetryLoopParts {
  /** The policy's adapter, which runs one attempt. */
  readonly adapter: (config: RequestConfig) => Promise<AxiosResponse>;
  readonly prior: PriorInterceptors;
  readonly patience: Patience;
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
    call.succeeded = false;
    call.record.reopened();
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
      if (kept !== undefined && tooLate) {
        const last = kept.recall(next, call.context.errors);
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

    pending.leftover = releaseBody(result.response?.data);
    const next = configOfNext(call, result);
    call.stamp(next);
    const decidedMs = record.elapsedMs;
    await beforeRetry(call, { ...result, config: next }, decision, call.context.platform.channels);
    const hookMs = record.elapsedMs - decidedMs;
    if (hookMs > 0 && record.remainingMs <= 0 && decision.delayMs < hookMs) {
      return { response: await this.#finish(call, result, TOO_LATE) };
    }
    pending.kept = new KeptResult(result);
    pending.delayMs = decision.delayMs;
    // What was sent weighs more than its copy, see configOfNext.
    call.sent = next;
    call.forgetObservation();
    return { next, sleepMs: Math.max(0, decision.delayMs - hookMs) };
  }

  async #decide(call: Call, result: AttemptResult): Promise<Decision> {
    const { retry } = call.settings;
    // Without an attempt there is nothing to make again: it was cancelled before, or an interceptor refused it.
    if (retry === false || call.sent === undefined) {
      const reason = result.kind === 'cancelled' ? 'cancelled' : 'not-retryable';
      return { retry: false, reason, wouldRetry: false };
    }
    const override = await askShouldRetry(call, result, retry);
    // Nothing was sent, and nothing would be.
    if (result.code === 'ERR_POLICY_BODY_CONSUMED')
      return { retry: false, reason: 'body-not-replayable', wouldRetry: false };
    const { patience, random } = this.#parts;
    const isRetryableStatus = (status: number) =>
      callHook('statuses', () => retry.isRetryableStatus(status), false, nameOf(call));
    return decide({
      kind: result.kind,
      status: result.status,
      method: result.method,
      idempotency: result.idempotency,
      override,
      bodyReplayable: call.isReplayable(result.config.data),
      retries: call.record.retries,
      elapsedMs: call.record.elapsedMs,
      retry: { ...retry, isRetryableStatus },
      requestedMs: retry.retryAfter
        ? patience.requestedMs(call.origin, result, Date.now(), isRetryableStatus)
        : undefined,
      backoffMs: () => this.#drawBackoffMs(call, retry),
      withdraw: () => call.budget?.withdraw(call.origin) ?? true,
      random,
    });
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
    const { patience, random } = this.#parts;
    return retry === false || !retry.retryAfter ? 0 : patience.moreMs(origin, record.remainingMs, random);
  }

  async #dispatch(call: Call, delayMs: number, next: RequestConfig): Promise<AttemptResult> {
    const { adapter, prior } = this.#parts;
    const { activity, bare } = call.context;
    call.record.retryScheduled(delayMs);
    call.record.attemptStarted();
    activity.countRetry();
    next.adapter = adapter;
    next.transformRequest = undefined;
    const dispatched = bare.request(next);
    try {
      // The response to the caller has passed them before its body was cut.
      const response = await (call.download?.delivered ? dispatched : prior.pass(dispatched));
      return resultOfResponse(call, response);
    } catch (error) {
      prior.errorArrived(callOf(error));
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
