/** The keys of one section of the configuration, in every spelling that is taken. */

/** The keys of one section. */
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
