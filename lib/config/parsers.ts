/** Readers of single values: each turns what a user wrote into what the library uses, or says what would be right. */
import type { LimitMs } from './duration.js';
import { DurationError, durationToMs } from './duration.js';
import { builtInClassOf, quote, renderDuration, renderHeader, renderKind, renderValue } from './render.js';
import type { Duration } from './types.js';

/** A value in its resolved form, or why it cannot be had. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly expected: string; readonly received: string };

/** Reads a value that is not `undefined`. Throws nothing but what a getter of the value throws. */
export type Parser<T> = (value: unknown) => Parsed<T>;

/** A value that was right. */
export function ok<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** A value that was not. `received` is shortened and free of secrets. */
export function wrong<T>(expected: string, received: string): Parsed<T> {
  return { ok: false, expected, received };
}

const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'true', 'on', 'yes', 'y'].map((word) => [word, true] as const),
  ...['0', 'false', 'off', 'no', 'n'].map((word) => [word, false] as const),
]);

/** The boolean that a value is or, in the reference's words (`1 true on yes y`, `0 false off no n`), names. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' ? BOOLEAN_WORDS.get(value.toLowerCase()) : undefined;
}

/** A boolean, or one of the reference's words for it, in any case. */
export const booleanLike: Parser<boolean> = (value) => {
  const read = booleanOf(value);
  return read === undefined
    ? wrong("a boolean, or a word such as 'true', 'yes', 'off' or '0'", renderValue(value))
    : ok(read);
};

/** A whole number of at least 0, or its digits. */
export const integerLike: Parser<number> = (value) => {
  const read = typeof value === 'string' && /^\+?[0-9]+$/.test(value) ? Number(value) : value;
  return typeof read === 'number' && Number.isSafeInteger(read) && read >= 0
    ? ok(read)
    : wrong('a whole number of at least 0', renderValue(value));
};

/** A whole number of a range, both ends included, or its digits. */
export function integerWithin(least: number, most: number): Parser<number> {
  return (value) => {
    const read = integerLike(value);
    return read.ok && read.value >= least && read.value <= most
      ? read
      : wrong(`a whole number from ${least} to ${most}`, renderValue(value));
  };
}

/** {@link integerLike}, or the number `Infinity`. */
export const integerOrInfinity: Parser<number> = (value) => {
  if (value === Number.POSITIVE_INFINITY) return ok(value);
  const read = integerLike(value);
  return read.ok ? read : wrong(`${read.expected}, or Infinity`, read.received);
};

/** A finite number greater than `bound` (or equal to it, if `inclusive`), or its decimal digits. */
export function numberAbove(bound: number, inclusive = false): Parser<number> {
  const expected = inclusive ? `a number of at least ${bound}` : `a number greater than ${bound}`;
  return (value) => {
    const read = typeof value === 'string' && /^[0-9]+(?:\.[0-9]+)?$/.test(value) ? Number(value) : value;
    if (typeof read !== 'number' || !Number.isFinite(read)) return wrong(expected, renderValue(value));
    return read > bound || (inclusive && read === bound) ? ok(read) : wrong(expected, renderValue(value));
  };
}

const DURATION = "a duration such as '5s' or a number of milliseconds";

/** @param zero advice for a 0, if the field refuses it. */
function readDuration(value: unknown, expected: string, zero: string | undefined): Parsed<number> {
  try {
    // Whatever it is: `durationToMs` looks at it before it believes the type.
    const ms = durationToMs(value as Duration);
    if (ms > 0 || zero === undefined) return ok(ms);
    return wrong(`a duration longer than 0 (${zero})`, renderDuration(value));
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    return wrong(expected, `${renderDuration(value)} (${error.message})`);
  }
}

/** Advice for values that a duration option refuses. */
interface DurationRules {
  /** Advice for a 0, if the field refuses it. */
  readonly zero?: string;
  /** Advice for `false`, if people may look for it here. */
  readonly never?: string;
}

/** A length of time, in ms. */
export function duration({ zero, never }: DurationRules): Parser<number> {
  return (value) =>
    value === false && never !== undefined
      ? wrong(`${DURATION} (${never})`, 'false')
      : readDuration(value, DURATION, zero);
}

/** A length of time, in ms, or `false` for none. `zero` is advice for a 0, if the field refuses it. */
export function durationOrFalse(zero?: string): Parser<LimitMs> {
  const expected = `${DURATION}, or false to switch it off`;
  return (value) => (value === false ? ok(false) : readDuration(value, expected, zero));
}

/** A limit that cannot be 0: axios reads a timeout of 0 as "none", the reference as "fail at once". */
export const limit: Parser<LimitMs> = durationOrFalse('use false to switch it off');

/** A header value as Node sends it: one line of printable ISO 8859-1. https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
export const headerValue: Parser<string> = (value) =>
  typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]+$/.test(value)
    ? ok(value)
    : wrong('a header value: a non-empty line without control characters or non-latin1', renderHeader(value));

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Tells if a text can be a method or the name of a header. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

const LONGEST_LABEL = 100;

function isLabel(text: string): boolean {
  return (
    text !== '' && text.length <= LONGEST_LABEL && text === text.trim() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
  );
}

/** A name for messages: one line of visible characters. */
export const label: Parser<string> = (value) =>
  typeof value === 'string' && isLabel(value)
    ? ok(value)
    : wrong('a name of 1 to 100 visible characters', renderValue(value));

/** Anything that can be called. The signature is the type's promise. */
export function callback<F extends (...args: never[]) => unknown>(): Parser<F> {
  return (value) => (typeof value === 'function' ? ok(value as F) : wrong('a function', renderValue(value)));
}

/** Every item of an array through `item`; the first wrong one is named by its index. The result is frozen. */
export function listOf<T>(expected: string, item: (value: unknown) => T | undefined): Parser<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return wrong(expected, renderValue(value));
    const items: T[] = [];
    for (const [index, raw] of value.entries()) {
      const read = item(raw);
      if (read === undefined) return wrong(expected, `${renderValue(raw)} at index ${index}`);
      items.push(read);
    }
    return ok(Object.freeze(items));
  };
}

/** One of some words, exactly; what is none of them is not shown. */
export function oneOf<T extends string>(words: readonly T[]): Parser<T> {
  return (value) => {
    const found = words.find((word) => word === value);
    return found === undefined
      ? wrong(`one of ${words.map((word) => quote(word)).join(', ')}`, renderKind(value))
      : ok(found);
  };
}

/** Tells an object whose values are its properties from every other value. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && builtInClassOf(value) === undefined;
}
