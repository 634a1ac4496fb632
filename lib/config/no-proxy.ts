import { type IpBlock, ipBlock, isInBlock, parseIp } from './ip-address.js';

/** Whether a host is to be reached without a proxy. */
export type NoProxyMatcher = (hostname: string, port: number) => boolean;

/** A host: a name for the suffix rule, or an address. */
interface Host {
  /** As it was written, in lower case and ASCII, without brackets. */
  readonly name: string;
  readonly address: bigint | undefined;
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
  if (isBareIpv6(entry)) return { pattern: entry, port: undefined };
  const found = /^(.+):(\d+)$/.exec(entry);
  return { pattern: found?.[1] ?? entry, port: found ? Number(found[2]) : undefined };
}

function isBareIpv6(entry: string): boolean {
  const [address = ''] = entry.split('/', 1);
  return address.includes(':') && parseIp(address) !== undefined;
}

function hostRule(pattern: string): HostRule {
  if (pattern === '*') return () => true;
  const slash = pattern.indexOf('/');
  const { name, address } = normalizeHost(slash === -1 ? pattern : pattern.slice(0, slash));
  if (slash !== -1) return blockRule(blockOf(name, pattern.slice(slash + 1)));
  return address === undefined ? domainRule(name) : blockRule({ value: address, freeBits: 0n });
}

function domainRule(name: string): HostRule {
  const domain = name.replace(/^\*?\./, '');
  if (domain === '' || domain.includes('*')) return () => false;
  const suffix = `.${domain}`;
  return (host) => host.address === undefined && (host.name === domain || host.name.endsWith(suffix));
}

function blockOf(address: string, prefix: string): IpBlock | undefined {
  return /^\d{1,3}$/.test(prefix) ? ipBlock(address, Number(prefix)) : undefined;
}

function blockRule(block: IpBlock | undefined): HostRule {
  return ({ address }) => block !== undefined && address !== undefined && isInBlock(address, block);
}

function normalizeHost(hostname: string): Host {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  const address = parseIp(bare);
  if (address !== undefined) return { name: bare, address };
  // A trailing dot says "absolute", not "another host".
  return { name: toAscii(bare.toLowerCase()).replace(/\.$/, ''), address };
}

// URLs carry internationalized names as punycode; people write them as they read them.
function toAscii(name: string): string {
  if (/^[\0-\x7f]*$/.test(name) || /[/?#@:\\]/.test(name)) return name;
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return '';
  }
}
