import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { withoutPrototype } from '../config/own.js';
import type { ResolvedClient } from '../config/resolved.js';
import type { TlsBlob, TlsConfig } from '../config/types.js';
import { PolicyConfigError } from '../errors.js';
import type { AdoptedOptions } from './inherited-options.js';

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
export function resolveTls(client: ResolvedClient, adopted: AdoptedOptions | undefined): TlsSettings {
  const { proxyCa, servername, ...own } = client.tls.reveal();
  assertCertificates('client.tls.ca', own.ca);
  assertCertificates('client.tls.proxyCa', proxyCa);
  const material = withoutPrototype({ ...adoptedMaterial(adopted, own), ...own }) as SecureContextOptions;
  assertUsable(material, Object.keys(own).length > 0 ? 'client.tls' : 'instance.defaults.httpsAgent');
  return {
    handshake: {
      ...adopted?.handshake,
      ...(servername === undefined ? {} : { servername }),
      ...(client.allowInvalidCertificates ? { rejectUnauthorized: false } : {}),
    },
    material: Object.keys(material).length > 0 ? material : undefined,
  };
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
function adoptedMaterial(adopted: AdoptedOptions | undefined, own: TlsConfig): object {
  // Node does not look at the material beside a context.
  if (adopted?.handshake.secureContext !== undefined) return {};
  if ((own.cert ?? own.key ?? own.pfx) === undefined) return { ...adopted?.material };
  const { cert: _cert, key: _key, pfx: _pfx, passphrase: _passphrase, ...rest } = adopted?.material ?? {};
  return rest;
}

/** Node passes over a `ca` that is none, such as the path of a file, and then trusts nobody. */
function assertCertificates(path: string, ca: TlsBlob | undefined): void {
  for (const blob of ca === undefined ? [] : [ca].flat()) {
    try {
      if (!blob.includes('-----BEGIN ')) throw new TypeError('no PEM');
      new X509Certificate(blob);
    } catch {
      throw new PolicyConfigError([
        { path, expected: 'certificates in PEM format', received: 'something OpenSSL cannot read as such' },
      ]);
    }
  }
}

function assertUsable(material: SecureContextOptions, path: string): void {
  // A context takes milliseconds to make.
  if (Object.keys(material).length === 0) return;
  try {
    createSecureContext(material);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PolicyConfigError([
      { path, expected: 'usable TLS material', received: `an error of OpenSSL: ${reason}` },
    ]);
  }
}
