import { CONNECTING_METHODS, SETTINGS } from './agent-options.js';

/** What of an agent, besides its options, decides how it connects. */
const MEMBERS = [...CONNECTING_METHODS, ...SETTINGS, 'keepAlive', 'maxFreeSockets'] as const;

type Values = Readonly<Record<string, unknown>>;

/** An agent as it was when it was read. Options are set on agents at any time: `agent.options.ca = …`. */
export class AgentSnapshot {
  readonly #agent: unknown;
  readonly #members: readonly unknown[];
  readonly #options: ReadonlyMap<string, unknown>;
  readonly #keyLoggers: number;

  constructor(agent: unknown) {
    this.#agent = agent;
    const values = valuesOf(agent);
    this.#members = MEMBERS.map((name) => values?.[name]);
    this.#options = new Map(Object.entries(optionsOf(values)).map(([name, value]) => [name, copied(value)]));
    this.#keyLoggers = keyLoggersOf(values);
  }

  /** Whether this is that agent, and nothing about it has changed. Asked for every request. */
  isOf(agent: unknown): boolean {
    if (agent !== this.#agent) return false;
    const values = valuesOf(agent);
    if (values === undefined) return true;
    for (let i = 0; i < MEMBERS.length; i += 1) {
      if (values[MEMBERS[i] as string] !== this.#members[i]) return false;
    }
    return keyLoggersOf(values) === this.#keyLoggers && this.#hasOptions(optionsOf(values));
  }

  #hasOptions(options: Values): boolean {
    let count = 0;
    for (const name of Object.keys(options)) {
      if (!isSame(options[name], this.#options.get(name))) return false;
      count += 1;
    }
    return count === this.#options.size;
  }
}

function valuesOf(agent: unknown): Values | undefined {
  return typeof agent === 'object' && agent !== null ? (agent as Values) : undefined;
}

function optionsOf(values: Values | undefined): Values {
  return valuesOf(values?.options) ?? {};
}

function keyLoggersOf(values: Values | undefined): number {
  const { listenerCount } = values ?? {};
  return typeof listenerCount === 'function' ? listenerCount.call(values, 'keylog') : 0;
}

/** A list of authorities may be added to. */
function copied(value: unknown): unknown {
  return Array.isArray(value) ? [...value] : value;
}

function isSame(value: unknown, before: unknown): boolean {
  if (!Array.isArray(value)) return value === before;
  if (!Array.isArray(before) || value.length !== before.length) return false;
  return value.every((item, i) => item === before[i]);
}
