/** Fields of `ClientConfig` that are about connections, and hold only where requests go over sockets of ours. */
import { renderKind, renderValue } from './render.js';
import type { GivenField, ResolvedClient } from './resolved.js';
import type { Section } from './section.js';
import type { ClientConfig } from './types.js';

type ClientKey = keyof ClientConfig;

/** Fields that cannot be had, and why. */
export interface Unavailable {
  readonly keys: ReadonlySet<string>;
  /** Completes "expected no value (…)". */
  readonly reason: string;
}

const always = () => true;

/** Whether a client that was given a field asks for anything by it: what is switched off need not be had. */
const ASKS: { readonly [K in ClientKey]?: (client: Omit<ResolvedClient, 'given'>) => boolean } = {
  allowInvalidCertificates: (client) => client.allowInvalidCertificates,
  connectTimeout: (client) => client.connectTimeoutMs !== false,
  http1Only: (client) => !client.http1Only,
  http2Only: (client) => client.http2Only,
  http2KeepAliveInterval: (client) => client.http2KeepAliveIntervalMs !== false,
  http2KeepAliveTimeout: always,
  http2KeepAliveWhileIdle: (client) => client.http2KeepAliveWhileIdle,
  poolIdleTimeout: always,
  poolMaxIdlePerHost: always,
  proxyUrl: always,
  proxyExcludes: (client) => client.proxyExcludes.length > 0,
  readTimeout: (client) => client.readTimeoutMs !== false,
  tls: (client) => Object.keys(client.tls.reveal()).length > 0,
  userAgent: always,
};

/** What hides a secret, or may. */
const HIDDEN: ReadonlySet<ClientKey> = new Set(['proxyUrl', 'tls']);

/** Fields about the connection itself. A header, which the User-Agent is, goes with a request wherever it takes it. */
export const SOCKET_KEYS: ReadonlySet<string> = new Set(
  (Object.keys(ASKS) as ClientKey[]).filter((key) => key !== 'userAgent'),
);

/** {@link SOCKET_KEYS} and the one header that a browser keeps for itself. */
export const BROWSERLESS_KEYS: ReadonlySet<string> = new Set([...SOCKET_KEYS, 'userAgent']);

/** The fields about connections by which a client section asks for something. */
export function givenFields(
  section: Section<ClientKey>,
  client: Omit<ResolvedClient, 'given'>,
): readonly GivenField[] {
  const keys = (Object.keys(ASKS) as ClientKey[]).filter(
    (key) => section.raw(key) !== undefined && ASKS[key]?.(client),
  );
  return Object.freeze(keys.map((key) => Object.freeze(fieldOf(section, key))));
}

function fieldOf(section: Section<ClientKey>, key: ClientKey): GivenField {
  const raw = section.raw(key);
  const received = HIDDEN.has(key) ? renderKind(raw) : renderValue(raw);
  return { key, path: section.pathOf(key), received };
}
