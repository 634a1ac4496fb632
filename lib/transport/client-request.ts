/**
 * Requests that are none of Node's own, for axios and its redirect follower: they stand in for one that was sent already,
 * or fails at once.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Writable } from 'node:stream';
import type { Scheme, WrappableRequest, WrappableResponse } from 'follow-redirects';
import { wrap } from 'follow-redirects';
import { keepOut } from '../config/own.js';
import type { AnsweredRequest } from './node-internals.js';
import { UNSET_REDIRECTABLE } from './unset-options.js';

/** The schemes that a request is sent through, among its options. */
export const SCHEMES = Symbol('axios-policy.schemes');

type AnyScheme = Scheme<object, WrappableRequest, WrappableResponse>;
type Schemes = Readonly<Record<'http' | 'https', AnyScheme>>;

const through = (scheme: keyof Schemes): AnyScheme => ({
  request: (options, onResponse) =>
    (options as { readonly [SCHEMES]: Schemes })[SCHEMES][scheme].request(options, onResponse),
});

/** One for all requests: it costs more than a request to make, and defines properties on the way. */
const FOLLOWER = wrap({ http: through('http'), https: through('https') });

/**
 * Sends a request, and follows where its response leads.
 *
 * @param schemes that it is sent through, and what follows from it.
 */
export function follow(
  schemes: object,
  options: { readonly protocol?: string | null | undefined },
  onResponse?: unknown,
): Writable {
  const scheme = options.protocol === 'https:' ? 'https' : 'http';
  const complete = { ...keepOut(UNSET_REDIRECTABLE), ...options, [SCHEMES]: schemes };
  return FOLLOWER[scheme].request(complete as object, onResponse as (response: WrappableResponse) => void);
}

/** The members of a `ClientRequest` that axios and its redirect follower call, without effect. */
abstract class StandInRequest extends Writable {
  abort(): void {
    this.destroy();
  }

  getHeader(_name: string): unknown {
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

/** A request that fails before anything is done for it, in the manner of `ClientRequest`: later, by an event. */
export class FailedRequest extends StandInRequest {
  readonly aborted = false;
  readonly res = null;

  constructor(error: Error) {
    super({
      // Whatever is written goes nowhere.
      write: (_chunk, _encoding, callback) => callback(),
    });
    process.nextTick(() => this.destroy(error));
  }
}

/** The redirect follower's own object, which it leaves on the requests that it makes. */
interface Redirectable {
  _currentRequest?: unknown;
}

type Followed = AnsweredRequest & { _redirectable?: Redirectable };

/**
 * A request that was sent already and has its response, for a transport that still has to give it to somebody: the body
 * that is written to it goes nowhere, because the server has it, and the response follows at its end.
 */
export class SentRequest extends StandInRequest {
  readonly #native: Followed;

  /** @param failure the error it has failed with since it has its response. */
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
    return this.#native._redirectable;
  }

  set _redirectable(redirectable: Redirectable) {
    this.#native._redirectable = redirectable;
  }

  #respond(response: IncomingMessage): void {
    const redirectable = this._redirectable;
    this.emit('response', response);
    // Where it followed a redirect, it has another by now.
    if (redirectable?._currentRequest === this) redirectable._currentRequest = this.#native;
  }

  /** The request itself. */
  get sent(): ClientRequest {
    return this.#native;
  }

  get res(): IncomingMessage | null | undefined {
    return this.#native.res;
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

  override getHeader(name: string): unknown {
    return this.#native.getHeader(name);
  }
}
