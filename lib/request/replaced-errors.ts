import { classify } from '../retry/classify.js';
import type { Call } from './call.js';
import { ask, warnDeveloper } from './call-hook.js';

const MESSAGE =
  'a response interceptor that was registered before the policy threw an error of its own in place of one that would have been retried: attach the policy before it, or let it name the original (new Error(message, { cause: error })), so that it is';

interface Failure {
  readonly call: Call;
  readonly error: unknown;
}

/**
 * Notices an interceptor in front of ours that takes a failure from us: it throws an error by which nobody finds the
 * request any more, which so ends without a retry and without a word. Warns of the first.
 */
export class ReplacedErrors {
  readonly #soon: (callback: () => void) => void;
  /** The latest failed attempt whose outcome has not come to our interceptor. */
  #latest: Failure | undefined;
  #hasWarned = false;

  /** @param soon calls back when the microtasks of by then are done. */
  constructor(soon: (callback: () => void) => void) {
    this.#soon = soon;
  }

  /** An attempt has failed; its error is on its way through the interceptors in front of ours. */
  failed(call: Call, error: unknown): void {
    if (!this.#hasWarned) this.#latest = { call, error };
  }

  /** The outcome of a request has come to our interceptor, or of one that is not known something else than an error. */
  arrived(call: Call | undefined): void {
    if (call === undefined || this.#latest?.call === call) this.#latest = undefined;
  }

  /** An error has come to our interceptor by which no request is found. */
  arrivedUnknown(): void {
    const { call, error } = this.#latest ?? {};
    if (call === undefined || !mayRetry(call, error)) return;
    // It may be that of another request, which failed before it was sent.
    this.#soon(() => {
      if (this.#latest?.call !== call || this.#hasWarned) return;
      this.#hasWarned = true;
      this.#latest = undefined;
      warnDeveloper('AXIOS_POLICY_REPLACED_ERROR', MESSAGE);
    });
  }
}

function mayRetry({ settings, observation }: Call, error: unknown): boolean {
  const { retry } = settings;
  if (retry === false || retry.maxRetries === 0) return false;
  const { kind, status } = classify(error, observation);
  if (kind === 'status') return ask('statuses', () => retry.isRetryableStatus(status ?? 0), false);
  return kind !== 'permanent' && kind !== 'cancelled';
}
