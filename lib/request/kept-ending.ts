import { fieldOf } from '../config/own.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios.js';
import type { AxiosErrors } from './axios-errors.js';
import type { Ending, Settled } from './outcome.js';
import { configOf, hasResponse } from './outcome.js';
import { isReadable, isWebStream } from './response-body.js';

/**
 * How the latest attempt ended, for a request that sleeps before the next and may find on waking that it is too late.
 * Thousands may sleep in an outage, so a failure is kept by what it says; of what it drags along (its request, the
 * connection of that, its stack) nothing is.
 */
export class KeptEnding {
  readonly #ending: Omit<Ending, 'settled' | 'config' | 'response' | 'headers'>;
  readonly #message: string;
  readonly #response: Partial<AxiosResponse> | undefined;
  /** An accepted response that `shouldRetry` refused is the outcome itself. */
  readonly #accepted: AxiosResponse | undefined;
  readonly #original: WeakRef<object> | undefined;

  constructor({ settled, kind, status, code, method, idempotency, response }: Ending) {
    this.#ending = { kind, status, code, method, idempotency };
    this.#message = '';
    if (hasResponse(settled)) {
      this.#accepted = settled.response;
      return;
    }
    const { error } = settled;
    if (typeof error === 'object' && error !== null) this.#original = new WeakRef(error);
    this.#message = String((error as Partial<Error> | undefined)?.message ?? error);
    this.#response = response === undefined ? undefined : withoutRequest(response as AxiosResponse);
  }

  /**
   * The ending: with the very error while that is still there, and else with one that says the same.
   *
   * @param config of the attempt that is not made any more.
   */
  recall(config: RequestConfig, errors: AxiosErrors): Ending {
    const { response, settled } = this.#settled(config, errors);
    return {
      ...this.#ending,
      settled,
      response,
      headers: response?.headers,
      config: (hasResponse(settled) ? undefined : configOf(settled.error)) ?? config,
    };
  }

  #settled(config: RequestConfig, errors: AxiosErrors): { response?: AxiosResponse; settled: Settled } {
    const accepted = this.#accepted;
    if (accepted !== undefined) return { response: accepted, settled: { response: accepted } };
    const error = (this.#original?.deref() as AxiosError | undefined) ?? this.#remake(config, errors);
    const response = fieldOf(error, 'response');
    return { ...(response === undefined ? {} : { response }), settled: { error } };
  }

  #remake(config: RequestConfig, errors: AxiosErrors): AxiosError {
    const response = this.#response && ({ ...this.#response, config } as AxiosResponse);
    return errors.create(this.#message, this.#ending.code ?? '', config, undefined, response);
  }
}

function withoutRequest({ status, statusText, headers, data }: AxiosResponse): Partial<AxiosResponse> {
  // A streamed body was released.
  const isStream = isReadable(data) || isWebStream(data);
  return { status, statusText, headers, ...(isStream ? {} : { data }) };
}
