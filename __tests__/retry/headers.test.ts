import fc from 'fast-check';
import { headerGetter, parseHttpDate, requestedDelayMs, spreadMs } from '../../lib/retry/headers.js';

// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110.
const NOW = 784_111_777_000;
const ask = (headers: Record<string, string>, status?: number) =>
  requestedDelayMs(headerGetter(headers), NOW, status);

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    [' 7 ', 7000],
    ['1.5', 1500],
    ['Sun, 06 Nov 1994 08:49:40 GMT', 3000],
    ['Sunday, 06-Nov-94 08:50:37 GMT', 60_000],
    ['Sun Nov  6 09:49:37 1994', 3_600_000],
    ['Wed Nov 16 08:49:37 1994', 864_000_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:30 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('%p asks for %d ms', (value, expected) => {
    expect(ask({ 'retry-after': value })).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '.5',
    '5.',
    '1, 2',
    '5s',
    'soon',
    'NaN',
    'Infinity',
    '1994-11-06T08:49:40Z',
    'Sun, 06 Nov 1994 08:49:40',
    'Sun, 06 Nov 1994 08:49:40 UTC',
    'Sun, 06 Nov 1994 08:49:40 +0100',
    'Sun, 6 Nov 1994 08:49:40 GMT',
    'sun, 06 nov 1994 08:49:40 gmt',
    'Sun, 06 Foo 1994 08:49:40 GMT',
    'Sun, 31 Apr 1994 08:49:40 GMT',
    'Sun, 00 Nov 1994 08:49:40 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sun Nov 6 08:49:40 1994',
  ])('%p is as if it were not there', (value) => {
    expect(ask({ 'retry-after': value })).toBeUndefined();
  });

  it.each([
    ['1, 1', 1000],
    ['1,1', 1000],
    ['7, 7, 7', 7000],
    ['Sun, 06 Nov 1994 08:49:40 GMT, Sun, 06 Nov 1994 08:49:40 GMT', 3000],
  ])('%p, sent twice by two servers in a row, asks for %d ms', (value, expected) => {
    expect(ask({ 'retry-after': value })).toBe(expected);
  });

  it.each([
    ['Sun, 06 Nov 1994 08:59:40 GMT', 'Sun, 06 Nov 1994 08:59:37 GMT', 3000],
    ['Sun, 06 Nov 1994 08:39:40 GMT', 'Sun, 06 Nov 1994 08:39:37 GMT', 3000],
    ['Sun, 06 Nov 1994 08:49:40 GMT', 'Sun, 06 Nov 1994 08:49:41 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:40 GMT', 'yesterday', 3000],
    ['3', 'Sun, 06 Nov 1994 08:39:37 GMT', 3000],
  ])('%p in a response of %p asks for so long from then', (value, date, expected) => {
    expect(ask({ 'retry-after': value, date })).toBe(expected);
  });

  it.each<[Record<string, string>, number]>([
    [{ 'retry-after-ms': '1250', 'retry-after': '2' }, 1250],
    [{ 'x-ms-retry-after-ms': '34' }, 34],
    [{ 'retry-after-ms': 'soon', 'x-ms-retry-after-ms': '34', 'retry-after': '2' }, 34],
    [{ 'retry-after-ms': '-5', 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': '0' }, 0],
  ])('is said in milliseconds by some: %j asks for %d', (headers, expected) => {
    expect(ask(headers)).toBe(expected);
  });

  it('stays finite, however long the number', () => {
    expect(ask({ 'retry-after': '9'.repeat(400) })).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('has precedence over rate-limit fields', () => {
    expect(ask({ 'retry-after': '2', ratelimit: '"p";r=0;t=30', 'ratelimit-reset': '40' })).toBe(2000);
  });

  it('leaves the word to rate-limit fields if it is garbage', () => {
    expect(ask({ 'retry-after': 'soon', 'ratelimit-reset': '40' })).toBe(40_000);
  });

  it('counts with any status, also that of an accepted 202', () => {
    expect(ask({ 'retry-after': '2' }, 202)).toBe(2000);
    expect(ask({ 'retry-after': '2' }, 500)).toBe(2000);
  });

  it('asks for nothing where there is nothing', () => {
    expect(ask({})).toBeUndefined();
  });

  it('is never negative, never infinite, whatever the header', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const delayMs = ask({ 'retry-after': value, ratelimit: value, 'ratelimit-reset': value }) ?? 0;
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(delayMs)).toBe(true);
      }),
    );
  });
});

describe('a date of HTTP', () => {
  it('reads back what toUTCString writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (second) => {
        expect(parseHttpDate(new Date(second * 1000).toUTCString(), NOW)).toBe(second * 1000);
      }),
    );
  });

  it('takes a leap second', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', NOW)).toBe(Date.UTC(2017, 0, 1));
  });

  it('takes 29 February of a leap year only', () => {
    expect(parseHttpDate('Thu, 29 Feb 1996 00:00:00 GMT', NOW)).toBe(Date.UTC(1996, 1, 29));
    expect(parseHttpDate('Wed, 29 Feb 1995 00:00:00 GMT', NOW)).toBeUndefined();
  });

  it('puts two digits at most 50 years ahead', () => {
    const in2026 = Date.UTC(2026, 0, 1);
    expect(parseHttpDate('Wednesday, 01-Jan-76 00:00:00 GMT', in2026)).toBe(Date.UTC(2076, 0, 1));
    expect(parseHttpDate('Saturday, 01-Jan-77 00:00:00 GMT', in2026)).toBe(Date.UTC(1977, 0, 1));
    expect(parseHttpDate('Thursday, 01-Jan-26 00:00:00 GMT', in2026)).toBe(in2026);
  });
});

describe('RateLimit', () => {
  it.each([
    ['"default";r=0;t=30', 30_000],
    ['default;r=0;t=30', 30_000],
    ['"default"; r=0; t=30; pk=:Y2xpZW50:', 30_000],
    ['"burst";r=0;t=3, "daily";r=0;t=60', 60_000],
    ['"burst";r=0;t=3, "daily";r=99;t=60', 3000],
    ['"burst";r=9;t=3,"daily";r=0;t=60', 60_000],
    ['"a,b;t=9";r=0;t=4', 4000],
    ['"a\\"b,c";r=0;t=5', 5000],
    ['"default";t=30', 30_000],
    ['"default";r=0;t=0', 0],
    ['limit=100, remaining=0, reset=12', 12_000],
    ['limit=100,remaining=0,reset=12', 12_000],
    ['limit=100, reset=12', 12_000],
  ])('%s asks for %d ms', (ratelimit, expected) => {
    expect(ask({ ratelimit })).toBe(expected);
  });

  it.each([
    '"default";r=5;t=30',
    '"default";r=0',
    '"default";r=0;t=-5',
    '"default";r=0;t=soon',
    '"unbalanced;r=0;t=5',
    '"default',
    'limit=100, remaining=3, reset=12',
    'limit=100, remaining=0',
    '',
    ';;,,;t=',
  ])('%p asks for nothing', (ratelimit) => {
    expect(ask({ ratelimit })).toBeUndefined();
  });

  it('has precedence over RateLimit-Reset', () => {
    expect(ask({ ratelimit: '"p";r=0;t=3', 'ratelimit-reset': '40' })).toBe(3000);
  });
});

describe('RateLimit-Reset and X-RateLimit-Reset', () => {
  it.each([
    [{ 'ratelimit-reset': '5' }, 5000],
    [{ 'ratelimit-reset': '5', 'ratelimit-remaining': '0' }, 5000],
    [{ 'ratelimit-reset': '0' }, 0],
    [{ 'x-ratelimit-reset': '5' }, 5000],
    [{ 'x-ratelimit-reset': '0.25' }, 250],
    [{ 'x-ratelimit-reset': '999999999' }, 999_999_999_000],
  ] as const)('%j asks for %d ms', (headers, expected) => {
    expect(ask(headers)).toBe(expected);
  });

  it.each<[Record<string, string>, number]>([
    [{ 'x-ratelimit-reset-after': '64.57', 'x-ratelimit-reset': '1470173023' }, 64_570],
    [{ 'x-ratelimit-reset-after': '1.5', 'x-ratelimit-remaining': '0' }, 1500],
    [{ 'x-rate-limit-reset': '15', 'x-rate-limit-remaining': '0' }, 15_000],
    [{ 'x-rate-limit-reset': '15', 'x-ratelimit-reset': '9', 'x-ratelimit-remaining': '3' }, 15_000],
    [{ 'x-ratelimit-reset-after': 'soon', 'x-ratelimit-reset': '5' }, 5000],
  ])('have dialects: %j asks for %d ms', (headers, expected) => {
    expect(ask(headers)).toBe(expected);
  });

  it.each(['x-ratelimit-reset', 'x-rate-limit-reset', 'ratelimit-reset'])('%s may be a date', (name) => {
    const now = 1_700_000_000_000;
    const date = new Date(now + 600_000).toUTCString();
    const askNow = (headers: Record<string, string>) => requestedDelayMs(headerGetter(headers), now, 403);
    expect(askNow({ [name]: '1700000030' })).toBe(30_000);
    expect(askNow({ [name]: '1700000630', date })).toBe(30_000);
  });

  it('X-RateLimit-Reset may be a date in seconds or in ms', () => {
    const now = 1_700_000_000_000;
    const askNow = (reset: string) => requestedDelayMs(headerGetter({ 'x-ratelimit-reset': reset }), now);
    expect(askNow('1700000030')).toBe(30_000);
    expect(askNow('1700000030500')).toBe(30_500);
    expect(askNow('1699999990')).toBe(0);
  });

  it.each<Record<string, string>>([
    { 'ratelimit-reset': '5', 'ratelimit-remaining': '1' },
    { 'x-ratelimit-reset': '5', 'x-ratelimit-remaining': '12' },
    { 'ratelimit-reset': '-5' },
    { 'x-ratelimit-reset': 'tomorrow' },
  ])('%j asks for nothing', (headers) => {
    expect(ask(headers)).toBeUndefined();
  });

  it('a quota that has something left does not hide one that is used up', () => {
    const headers = {
      'ratelimit-reset': '5',
      'ratelimit-remaining': '1',
      'x-ratelimit-reset': '9',
      'x-ratelimit-remaining': '0',
    };
    expect(ask(headers)).toBe(9000);
  });

  it('of a 2xx says something only with an explicit remainder of 0', () => {
    expect(ask({ 'ratelimit-reset': '5' }, 200)).toBeUndefined();
    expect(ask({ 'ratelimit-reset': '5', 'ratelimit-remaining': '0' }, 200)).toBe(5000);
    expect(ask({ 'ratelimit-reset': '5' }, 429)).toBe(5000);
  });
});

describe('the jitter on top', () => {
  it('brings nobody back early', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (delayMs, draw) => {
          expect(spreadMs(delayMs, () => draw)).toBeGreaterThanOrEqual(delayMs);
        },
      ),
    );
  });

  it('spreads those who were told 1 s over more than 150 ms', () => {
    const latest = spreadMs(1000, () => 1 - 2 ** -52);
    expect(spreadMs(1000, () => 0)).toBe(1000);
    expect(latest).toBeGreaterThan(1300);
    expect(latest).toBeLessThanOrEqual(1334);
  });

  it('spreads a short wait over 200 ms and a long one over no more than 10 s', () => {
    expect(spreadMs(10, () => 0.5)).toBe(110);
    expect(spreadMs(3_600_000, () => 0.5)).toBe(3_605_000);
  });

  it('leaves no wait none, without a draw', () => {
    const random = jest.fn(() => 0.5);
    expect(spreadMs(0, random)).toBe(0);
    expect(random).not.toHaveBeenCalled();
  });
});
