import { fieldOf } from '../config/own.js';
import type { OutcomeKind } from '../config/types.js';
import { firstInChain } from '../retry/error-predicates.js';
import type { Idempotency } from '../retry/idempotency.js';
import type { AttemptOutcome } from '../retry/record.js';
import type { AxiosError, AxiosErrors, AxiosResponse, RequestConfig } from './axios.js';
import { cancelTokenOf } from './axios.js';
import { isReadable, isWebStream } from './streams.js';

/** An attempt that ended, with everything a decision about it needs. */
export interface AttemptResult {
  /** `ok` for a response that axios accepts, however `shouldRetry` thinks of it. */
  readonly kind: OutcomeKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** Also that of an error, and whatever an interceptor in front of ours made of it. */
  readonly response: AxiosResponse | undefined;
  /** As axios rejected it; nothing for kind `ok`. */
  readonly error: unknown;
  /** Of the response, also where the error has none. */
  readonly headers: unknown;
  readonly config: RequestConfig;
  /** Upper case. */
  readonly method: string;
  /** Once somebody has asked: see `idempotencyOfResult`. */
  idempotency?: Idempotency;
}

/** The config of a response, or of an error, also one that wraps an axios error as its `cause`. */
export function configOf(holder: unknown): RequestConfig | undefined {
  return firstInChain(holder, (link) => {
    const config = fieldOf(link, 'config');
    return typeof config === 'object' && config !== null ? (config as RequestConfig) : undefined;
  });
}

/** Thousands of failures say the same, each in a text of its own. */
class SharedText {
  #latest = '';

  /** The text, as the same object as before if it is equal. */
  shared(text: string): string {
    if (text !== this.#latest) this.#latest = text;
    return this.#latest;
  }
}

const MESSAGES = new SharedText();
const STATUS_TEXTS = new SharedText();

/**
 * The latest result of a request that sleeps before its next attempt, and may find on waking that it is too late.
 * Thousands may sleep in an outage, so a failure is kept by what it says; of what it drags along (its request, the
 * connection of that, its stack) nothing is.
 */
export class KeptResult {
  readonly #message: string;
  /** Of a failure without its request; else the response itself, which `shouldRetry` refused. */
  readonly #response: AxiosResponse | undefined;
  readonly #original: WeakRef<object> | undefined;

  constructor({ kind, response, error }: AttemptResult) {
    if (kind === 'ok') {
      this.#message = '';
      this.#response = response;
      return;
    }
    if (typeof error === 'object' && error !== null) this.#original = new WeakRef(error);
    this.#message = MESSAGES.shared(String((error as Partial<Error> | undefined)?.message ?? error));
    this.#response = response === undefined ? undefined : withoutRequest(response);
  }

  /**
   * The result: with the very error while that is still there, and else with one that says the same.
   *
   * @param outcome as it was recorded.
   * @param next the config of the attempt that is not made any more.
   */
  recall({ kind, status, code }: AttemptOutcome, next: RequestConfig, errors: AxiosErrors): AttemptResult {
    const isAccepted = kind === 'ok';
    const error = isAccepted ? undefined : (this.#original?.deref() ?? this.#remake(next, errors, code));
    const response = error === undefined ? this.#response : fieldOf(error as AxiosError, 'response');
    const config = configOf(error) ?? next;
    const method = (config.method ?? 'get').toUpperCase();
    return { kind, status, code, method, response, error, headers: response?.headers, config };
  }

  #remake(config: RequestConfig, errors: AxiosErrors, code = ''): AxiosError {
    const response = this.#response && { ...this.#response, config };
    return errors.create(this.#message, code, config, undefined, response);
  }
}

function withoutRequest({ status, statusText, headers, data }: AxiosResponse): AxiosResponse {
  // A streamed body was released.
  const isStream = typeof data === 'object' && (isReadable(data) || isWebStream(data));
  const text = typeof statusText === 'string' ? STATUS_TEXTS.shared(statusText) : statusText;
  return { status, statusText: text, headers, ...(isStream ? {} : { data }) } as AxiosResponse;
}

/**
 * A request that can be cancelled: by its signal, by its cancel token (which is what Nest's HttpService uses), or without
 * its config by `detach({ abort: true })`. Whoever follows it leaves no listener behind.
 */
export interface Cancellable {
  /** Whether it was. */
  readonly cancelled: boolean;
  /** Ends whatever the request waits for: a response, a hook, or the end of a sleep. */
  onCancel: (() => void) | undefined;
}

/** Whether a request has been cancelled by now, in whatever way. */
export function isCancelled(request: Cancellable, config: RequestConfig): boolean {
  if (request.cancelled || fieldOf(config, 'signal')?.aborted === true) return true;
  return cancelTokenOf(config)?.reason !== undefined;
}

/** Has a listener told when the request is cancelled; one at a time. */
export function followCancel(config: RequestConfig, request: Cancellable, listener: () => void): void {
  request.onCancel = listener;
  fieldOf(config, 'signal')?.addEventListener?.('abort', listener);
  cancelTokenOf(config)?.subscribe?.(listener);
}

/** Ends {@link followCancel}. */
export function unfollowCancel(config: RequestConfig, request: Cancellable, listener: () => void): void {
  request.onCancel = undefined;
  fieldOf(config, 'signal')?.removeEventListener?.('abort', listener);
  cancelTokenOf(config)?.unsubscribe?.(listener);
}

/** The wait of a request for its outcome, from its first failure on, with the sleep before the attempt to come. */
export class PendingRetry {
  /** Of the whole request, as the caller gets it. */
  readonly outcome: Promise<AxiosResponse>;
  /** The delay before the next attempt, in ms. */
  delayMs = 0;
  /** The latest result, while the request sleeps. */
  kept: KeptResult | undefined;
  #deliver: ((outcome: AxiosResponse | Promise<never>) => void) | undefined;
  #discard: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.outcome = new Promise((resolve) => {
      this.#deliver = resolve;
    });
  }

  /** Settles the outcome. */
  deliver(outcome: AxiosResponse | Promise<never>): void {
    this.#deliver?.(outcome);
  }

  /** Notes what gives up on the rest of the latest response. */
  set leftover(discard: () => void) {
    this.#discard = discard;
  }

  /** Gives up on what is left of the latest response. */
  discardLeftover(): void {
    this.#discard?.();
    this.#discard = undefined;
  }

  /**
   * Calls back after a time, or as soon as the request is cancelled.
   *
   * The timer keeps the process alive, for otherwise a process with nothing else to do would exit and lose the request.
   */
  sleep<T extends Cancellable>(
    sleepMs: number,
    config: RequestConfig,
    call: T,
    onWake: (call: T) => void,
  ): void {
    if (isCancelled(call, config)) {
      onWake(call);
      return;
    }
    // Not the timer's own arguments: whoever replaces setTimeout, as tests do, may forget to pass them on.
    const wake = () => onWake(call);
    this.#timer = setTimeout(wake, sleepMs);
    followCancel(config, call, wake);
  }

  /** Leaves nothing of a {@link sleep} behind; to be called when it is over. */
  clearSleep(config: RequestConfig, call: Cancellable): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (call.onCancel !== undefined) unfollowCancel(config, call, call.onCancel);
  }
}
