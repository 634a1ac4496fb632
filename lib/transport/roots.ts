/** The certificate authorities that connections trust, where the configuration says more than `tls.ca` does. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import nodeTls from 'node:tls';
import type { ResolvedClient } from '../config/resolved.js';
import type { TlsBlob } from '../config/types.js';
import { PolicyConfigError } from '../errors.js';

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
export function authoritiesOf(
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
export function assertCertificates(path: string, blobs: TlsBlob | undefined): void {
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
