/** Tells if two configurations make the same connections, so that those of one may serve the other. */
import type { ResolvedClient } from './resolved.js';
import { Secret } from './secret.js';

/** Options that are read for each request, and by no connection. */
const OF_REQUESTS = [
  'defaultContentType',
  'defaultHeaders',
  'explicit',
  'given',
  'readTimeout',
  'readTimeoutMs',
  'timeout',
  'timeoutIsDefault',
  'timeoutMs',
];

/** Whether two configurations differ in nothing that a connection is made, kept or closed by. */
export function makeSameConnections(before: ResolvedClient, after: ResolvedClient): boolean {
  return isSame(ofConnections(before), ofConnections(after));
}

function ofConnections(client: ResolvedClient): object {
  const values = Object.entries(client).filter(([key]) => !OF_REQUESTS.includes(key));
  // An option that somebody set counts for more than what an agent says, also if its value is the default.
  const given = [...client.given].filter((key) => !OF_REQUESTS.includes(key)).sort();
  return { ...Object.fromEntries(values), given };
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Secret) return b instanceof Secret && isSame(a.reveal(), b.reveal());
  if (a instanceof Uint8Array) return b instanceof Uint8Array && isSame([...a], [...b]);
  // A function of a resolved option follows from the data that it stands beside.
  if (typeof a === 'function') return typeof b === 'function';
  if (!isPlain(a) || !isPlain(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}
