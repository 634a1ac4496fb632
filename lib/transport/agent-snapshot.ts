import { CONNECTING_METHODS, SETTINGS } from './inherited-options.js';

/** What of an agent, besides its options, decides how it connects. */
const MEMBERS = [...CONNECTING_METHODS, ...SETTINGS, 'keepAlive', 'maxFreeSockets'] as const;

type Members = Readonly<Record<(typeof MEMBERS)[number], unknown>>;
type Values = Readonly<Record<string, unknown>>;

/** An agent as it was when it was read. Options are set on agents at any time: `agent.options.ca = …`. */
export class AgentSnapshot {
  readonly #agent: unknown;
  readonly #members: Members;
  readonly #names: readonly string[];
  readonly #options: readonly unknown[];
  readonly #keyLoggers: number;

  constructor(agent: unknown) {
    this.#agent = agent;
    const values = valuesOf(agent);
    this.#members = Object.fromEntries(MEMBERS.map((name) => [name, values?.[name]])) as Members;
    const options = optionsOf(values);
    this.#names = namesOf(options);
    this.#options = this.#names.map((name) => copied(options[name]));
    this.#keyLoggers = keyLoggersOf(values);
  }

  /** Whether this is that agent, and nothing about it has changed. Asked for every request. */
  isOf(agent: unknown): boolean {
    if (agent !== this.#agent) return false;
    const values = valuesOf(agent);
    if (values === undefined) return true;
    const hasSameMembers = isSameInAll(values as Members, this.#members);
    return hasSameMembers && keyLoggersOf(values) === this.#keyLoggers && this.#hasOptions(optionsOf(values));
  }

  #hasOptions(options: Values): boolean {
    let i = 0;
    // Makes no list of them; and they keep the order they were set in.
    for (const name in options) {
      if (name !== this.#names[i] || !isSame(options[name], this.#options[i])) return false;
      i += 1;
    }
    return i === this.#names.length;
  }
}

/** Written out, this costs a fiftieth of a loop. */
function isSameInAll(now: Members, before: Members): boolean {
  return (
    now.addRequest === before.addRequest &&
    now.createConnection === before.createConnection &&
    now.createSocket === before.createSocket &&
    now.getName === before.getName &&
    now.keepSocketAlive === before.keepSocketAlive &&
    now.removeSocket === before.removeSocket &&
    now.reuseSocket === before.reuseSocket &&
    now._cacheSession === before._cacheSession &&
    now._evictSession === before._evictSession &&
    now._getSession === before._getSession &&
    now.agentKeepAliveTimeoutBuffer === before.agentKeepAliveTimeoutBuffer &&
    now.keepAlive === before.keepAlive &&
    now.keepAliveMsecs === before.keepAliveMsecs &&
    now.maxCachedSessions === before.maxCachedSessions &&
    now.maxFreeSockets === before.maxFreeSockets &&
    now.maxSockets === before.maxSockets &&
    now.maxTotalSockets === before.maxTotalSockets &&
    now.scheduling === before.scheduling
  );
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

function namesOf(options: Values): string[] {
  const names = [];
  for (const name in options) names.push(name);
  return names;
}

/** A list of authorities may be added to. */
function copied(value: unknown): unknown {
  return Array.isArray(value) ? [...value] : value;
}

function isSame(value: unknown, before: unknown): boolean {
  if (value === before || !Array.isArray(value)) return value === before;
  if (!Array.isArray(before) || value.length !== before.length) return false;
  return value.every((item, i) => item === before[i]);
}
