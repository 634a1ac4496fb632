/** One object of the configuration under inspection: finds its keys in any spelling and collects what is wrong. */
import type { ConfigProblem } from '../errors.js';
import { PolicyConfigError } from '../errors.js';
import type { Parser } from './parsers.js';
import { isObject } from './parsers.js';
import { quote, renderKey, renderKind, renderValue } from './render.js';

/** The keys of one section, in every spelling that is taken. */
export interface KeySet<K extends string> {
  readonly keys: readonly K[];
  /** The key that a spelling stands for, if it is one. */
  find(spelling: string): K | undefined;
  /** Why a spelling that is no key yet cannot be had, if it is going to be one. */
  reserved(spelling: string): string | undefined;
}

/** `poolMaxIdlePerHost` as the reference writes it: `pool_max_idle_per_host`. */
export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

interface Spellings {
  /** Keys by other names of theirs, in lower case. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Keys that are going to be, and what is said to who uses one today. */
  readonly reserved?: Readonly<Record<string, string>>;
}

/** The keys of a table of options. A map of other spellings is made for the first of them. */
export function keySet<K extends string>(
  table: Readonly<Record<K, unknown>>,
  { aliases = {}, reserved = {} }: Spellings = {},
): KeySet<K> {
  const isKey = (spelling: string): spelling is K => Object.hasOwn(table, spelling);
  const keys = Object.keys(table).filter(isKey);
  let snake: Map<string, string> | undefined;
  return {
    keys,
    find: (spelling) => {
      if (isKey(spelling)) return spelling;
      snake ??= new Map([
        ...keys.map((key): [string, string] => [toSnakeCase(key), key]),
        ...Object.entries(aliases),
      ]);
      // obstore lower-cases a key before it looks it up, so `ALLOW_HTTP` is right too.
      const key = snake.get(spelling.toLowerCase());
      return key !== undefined && isKey(key) ? key : undefined;
    },
    reserved: (spelling) =>
      Object.entries(reserved).find(
        ([key]) => key === spelling || toSnakeCase(key) === spelling.toLowerCase(),
      )?.[1],
  };
}

/** Advises on a key that a section lacks; completes "expected a known key (…)". */
export type KeyAdviser = (key: string, known: KeySet<string>) => string;

/** Advice that needs no knowledge of any other key: all that there are. */
export const listKeys: KeyAdviser = (_, { keys }) => `the keys are ${keys.join(', ')}`;

/** Everything that is wrong, so that it can be reported together. */
export class Problems {
  readonly #problems: ConfigProblem[] = [];
  readonly adviseOnKey: KeyAdviser;

  constructor(adviseOnKey = listKeys) {
    this.adviseOnKey = adviseOnKey;
  }

  add(path: string, expected: string, received: string): void {
    this.#problems.push({ path, expected, received });
  }

  /**
   * @param name of the policy, if it has one.
   * @throws PolicyConfigError if there is any problem.
   */
  throwIfAny(name: string | undefined): void {
    if (this.#problems.length === 0) return;
    throw new PolicyConfigError(this.#problems, name === undefined ? undefined : `Invalid policy '${name}'`);
  }
}

interface Entry {
  readonly spelling: string;
  readonly value: unknown;
}

function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null;
}

/**
 * The names of an object's values: its own keys and those of its prototypes, up to but without the root, which is
 * everybody's. Of the getters of a class, which no loop enumerates, those that are known keys.
 */
function spellingsOf(input: object, isKnown: (name: string) => boolean): ReadonlySet<string> {
  const names = new Set<string>();
  let level: object | null = input;
  while (level !== null && (level === input || !isRoot(level))) {
    for (const [name, { enumerable, get }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (enumerable || (get !== undefined && isKnown(name))) names.add(name);
    }
    level = Object.getPrototypeOf(level);
  }
  return names;
}

/** One object of the configuration, by its keys. Never changes it. */
export class Section<K extends string> {
  readonly #entries = new Map<K, Entry>();
  readonly #wrong = new Set<K>();
  readonly #path: string;
  readonly #problems: Problems;

  /**
   * @param path of the object itself; empty for the whole configuration.
   * @param render shows what stands in the object's place.
   */
  constructor(input: unknown, path: string, known: KeySet<K>, problems: Problems, render = renderValue) {
    this.#path = path;
    this.#problems = problems;
    if (input === undefined) return;
    if (!isObject(input)) {
      problems.add(path || 'config', 'an object', render(input));
      return;
    }
    this.#readEntries(input, known);
  }

  #readEntries(input: object, known: KeySet<K>): void {
    for (const spelling of spellingsOf(input, (name) => known.find(name) !== undefined)) {
      const key = known.find(spelling);
      if (key === undefined) this.#refuseKey(spelling, input, known);
      else this.#enter(key, { spelling, value: Reflect.get(input, spelling) });
    }
  }

  #refuseKey(spelling: string, input: object, known: KeySet<K>): void {
    const path = this.#pathTo(renderKey(spelling));
    const advice = known.reserved(spelling);
    if (advice === undefined) {
      const keys = this.#problems.adviseOnKey(spelling, known);
      this.#problems.add(path, `a known key (${keys})`, 'an unknown key');
      return;
    }
    const value: unknown = Reflect.get(input, spelling);
    if (value !== undefined) this.#problems.add(path, `no value (${advice})`, renderKind(value));
  }

  #enter(key: K, entry: Entry): void {
    if (entry.value === undefined) return;
    const first = this.#entries.get(key);
    if (first === undefined) {
      this.#entries.set(key, entry);
      return;
    }
    const received = `both ${quote(first.spelling)} and ${quote(entry.spelling)}`;
    this.#problems.add(this.#pathTo(key), 'one spelling of the key', received);
  }

  #pathTo(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  /** The keys that have a value. */
  presentKeys(): Iterable<K> {
    return this.#entries.keys();
  }

  /** The value of a key as it was written; `undefined` if there is none. */
  raw(key: K): unknown {
    return this.#entries.get(key)?.value;
  }

  /** The path of a key, as the user spelled it. */
  pathOf(key: K): string {
    return this.#pathTo(this.#entries.get(key)?.spelling ?? key);
  }

  /** The value of a key through `parse`, or `fallback` if there is none or it is wrong, which is noted. */
  read<T, F>(key: K, parse: Parser<T>, fallback: F): T | F {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    const parsed = parse(value);
    if (parsed.ok) return parsed.value;
    this.#wrong.add(key);
    const expected =
      value === null ? `${parsed.expected} (leave the key out for its default)` : parsed.expected;
    this.#problems.add(this.pathOf(key), expected, parsed.received);
    return fallback;
  }

  /** The object under a key, as a section of its own; `render` shows what stands in its place. */
  child<C extends string>(key: K, known: KeySet<C>, render = renderValue): Section<C> {
    return new Section(this.raw(key), this.pathOf(key), known, this.#problems, render);
  }

  /** Notes that two values, each right by itself, do not go together. `key` is the one to name. */
  conflict(key: K, other: K, expected: string, received: string): void {
    if (this.#wrong.has(key) || this.#wrong.has(other)) return;
    this.#problems.add(this.pathOf(key), expected, received);
  }
}
