/** The hosts that may be requested over `http://`. */

import { parseNoProxy } from './no-proxy.js';
import { booleanLike, listOf, ok, type Parser } from './parsers.js';

/** A list of hosts in the grammar of NO_PROXY. */
export interface HttpHosts {
  readonly entries: readonly string[];
  /** @param hostname as in a URL; an IPv6 literal with or without its brackets. */
  readonly includes: (hostname: string, port: number) => boolean;
}

/** `allowHttp`, resolved: every host, none, or those of a list. */
export type AllowHttp = boolean | HttpHosts;

/** Tells if a host may be requested over `http://`. */
export function allowsHttp(allowed: AllowHttp, hostname: string, port: number | string): boolean {
  return typeof allowed === 'boolean' ? allowed : allowed.includes(hostname, Number(port) || 80);
}

const HOSTS = "an array of hosts, IPs or CIDRs such as '.svc' or '10.0.0.0/8'";

/** A URL among hosts would match nothing, and seem to be allowed. */
function entryOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.includes('//')) return undefined;
  return value.trim() === '' ? undefined : value.trim();
}

/** Reads `allowHttp`: a boolean, one of the reference's words for it, or a list of hosts. */
export const allowHttp: Parser<AllowHttp> = (value) => {
  const flag = booleanLike(value);
  if (flag.ok) return flag;
  const list = listOf(`${flag.expected}, or ${HOSTS}`, entryOf)(value);
  if (!list.ok) return list;
  const entries = list.value;
  return ok(Object.freeze({ entries, includes: parseNoProxy(entries) }));
};

const EXCLUDES =
  "an array of host names, IPs or CIDRs, or one comma-separated string of them, such as '.internal,10.0.0.0/8'";

const excludesList = listOf(EXCLUDES, (value) =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined,
);

/** Reads `proxyExcludes`: a list of hosts, or one string of them as NO_PROXY is and obstore has it. */
export const excludes: Parser<readonly string[]> = (value) => {
  if (typeof value !== 'string') return excludesList(value);
  const entries = value.split(',').map((entry) => entry.trim());
  return ok(Object.freeze(entries.filter((entry) => entry !== '')));
};
