/** Advice on keys that a section lacks: mistyped ones, those of another section, and those of other libraries. */

import { BACKOFF_KEYS, RETRY_KEYS } from './options.js';
import { BUDGET_KEYS } from './retry-parsers.js';
import type { KeySet } from './section.js';
import { listKeys } from './section.js';
import { CLIENT_KEYS } from './socket-options.js';
import { TLS_KEYS } from './tls-options.js';

/** Names that other libraries use for what has another name, or another place, here. Keys in lower case, no `_`. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  // axios, node:http, agentkeepalive
  ['proxy', 'did you mean client.proxyUrl?'],
  ['noproxy', 'did you mean client.proxyExcludes?'],
  ['rejectunauthorized', 'did you mean client.allowInvalidCertificates?'],
  ['cacert', 'did you mean client.tls.ca?'],
  ['insecure', 'did you mean client.allowInvalidCertificates?'],
  ['keepalive', 'connections are always kept; see client.poolIdleTimeout and client.poolMaxIdlePerHost'],
  ['keepalivetimeout', 'did you mean client.poolIdleTimeout?'],
  ['keepalivemsecs', 'did you mean client.poolIdleTimeout?'],
  ['freesockettimeout', 'did you mean client.poolIdleTimeout?'],
  ['maxfreesockets', 'did you mean client.poolMaxIdlePerHost?'],
  ['maxsockets', 'concurrency is not limited; did you mean client.poolMaxIdlePerHost?'],
  ['requesttimeout', 'did you mean client.timeout?'],
  ['headers', 'did you mean client.defaultHeaders?'],
  ['http2', 'did you mean client.http2Only?'],
  // axios-retry, retry-axios, got, ky, p-retry
  ['noresponseretries', 'failures without a response count in retry.maxRetries as well'],
  ['backofftype', 'the backoff is always exponential and jittered; see retry.backoff'],
  ['checkretryafter', 'did you mean retry.retryAfter?'],
  ['maxretryafter', 'a longer Retry-After than retry.retryTimeout leaves room for ends the retries'],
  ['validateresponse', "axios' own validateStatus says what fails; retry.shouldRetry what is retried"],
  ['onerror', 'did you mean retry.onGiveUp?'],
  ['retries', 'did you mean retry.maxRetries?'],
  ['limit', 'did you mean retry.maxRetries?'],
  ['attempts', 'did you mean retry.maxRetries (which does not count the first attempt)?'],
  ['maxattempts', 'did you mean retry.maxRetries (which does not count the first attempt)?'],
  ['retrydelay', 'did you mean retry.backoff.initBackoff?'],
  ['delay', 'did you mean retry.backoff.initBackoff?'],
  ['mintimeout', 'did you mean retry.backoff.initBackoff?'],
  ['maxtimeout', 'did you mean retry.backoff.maxBackoff?'],
  ['maxdelay', 'did you mean retry.backoff.maxBackoff?'],
  ['maxretrydelay', 'did you mean retry.backoff.maxBackoff?'],
  ['factor', 'did you mean retry.backoff.base?'],
  ['jitter', 'the backoff is always jittered; see retry.backoff'],
  ['retrycondition', 'did you mean retry.shouldRetry?'],
  ['httpmethodstoretry', 'did you mean retry.methods?'],
  ['statuscodes', 'did you mean retry.statuses?'],
  ['statuscodestoretry', 'did you mean retry.statuses?'],
  ['onretryattempt', 'did you mean retry.onRetry?'],
  ['onmaxretrytimesexceeded', 'did you mean retry.onGiveUp?'],
  ['onfailedattempt', 'did you mean retry.onRetry?'],
  ['shouldresettimeout', 'client.timeout is per attempt already; retry.retryTimeout bounds them all'],
]);

const SECTIONS: ReadonlyArray<readonly [section: string, keys: KeySet<string>]> = [
  ['client', CLIENT_KEYS],
  ['client.tls', TLS_KEYS],
  ['retry', RETRY_KEYS],
  ['retry.backoff', BACKOFF_KEYS],
  ['retry.budget', BUDGET_KEYS],
];

/** No key is longer; the distance to a text of megabytes is nobody's typo. */
const LONGEST_KEY = 40;

/**
 * Levenshtein's distance: how many letters to insert, delete or replace.
 * https://en.wikipedia.org/wiki/Levenshtein_distance#Iterative_with_two_matrix_rows
 */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length }, (_, index) => index + 1);
  let distance = b.length;
  for (const [i, letter] of a.split('').entries()) {
    let diagonal = i;
    distance = i + 1;
    const next: number[] = [];
    for (const [j, above] of row.entries()) {
      distance = Math.min(diagonal + (letter === b.charAt(j) ? 0 : 1), above + 1, distance + 1);
      next.push(distance);
      diagonal = above;
    }
    row = next;
  }
  return distance;
}

function normalize(key: string): string {
  return key.toLowerCase().replace(/[_-]/g, '');
}

function nearest(key: string, keys: readonly string[]): string | undefined {
  const word = normalize(key);
  const farthest = Math.max(1, Math.floor(word.length * 0.4));
  const [best] = keys
    .map((candidate) => ({ candidate, distance: editDistance(word, normalize(candidate)) }))
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** Advice on a key that `known` lacks: a name of another library, of another section, the nearest one, or all. */
export function adviseOnKey(key: string, known: KeySet<string>): string {
  if (key.length > LONGEST_KEY) return listKeys(key, known);
  const other = OTHER_NAMES.get(normalize(key));
  if (other !== undefined) return other;
  const places = SECTIONS.flatMap(([section, { find }]) => {
    const found = find(key);
    return found === undefined ? [] : [`${section}.${found}`];
  });
  const meant = places.length > 0 ? places.join(' or ') : nearest(key, known.keys);
  return meant === undefined ? listKeys(key, known) : `did you mean ${meant}?`;
}
