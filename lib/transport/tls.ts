import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions, SecureContext, SecureContextOptions } from 'node:tls';
import nodeTls from 'node:tls';
import { hostOf } from '../config/host.js';
import { withoutPrototype } from '../config/own.js';
import type { ResolvedClient } from '../config/resolved.js';
import type { TlsBlob, TlsConfig } from '../config/types.js';
import { PolicyConfigError } from '../errors.js';
import type { InheritedOptions } from './inherited-options.js';

/** The TLS side of every connection a policy makes to origins. */
export interface TlsSettings {
  /** Options of one handshake, free of secrets, for an agent's own `options`. */
  readonly handshake: Readonly<ConnectionOptions>;
  /** The TLS material, or `undefined` where there is none and Node's default context serves. May hold keys. */
  readonly material: SecureContextOptions | undefined;
}

/**
 * TLS settings from `client.tls`, completed with what the instance's own agent carried.
 *
 * @throws {PolicyConfigError} if OpenSSL refuses the material, so that a broken key shows at attach and not at the
 * first request.
 */
export function resolveTls(client: ResolvedClient, inherited: InheritedOptions | undefined): TlsSettings {
  const { proxyCa, servername, ...own } = client.tls.reveal();
  assertCertificates('client.rootCertificate', client.rootCertificate?.reveal());
  assertCertificates('client.tls.ca', own.ca);
  assertCertificates(client.proxyCaCertificate ? 'client.proxyCaCertificate' : 'client.tls.proxyCa', proxyCa);
  const named: TlsConfig = { ...inheritedMaterial(inherited, own), ...own };
  const ca = authoritiesOf(client, named.ca);
  const material = materialOf(ca === undefined ? named : { ...named, ca });
  assertUsable(material, Object.keys(own).length > 0 ? 'client.tls' : 'instance.defaults.httpsAgent');
  return {
    handshake: {
      ...inherited?.handshake,
      ...(servername === undefined ? {} : { servername }),
      ...verification(client),
    },
    material: Object.keys(material).length > 0 ? material : undefined,
  };
}

/** Whether a client says anything of the TLS material, which {@link resolveTls} then has to check. */
export function hasTls({ tls, rootCertificate, disableSystemCertificates }: ResolvedClient): boolean {
  return rootCertificate !== undefined || disableSystemCertificates || Object.keys(tls.reveal()).length > 0;
}

/** Options for `createSecureContext`, which does not change the lists in them, although its types may. */
function materialOf(tls: TlsConfig): SecureContextOptions {
  return withoutPrototype(tls) as SecureContextOptions;
}

/** Whether certificates are checked, if the user said so: then it goes before what the instance's agent says. */
function verification({
  allowInvalidCertificates,
  given,
}: ResolvedClient): Pick<ConnectionOptions, 'rejectUnauthorized'> {
  return given.has('allowInvalidCertificates') ? { rejectUnauthorized: !allowInvalidCertificates } : {};
}

/**
 * The server name for TLS: that of a `Host` header, as `https.request` has it, else the hostname; empty for an IP address,
 * which must not be one (RFC 6066, section 3).
 */
export function serverNameOf(hostname: string, host: string | undefined): string {
  const name = host ? hostOf(host) : hostname;
  return isIP(name) === 0 ? name : '';
}

const contexts = new WeakMap<SecureContextOptions, SecureContext>();

/**
 * The TLS material as a context, made once: OpenSSL would parse it anew for every connection, and keys and passphrases
 * given as plain options would be kept, readable, on every agent and socket.
 *
 * @returns `undefined` where Node's default context serves.
 */
export function secureContextOf({ material }: Pick<TlsSettings, 'material'>): SecureContext | undefined {
  if (material === undefined) return undefined;
  const known = contexts.get(material);
  if (known !== undefined) return known;
  const made = nodeTls.createSecureContext(material);
  contexts.set(material, made);
  return made;
}

/**
 * The same without the client certificate: for the origins that redirects lead to, and nobody has chosen.
 *
 * @returns `undefined` if there is no client certificate. One in a `secureContext` cannot be seen.
 */
export function withoutIdentity({ handshake, material }: TlsSettings): TlsSettings | undefined {
  const { cert, key, pfx, passphrase: _passphrase, ...rest } = material ?? {};
  if ((cert ?? key ?? pfx) === undefined) return undefined;
  const isEmpty = Object.keys(rest).length === 0;
  return { handshake, material: isEmpty ? undefined : withoutPrototype(rest) };
}

/** A client certificate is taken over as a whole or not at all: OpenSSL would load the old `pfx` over the new `cert`. */
function inheritedMaterial(inherited: InheritedOptions | undefined, own: TlsConfig): object {
  // Node does not look at the material beside a context.
  if (inherited?.handshake.secureContext !== undefined) return {};
  if ((own.cert ?? own.key ?? own.pfx) === undefined) return { ...inherited?.material };
  const { cert: _cert, key: _key, pfx: _pfx, passphrase: _passphrase, ...rest } = inherited?.material ?? {};
  return rest;
}

function assertUsable(material: SecureContextOptions, path: string): void {
  if (Object.keys(material).length === 0) return;
  try {
    secureContextOf({ material });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PolicyConfigError([
      { path, expected: 'usable TLS material', received: `an error of OpenSSL: ${reason}` },
    ]);
  }
}

/**
 * TLS of the connections to an `https://` proxy: its own authorities, or those that the client trusts. Of the rest of the
 * material for origins, a client certificate above all, nothing is for it.
 */
export function proxyTls(client: ResolvedClient): TlsSettings {
  const { proxyCa } = client.tls.reveal();
  const ca = proxyCa ?? authoritiesOf(client, undefined);
  return {
    handshake: verification(client),
    material: ca === undefined ? undefined : materialOf({ ca }),
  };
}

/** Of Node >= 22.15 and 23.10; the types are those of Node 20. */
const { getCACertificates }: typeof nodeTls & { getCACertificates?: (type: 'default') => string[] } = nodeTls;

/**
 * The authorities that Node trusts where nobody names any, in PEM: its own list, that of the operating system with
 * `--use-system-ca`, and those of `NODE_EXTRA_CA_CERTS`. Older Nodes do not tell; they have the first and the last.
 */
export function systemRoots(): readonly string[] {
  return getCACertificates?.('default') ?? [...nodeTls.rootCertificates, ...extraRoots()];
}

/** A file that cannot be read is passed over, as by Node, which warns of it at start. */
function extraRoots(): readonly string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  try {
    return file ? [readFileSync(file, 'latin1')] : [];
  } catch {
    return [];
  }
}

/**
 * The `ca` that a client asks for: `rootCertificate` as well as the authorities that would hold without it, which are
 * the system's unless others stand in for them, or nobody does.
 *
 * @param replacing authorities that were named in place of the system's.
 * @returns `undefined` where there is nothing to add, nor to leave out.
 */
function authoritiesOf(
  { disableSystemCertificates, rootCertificate }: ResolvedClient,
  replacing: TlsBlob | undefined,
): TlsBlob | undefined {
  const added = rootCertificate?.reveal();
  if (added === undefined && (replacing !== undefined || !disableSystemCertificates)) return replacing;
  const others = replacing ?? (disableSystemCertificates ? [] : systemRoots());
  return [others, added ?? []].flat();
}

/** From the beginning of a certificate to its end, or to wherever the text breaks off. */
const CERTIFICATE = /-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----.*?(?:-----END \1-----|$)/gs;

/**
 * Checks that all of `blobs` is certificates. Node passes over a `ca` that is none, such as the path of a file, and over
 * all that comes behind a broken certificate; it then trusts nobody.
 *
 * @param path the option, for the message.
 * @throws {PolicyConfigError} if OpenSSL cannot read one.
 */
function assertCertificates(path: string, blobs: TlsBlob | undefined): void {
  for (const blob of blobs === undefined ? [] : [blobs].flat()) {
    try {
      const certificates = Buffer.from(blob).toString('latin1').match(CERTIFICATE);
      if (certificates === null) throw new TypeError('no PEM');
      for (const certificate of certificates) new X509Certificate(certificate);
    } catch {
      throw new PolicyConfigError([
        { path, expected: 'certificates in PEM format', received: 'something OpenSSL cannot read as such' },
      ]);
    }
  }
}
