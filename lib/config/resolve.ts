/** Reads configurations where there are sockets: every option, with advice on every key that is none. */

import type { SocketReaders, Unsupported } from './option.js';
import { adviseOnKey } from './other-libraries.js';
import { proxyUrl } from './proxy-url.js';
import type { ResolvedPolicy, ResolvedRequestPolicy } from './resolved.js';
import { readPolicy, readRequestPolicy } from './resolver.js';
import type { KeyAdviser } from './section.js';
import { certificates, tls } from './socket-options.js';

/** Calls, because the code behind them is loaded for who has such options. */
const SOCKET_READERS: SocketReaders = {
  proxyUrl: (value) => proxyUrl(value),
  certificates: (value) => certificates(value),
  tls: (section, key, fallback) => tls(section, key, fallback),
};

const advise: KeyAdviser = (key, known) => adviseOnKey(key, known);

/** @see readPolicy */
export function resolvePolicy(config: unknown, unsupported?: Unsupported): ResolvedPolicy {
  return readPolicy(config, { sockets: SOCKET_READERS, adviseOnKey: advise, unsupported });
}

/** @see readRequestPolicy */
export function resolveRequestPolicy(
  input: unknown,
  base: ResolvedPolicy,
  unsupported?: Unsupported,
): ResolvedRequestPolicy {
  return readRequestPolicy(input, base, { adviseOnKey: advise, unsupported });
}
