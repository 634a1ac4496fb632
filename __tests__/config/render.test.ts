import { quote, renderKind, renderValue } from '../../lib/config/render.js';

describe('a text in a message', () => {
  it.each([
    ['plain', "'plain'"],
    ['', "''"],
    ["it's", "'it\\'s'"],
    ['say "hi"', `'say "hi"'`],
    ['back\\slash', "'back\\\\slash'"],
    ['a\r\nb', "'a\\r\\nb'"],
    ['\u2028\u202e\u007f', "'\\u{2028}\\u{202e}\\u{7f}'"],
    ['\ud800', "'\\ud800'"],
    ['é€', "'é€'"],
  ])('%j is shown on one line, with nothing invisible', (text, shown) => {
    expect(quote(text)).toBe(shown);
  });

  it('is cut to 60 characters', () => {
    expect(quote('x'.repeat(61))).toBe(`'${'x'.repeat(60)}…'`);
    expect(quote('x'.repeat(60))).toBe(`'${'x'.repeat(60)}'`);
  });

  it.each([
    ['http://user:pass@host/', "'http://REDACTED@host/'"],
    ['http://user:p@ss@host', "'http://REDACTED@host'"],
    ['//user@host', "'//REDACTED@host'"],
    ['http://host/', "'http://host/'"],
    ['me@home//', "'me@home//'"],
  ])('%s loses the credentials of a URL', (text, shown) => {
    expect(quote(text)).toBe(shown);
  });

  it('loses them also when the cut would fall within', () => {
    expect(quote(`http://user:${'secret'.repeat(20)}@host`)).toBe("'http://REDACTED@host'");
  });
});

describe('a value in a message', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [-0.5, '-0.5'],
    [Number.NaN, 'NaN'],
    ['x', "'x'"],
    [5n, 'a bigint'],
    [Symbol('secret'), 'a symbol'],
    [() => 'secret', 'a function'],
    [['secret'], 'an array'],
    [{ password: 'secret' }, 'an object'],
  ])('%p is shown as %s', (value, shown) => {
    expect(renderValue(value)).toBe(shown);
  });

  it.each([
    ['secret', 'a string (not shown)'],
    ['', 'an empty string'],
    [Buffer.from('secret'), 'bytes (not shown)'],
    [Buffer.alloc(0), 'empty bytes'],
    [12345, 'a number'],
    [{}, 'an object'],
    [null, 'null'],
  ])('%p is shown by its kind alone where it may be a secret', (value, shown) => {
    expect(renderKind(value)).toBe(shown);
  });
});
