import type { RequestConfig } from './axios.js';

/**
 * The signal of one attempt: aborted by the caller's own signal, or by us when a limit runs out. Followed by hand,
 * because `AbortSignal.any` is slower and leaves its listener on a long-lived signal until garbage collection.
 */
export class AttemptSignal {
  readonly #source: RequestConfig['signal'];
  /** Follows the source, if there is one. */
  readonly #onSourceAbort: (() => void) | undefined;
  /** Made when somebody needs a real one; most attempts do not. */
  #controller: AbortController | undefined;
  #listener: (() => void) | undefined;
  #aborted = false;
  #reason: unknown;

  constructor(source: RequestConfig['signal']) {
    this.#source = source;
    if (source == null) return;
    this.#onSourceAbort = () => this.abort((source as Partial<AbortSignal>).reason);
    if (source.aborted) this.#onSourceAbort();
    else source.addEventListener?.('abort', this.#onSourceAbort);
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** As axios takes it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether a config carries this signal. */
  isOf(config: Pick<RequestConfig, 'signal'> | undefined): boolean {
    return this.#controller !== undefined && config?.signal === this.#controller.signal;
  }

  abort(reason?: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#listener?.();
  }

  /** Calls back when it is aborted, or at once if it is; one listener at a time, `undefined` for none. */
  set onAbort(listener: (() => void) | undefined) {
    this.#listener = listener;
    if (this.#aborted) listener?.();
  }

  /** Stops following the caller's signal. */
  release(): void {
    this.#source?.removeEventListener?.('abort', this.#onSourceAbort);
  }
}
