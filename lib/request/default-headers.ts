import type { ResolvedClient } from '../config/resolved.js';
import type { RequestConfig } from './axios.js';

/** What every instance of axios sends if nobody says otherwise; so it is no request's own wish. */
const ACCEPT_OF_AXIOS = 'application/json, text/plain, */*';

/** Sets the policy's User-Agent and default headers where the request, or its instance, has none. */
export function addDefaultHeaders(
  headers: RequestConfig['headers'],
  { userAgent, defaultHeaders }: Pick<ResolvedClient, 'userAgent' | 'defaultHeaders'>,
): void {
  // `false`: what is there stays, also a `false` that keeps a header from being sent.
  if (userAgent !== undefined) headers.set('User-Agent', userAgent, false);
  if (defaultHeaders === undefined) return;
  for (const [name, value] of Object.entries(defaultHeaders.reveal())) {
    const isOfAxios = name.toLowerCase() === 'accept' && headers.get(name) === ACCEPT_OF_AXIOS;
    headers.set(name, value, isOfAxios);
  }
}
