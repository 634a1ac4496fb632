/** Readers of what only clients have: lists of hosts, and default headers. */
import { parseNoProxy } from './no-proxy.js';
import type { Parsed, Parser } from './parsers.js';
import { booleanLike, headerValue, isObject, isToken, listOf, ok, wrong } from './parsers.js';
import { renderKey, renderKind, Secret } from './render.js';

/** A list of hosts in the grammar of NO_PROXY. */
interface HttpHosts {
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

/** A URL among hosts would match nothing, and seem to be one of them. */
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

const excludesList = listOf(EXCLUDES, entryOf);

/** Reads `proxyExcludes`: a list of hosts, or one string of them as NO_PROXY is and obstore has it. */
export const excludes: Parser<readonly string[]> = (value) => {
  if (typeof value !== 'string') return excludesList(value);
  return excludesList(value.split(',').filter((entry) => entry.trim() !== ''));
};

/** Names of headers as they were written, with their values. */
export type HeaderFields = Readonly<Record<string, string>>;

const EXPECTED = "an object of header values by their names, such as { 'X-Api-Version': '2' }";

/** They belong to one body: sent with another, they would cut it short or make it two requests. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** A value as the reference takes it: text, or bytes, of which each is a character. */
function textOf(value: unknown): unknown {
  return value instanceof Uint8Array
    ? Array.from(value, (byte) => String.fromCharCode(byte)).join('')
    : value;
}

function faultOf(name: string, value: unknown): string | undefined {
  if (!isToken(name)) return `the name ${renderKey(name)}`;
  if (FRAMING.has(name.toLowerCase())) return `${renderKey(name)}, which belongs to one body`;
  return headerValue(value).ok ? undefined : `${renderKind(value)} for ${renderKey(name)}`;
}

/**
 * Reads `defaultHeaders`: header fields for requests that do not have them. A name without a value (`undefined`) is left
 * out. Values may be credentials: none is shown.
 */
export const defaultHeaders: Parser<Secret<HeaderFields>> = (value): Parsed<Secret<HeaderFields>> => {
  if (!isObject(value)) return wrong(EXPECTED, renderKind(value));
  const fields: Record<string, string> = Object.create(null);
  const names = new Set<string>();
  for (const [name, raw] of Object.entries(value)) {
    const text = textOf(raw);
    if (text === undefined) continue;
    const fault = faultOf(name, text);
    if (fault !== undefined) return wrong(`${EXPECTED}, of printable ISO 8859-1`, fault);
    if (names.has(name.toLowerCase()))
      return wrong('each header once', `${renderKey(name)} in two spellings`);
    names.add(name.toLowerCase());
    fields[name] = String(text);
  }
  return ok(new Secret(Object.freeze(fields)));
};
