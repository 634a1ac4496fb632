import type { IpBlock } from './host.js';
import { ipBlock, ipv4Text, isInBlock, isLoopback, parseIp, parseLooseIpv4 } from './host.js';

/** Tells if a host is to be reached without a proxy. */
export type NoProxyMatcher = (hostname: string, port: number) => boolean;

/** A host: a name for the suffix rule, or an address. */
interface Host {
  /** As a URL has it. */
  readonly written: string;
  /** In ASCII, without brackets and trailing dots; an IPv4 address in its usual spelling. */
  readonly name: string;
  readonly address: bigint | undefined;
}

type HostRule = (host: Host) => boolean;

// Each dot is looked at once: that of a run of them which is not at the end, too.
const TRAILING_DOTS = /(?<!\.)\.+$/;

const BRACKETS = /^\[(.*)\]$/;

const NEVER: NoProxyMatcher = () => false;

/**
 * Tells if `list` has `hostname:port` reached without a proxy.
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
 * - `foo.com`, `.foo.com` or `*.foo.com`: the domain and all below it, in any case; `*foo.com`: `barfoo.com` as well;
 * - an IPv4 or IPv6 address, the latter with or without brackets; an IPv4 address also as URLs may have it, such as `127.1`;
 * - `localhost`, or an address of this machine: `localhost`, `127.0.0.0/8`, `[::1]`, `0.0.0.0` and `[::]`;
 * - a block of addresses such as `10.0.0.0/8` or `fd00::/8`, compared with address literals only: no name is looked up;
 * - any of these with `:port`, for this port alone (an IPv6 address then needs its brackets).
 *
 * Whatever axios (1.21) reaches without a proxy by its reading of this variable, is so by this one. It goes beyond that
 * in two of curl's rules: `foo.com` has the domain's subdomains in it, and `.foo.com` the domain. An entry that is none of
 * these matches nothing; the list comes from an environment that is not ours to criticise.
 *
 * @see https://curl.se/docs/manpage.html#--noproxy
 */
export function parseNoProxy(list: string | readonly string[]): NoProxyMatcher {
  const entries = (typeof list === 'string' ? [list] : list).flatMap((part) => part.split(/[\s,]+/));
  const rules = entries.filter((entry) => entry !== '').map(parseEntry);
  if (rules.length === 0) return NEVER;
  return (hostname, port) => {
    const host = hostOf(hostname);
    return rules.some((rule) => rule(host, port));
  };
}

function parseEntry(entry: string): (host: Host, port: number) => boolean {
  const { pattern, port: onlyPort } = splitPort(entry.toLowerCase());
  const matchesHost = hostRule(pattern);
  if (onlyPort === 0) return matchesHost;
  return (host, port) => port === onlyPort && matchesHost(host);
}

/** @returns port 0 for any. */
function splitPort(entry: string): { pattern: string; port: number } {
  // The colons of a bare IPv6 address or block are its own.
  if (isBareIpv6(entry)) return { pattern: entry, port: 0 };
  // What follows an address in brackets, and is no port, says nothing.
  const [, address, rest = ''] = /^(\[[^\]]*\])(?!\/)(.*)$/.exec(entry) ?? [];
  if (address !== undefined) return { pattern: address, port: Number(/^:(\d+)$/.exec(rest)?.[1] ?? 0) };
  const [, pattern = entry, port = 0] = /^([^:]+|\*?\[[^\]]*\][^:]*):(\d+)$/.exec(entry) ?? [];
  return { pattern, port: Number(port) };
}

function isBareIpv6(entry: string): boolean {
  const [address = ''] = entry.split('/', 1);
  return address.includes(':') && parseIp(address) !== undefined;
}

function hostRule(pattern: string): HostRule {
  if (pattern === '*') return () => true;
  const slash = pattern.indexOf('/');
  if (slash !== -1) return blockRule(blockOf(pattern.slice(0, slash), pattern.slice(slash + 1)));
  if (/^[*.]/.test(pattern)) return endingRule(pattern.replace(/^\*/, ''));
  const { name, address } = hostOf(pattern);
  return address === undefined ? domainRule(name) : addressRule(address);
}

/** A rule for the end of a name: the text after a star, or one that begins with a dot. */
function endingRule(ending: string): HostRule {
  const isSuffix = ending.startsWith('.');
  const { name } = hostOf(isSuffix ? ending.slice(1) : ending);
  const address = isSuffix ? undefined : parseIp(ending);
  const isNamed = address === undefined ? domainRule(name, isSuffix) : addressRule(address);
  return (host) => {
    if (host.written.endsWith(ending) || isNamed(host)) return true;
    return isSuffix && host.address !== undefined && host.name.endsWith(ending);
  };
}

function domainRule(name: string, isSuffix = false): HostRule {
  // The dots of other scripts are dots, too, and in front they say the same.
  const domain = name.replace(/^\./, '');
  if (domain === '' || domain.includes('*')) return () => false;
  const isLocal = domain === 'localhost' && !isSuffix;
  return (host) => {
    if (host.address !== undefined) return isLocal && isLoopback(host.address);
    return host.name === domain || host.name.endsWith(`.${domain}`);
  };
}

function addressRule(wanted: bigint): HostRule {
  const isLocal = isLoopback(wanted);
  return ({ name, address }) =>
    address === undefined
      ? isLocal && name === 'localhost'
      : address === wanted || (isLocal && isLoopback(address));
}

function blockOf(text: string, prefix: string): IpBlock | undefined {
  const isIpv6 = text.includes(':');
  const address = isIpv6 ? parseIp(text.replace(BRACKETS, '$1')) : (parseIp(text) ?? parseLooseIpv4(text));
  if (address === undefined || !/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  return ipBlock(address, isIpv6, Number(prefix));
}

function blockRule(block: IpBlock | undefined): HostRule {
  return ({ address }) => block !== undefined && address !== undefined && isInBlock(address, block);
}

function hostOf(hostname: string): Host {
  const lower = hostname.toLowerCase();
  // A trailing dot says "absolute", not "another host".
  const bare = lower.replace(BRACKETS, '$1').replace(TRAILING_DOTS, '');
  const address = parseIp(bare) ?? parseLooseIpv4(bare);
  const name = address === undefined ? toAscii(bare) : (ipv4Text(address) ?? bare);
  return { written: bare.includes(':') ? `[${bare}]` : lower, name, address };
}

// URLs carry internationalized names as punycode; people write them as they read them.
function toAscii(name: string): string {
  if (/^[\0-\x7f]*$/.test(name) || /[/?#@:\\]/.test(name)) return name;
  try {
    return new URL(`http://${name}`).hostname.replace(TRAILING_DOTS, '');
  } catch {
    return '';
  }
}
