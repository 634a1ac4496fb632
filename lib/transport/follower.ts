import type { Writable } from 'node:stream';
import { type Scheme, type WrappableRequest, type WrappableResponse, wrap } from 'follow-redirects';
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
