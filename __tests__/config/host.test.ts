import { isIP } from 'node:net';
import fc from 'fast-check';
import { ipBlock, isInBlock, parseIp } from '../../lib/config/host.js';

function addressOf(address: string): bigint {
  const value = parseIp(address);
  if (value === undefined) throw new Error('it is one');
  return value;
}

const blockOf = (address: string, bits: number) => ipBlock(addressOf(address), address.includes(':'), bits);

describe('an address', () => {
  it.each([
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:DB8::', '2001:db8:0:0::0:0'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1::1.2.3.4', '1::102:304'],
  ])('%s is %s', (spelling, other) => {
    expect(parseIp(spelling)).toBeDefined();
    expect(parseIp(spelling)).toBe(parseIp(other));
  });

  it('is one to Node as well, and any other text is none', () => {
    const letters = fc.string({ unit: fc.constantFrom(...':.0123459abf') });
    const doubled = fc.ipV6().map((ip) => ip.replace(':', '::'));
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), doubled, letters), (text) => {
        expect(parseIp(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a block', () => {
  it.each([
    ['10.0.0.0', 8, '10.255.255.255', true],
    ['10.0.0.0', 8, '11.0.0.0', false],
    ['10.0.0.0', 32, '10.0.0.1', false],
    ['::ffff:10.0.0.0', 104, '10.1.2.3', true],
    ['fd00::', 8, 'fdff::1', true],
    ['fd00::', 8, 'fe00::', false],
    ['::', 0, '10.0.0.1', false],
  ])('%s/%d has %s: %s', (text, bits, address, expected) => {
    const block = blockOf(text, bits);
    if (block === undefined) throw new Error('it is one');
    expect(isInBlock(addressOf(address), block)).toBe(expected);
  });

  it.each([
    ['10.0.0.0', 33],
    ['::', 129],
    ['::ffff:10.0.0.0', 95],
  ])('%s/%d is none', (text, bits) => {
    expect(blockOf(text, bits)).toBeUndefined();
  });
});
