import { BlockList, isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** Whether a host is to be reached without a proxy. */
export type NoProxyMatcher = (hostname: string, port: number) => boolean;

/** What one entry says about a host: a name for the suffix rule, or an address. */
interface Host {
  readonly name: string;
  /** `0` for a name. */
  readonly family: 0 | 4 | 6;
}

type HostRule = (host: Host) => boolean;

const NEVER: NoProxyMatcher = () => false;

/**
 * Whether `list` says that `hostname:port` is to be reached without a proxy.
 *
 * @param list `NO_PROXY` as it stands in the environment, or its entries one by one; see {@link parseNoProxy}.
 * @param hostname as in a URL; an IPv6 literal with or without its brackets.
 */
export function matchesNoProxy(list: string | readonly string[], hostname: string, port: number): boolean {
  return parseNoProxy(list)(hostname, port);
}

/**
 * Reads a list of hosts in the grammar of `NO_PROXY`. Entries are separated by commas or white space; each is
 *
 * - `*`: every host;
 * - `foo.com`, `.foo.com` or `*.foo.com`: the domain and all below it, in any case;
 * - an IPv4 or IPv6 address, the latter with or without brackets;
 * - a block of addresses such as `10.0.0.0/8` or `fd00::/8`, compared with address literals only: no name is looked up;
 * - any of these with `:port`, for this port alone (an IPv6 address then needs its brackets).
 *
 * These are the rules of curl and reqwest, which agree where the many readings of this variable differ. An entry that is
 * none of them matches nothing; the list comes from an environment that is not ours to criticise.
 *
 * @see https://curl.se/docs/manpage.html#--noproxy
 */
export function parseNoProxy(list: string | readonly string[]): NoProxyMatcher {
  const entries = (typeof list === 'string' ? [list] : list).flatMap((part) => part.split(/[\s,]+/));
  const rules = entries.filter((entry) => entry !== '').map(parseEntry);
  if (rules.length === 0) return NEVER;
  return (hostname, port) => {
    const host = normalizeHost(hostname);
    return rules.some((rule) => rule(host, port));
  };
}

function parseEntry(entry: string): (host: Host, port: number) => boolean {
  const { pattern, port: onlyPort } = splitPort(entry);
  const matchesHost = hostRule(pattern);
  if (onlyPort === undefined) return matchesHost;
  return (host, port) => port === onlyPort && matchesHost(host);
}

function splitPort(entry: string): { pattern: string; port: number | undefined } {
  // The colons of a bare IPv6 address or block are its own.
  if (isIPv6(entry.replace(/\/.*$/, ''))) return { pattern: entry, port: undefined };
  const found = /^(.+):(\d+)$/.exec(entry);
  return { pattern: found?.[1] ?? entry, port: found ? Number(found[2]) : undefined };
}

function hostRule(pattern: string): HostRule {
  if (pattern === '*') return () => true;
  const slash = pattern.indexOf('/');
  const { name, family } = normalizeHost(slash === -1 ? pattern : pattern.slice(0, slash));
  if (slash !== -1) return blockRule(name, family, pattern.slice(slash + 1));
  return family === 0 ? domainRule(name) : addressRule(name, family);
}

function domainRule(name: string): HostRule {
  const domain = name.replace(/^\*?\./, '');
  if (domain === '' || domain.includes('*')) return () => false;
  const suffix = `.${domain}`;
  return (host) => host.family === 0 && (host.name === domain || host.name.endsWith(suffix));
}

function addressRule(address: string, family: 4 | 6): HostRule {
  const list = new BlockList();
  list.addAddress(address, ipVersion(family));
  return blockListRule(list);
}

function blockRule(address: string, family: Host['family'], prefix: string): HostRule {
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family === 0 || !(bits <= (family === 4 ? 32 : 128))) return () => false;
  const list = new BlockList();
  list.addSubnet(address, bits, ipVersion(family));
  return blockListRule(list);
}

// A BlockList compares values, not spellings (`::1` is `0:0:0:0:0:0:0:1`), and knows IPv4-mapped IPv6 addresses.
function blockListRule(list: BlockList): HostRule {
  return ({ name, family }) => family !== 0 && list.check(name, ipVersion(family));
}

function ipVersion(family: 4 | 6): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}

function normalizeHost(hostname: string): Host {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  // The zone of a link-local address (`fe80::1%eth0`) names a local interface, it is no part of the address.
  if (family !== 0) return { name: bare.replace(/%.*$/, ''), family: family === 4 ? 4 : 6 };
  // A trailing dot says "absolute", not "another host".
  return { name: toAscii(bare.toLowerCase()).replace(/\.$/, ''), family: 0 };
}

// URLs carry internationalized names as punycode; people write them as they read them.
function toAscii(name: string): string {
  return /^[\0-\x7f]*$/.test(name) ? name : domainToASCII(name);
}
