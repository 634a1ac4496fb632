import type { GivenField, ResolvedClient, ResolvedRequestPolicy } from '../config/resolved.js';
import { SOCKET_KEYS, type Unavailable } from '../config/socket-fields.js';
import { makesOwnConnections } from './adapter-name.js';
import type { RequestConfig } from './axios-like.js';
import { warnDeveloper } from './warning.js';

type Adapter = RequestConfig['adapter'];

/** The fields that cannot hold for an instance, by its own adapter; `undefined` if all can. */
export function unavailableWith({ adapter }: Pick<RequestConfig, 'adapter'>): Unavailable | undefined {
  if (!makesOwnConnections(adapter)) return undefined;
  return { keys: SOCKET_KEYS, reason: `${describe(adapter)} makes its own connections` };
}

/** Warns, once per policy, of fields that somebody set and that do not hold for a request by the adapter it chose. */
export class UnheldFields {
  readonly #given: readonly GivenField[];
  #hasWarned = false;

  constructor({ given }: ResolvedClient) {
    this.#given = given.filter(({ key }) => SOCKET_KEYS.has(key));
  }

  /** A request goes through an adapter that makes connections of its own. */
  note(adapter: Adapter, { readTimeoutMs }: ResolvedRequestPolicy): void {
    if (this.#hasWarned) return;
    const paths = this.#given.map(({ path }) => path);
    if (readTimeoutMs) paths.push('policy.readTimeout');
    if (paths.length === 0) return;
    this.#hasWarned = true;
    warnDeveloper(
      'AXIOS_POLICY_UNHELD_FIELDS',
      `${paths.join(', ')}: cannot hold for a request whose ${describe(adapter)} makes its own connections`,
    );
  }
}

function describe(adapter: Adapter): string {
  return `adapter ${[adapter].flat().join(', ')}`;
}
