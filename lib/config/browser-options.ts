/** Options of `ClientConfig` where the platform makes the connections: those that need sockets are off, and refused. */

import type { Unsupported } from './option.js';
import { defaultsOf, optionTable, readOptions, viewOf } from './option.js';
import type { RowsOf } from './options.js';
import { PORTABLE_OPTIONS } from './options.js';
import { Secret } from './render.js';
import type { PolicyView, ResolvedPolicy, ResolvedRequestPolicy } from './resolved.js';
import { viewOfPolicy } from './resolved.js';
import type { ClientTable } from './resolver.js';
import { readPolicy, readRequestPolicy } from './resolver.js';
import { keySet } from './section.js';
import type { ClientConfig, TlsConfig } from './types.js';

const OFF = { default: false, needs: 'sockets' } as const;
const NO_LIMIT = { ...OFF, unit: 'ms' } as const;
const NO_SECRET = { default: undefined, needs: 'sockets', secret: true } as const;
const NO_HOSTS: readonly string[] = Object.freeze([]);
const NO_TLS: Secret<TlsConfig> = new Secret({});

const OPTIONS = optionTable({
  ...PORTABLE_OPTIONS,
  allowInvalidCertificates: OFF,
  connectionMaxAge: NO_LIMIT,
  connectTimeout: NO_LIMIT,
  disableSystemCertificates: OFF,
  dns: OFF,
  eject: OFF,
  http1Only: { default: true, needs: 'sockets' },
  http2Only: OFF,
  http2KeepAliveInterval: NO_LIMIT,
  http2KeepAliveTimeout: { default: 0, unit: 'ms', needs: 'sockets' },
  http2KeepAliveWhileIdle: OFF,
  http2MaxFrameSize: { default: undefined, needs: 'sockets' },
  poolIdleTimeout: NO_LIMIT,
  poolMaxIdlePerHost: { default: Number.POSITIVE_INFINITY, needs: 'sockets' },
  proxyUrl: { ...OFF, secret: true },
  proxyExcludes: { default: NO_HOSTS, needs: 'sockets' },
  proxyCaCertificate: NO_SECRET,
  randomizeAddresses: OFF,
  readTimeout: NO_LIMIT,
  rootCertificate: NO_SECRET,
  tls: { default: NO_TLS, needs: 'sockets', secret: true, show: () => undefined },
}) satisfies RowsOf<ClientConfig>;

const DEFAULTS = defaultsOf(OPTIONS);

const CLIENT: ClientTable = {
  options: OPTIONS,
  keys: keySet(OPTIONS),
  read: (section) => readOptions(section, OPTIONS, DEFAULTS),
};

const UNSUPPORTED: Unsupported = { needs: ['sockets', 'node'], reason: 'not available in a browser' };

/** @see readPolicy */
export function resolvePolicy(config: unknown): ResolvedPolicy {
  return readPolicy(config, { client: CLIENT, unsupported: UNSUPPORTED });
}

/** @see readRequestPolicy */
export function resolveRequestPolicy(input: unknown, base: ResolvedPolicy): ResolvedRequestPolicy {
  return readRequestPolicy(input, base, { unsupported: UNSUPPORTED });
}

/** @see viewOfPolicy */
export function describePolicy(policy: ResolvedPolicy): PolicyView {
  return viewOfPolicy(policy, viewOf(OPTIONS, policy.client));
}
