import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  DurationError,
  durationToMs,
  formatDuration,
  MAX_TIMER_MS,
  parseDuration,
} from '../../lib/config/duration.js';
import type { Duration } from '../../lib/config/types.js';

interface Vector {
  readonly input: string;
  readonly ns?: string;
  readonly error?: string;
}

/** The error a call throws, which has to be ours. */
function errorOf(call: () => unknown): DurationError {
  try {
    call();
  } catch (error) {
    if (error instanceof DurationError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** An error in the notation of the vectors, which is Rust's. */
function inNotation(error: DurationError, input: string): string {
  const { kind, start, end } = error;
  if (kind === 'Empty' || kind === 'NumberOverflow') return kind;
  if (kind === 'UnknownUnit') return `${kind}(${start}..${end} ${JSON.stringify(input.slice(start, end))})`;
  return `${kind}(${start})`;
}

const all: readonly Vector[] = JSON.parse(
  readFileSync(join(__dirname, '..', 'fixtures', 'durations.json'), 'utf8'),
);

describe('the vectors of the reference', () => {
  const good = all.flatMap(({ input, ns }) => (ns === undefined ? [] : [[input, ns] as const]));
  const bad = all.flatMap(({ input, error }) => (error === undefined ? [] : [[input, error] as const]));

  it('are all either a length or an error', () => {
    expect(good.length + bad.length).toBe(all.length);
    expect(good.length).toBeGreaterThan(50);
    expect(bad.length).toBeGreaterThan(30);
  });

  it.each(good)('reads %j as %s ns', (input, ns) => {
    expect(parseDuration(input)).toBe(BigInt(ns));
  });

  it.each(bad)('refuses %j with %s', (input, expected) => {
    expect(
      inNotation(
        errorOf(() => parseDuration(input)),
        input,
      ),
    ).toBe(expected);
  });
});

describe('a text beyond the vectors', () => {
  it.each([
    ['1\u00a0s', 1_000_000_000n],
    ['\u00855s', 5_000_000_000n],
    ['1. 5s', 1_500_000_000n],
    ['1\u00b5s', 1_000n],
    ['1 000 ms', 1_000_000_000n],
    ['18446744073709551615s 999999999ns', 18446744073709551615999999999n],
    ['0.0000000000000000000s', 0n],
  ])('reads %j', (text, ns) => {
    expect(parseDuration(text)).toBe(ns);
  });

  it.each([
    ['\ufeff5s', 'NumberExpected', 0],
    ['1..5s', 'InvalidCharacter', 1],
    ['1.5.5s', 'InvalidCharacter', 3],
    ['-5s', 'NumberExpected', 0],
    ['+5s', 'NumberExpected', 0],
    ['1h  and 30m', 'NumberExpected', 4],
    ['0 ', 'UnknownUnit', 2],
    ['1.00000000000000000000s', 'NumberOverflow', 0],
  ])('refuses %j with %s at %i', (text, kind, start) => {
    expect(errorOf(() => parseDuration(text))).toMatchObject({ kind, start });
  });
});

describe('the message of an error', () => {
  it.each([
    ['', 'it is empty'],
    ['5', "a unit such as 's' or 'ms' is missing at offset 1"],
    ['5 Sec', "unknown unit 'Sec' at offset 2; did you mean 'sec'?"],
    ['5mon', "unknown unit 'mon' at offset 1; the units are ns us ms s m h d w M y"],
    ['1h, 30m', "unexpected character ',' at offset 2"],
    ['1.s', "unexpected character '.' at offset 1"],
    ['1h and', 'a number is missing at offset 3'],
    ['1h 18446744073709551616s', 'the number at offset 3 is too large'],
    ['18446744073709551615s 1s', 'the sum of the spans is too large'],
    ['1.5ns', 'the fraction of the number at offset 0 does not come out in whole nanoseconds'],
    ['0.0001h', 'the fraction of the number at offset 0 does not come out in whole seconds'],
  ])('for %j says where and what', (text, message) => {
    expect(errorOf(() => parseDuration(text)).message).toBe(message);
  });

  it.each([
    ['PT5S', '5s'],
    ['pt1h30m', '1h 30m'],
    ['P1DT0.5S', '1d 0.5s'],
    ['P2W', '2w'],
    ['P1Y2M', '1y 2M'],
    ['PT0S', '0s'],
    ['0:00:05', '5s'],
    ['00:05', '5s'],
    ['1:30:00', '1h 30m'],
    ['1 day, 0:00:05.250000', '1d 5.250000s'],
  ])('for %j has the right spelling, which is %j', (text, meant) => {
    expect(errorOf(() => durationToMs(text)).message).toBe(`did you mean '${meant}'?`);
    expect(() => durationToMs(meant)).not.toThrow();
  });

  it.each(['P', 'PT', '5:', ':5', '1:2:3:4', 'PT5X', `PT${'9'.repeat(50)}S`])('has none for %j', (text) => {
    expect(errorOf(() => durationToMs(text)).message).not.toContain('mean');
  });

  it('stays short however long the unit is', () => {
    expect(errorOf(() => parseDuration(`5${'x'.repeat(100_000)}`)).message.length).toBeLessThan(120);
  });
});

describe('a hostile text', () => {
  const long = 100_000;
  it.each([
    ['digits', '9'.repeat(long), 'UnknownUnit'],
    ['digits with a unit', `${'9'.repeat(long)}s`, 'NumberOverflow'],
    ['a fraction', `1.${'9'.repeat(long)}s`, 'NumberOverflow'],
    ['spaces', ' '.repeat(long), 'Empty'],
    ['spaces and no number', `${' '.repeat(long)}x`, 'NumberExpected'],
    ['letters', `1${'s'.repeat(long)}`, 'UnknownUnit'],
    ['points', `1${'.'.repeat(long)}`, 'InvalidCharacter'],
  ])('of 100 kB of %s is refused', (_, text, kind) => {
    expect(errorOf(() => parseDuration(text)).kind).toBe(kind);
  });

  it('of 100 kB of zeros, or of spans, is still read', () => {
    expect(parseDuration(`${'0'.repeat(long)}7s`)).toBe(7_000_000_000n);
    expect(parseDuration('1s'.repeat(long / 2))).toBe(BigInt(long / 2) * 1_000_000_000n);
  });

  it('never gets another error out of the parser than ours', () => {
    const grammar = fc.array(
      fc.constantFrom('0', '7', '42', '.', ' ', 's', 'ms', 'h', 'M', 'x', ',', '\u00b5', '½'),
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      grammar.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          return parseDuration(text) >= 0n;
        } catch (error) {
          return error instanceof DurationError && error.start <= error.end && error.end <= text.length;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a duration in milliseconds', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [-0, 0],
    [1500, 1500],
    [0.1, 1],
    [1500.2, 1501],
    ['1s', 1000],
    ['0', 0],
    ['1ns', 1],
    ['1ms 1ns', 2],
    [{ seconds: 5 }, 5000],
    [{ minutes: 5, seconds: 30 }, 330_000],
    [{ seconds: 16.1 }, 16_100],
    [{ nanoseconds: 0.2 }, 1],
    [{ microseconds: 1 }, 1],
    [{ seconds: 0 }, 0],
    [{ hours: 1, minutes: undefined }, 3_600_000],
    [{ days: 1, weeks: 1, milliseconds: 7 }, 691_200_007],
  ])('of %j is %i', (value, ms) => {
    expect(durationToMs(value)).toBe(ms);
    expect(Object.is(durationToMs(value), -0)).toBe(false);
  });

  it.each<[Duration]>([
    [2 ** 31],
    [Number.MAX_VALUE],
    ['25d'],
    ['18446744073709551615s'],
    [{ months: 1 }],
    [{ years: 1e308 }],
    [{ years: 1e9 + 0.5 }],
  ])('of %j is cut to what a timer holds', (value) => {
    expect(durationToMs(value)).toBe(MAX_TIMER_MS);
  });

  it('reads a month as 30.44 days and a year as 365.25, in whole milliseconds', () => {
    expect(durationToMs({ months: 0.5 })).toBe(15.22 * 86_400_000);
    expect(durationToMs({ years: 0.01 })).toBe(3.6525 * 86_400_000);
  });

  it('reads an object whose units are getters of its class, as those of a Temporal.Duration are', () => {
    class TemporalDuration {
      readonly blank = false;
      get years() {
        return 0;
      }
      get minutes() {
        return 2;
      }
      get nanoseconds() {
        return 1;
      }
    }
    expect(durationToMs(new TemporalDuration() as Duration)).toBe(120_001);
  });

  it('reads an object without a prototype, and a frozen one', () => {
    expect(durationToMs(Object.assign(Object.create(null), { seconds: 1 }))).toBe(1000);
    expect(durationToMs(Object.freeze({ seconds: 1 }))).toBe(1000);
  });

  it.each<[string, unknown, string]>([
    ['a negative number', -1, 'it is negative'],
    ['NaN', Number.NaN, 'it is not finite'],
    ['Infinity', Number.POSITIVE_INFINITY, 'it is not finite'],
    ['an object without units', {}, 'it has no time units'],
    ['a date', new Date(0), 'it has no time units'],
    ['an unknown unit', { minute: 5 }, "it has 'minute'; the units are years months weeks days hours"],
    ['a negative amount', { seconds: -5 }, 'its seconds are -5, not a finite number'],
    ['an infinite amount', { seconds: Number.POSITIVE_INFINITY }, 'its seconds are Infinity'],
    ['a text as the amount', { seconds: '5' }, "its seconds are '5'"],
    ['methods for units', { seconds: () => 5 }, 'its seconds are a function'],
    ['an array', [5], 'it is neither a number, a string nor'],
    ['null', null, 'it is neither'],
    ['a boolean', true, 'it is neither'],
    ['a bigint', 5n, 'it is neither'],
  ])('is not to be had of %s', (_, value, message) => {
    const error = errorOf(() => durationToMs(value as Duration));
    expect(error).toMatchObject({ name: 'DurationError', kind: 'NotADuration' });
    expect(error.message).toContain(message);
  });

  it('is never shorter than the text says, and a whole number up to the timer limit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (ns) => {
        const ms = durationToMs(`${ns}ns`);
        expect(Number.isInteger(ms)).toBe(true);
        expect(BigInt(ms) * 1_000_000n >= ns || ms === MAX_TIMER_MS).toBe(true);
      }),
    );
  });
});

describe('a formatted duration', () => {
  it.each([
    [0, '0s'],
    [180_000, '3m'],
    [9_420_000, '2h 37m'],
    [90_000, '1m 30s'],
    [1500, '1s 500ms'],
    [1.5, '1ms 500us'],
    [93_661_005.000001, '1day 2h 1m 1s 5ms 1ns'],
    [31_557_600_000, '1year'],
    [2 * 31_557_600_000 + 2 * 2_630_016_000 + 2 * 86_400_000, '2years 2months 2days'],
    [Number.POSITIVE_INFINITY, 'Infinityms'],
    [-5, '-5ms'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('is read back as the same number of milliseconds', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(BigInt(ms) * 1_000_000n);
      }),
    );
  });
});
