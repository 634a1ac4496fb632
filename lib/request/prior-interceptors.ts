import { classify } from '../retry/classify.js';
import type { AxiosInstance, AxiosResponse, ResponseHandler } from './axios.js';
import { responseHandlersOf } from './axios.js';
import type { Call } from './call.js';
import { atOnce, callHook, warnDeveloper } from './warnings.js';

interface Failure {
  readonly call: Call;
  readonly error: unknown;
}

const REPLACED =
  'a response interceptor that was registered before the policy threw an error of its own in place of one that would have been retried: attach the policy before it, or let it name the original (new Error(message, { cause: error })), so that it is';

/**
 * The response interceptors in front of ours. axios runs them on the first attempt before we see its outcome; a retry
 * is dispatched below all interceptors, so we run them on its outcome ourselves. The list is read, never changed.
 *
 * One of them may take a failure from us: it throws an error by which nobody finds the request any more, which so ends
 * without a retry and without a word. Of the first, the developer is warned.
 */
export class PriorInterceptors {
  readonly #instance: AxiosInstance;
  readonly #own: unknown;
  readonly #afterPendingIo: (callback: () => void) => void;
  #known: readonly (ResponseHandler | null)[] = [];
  /** The latest failed attempt whose outcome has not come to our interceptor. */
  underWay: Failure | undefined;
  #hasWarned = false;

  /**
   * @param own our `onFulfilled`, by which our place in the list is found.
   * @param afterPendingIo calls back when the microtasks of by then are done.
   */
  constructor(instance: AxiosInstance, own: unknown, afterPendingIo: (callback: () => void) => void) {
    this.#instance = instance;
    this.#own = own;
    this.#afterPendingIo = afterPendingIo;
  }

  /** Remembers the interceptors in front of ours, for requests under way while ours is taken off the list. */
  remember(): void {
    this.#known = this.#current() ?? [];
  }

  /** Lets the outcome of a dispatch pass through them, as axios would. */
  async pass(dispatched: Promise<AxiosResponse>): Promise<AxiosResponse> {
    let outcome: Promise<unknown> = dispatched;
    for (const handler of this.#current() ?? this.#known) {
      if (handler) outcome = outcome.then(handler.fulfilled as ResponseHandler['rejected'], handler.rejected);
    }
    return outcome as Promise<AxiosResponse>;
  }

  /** An attempt has failed; its error is on its way through them. */
  attemptFailed(call: Call, error: unknown): void {
    if (!this.#hasWarned) this.underWay = { call, error };
  }

  /** A response has come to our interceptor; also of no request that is known. */
  responseArrived(call: Call | undefined): void {
    if (call === undefined || this.underWay?.call === call) this.underWay = undefined;
  }

  /** An error has come to our interceptor, by which a request is found or none. */
  errorArrived(known: Call | undefined): void {
    if (known !== undefined) {
      this.responseArrived(known);
      return;
    }
    const { call, error } = this.underWay ?? {};
    if (call === undefined || !mayRetry(call, error)) return;
    // It may be that of another request, which failed before it was sent.
    this.#afterPendingIo(() => {
      if (this.underWay?.call !== call || this.#hasWarned) return;
      this.#hasWarned = true;
      this.underWay = undefined;
      warnDeveloper('AXIOS_POLICY_REPLACED_ERROR', REPLACED);
    });
  }

  #current(): readonly (ResponseHandler | null)[] | undefined {
    const handlers = responseHandlersOf(this.#instance);
    const place = handlers.findIndex((handler) => handler?.fulfilled === this.#own);
    return place < 0 ? undefined : handlers.slice(0, place);
  }
}

function mayRetry({ settings, observation }: Call, error: unknown): boolean {
  const { retry } = settings;
  if (retry === false || retry.maxRetries === 0) return false;
  const { kind, status } = classify(error, observation);
  if (kind === 'status')
    return callHook('statuses', () => atOnce(retry.isRetryableStatus(status ?? 0)), false);
  return kind !== 'permanent' && kind !== 'cancelled';
}
