import fc from 'fast-check';
import { matchesNoProxy, parseNoProxy } from '../../lib/config/no-proxy.js';

describe('an entry', () => {
  it.each([
    // The domain and all below it.
    ['foo.com', 'foo.com', 443, true],
    ['foo.com', 'a.foo.com', 443, true],
    ['foo.com', 'a.b.foo.com', 443, true],
    ['foo.com', 'barfoo.com', 443, false],
    ['foo.com', 'foo.com.evil.test', 443, false],
    ['.foo.com', 'foo.com', 443, true],
    ['.foo.com', 'a.foo.com', 443, true],
    ['.foo.com', 'barfoo.com', 443, false],
    ['*.foo.com', 'foo.com', 443, true],
    ['*.foo.com', 'a.foo.com', 443, true],
    ['*.foo.com', 'barfoo.com', 443, false],
    ['FOO.com', 'foo.COM', 443, true],
    ['foo.com.', 'foo.com', 443, true],
    ['foo.com', 'foo.com.', 443, true],
    ['localhost', 'localhost', 80, true],
    // This machine.
    ...[
      'localhost',
      '127.0.0.1',
      '127.1',
      '0x7f.0.0.1',
      '0177.0.0.1',
      '[::1]',
      '::',
      '0.0.0.0',
      '*localhost',
    ].flatMap((entry) =>
      ['localhost', 'localhost.', '127.0.0.1', '127.8.9.10', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1'].map(
        (host): [string, string, number, boolean] => [entry, host, 80, true],
      ),
    ),
    ['localhost', '128.0.0.1', 80, false],
    ['localhost', 'localhost.evil.test', 80, false],
    ['127.0.0.0/8', 'localhost', 80, false],
    ['127.0.0.1:81', 'localhost', 80, false],
    ['127.0.0.1:0', 'localhost', 80, true],
    ['0178.0.0.1', '127.0.0.1', 80, false],
    ['2130706433', '127.0.0.1', 80, false],
    ['10.1', '10.0.0.1', 80, true],
    ['10.256', '10.0.1.0', 80, true],
    ['256.1', '0.0.0.1', 80, false],
    ['1.2.256', '1.2.1.0', 80, true],
    ['1.2.3.4.5', '1.2.3.4', 80, false],
    ['*internal.test', 'internal.test', 80, true],
    ['foo.com..', 'foo.com.', 443, true],
    ['.bücher.test', 'a.xn--bcher-kva.test', 443, true],
    ['bücher.test', 'xn--bcher-kva.test', 443, true],
    // Everything.
    ['*', 'foo.com', 443, true],
    ['*', '10.0.0.1', 80, true],
    ['*', '[::1]', 80, true],
    // With a port.
    ['foo.com:8443', 'foo.com', 8443, true],
    ['foo.com:8443', 'a.foo.com', 8443, true],
    ['foo.com:8443', 'foo.com', 443, false],
    ['.foo.com:8443', 'a.foo.com', 8443, true],
    ['*:8443', 'foo.com', 8443, true],
    ['*:8443', 'foo.com', 443, false],
    ['10.0.0.1:81', '10.0.0.1', 81, true],
    ['10.0.0.1:81', '10.0.0.1', 80, false],
    ['10.0.0.0/8:81', '10.0.0.1', 81, true],
    ['10.0.0.0/8:81', '10.0.0.1', 80, false],
    ['[::1]:81', '::1', 81, true],
    ['[::1]:81', '::1', 80, false],
    // Addresses.
    ['10.0.0.1', '10.0.0.1', 80, true],
    ['10.0.0.1', '10.0.0.10', 80, false],
    ['0.0.1', '10.0.0.1', 80, false],
    ['.1', '10.0.0.1', 80, true],
    ['.1', '::ffff:10.0.0.1', 80, true],
    ['::1', '[::1]', 443, true],
    ['[::1]', '::1', 443, true],
    ['0:0:0:0:0:0:0:1', '::1', 443, true],
    ['2001:DB8::1', '2001:db8::1', 443, true],
    ['::1', '::2', 443, false],
    ['::1:81', '::1', 81, false],
    ['fe80::1', 'fe80::1%eth0', 80, true],
    ['10.0.0.1', '::ffff:10.0.0.1', 80, true],
    // Blocks of addresses.
    ['10.0.0.0/8', '10.200.3.4', 80, true],
    ['10.0.0.0/8', '11.0.0.1', 80, false],
    ['10.1.2.3/8', '10.200.3.4', 80, true],
    ['10.0.0.1/32', '10.0.0.1', 80, true],
    ['10.0.0.1/32', '10.0.0.2', 80, false],
    ['0.0.0.0/0', '9.9.9.9', 80, true],
    ['0.0.0.0/0', 'foo.com', 80, false],
    ['fd00::/8', 'fd12::1', 443, true],
    ['fd00::/8', '[fd12::1]', 443, true],
    ['[fd00::]/8', 'fd12::1', 443, true],
    ['[fd00::]/8:81', 'fd12::1', 443, false],
    ['fd00::/8', 'fe80::1', 443, false],
    ['::/0', '10.0.0.1', 443, false],
    ['10.0.0.0/08', '10.0.0.1', 443, false],
    ['::1:81', '::1', 81, false],
    ['fd00::/8', '10.0.0.1', 443, false],
    ['10.0.0.0/8', 'fd12::1', 443, false],
    // Nothing that means anything.
    ['10.0.0.0/33', '10.0.0.0', 80, false],
    ['fd00::/129', 'fd00::', 80, false],
    ['10.0.0.0/', '10.0.0.0', 80, false],
    ['10.0.0.0/x', '10.0.0.0', 80, false],
    ['10.0.0.0/8/8', '10.0.0.0', 80, false],
    ['foo.com/8', 'foo.com', 80, false],
    ['*foo.com', 'barfoo.com', 80, true],
    ['*foo.com', 'foo.com.evil.test', 80, false],
    ['foo.*', 'foo.com', 80, false],
    ['.', 'foo.com', 80, false],
    ['*.', 'foo.com', 80, false],
    [':80', 'foo.com', 80, false],
    ['[]', 'foo.com', 80, false],
  ])('%j says of %s port %d: %s', (entry, hostname, port, expected) => {
    expect(matchesNoProxy(entry, hostname, port)).toBe(expected);
  });
});

describe('a list', () => {
  it.each(['a.test,b.test', 'a.test, b.test', 'a.test b.test', ' a.test\t\n b.test ', ',,a.test,,b.test,'])(
    'may be separated as %j',
    (list) => {
      expect(matchesNoProxy(list, 'a.test', 80)).toBe(true);
      expect(matchesNoProxy(list, 'b.test', 80)).toBe(true);
      expect(matchesNoProxy(list, 'c.test', 80)).toBe(false);
    },
  );

  it('may be an array, whose members may be lists', () => {
    const matches = parseNoProxy(['a.test', 'b.test, c.test']);
    expect(['a.test', 'b.test', 'c.test', 'd.test'].map((host) => matches(host, 80))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it.each(['', ' ', ',', [[]]].flat())('matches nothing if there is nothing in it: %j', (list) => {
    expect(matchesNoProxy(list, 'a.test', 80)).toBe(false);
  });

  it('that holds a star among others matches everything', () => {
    expect(matchesNoProxy('a.test,*', 'b.test', 80)).toBe(true);
  });
});

describe('whatever the list and the host are', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'*.:/[]%0123456789abcf, \t') }),
    fc.ipV4(),
    fc.ipV6(),
    fc.domain(),
    fc.tuple(fc.ipV4(), fc.integer()).map(([ip, bits]) => `${ip}/${bits}`),
    fc.tuple(fc.ipV6(), fc.integer()).map(([ip, bits]) => `${ip}/${bits}`),
  );

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.array(piece),
        fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), piece),
        fc.nat(),
        (list, host, port) => {
          expect(typeof matchesNoProxy(list.join(','), host, port)).toBe('boolean');
        },
      ),
    );
  });

  it('finds every host that is named in it, with its port or without', () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    );
    fc.assert(
      fc.property(
        fc.array(piece),
        host,
        fc.integer({ min: 1, max: 65_535 }),
        fc.boolean(),
        (list, name, port, exact) => {
          const entry = exact ? `${name}:${port}` : name;
          expect(matchesNoProxy([...list, entry].join(' '), name, port)).toBe(true);
        },
      ),
    );
  });
});
