/** Readers of TLS material, which take much code. */
import type { SecureVersion } from 'node:tls';
import { parseIp } from './host.js';
import type { OptionTable, Reader } from './option.js';
import { optionTable, readOptions } from './option.js';
import type { Parser } from './parsers.js';
import { ok, oneOf, wrong } from './parsers.js';
import { renderKind, Secret } from './render.js';
import { keySet } from './section.js';
import type { TlsBlob, TlsConfig } from './types.js';

const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

function isBlob(value: unknown): value is string | Buffer {
  if (typeof value === 'string') return value !== '';
  return value instanceof Uint8Array && value.byteLength > 0;
}

const BLOB = 'PEM text, bytes, or a non-empty array of them';

const blob: Parser<TlsBlob> = (value) => {
  if (isBlob(value)) return ok(value);
  if (Array.isArray(value) && value.length > 0 && value.every(isBlob)) return ok(Object.freeze([...value]));
  return wrong(BLOB, renderKind(value));
};

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;

function hasCertificate(pem: string | Buffer): boolean {
  return CERTIFICATE.test(typeof pem === 'string' ? pem : new TextDecoder('latin1').decode(pem));
}

/** One certificate or several, in PEM. Without any, the reference fails, too. */
export const readCertificates: Parser<Secret<TlsBlob>> = (value) => {
  const read = blob(value);
  if (read.ok && [read.value].flat().every(hasCertificate)) return ok(new Secret(read.value));
  return wrong('PEM text of one or several certificates, its bytes, or an array of them', renderKind(value));
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

/** Options of `TlsConfig`. All are secrets or as good as: problems name their kind, never their content. */
const TLS_OPTIONS = optionTable({
  ca: { parse: blob, default: undefined },
  cert: { parse: blob, default: undefined },
  key: { parse: blob, default: undefined },
  pfx: { parse: blob, default: undefined },
  passphrase: { parse: text, default: undefined },
  servername: { parse: serverName, default: undefined },
  ciphers: { parse: text, default: undefined },
  minVersion: { parse: oneOf(VERSIONS), default: undefined },
  maxVersion: { parse: oneOf(VERSIONS), default: undefined },
  proxyCa: { parse: blob, default: undefined },
}) satisfies { readonly [K in keyof Required<TlsConfig>]: OptionTable[string] };

/** Keys of `TlsConfig`. */
export const TLS_KEYS = keySet(TLS_OPTIONS);

/** Copied and frozen. Keys without a value are absent. */
export const readTls: Reader<Secret<TlsConfig>> = (client, key) => {
  const section = client.child(key, TLS_KEYS, renderKind);
  const values = readOptions(section, TLS_OPTIONS, {});
  const { minVersion, maxVersion } = values;
  if (minVersion && maxVersion && VERSIONS.indexOf(minVersion) > VERSIONS.indexOf(maxVersion)) {
    const expected = `no version below minVersion '${minVersion}'`;
    section.conflict('maxVersion', 'minVersion', expected, `'${maxVersion}'`);
  }
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Secret(Object.freeze(Object.fromEntries(present)));
};
