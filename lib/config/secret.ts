/** The text shown in place of a secret. */
export const REDACTED = '[redacted]';

// `inspect.custom` of node:util, without Node: https://nodejs.org/api/util.html#utilinspectcustom
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A value that no rendering shows: not `JSON.stringify`, not a template string, not `util.inspect` at any depth. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The value itself. Call it where the value goes on the wire, and nowhere else. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [INSPECT](): string {
    return REDACTED;
  }
}
