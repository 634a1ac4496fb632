import type { AxiosInstance, AxiosResponse } from './axios.js';

interface Handler {
  readonly fulfilled?: ((response: AxiosResponse) => unknown) | null;
  readonly rejected?: ((error: unknown) => unknown) | null;
}

/**
 * The response interceptors in front of ours. axios runs them on the first attempt before we see its outcome; a retry
 * is dispatched below all interceptors, so we run them on its outcome ourselves. The list is read, never changed.
 */
export class PriorInterceptors {
  readonly #instance: AxiosInstance;
  readonly #own: unknown;
  #known: readonly (Handler | null)[] = [];

  /** @param own our `onFulfilled`, by which our place in the list is found. */
  constructor(instance: AxiosInstance, own: unknown) {
    this.#instance = instance;
    this.#own = own;
  }

  /** Remembers the interceptors in front of ours, for requests under way while ours is taken off the list. */
  remember(): void {
    this.#known = this.#current() ?? [];
  }

  /** Lets the outcome of a dispatch pass through them, as axios would. */
  async pass(dispatched: Promise<AxiosResponse>): Promise<AxiosResponse> {
    let outcome: Promise<unknown> = dispatched;
    for (const handler of this.#current() ?? this.#known) {
      if (handler) outcome = outcome.then(handler.fulfilled as Handler['rejected'], handler.rejected);
    }
    return outcome as Promise<AxiosResponse>;
  }

  #current(): readonly (Handler | null)[] | undefined {
    const { handlers } = this.#instance.interceptors.response as { handlers?: readonly (Handler | null)[] };
    const place = handlers?.findIndex((handler) => handler?.fulfilled === this.#own) ?? -1;
    return place < 0 ? undefined : handlers?.slice(0, place);
  }
}
