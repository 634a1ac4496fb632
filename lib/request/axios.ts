import type { AxiosError, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { define, fieldOf } from '../config/own.js';

/**
 * The parts of an axios instance that the policy needs.
 *
 * Structural, because `AxiosInstance` of axios' CommonJS types and of its ES module types are not assignable to each
 * other, and both kinds of users are served by one signature.
 */

/** An interceptor manager, as far as types need to agree between versions of axios. */
interface InterceptorManagerLike {
  use(...args: never[]): number;
  eject(id: number): void;
}

/** Any axios instance, or axios itself, of axios >= 1.7.9, from its CommonJS or its ES module build. */
export interface AxiosLike {
  defaults: object;
  interceptors: { request: InterceptorManagerLike; response: InterceptorManagerLike };
  request(...args: never[]): Promise<unknown>;
}

/** The request config as the policy handles it: between interceptors and adapter. */
export type RequestConfig = InternalAxiosRequestConfig & { policy?: unknown };

export type { AxiosError, AxiosInstance, AxiosResponse };

/** A cancel token that can be listened to. */
interface ObservableCancelToken {
  /** Once it was cancelled. */
  readonly reason?: unknown;
  subscribe?(listener: (reason?: unknown) => void): void;
  unsubscribe?(listener: (reason?: unknown) => void): void;
}

/** The cancel token of a request. Axios' own can be listened to; its types keep quiet about it. */
export function cancelTokenOf(config: RequestConfig): ObservableCancelToken | undefined {
  return fieldOf(config, 'cancelToken') as ObservableCancelToken | undefined;
}

/** The two functions of a response interceptor. */
export interface ResponseHandler {
  readonly fulfilled?: ((response: AxiosResponse) => unknown) | null;
  readonly rejected?: ((error: unknown) => unknown) | null;
}

/** The response interceptors of an instance in their order; `null` in the place of one that was taken off. */
export function responseHandlersOf({ interceptors }: AxiosInstance): readonly (ResponseHandler | null)[] {
  const { handlers = [] }: { readonly handlers?: readonly (ResponseHandler | null)[] } =
    interceptors.response;
  return handlers;
}

type Adapter = RequestConfig['adapter'];

/**
 * The one of axios' named adapters to use in Node: `http` wherever it may be chosen, as only it has connections to shape;
 * `undefined` for a function, the caller's own adapter.
 */
export function adapterName(adapter: Adapter): Adapter {
  if (typeof adapter === 'function') return undefined;
  if (adapter === undefined) return 'http';
  return Array.isArray(adapter) && adapter.includes('http') ? 'http' : adapter;
}

/** axios' named adapters to choose from in a browser, where there is no `http`. */
export function browserAdapterName(adapter: Adapter): Adapter {
  if (typeof adapter === 'function') return undefined;
  return adapter ?? ['xhr', 'fetch'];
}

const WITHOUT_SOCKETS: ReadonlySet<unknown> = new Set(['xhr', 'fetch']);

/** Whether requests can only go through adapters of axios that make connections of their own. */
export function makesOwnConnections(adapter: Adapter): boolean {
  const names: readonly unknown[] = Array.isArray(adapter) ? adapter : [adapter];
  return names.length > 0 && names.every(isWithoutSockets);
}

function isWithoutSockets(name: unknown): boolean {
  // axios takes names in any case.
  return typeof name === 'string' && WITHOUT_SOCKETS.has(name.toLowerCase());
}

/** Whether the caller takes a status for a success. */
export function accepts({ validateStatus }: RequestConfig, status: number): boolean {
  return !validateStatus || validateStatus(status);
}

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

  /** An error of the network as axios wraps it, before or after the response began. */
  from(error: Error, config: RequestConfig, request: unknown, response?: AxiosResponse): AxiosError {
    return this.#loaded.AxiosError.from(error, null, config, request, response);
  }

  /** The error of a status that `validateStatus` does not accept. */
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

  /** The error of a cancelled request. */
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
