/** TLS material. Its values are secrets or as good as: problems name their kind, never their content. */
import type { SecureVersion } from 'node:tls';
import { ok, oneOf, type Parser, wrong } from './fields.js';
import { parseIp } from './ip-address.js';
import { TLS_KEYS } from './keys.js';
import { renderKind } from './render.js';
import { Secret } from './secret.js';
import type { Section } from './section.js';
import type { ClientConfig, TlsBlob, TlsConfig } from './types.js';

const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

function isBlob(value: unknown): value is string | Buffer {
  if (typeof value === 'string') return value !== '';
  return value instanceof Uint8Array && value.byteLength > 0;
}

const blob: Parser<TlsBlob> = (value) => {
  if (isBlob(value)) return ok(value);
  if (Array.isArray(value) && value.length > 0 && value.every(isBlob)) return ok(Object.freeze([...value]));
  return wrong('PEM text, bytes, or a non-empty array of them', renderKind(value));
};

const text: Parser<string> = (value) =>
  typeof value === 'string' ? ok(value) : wrong('a string', renderKind(value));

/** SNI has names only (RFC 6066 section 3): Node warns of an address, or throws at the first request. */
const serverName: Parser<string> = (value) => {
  const name = text(value);
  return name.ok && parseIp(name.value.replace(/^\[(.*)\]$/, '$1')) !== undefined
    ? wrong('a host name, which an IP address is not', renderKind(value))
    : name;
};

const PARSERS: { readonly [K in keyof TlsConfig]-?: Parser<NonNullable<TlsConfig[K]>> } = {
  ca: blob,
  cert: blob,
  key: blob,
  pfx: blob,
  passphrase: text,
  servername: serverName,
  ciphers: text,
  minVersion: oneOf(VERSIONS),
  maxVersion: oneOf(VERSIONS),
  proxyCa: blob,
};

/** The `tls` of a client section, copied and frozen. Keys without a value are absent. */
export function resolveTls(client: Section<keyof ClientConfig>): Secret<TlsConfig> {
  const section = client.child('tls', TLS_KEYS, renderKind);
  const entries = TLS_KEYS.keys.map((key) => [
    key,
    section.read<unknown, undefined>(key, PARSERS[key], undefined),
  ]);
  const tls: TlsConfig = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const { minVersion, maxVersion } = tls;
  if (minVersion && maxVersion && VERSIONS.indexOf(minVersion) > VERSIONS.indexOf(maxVersion)) {
    section.conflict(
      'maxVersion',
      'minVersion',
      `no version below minVersion '${minVersion}'`,
      `'${maxVersion}'`,
    );
  }
  return new Secret(Object.freeze(tls));
}
