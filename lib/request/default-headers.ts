import type { ResolvedClient } from '../config/resolved.js';
import type { RequestConfig } from './axios.js';

/** The `Accept` that every instance of axios has by default; so it is nobody's wish. */
const ACCEPT_OF_AXIOS = 'application/json, text/plain, */*';

/** Sets `client.defaultHeaders` where neither the request nor its instance has them. */
export function addDefaultHeaders(
  headers: RequestConfig['headers'],
  defaultHeaders: NonNullable<ResolvedClient['defaultHeaders']>,
): void {
  for (const [name, value] of Object.entries(defaultHeaders.reveal())) {
    const isOfAxios = name.toLowerCase() === 'accept' && headers.get(name) === ACCEPT_OF_AXIOS;
    // Otherwise what is there stays, also a `false` that keeps a header from being sent.
    headers.set(name, value, isOfAxios);
  }
}
