/**
 * Hosts: as URLs write them, with an IPv6 address in brackets (RFC 3986, section 3.2.2), and IP addresses by their value,
 * without `node:net`, for lists of hosts are read in a browser as well.
 */

/** A host as it stands in a URL. */
export function bracketed(hostname: string): string {
  return hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
}

/** A host as Node's sockets and TLS take it. */
export function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** `host:port`, the host in brackets where it is an IPv6 address. */
export function authorityOf(hostname: string, port: number | string): string {
  return `${bracketed(hostname)}:${port}`;
}

/** The host of a `Host` header, without its port and without brackets. */
export function hostOf(authority: string): string {
  return /^\[([^\]]*)\]/.exec(authority)?.[1] ?? authority.replace(/:.*/s, '');
}
/** A block of addresses: those that agree with `value` in all but the last `freeBits` bits. */
export interface IpBlock {
  readonly value: bigint;
  readonly freeBits: bigint;
}

const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE}$`);
const GROUPS = 8;
/** The beginning of an IPv4 address written as IPv6: `::ffff:10.0.0.1`. */
const IPV4_PREFIX = 0xffffn << 32n;
const IPV4_BITS = 32;
const IPV6_BITS = 128;

function ipv4Value(text: string): bigint | undefined {
  const bytes = IPV4.exec(text)?.slice(1);
  return bytes?.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** 16-bit groups of one side of `::`; the last one may be an IPv4 address. */
function groupsOf(side: string): bigint[] | undefined {
  if (side === '') return [];
  const groups: bigint[] = [];
  const parts = side.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? ipv4Value(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function ipv6Value(text: string): bigint | undefined {
  // The zone of a link-local address (`fe80::1%eth0`) names a local interface, it is no part of the address.
  const sides = text.replace(/%[\w.:-]+$/, '').split('::');
  const [left, right] = sides.map(groupsOf);
  if (sides.length > 2 || left === undefined || (sides.length === 2 && right === undefined)) return undefined;
  const missing = GROUPS - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => 0n), ...(right ?? [])];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/**
 * The 128 bits of an address without brackets; of an IPv4 address as IPv6 has it (`::ffff:10.0.0.1`).
 *
 * @returns `undefined` for any other text.
 */
export function parseIp(text: string): bigint | undefined {
  if (text.includes(':')) return ipv6Value(text);
  const ipv4 = ipv4Value(text);
  return ipv4 === undefined ? undefined : IPV4_PREFIX | ipv4;
}

/**
 * The same for an IPv4 address as URLs may have it: with fewer than four numbers (`127.1`), hexadecimal or octal ones
 * (`0x7f.0.0.1`, `0177.0.0.1`). A number without a dot is a name.
 */
export function parseLooseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length < 2 || parts.length > 4) return undefined;
  const numbers = parts.map(numberOf);
  const last = numbers.pop() ?? Number.NaN;
  const isSound = numbers.every((number) => number <= 255) && last < 256 ** (4 - numbers.length);
  if (!isSound) return undefined;
  const value = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  return IPV4_PREFIX | BigInt(value);
}

function numberOf(text: string): number {
  if (/^0[\da-f]*[89]/i.test(text)) return Number.NaN;
  if (/^0\d+$/.test(text)) return Number.parseInt(text, 8);
  return /^(?:\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
}

/** An IPv4 address in its usual spelling, however it was written; `undefined` for one of IPv6. */
export function ipv4Text(address: bigint): string | undefined {
  if (!isIpv4(address)) return undefined;
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
}

const LOCALHOST = IPV4_PREFIX | (127n << 24n);

/** Tells the addresses of this machine: `127.0.0.0/8`, `::1`, and `0.0.0.0` and `::`, which connect to it. */
export function isLoopback(address: bigint): boolean {
  return address <= 1n || address === IPV4_PREFIX || address >> 24n === LOCALHOST >> 24n;
}

/**
 * The block of all addresses that begin as this one does.
 *
 * @param isIpv6 whether the address was written, and its prefix counted, as IPv6 has it.
 * @returns `undefined` if the prefix is longer than the address, or has not all of what IPv4 addresses begin with.
 */
export function ipBlock(value: bigint, isIpv6: boolean, prefixBits: number): IpBlock | undefined {
  const freeBits = (isIpv6 ? IPV6_BITS : IPV4_BITS) - prefixBits;
  const isSound = freeBits >= 0 && !(isIpv4(value) && freeBits > IPV4_BITS);
  return isSound ? { value, freeBits: BigInt(freeBits) } : undefined;
}

/** Tells if an address is in a block. One of IPv6 has no IPv4 addresses in it. */
export function isInBlock(address: bigint, { value, freeBits }: IpBlock): boolean {
  return isIpv4(address) === isIpv4(value) && address >> freeBits === value >> freeBits;
}

function isIpv4(address: bigint): boolean {
  return address >> BigInt(IPV4_BITS) === IPV4_PREFIX >> BigInt(IPV4_BITS);
}
