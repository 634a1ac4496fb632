/** Reads configurations where there are sockets: every option, with advice on every key that is none. */
import type { Unsupported } from './option.js';
import { defaultsOf, readOptions, viewOf } from './option.js';
import { adviseOnKey } from './other-libraries.js';
import type { PolicyView, ResolvedPolicy, ResolvedRequestPolicy } from './resolved.js';
import { viewOfPolicy } from './resolved.js';
import type { ClientTable } from './resolver.js';
import { readPolicy, readRequestPolicy } from './resolver.js';
import type { KeyAdviser } from './section.js';
import { CLIENT_KEYS, CLIENT_OPTIONS, completeClient } from './socket-options.js';

const DEFAULTS = defaultsOf(CLIENT_OPTIONS);

const CLIENT: ClientTable = {
  options: CLIENT_OPTIONS,
  keys: CLIENT_KEYS,
  read: (section) => completeClient(section, readOptions(section, CLIENT_OPTIONS, DEFAULTS)),
};

// A call, because the code behind it is loaded for who needs advice.
const advise: KeyAdviser = (key, known) => adviseOnKey(key, known);

/** @see readPolicy */
export function resolvePolicy(config: unknown, unsupported?: Unsupported): ResolvedPolicy {
  return readPolicy(config, { client: CLIENT, adviseOnKey: advise, unsupported });
}

/** @see readRequestPolicy */
export function resolveRequestPolicy(
  input: unknown,
  base: ResolvedPolicy,
  unsupported?: Unsupported,
): ResolvedRequestPolicy {
  return readRequestPolicy(input, base, { adviseOnKey: advise, unsupported });
}

/** @see viewOfPolicy */
export function describePolicy(policy: ResolvedPolicy): PolicyView {
  return viewOfPolicy(policy, viewOf(CLIENT_OPTIONS, policy.client));
}
