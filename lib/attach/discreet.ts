/** What leads to credentials: the headers of the request, and whatever else holds the config. */
export interface Hidden {
  readonly config: object;
  readonly error?: unknown;
  readonly response?: unknown;
}

/** Node's `util.inspect.custom`, which other platforms have no use for. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * An event or a message that may be logged as it is: `config`, `error` and `response` are there for who asks for them,
 * and in no rendering, nor in a copy.
 */
class Discreet implements Hidden {
  readonly #hidden: Hidden;

  constructor(shown: object, hidden: Hidden) {
    Object.assign(this, shown);
    this.#hidden = hidden;
  }

  get config(): object {
    return this.#hidden.config;
  }

  get error(): unknown {
    return this.#hidden.error;
  }

  get response(): unknown {
    return this.#hidden.response;
  }

  // A debugger's `showHidden` and `getters` would look behind the accessors.
  [INSPECT](): object {
    return { ...this };
  }
}

/** Makes an event of what is to be seen of it and what is not. */
export function discreet<T extends object>(shown: T, hidden: Hidden): T & Hidden {
  return new Discreet(shown, hidden) as Hidden as T & Hidden;
}
