import type { AttemptSignal } from './attempt-signal.js';
import type { RequestConfig } from './axios.js';
import { cancelTokenOf, isCancel } from './axios.js';
import type { AxiosErrors } from './axios-errors.js';
import { destroyBody, isInMemoryForm, isStreamLike, setBody } from './body.js';
import type { Call } from './call.js';
import type { Platform } from './platform.js';
import { isReadable, isWebStream, WebBody } from './response-body.js';
import { noteSent, wasRead } from './sent-streams.js';

type HeaderValue = Call['declaredLength'];

/** What a body is made with. */
interface MadeBodyParts {
  readonly platform: Platform;
  readonly errors: AxiosErrors;
}

/**
 * The body that `policy.body` makes for one attempt. It is on the config as long as the attempt runs, and comes off it
 * with all that the headers say of it: a request that the caller makes again from that config gets a body of its own.
 */
export class MadeBody {
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #parts: MadeBodyParts;
  readonly #data: unknown;
  readonly #type: HeaderValue;
  readonly #hadType: boolean;
  #body: unknown;
  #encoded: unknown;
  #web: WebBody | undefined;
  #isUnwanted = false;

  constructor(call: Call, config: RequestConfig, parts: MadeBodyParts) {
    this.#call = call;
    this.#config = config;
    this.#parts = parts;
    this.#data = config.data;
    this.#type = config.headers.get('Content-Type');
    this.#hadType = call.hasContentType;
  }

  /** Of the next attempt, `undefined` if it has the caller's own `data`, which only a first one may have. */
  static of(call: Call, config: RequestConfig, parts: MadeBodyParts): MadeBody | undefined {
    if (call.makeBody === undefined) return undefined;
    const { data } = config;
    const isFirst = call.sends === 0;
    const hasOwn = isFirst && data !== undefined && data !== null && !wasRead(data);
    return hasOwn ? undefined : new MadeBody(call, config, parts);
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
    if (!this.#isUnwanted) this.#call.bodyFailed = true;
  };

  /** Takes the body off the config, and off the one that a caller's own adapter may have made of it. */
  takeOff(result: unknown): void {
    const { config: copy } = (result ?? {}) as { config?: Partial<RequestConfig> };
    if (copy !== undefined && copy !== this.#config && copy.data === this.#encoded) copy.data = this.#data;
    const call = this.#call;
    const { headers } = this.#config;
    this.#config.data = this.#data;
    call.bodySnapshot = undefined;
    call.hasContentType = this.#hadType;
    reset(headers, 'Content-Length', call.declaredLength);
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
    const body = await this.#ask();
    if (this.#isUnwanted) {
      discard(body);
      return;
    }
    this.#body = body;
    // To be told before axios is, which destroys the request with that error.
    if (isReadable(body)) body.once('error', this.#onFailure);
    setBody(this.#call, this.#config, this.#endable(body), this.#parts.platform);
    this.#encoded = this.#config.data;
  }

  async #ask(): Promise<unknown> {
    try {
      return await this.#call.makeBody?.();
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
    const { errors } = this.#parts;
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
