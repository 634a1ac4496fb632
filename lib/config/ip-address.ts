/** IP addresses by their value, without `node:net`: lists of hosts are read in a browser as well. */

/** A block of addresses: those that agree with `value` in all but the last `freeBits` bits. */
export interface IpBlock {
  readonly value: bigint;
  readonly freeBits: bigint;
}

const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE}$`);
const GROUPS = 8;
/** What IPv4 addresses begin with where they are written as IPv6: `::ffff:10.0.0.1`. */
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
 * The block of all addresses that begin as this one does.
 *
 * @returns `undefined` if the text is no address, or the prefix is longer than the address.
 */
export function ipBlock(text: string, prefixBits: number): IpBlock | undefined {
  const value = parseIp(text);
  const freeBits = (text.includes(':') ? IPV6_BITS : IPV4_BITS) - prefixBits;
  return value === undefined || freeBits < 0 ? undefined : { value, freeBits: BigInt(freeBits) };
}

/** Whether an address is of a block. */
export function isInBlock(address: bigint, { value, freeBits }: IpBlock): boolean {
  return address >> freeBits === value >> freeBits;
}
