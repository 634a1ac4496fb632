/** Reads configurations where there are sockets: every option, with advice on every key that is none. */

import type { Unsupported } from './option.js';
import { adviseOnKey } from './other-libraries.js';
import type { ResolvedPolicy, ResolvedRequestPolicy } from './resolved.js';
import { readPolicy, readRequestPolicy } from './resolver.js';
import { SOCKET_READERS } from './socket-options.js';

/** @see readPolicy */
export function resolvePolicy(config: unknown, unsupported?: Unsupported): ResolvedPolicy {
  return readPolicy(config, { sockets: SOCKET_READERS, adviseOnKey, unsupported });
}

/** @see readRequestPolicy */
export function resolveRequestPolicy(
  input: unknown,
  base: ResolvedPolicy,
  unsupported?: Unsupported,
): ResolvedRequestPolicy {
  return readRequestPolicy(input, base, { adviseOnKey, unsupported });
}
