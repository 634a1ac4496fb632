import { isCancel } from '../retry/error-predicates.js';
import type { AxiosErrors, RequestConfig } from './axios.js';
import { cancelTokenOf } from './axios.js';
import type { RequestBody } from './body.js';
import { destroyBody, isInMemoryForm } from './body.js';
import type { AttemptSignal } from './deadline.js';
import { isReadable, isStreamLike, isWebStream, noteSent, WebBody, wasRead } from './streams.js';

type HeaderValue = RequestBody['declaredLength'];

/**
 * The body that `policy.body` makes for one attempt. It is on the config as long as the attempt runs, and comes off it
 * with all that the headers say of it: a request that the caller makes again from that config gets a body of its own.
 */
export class MadeBody {
  readonly #request: RequestBody;
  readonly #config: RequestConfig;
  readonly #errors: AxiosErrors;
  readonly #data: unknown;
  readonly #type: HeaderValue;
  readonly #hadType: boolean;
  #body: unknown;
  #encoded: unknown;
  #web: WebBody | undefined;
  #isUnwanted = false;

  constructor(request: RequestBody, config: RequestConfig, errors: AxiosErrors) {
    this.#request = request;
    this.#config = config;
    this.#errors = errors;
    this.#data = config.data;
    this.#type = config.headers.get('Content-Type');
    this.#hadType = request.hasContentType;
  }

  /**
   * Has the body made, and puts it on the config.
   *
   * @throws what the factory does, or what axios cancels with, as soon as the attempt is over.
   */
  async make(signal: AttemptSignal): Promise<void> {
    const token = cancelTokenOf(this.#config);
    let onCancel: ((reason?: unknown) => void) | undefined;
    const canceled = new Promise<never>((_resolve, reject) => {
      onCancel = (reason) => void this.#cancel(reason).catch(reject);
      signal.onAbort = onCancel;
      token?.subscribe?.(onCancel);
    });
    try {
      await Promise.race([canceled, this.#isUnwanted ? canceled : this.#arrive()]);
    } finally {
      signal.onAbort = undefined;
      if (onCancel !== undefined) token?.unsubscribe?.(onCancel);
    }
  }

  readonly #onFailure = (): void => {
    if (!this.#isUnwanted) this.#request.failed = true;
  };

  /** Takes the body off the config, and off the one that a caller's own adapter may have made of it. */
  takeOff(result: unknown): void {
    const { config: copy } = (result ?? {}) as { config?: Partial<RequestConfig> };
    if (copy !== undefined && copy !== this.#config && copy.data === this.#encoded) copy.data = this.#data;
    const request = this.#request;
    const { headers } = this.#config;
    this.#config.data = this.#data;
    request.snapshot = undefined;
    request.hasContentType = this.#hadType;
    reset(headers, 'Content-Length', request.declaredLength);
    reset(headers, 'Content-Type', this.#hadType ? this.#type : undefined);
  }

  /** To be called when the attempt is over: the policy had it made, so nobody else ends it. */
  destroy(): void {
    this.#isUnwanted = true;
    this.#web?.destroy(new Error('the attempt is over'));
    discard(this.#body);
    this.#body = undefined;
  }

  async #arrive(): Promise<void> {
    const body = await this.#make();
    if (this.#isUnwanted) {
      discard(body);
      return;
    }
    this.#body = body;
    // To be told before axios is, which destroys the request with that error.
    if (isReadable(body)) body.once('error', this.#onFailure);
    this.#request.replace(this.#config, this.#endable(body));
    this.#encoded = this.#config.data;
  }

  async #make(): Promise<unknown> {
    try {
      return await this.#request.make?.();
    } catch (error) {
      this.#onFailure();
      throw error;
    }
  }

  /** A stream of the web's kind cannot be ended from outside while `fetch` reads it. */
  #endable(body: unknown): unknown {
    if (!isWebStream(body) || body.locked || wasRead(body)) return body;
    this.#web = new WebBody(body, () => undefined);
    return this.#web.stream;
  }

  async #cancel(reason: unknown): Promise<never> {
    this.#isUnwanted = true;
    const errors = this.#errors;
    await errors.load();
    throw isCancel(reason) ? reason : errors.canceled(this.#config, undefined);
  }
}

/** A factory may give the same stream again, of which there is nothing left then. */
function discard(body: unknown): void {
  destroyBody(body);
  if (isStreamLike(body) && !isInMemoryForm(body)) noteSent(body);
}

function reset(headers: RequestConfig['headers'], name: string, value: HeaderValue): void {
  if (value === undefined || value === null) headers.delete(name);
  else headers.set(name, value);
}

/** Whether an attempt has the caller's own `data`, which only a first one may have, and not a body that is made. */
export function hasOwnBody({ data }: RequestConfig, isFirst: boolean): boolean {
  return isFirst && data !== undefined && data !== null && !wasRead(data);
}
