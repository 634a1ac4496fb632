/** What a key that a section does not know was probably meant to be. */
import { FOREIGN_KEYS } from './foreign-keys.js';
import { BACKOFF_KEYS, BUDGET_KEYS, CLIENT_KEYS, type KeySet, RETRY_KEYS, TLS_KEYS } from './keys.js';

const ELSEWHERE: ReadonlyArray<readonly [section: string, keys: KeySet<string>]> = [
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
  const all = `the keys are ${known.keys.join(', ')}`;
  if (key.length > LONGEST_KEY) return all;
  const foreign = FOREIGN_KEYS.get(normalize(key));
  if (foreign !== undefined) return foreign;
  const places = ELSEWHERE.flatMap(([section, { find }]) => {
    const found = find(key);
    return found === undefined ? [] : [`${section}.${found}`];
  });
  const meant = places.length > 0 ? places.join(' or ') : nearest(key, known.keys);
  return meant === undefined ? all : `did you mean ${meant}?`;
}
