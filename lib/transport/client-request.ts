import type { ClientRequest, IncomingMessage } from 'node:http';
import { Writable } from 'node:stream';

/** What a redirect follower makes of a request, as far as it is read here. */
interface Redirectable {
  _currentRequest?: unknown;
}

type Followed = ClientRequest & { _redirectable?: Redirectable };

/**
 * A request that was sent already and has its response, for a transport that still has to give it to somebody: the body
 * that is written to it goes nowhere, because the server has it, and the response follows at its end.
 */
export class SentRequest extends Writable {
  readonly #native: ClientRequest;

  /** @param failure what it failed with since it has its response. */
  constructor(
    native: ClientRequest,
    response: IncomingMessage,
    onResponse?: (response: IncomingMessage) => void,
    failure?: Error,
  ) {
    super({ autoDestroy: false, write: (_chunk, _encoding, callback) => callback() });
    this.#native = native;
    if (onResponse !== undefined) this.once('response', onResponse);
    // Of a redirect that is ended nothing more counts, as in a follower that reads its head and no further.
    if (!response.destroyed) native.on('error', (error) => this.emit('error', error));
    if (failure !== undefined) process.nextTick(() => this.emit('error', failure));
    native.once('close', () => this.emit('close'));
    // Not before it was ended: a redirect follower that gets a response while it writes never ends what comes next.
    this.once('finish', () => this.#respond(response));
  }

  /** The redirect follower's request: whoever gets the response looks for it on the request that was sent. */
  get _redirectable(): Redirectable | undefined {
    return (this.#native as Followed)._redirectable;
  }

  set _redirectable(redirectable: Redirectable) {
    (this.#native as Followed)._redirectable = redirectable;
  }

  #respond(response: IncomingMessage): void {
    const redirectable = this._redirectable;
    this.emit('response', response);
    // Where it followed a redirect, it has another by now.
    if (redirectable?._currentRequest === this) redirectable._currentRequest = this.#native;
  }

  /** What it stands in for. */
  get sent(): ClientRequest {
    return this.#native;
  }

  get res(): IncomingMessage | undefined {
    return (this.#native as ClientRequest & { res?: IncomingMessage }).res;
  }

  get path(): string {
    return this.#native.path;
  }

  get method(): string {
    return this.#native.method;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#native.destroy(error ?? undefined);
    callback();
  }

  abort(): void {
    this.destroy();
  }

  setTimeout(): this {
    return this;
  }

  getHeader(name: string): unknown {
    return this.#native.getHeader(name);
  }

  setHeader(): this {
    return this;
  }

  removeHeader(): void {}
}

/** A request that fails before anything is done for it, in the manner of `ClientRequest`: later, by an event. */
export class FailedRequest extends Writable {
  readonly aborted = false;
  readonly res = null;

  constructor(error: Error) {
    super({
      // Whatever is written goes nowhere.
      write: (_chunk, _encoding, callback) => callback(),
    });
    process.nextTick(() => this.destroy(error));
  }

  abort(): void {
    this.destroy();
  }

  getHeader(): undefined {
    return undefined;
  }

  setHeader(): this {
    return this;
  }

  removeHeader(): void {}

  setTimeout(): this {
    return this;
  }
}
