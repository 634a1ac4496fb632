import type { RequestOptions } from 'node:http';
import type { EventEmitter, Writable } from 'node:stream';
import type { Scheme, WrappableRequest, WrappableResponse } from 'follow-redirects';
import { wrap } from 'follow-redirects';
import { define } from '../config/own.js';
import { keepOut, UNSET_REDIRECTABLE } from './unset-options.js';

/** Where the options of a request have what it is sent through. */
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
 * @param schemes what it is sent through, and what follows from it.
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

/** What is known of a request that was made without a redirect follower. */
interface UnfollowedParts {
  /** What it was made with. */
  readonly options: RequestOptions;
  readonly maxRedirects: number | undefined;
  readonly body: Buffer | undefined;
}

/** Keeps what a follower would be made of in private, for it holds the caller's credentials. */
class Unfollowed {
  readonly #options: RequestOptions;
  readonly #maxRedirects: number | undefined;
  readonly #bodyLength: number;

  constructor({ options, maxRedirects, body }: UnfollowedParts) {
    this.#options = options;
    this.#maxRedirects = maxRedirects;
    this.#bodyLength = body?.length ?? 0;
  }

  /** The follower's own object, which finds the request made already. */
  follow(request: EventEmitter): Writable {
    const scheme = { request: () => request };
    const limits = { maxBodyLength: Number.POSITIVE_INFINITY };
    if (this.#maxRedirects) Object.assign(limits, { maxRedirects: this.#maxRedirects });
    const redirectable = follow({ http: scheme, https: scheme }, { ...this.#options, ...limits });
    Object.assign(redirectable, { _ended: true, _ending: true, _requestBodyLength: this.#bodyLength });
    // Whoever made the request is told of errors in another way.
    return redirectable.on('error', () => undefined);
  }
}

const UNFOLLOWED = Symbol('axios-policy.unfollowed');

interface Followed {
  _redirectable?: Writable;
  [UNFOLLOWED]?: Unfollowed;
}

// Made when somebody looks: it takes longer than the rest of a request, and next to nobody does.
const LAZY: PropertyDescriptor & ThisType<EventEmitter & Followed> = {
  configurable: true,
  enumerable: true,
  get() {
    return this[UNFOLLOWED]?.follow(this);
  },
  set(value: Writable) {
    const property = { value, configurable: true, enumerable: true, writable: true };
    define(this, '_redirectable', property);
  },
};

/**
 * Gives a request the `_redirectable` that axios' redirect follower leaves on every one: code reads the final URL and
 * the number of redirects there.
 */
export function showRedirectable(request: EventEmitter, parts: UnfollowedParts): void {
  // axios uses no follower either where none are followed.
  if (parts.maxRedirects === 0) return;
  (request as Followed)[UNFOLLOWED] = new Unfollowed(parts);
  define(request, '_redirectable', LAZY);
}

/**
 * What axios takes for the request of an error that came before the response: the redirect follower's, if it has one.
 *
 * @param body which the follower still has.
 */
export function requestOfError<Request extends EventEmitter>(
  request: Request,
  body: Buffer | undefined,
): Request | Writable {
  const redirectable = (request as Followed)._redirectable;
  if (redirectable === undefined) return request;
  return body?.length ? Object.assign(redirectable, { _requestBodyBuffers: [{ data: body }] }) : redirectable;
}
