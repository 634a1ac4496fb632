import type { ResolvedRetry } from '../config/resolved.js';
import { backoffMs } from '../retry/backoff.js';
import { UNOBSERVED } from '../retry/classify.js';
import type { Verdict } from '../retry/decide.js';
import { decide } from '../retry/decide.js';
import type { Patience } from '../retry/patience.js';
import type { Counters, InFlight } from './activity.js';
import { configOfNext } from './attempt-config.js';
import type { AxiosInstance, AxiosResponse, RequestConfig } from './axios.js';
import type { AxiosErrors } from './axios-errors.js';
import { isReplayable } from './body.js';
import type { Call } from './call.js';
import { callOf } from './call.js';
import { ask } from './call-hook.js';
import { KeptEnding } from './kept-ending.js';
import type { Ending, Settled } from './outcome.js';
import { configOf, endingOf, hasResponse } from './outcome.js';
import type { Platform } from './platform.js';
import type { PriorInterceptors } from './prior-interceptors.js';
import type { ReplacedErrors } from './replaced-errors.js';
import { furtherWaitMs, requestedWaitMs } from './requested-wait.js';
import { releaseBody } from './response-body.js';
import { announceGiveUp, announceRetry, askShouldRetry } from './retry-hooks.js';
import { CANCELLED, isCancelled, rise, sleep } from './sleep.js';
import { succeed } from './success.js';

/** What retries are made with. */
export interface RetrierParts {
  readonly errors: AxiosErrors;
  /** Dispatches a complete config below all interceptors. */
  readonly bare: AxiosInstance;
  /** The policy's adapter, which runs one attempt. */
  readonly adapter: (config: RequestConfig) => Promise<AxiosResponse>;
  readonly platform: Platform;
  readonly prior: PriorInterceptors;
  readonly counters: Counters;
  readonly replaced: ReplacedErrors;
  readonly inFlight: InFlight;
  readonly patience: Patience;
  readonly random: () => number;
}

type Refusal = Extract<Verdict, { retry: false }>;

/** What follows an attempt: its response goes to the caller, or a sleep and another attempt. */
type Step = { readonly response: AxiosResponse } | { readonly sleepMs: number; readonly next: RequestConfig };

const TOO_LATE: Refusal = { retry: false, reason: 'retry-timeout', wouldRetry: true };
const TOO_LONG: Refusal = { retry: false, reason: 'retry-after', wouldRetry: true };

/** Sees the outcome of every attempt, and makes the next one or lets the outcome through. */
export class Retrier {
  readonly #parts: RetrierParts;

  constructor(parts: RetrierParts) {
    this.#parts = parts;
  }

  /** Of a first attempt that axios resolved; only `shouldRetry` could make a failure of it. */
  onFulfilled(response: AxiosResponse): AxiosResponse | Promise<AxiosResponse> {
    const call = callOf(response);
    this.#parts.replaced.arrived(call);
    if (call === undefined || call.ended) return response;
    const bypassed = this.#noteBypass(call, response);
    if (call.asksAboutSuccess) return this.#drive(call, { response });
    if (bypassed) succeed(call);
    return response;
  }

  /** Of a first attempt that axios rejected. */
  onRejected(error: unknown): Promise<AxiosResponse> {
    const call = this.#failedCall(error);
    if (call === undefined || call.ended) return Promise.reject(error);
    // A cache that sends equal requests but once tells all who wait of the one failure.
    if (call.outcome !== undefined) return call.outcome;
    this.#noteBypass(call, error);
    return this.#drive(call, { error });
  }

  /**
   * Asks for the rest of a body that was cut, after its response went to the caller: as often as it takes.
   *
   * @returns the response with the rest.
   * @throws what the last attempt failed with.
   */
  async resume(call: Call, cut: unknown): Promise<AxiosResponse> {
    const { inFlight } = this.#parts;
    const { sent } = call;
    call.succeeded = false;
    call.record.reopened();
    if (sent !== undefined && isCancelled(call, sent)) {
      inFlight.add(call);
      const canceled = await this.#cancel(call, sent);
      inFlight.delete(call);
      throw canceled;
    }
    return this.#drive(call, { error: cut });
  }

  #failedCall(error: unknown): Call | undefined {
    const { replaced } = this.#parts;
    const call = callOf(error);
    if (call === undefined) replaced.arrivedUnknown();
    else replaced.arrived(call);
    return call;
  }

  #noteBypass(call: Call, result: unknown): boolean {
    const config = configOf(result);
    const { adapter, counters } = this.#parts;
    if (call.sent !== undefined || config === undefined || config.adapter === adapter) return false;
    call.noteBypass(config);
    counters.attempt();
    return true;
  }

  /** Judges what an attempt came to, and makes others until there is an outcome. */
  #drive(call: Call, settled: Settled): Promise<AxiosResponse> {
    this.#parts.inFlight.add(call);
    call.outcome = new Promise((resolve) => {
      call.deliver = resolve;
    });
    void this.#goOn(call, settled);
    return call.outcome;
  }

  // Between two attempts no function waits, there is only a timer: one that waits keeps whatever it had in its hands, and
  // is itself most of what a sleeping request would hold. So neither stack nor memory grows with the number of retries.
  async #goOn(call: Call, settled: Settled): Promise<void> {
    try {
      const step = await this.#step(call, settled);
      if (hasResponse(step)) this.#close(call)?.(step.response);
      else sleep(step.sleepMs, step.next, call, this.#wake);
    } catch (error) {
      call.discard?.();
      call.discard = undefined;
      const failure: unknown =
        error === CANCELLED ? await this.#cancel(call, call.sent as RequestConfig) : error;
      this.#close(call)?.(Promise.reject(failure));
    }
  }

  /** One function for every sleep. */
  readonly #wake = async (call: Call): Promise<void> => {
    const next = call.sent as RequestConfig;
    rise(next, call);
    const { kept } = call;
    let settled: Settled;
    try {
      call.discard?.();
      call.discard = undefined;
      if (isCancelled(call, next)) throw await this.#cancel(call, next);
      const moreMs = furtherWaitMs(call, this.#parts);
      // A process may be frozen for longer than it meant to sleep.
      const late = call.record.remainingMs <= 0 ? TOO_LATE : moreMs === undefined && TOO_LONG;
      if (kept !== undefined && late) {
        const response = await this.#finish(call, kept.recall(next, this.#parts.errors), late);
        this.#close(call)?.(response);
        return;
      }
      if (moreMs) {
        call.delayMs += moreMs;
        sleep(moreMs, next, call, this.#wake);
        return;
      }
      call.kept = undefined;
      settled = await this.#dispatch(call, next);
    } catch (error) {
      this.#close(call)?.(Promise.reject(error));
      return;
    }
    await this.#goOn(call, settled);
  };

  /** Closes a call whose outcome goes to the caller, by what is returned. */
  #close(call: Call): Call['deliver'] {
    const { deliver } = call;
    call.ended = true;
    call.kept = undefined;
    call.deliver = undefined;
    call.outcome = undefined;
    // What an error is kept with, the bytes that came before it are not.
    if (!call.download?.delivered) call.download = undefined;
    this.#parts.inFlight.delete(call);
    return deliver;
  }

  async #step(call: Call, settled: Settled): Promise<Step> {
    const { record } = call;
    const ending = endingOf(call, settled);
    const isAccepted = ending.kind === 'ok';
    if (!isAccepted) record.attemptFailed(ending);
    const verdict = await this.#judge(call, ending);
    if (verdict.retry && isCancelled(call, ending.config)) throw CANCELLED;
    if (isAccepted && (verdict.retry || verdict.wouldRetry)) record.attemptFailed(ending);
    if (!verdict.retry) return { response: await this.#finish(call, ending, verdict) };

    call.discard = releaseBody((ending.response as AxiosResponse | undefined)?.data);
    const next = configOfNext(call, ending);
    call.stamp(next);
    const decidedMs = record.elapsedMs;
    await announceRetry(call, { ...ending, config: next }, verdict, this.#parts.platform);
    const hookMs = record.elapsedMs - decidedMs;
    if (hookMs > 0 && record.remainingMs <= 0 && verdict.delayMs < hookMs) {
      return { response: await this.#finish(call, ending, TOO_LATE) };
    }
    call.kept = new KeptEnding(ending);
    // What was sent weighs more than its copy, see configOfNext.
    call.sent = next;
    call.observation = UNOBSERVED;
    call.delayMs = verdict.delayMs;
    return { next, sleepMs: Math.max(0, verdict.delayMs - hookMs) };
  }

  async #judge(call: Call, ending: Ending): Promise<Verdict> {
    const { retry } = call.settings;
    // Without an attempt there is nothing to make again: it was cancelled before, or an interceptor refused it.
    if (retry === false || call.sent === undefined) {
      const reason = ending.kind === 'cancelled' ? 'cancelled' : 'not-retryable';
      return { retry: false, reason, wouldRetry: false };
    }
    const override = await askShouldRetry(call, ending, retry);
    // Nothing was sent, and nothing would be.
    if (ending.code === 'ERR_POLICY_BODY_CONSUMED')
      return { retry: false, reason: 'body-not-replayable', wouldRetry: false };
    const { patience, random } = this.#parts;
    const isRetryableStatus = (status: number) =>
      ask('statuses', () => retry.isRetryableStatus(status), false);
    return decide({
      kind: ending.kind,
      status: ending.status,
      method: ending.method,
      idempotency: ending.idempotency,
      override,
      bodyReplayable: isReplayable(call, ending.config.data),
      retries: call.record.retries,
      elapsedMs: call.record.elapsedMs,
      retry: { ...retry, isRetryableStatus },
      requestedMs: retry.retryAfter ? requestedWaitMs(call, ending, patience, isRetryableStatus) : undefined,
      backoffMs: () => this.#drawBackoffMs(call, retry),
      withdraw: () => ask('budget', () => call.budget.withdraw(call.origin), false),
      random,
    });
  }

  #drawBackoffMs(call: Call, { backoff }: ResolvedRetry): number {
    call.backoffMs = backoffMs(backoff, call.backoffMs, this.#parts.random);
    return call.backoffMs;
  }

  async #dispatch(call: Call, next: RequestConfig): Promise<Settled> {
    const { bare, adapter, prior, counters } = this.#parts;
    call.record.retryScheduled(call.delayMs);
    call.record.attemptStarted();
    counters.retry();
    next.adapter = adapter;
    next.transformRequest = undefined;
    const response = bare.request(next);
    try {
      // The response to the caller has passed them before its body was cut.
      return { response: await (call.download?.delivered ? response : prior.pass(response)) };
    } catch (error) {
      this.#failedCall(error);
      return { error };
    }
  }

  /** The error of a request that was cancelled between two attempts. */
  async #cancel(call: Call, next: RequestConfig): Promise<unknown> {
    const { bare, counters } = this.#parts;
    const config = call.sent ?? next;
    // axios rejects an aborted request with its own CanceledError, before anything is sent.
    const aborted = call.cancelled ? { ...next, signal: AbortSignal.abort() } : next;
    const error: unknown = await bare.request(aborted).catch((canceled: unknown) => canceled);
    // The reason of a cancel token is one object for all requests that share the token, and has no config.
    if (configOf(error) !== undefined) (error as { config: RequestConfig }).config = config;
    call.restore(config);
    if (call.record.gaveUp('cancelled')) counters.giveUp('cancelled');
    return error;
  }

  async #finish(call: Call, ending: Ending, { reason, wouldRetry }: Refusal): Promise<AxiosResponse> {
    const { settled } = ending;
    if (hasResponse(settled) && !wouldRetry) {
      succeed(call);
      return settled.response;
    }
    call.restore(ending.config);
    call.record.gaveUp(reason);
    this.#parts.counters.giveUp(reason);
    if (wouldRetry) await announceGiveUp(call, ending, reason, this.#parts.platform);
    if (hasResponse(settled)) return settled.response;
    throw settled.error;
  }
}
