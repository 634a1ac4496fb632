/**
 * A row of an options table, and what follows from a table: the values of a section of the configuration, their defaults,
 * what `policy.config` shows of them, and which of them not every platform or adapter supports.
 */
import type { Parser } from './parsers.js';
import { booleanOf } from './parsers.js';
import { renderKind, renderValue } from './render.js';
import type { Problems, Section } from './section.js';

/** Reads an option of which a parser cannot make everything: one that is an object, or changes what it overrides. */
export type Reader<T> = (section: Section<string>, key: string, fallback: T) => T;

/** `sockets`: there are none where an adapter makes its own connections; `node`: browsers keep it to themselves, too. */
type Requirement = 'sockets' | 'node';

/**
 * One option. Either `parse` or `read` makes its value; one that has neither always has its default. The reason for the
 * default is in `explain/reasons.ts`, which does not compile without it.
 */
export interface Option {
  readonly parse?: Parser<unknown>;
  readonly read?: (section: Section<string>, key: string, fallback: never) => unknown;
  /** The value if nobody sets it, as the library uses it. */
  readonly default: unknown;
  /** Of a length of time. Its resolved name then ends in `Ms`. */
  readonly unit?: 'ms';
  /** Its name among the resolved values, if that is another. */
  readonly as?: string;
  readonly needs?: Requirement;
  /** Tells if a value needs what the option needs: one that switches something off does not. Without it, all do. */
  asks?(value: unknown): boolean;
  /** Its value in `policy.config`, if that is another. */
  show?(value: unknown): unknown;
  /** Keeps what was written out of messages. */
  readonly secret?: true;
}

/** Options by their keys. */
export type OptionTable = Readonly<Record<string, Option>>;

type ReadBy<P> = P extends Parser<infer T> ? T : P extends Reader<infer T> ? T : never;
type ValueOf<O> = O extends { readonly parse: infer P; readonly default: infer D }
  ? ReadBy<P> | D
  : O extends { readonly read: infer P; readonly default: infer D }
    ? ReadBy<P> | D
    : O extends { readonly default: infer D }
      ? D
      : never;
type ShownOf<O> = O extends { show(value: never): infer S } ? S : ValueOf<O>;
type NameOf<K extends string, O> = O extends { readonly as: infer N extends string }
  ? N
  : O extends { readonly unit: 'ms' }
    ? `${K}Ms`
    : K;

/** The resolved values of a table, by their resolved names. */
export type Values<T extends OptionTable> = {
  readonly [K in keyof T & string as NameOf<K, T[K]>]: ValueOf<T[K]>;
};

/** The values of a table as `policy.config` has them: by the keys of the options. */
export type View<T extends OptionTable> = { readonly [K in keyof T & string]: ShownOf<T[K]> };

/** Makes a table, frozen. Its rows inherit nothing, for what somebody put on `Object.prototype` is no column of theirs. */
export function optionTable<const T extends OptionTable>(rows: T): T {
  for (const row of Object.values(rows)) Object.freeze(Object.setPrototypeOf(row, null));
  return Object.freeze(rows);
}

/** The name of an option among the resolved values. */
function nameOf(key: string, { as, unit }: Option): string {
  return as ?? (unit === undefined ? key : `${key}Ms`);
}

/** The resolved value of one option. */
function resolvedValue(values: object, key: string, option: Option): unknown {
  return Reflect.get(values, nameOf(key, option));
}

/** The default of every option, by its resolved name. */
export function defaultsOf<T extends OptionTable>(table: T): Values<T> {
  const entries = Object.entries(table).map(([key, option]) => [nameOf(key, option), option.default]);
  return Object.freeze(Object.fromEntries(entries));
}

/**
 * Reads the options that a section has; every problem is noted there.
 * @param fallbacks of options that are not set, or wrong.
 * @param sockets `undefined` where there are none: options that need them then keep their fallbacks.
 */
export function readOptions<T extends OptionTable>(
  section: Section<string>,
  table: T,
  fallbacks: Readonly<Record<string, unknown>>,
): Values<T> {
  const entries: Array<readonly unknown[]> = Object.entries(fallbacks);
  for (const key of section.presentKeys()) {
    const option = table[key];
    if (option === undefined) continue;
    const name = nameOf(key, option);
    entries.push([name, readOption(section, key, option, fallbacks[name])]);
  }
  return Object.fromEntries(entries);
}

function readOption(
  section: Section<string>,
  key: string,
  { parse, read }: Option,
  fallback: unknown,
): unknown {
  if (parse !== undefined) return section.read(key, parse, fallback);
  return read === undefined ? fallback : (read as Reader<unknown>)(section, key, fallback);
}

/** The values of a table as `policy.config` shows them: frozen, without secrets. */
export function viewOf<T extends OptionTable>(table: T, values: object): View<T> {
  const entries = Object.entries(table).map(([key, option]) => {
    const value = resolvedValue(values, key, option);
    return [key, option.show === undefined ? value : option.show(value)];
  });
  return Object.freeze(Object.fromEntries(entries));
}

/** An option that somebody set, to whatever value. */
export interface GivenOption {
  /** What it asks for by that value; `undefined` for what every platform has. */
  readonly needs: Requirement | undefined;
  /** As the user spelled it: `client_options.connect_timeout`. */
  readonly path: string;
  /** Its value as a message may show it: shortened, without secrets. */
  readonly received: string;
}

/** Requirements that cannot be met, with the reason. */
export interface Unsupported {
  readonly needs: readonly Requirement[];
  /** Completes "expected no value (…)". */
  readonly reason: string;
}

/** Tells what asks for nothing, of an option that is not read: its default, or an empty list or object. */
function isNothing(raw: unknown, standard: unknown): boolean {
  if (typeof raw !== 'object' || raw === null) return (booleanOf(raw) ?? raw) === standard;
  return !(raw instanceof URL) && Object.keys(raw).length === 0;
}

function asksFor(option: Option, raw: unknown, value: unknown): boolean {
  const isRead = option.parse !== undefined || option.read !== undefined;
  return isRead ? (option.asks?.(value) ?? true) : !isNothing(raw, option.default);
}

/** The options of a section that somebody set. One that is switched off asks for nothing. */
export function givenOptions<K extends string>(
  section: Section<K>,
  table: OptionTable,
  values: object,
): ReadonlyMap<string, GivenOption> {
  const given = new Map<string, GivenOption>();
  for (const key of section.presentKeys()) {
    const option = table[key];
    if (option === undefined) continue;
    const raw = section.raw(key);
    const asks = option.needs && asksFor(option, raw, resolvedValue(values, key, option));
    const needs = asks ? option.needs : undefined;
    const received = option.secret ? renderKind(raw) : renderValue(raw);
    given.set(key, Object.freeze({ needs, path: section.pathOf(key), received }));
  }
  return Object.freeze(given);
}

/** Notes every given option that is not supported as a problem. */
export function refuseUnsupported(
  problems: Problems,
  unsupported: Unsupported | undefined,
  given: ReadonlyMap<string, GivenOption>,
): void {
  for (const { needs, path, received } of given.values()) {
    if (needs && unsupported?.needs.includes(needs))
      problems.add(path, `no value (${unsupported.reason})`, received);
  }
}
