import { define } from '../config/own.js';
import type { AxiosError, AxiosInstance, AxiosResponse, RequestConfig } from './axios.js';

interface AxiosErrorClass {
  new (
    message: string,
    code?: string,
    config?: RequestConfig,
    request?: unknown,
    response?: AxiosResponse,
  ): AxiosError;
  from(
    error: unknown,
    code: string | null,
    config: RequestConfig,
    request?: unknown,
    response?: AxiosResponse,
  ): AxiosError;
}

type CanceledErrorClass = new (message: null, config: RequestConfig, request: unknown) => AxiosError;

/** The classes of errors of one copy of axios. */
interface ErrorClasses {
  readonly AxiosError: AxiosErrorClass;
  readonly CanceledError: CanceledErrorClass;
}

/**
 * Makes errors of the instance's own classes, so that `instanceof` holds for whoever uses that copy of axios.
 *
 * An instance does not give access to them, but it throws a CanceledError, which extends AxiosError, for a request that
 * is aborted before it starts.
 */
export class AxiosErrors {
  #classes: ErrorClasses | undefined;
  #loading: Promise<void> | undefined;
  readonly #bare: AxiosInstance;
  #otherCode: Promise<string | undefined> | undefined;

  constructor(bare: AxiosInstance) {
    this.#bare = bare;
  }

  /**
   * Begins to look for them, if that was not done before. Not when a policy is attached: workers attach where the module
   * is loaded, and may not abort anything there.
   *
   * @returns resolves, within a few microtasks, when errors can be made.
   */
  load(): Promise<void> {
    this.#loading ??= this.#bare.request({ url: '/', signal: AbortSignal.abort() }).then(
      () => undefined,
      (canceled: object) => {
        const prototype = Object.getPrototypeOf(canceled);
        const { constructor: AxiosError } = Object.getPrototypeOf(prototype);
        this.#classes = { AxiosError, CanceledError: prototype.constructor };
      },
    );
    return this.#loading;
  }

  /** Whether errors can be made by now. */
  get isReady(): boolean {
    return this.#classes !== undefined;
  }

  /** An AxiosError as axios itself would make it. */
  create(
    message: string,
    code: string | undefined,
    config: RequestConfig,
    request: unknown,
    response?: AxiosResponse,
  ): AxiosError {
    return new this.#loaded.AxiosError(message, code, config, request, response);
  }

  /** What axios makes of an error of the network, before or after the response began. */
  from(error: Error, config: RequestConfig, request: unknown, response?: AxiosResponse): AxiosError {
    return this.#loaded.AxiosError.from(error, null, config, request, response);
  }

  /** What axios makes of a status that `validateStatus` does not accept. */
  async ofStatus(response: AxiosResponse, config: RequestConfig): Promise<AxiosError> {
    const message = `Request failed with status code ${response.status}`;
    return this.create(message, await this.#codeOf(response.status), config, response.request, response);
  }

  #codeOf(status: number): string | undefined | Promise<string | undefined> {
    if (status >= 400 && status < 500) return 'ERR_BAD_REQUEST';
    return status >= 500 && status < 600 ? 'ERR_BAD_RESPONSE' : this.#codeOfOtherStatus();
  }

  /** It depends on the version of axios, which is asked: of old ones such errors have no code. */
  #codeOfOtherStatus(): Promise<string | undefined> {
    this.#otherCode ??= this.#bare
      .request({ url: 'data:,', adapter: 'http', validateStatus: () => false })
      .then(
        () => undefined,
        ({ code }: AxiosError) => code,
      );
    return this.#otherCode;
  }

  /** @param message if the request has none of its own. */
  ofTimeout(message: string, config: RequestConfig, request: unknown): AxiosError {
    const { timeoutErrorMessage, transitional } = config;
    const code = transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED';
    return this.create(timeoutErrorMessage || message, code, config, request);
  }

  /** What a cancelled request rejects with. */
  canceled(config: RequestConfig, request: unknown): AxiosError {
    return new this.#loaded.CanceledError(null, config, request);
  }

  /** An AxiosError that wraps an error of ours, as `AxiosError.from` would. */
  wrap(error: Error & { code?: string }, config: RequestConfig): AxiosError {
    const wrapped = this.create(error.message, error.code ?? '', config, undefined);
    wrapped.name = error.name;
    define(wrapped, 'cause', { value: error, writable: true, configurable: true });
    return wrapped;
  }

  get #loaded(): ErrorClasses {
    if (this.#classes === undefined) throw new Error('the classes of axios are not known yet');
    return this.#classes;
  }
}
