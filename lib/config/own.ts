/**
 * Reading and making objects where somebody else's code may have put properties on `Object.prototype`, which every object
 * then seems to have ("prototype pollution"): they are nothing that our caller said.
 */

const POLLUTED = Object.prototype as unknown as Readonly<Record<PropertyKey, unknown>>;

/** A property of an object or of its class, but not one that all objects have. */
export function fieldOf<T extends object, K extends keyof T>(holder: T, key: K): T[K] | undefined {
  const value = holder[key];
  return value !== undefined && value === POLLUTED[key] ? undefined : value;
}

/** A copy that inherits nothing: options for Node, which reads them as if all that it finds were meant. */
export function withoutPrototype<T extends object>(own: T): T {
  return Object.assign(Object.create(null), own);
}

/** Defines a property of an object; a descriptor that inherits a `get` is one of an accessor. */
export function define(holder: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
  Object.defineProperty(holder, key, withoutPrototype(descriptor));
}

type Unset = Readonly<Record<string, undefined>>;

const NOTHING: Unset = Object.freeze({});

/** Whether somebody has put anything on `Object.prototype` in the way that pollution comes: by an assignment. */
function isPolluted(): boolean {
  for (const _ in POLLUTED) return true;
  return false;
}

/**
 * Names to stand in front of options that are copied to a plain object, to keep out of them what they do not say: none,
 * as long as nobody has put anything on `Object.prototype`. Options that are there and undefined show, and Node may warn
 * of them.
 *
 * @param unset names that the reader of the options looks for.
 */
export function keepOut(unset: Unset): Unset {
  return isPolluted() ? unset : NOTHING;
}

/** Completes options, where there is something to be kept out of them. */
export function guarded<T extends object>(options: T, unset: Unset): T {
  return isPolluted() ? { ...unset, ...options } : options;
}
