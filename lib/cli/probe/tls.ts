import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { CertificateSeen, TlsSeen } from './report.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a handshake agreed on. */
export function lookAtTls(socket: TLSSocket): TlsSeen {
  const certificate = socket.getPeerX509Certificate();
  return {
    version: socket.getProtocol() ?? 'TLS',
    alpn: socket.alpnProtocol || undefined,
    certificate: certificate && lookAtCertificate(certificate),
    problem: socket.authorized ? undefined : problemOf(socket.authorizationError),
  };
}

/** Of the types, it is an `Error`; in truth it is a code, or the error of the check of the host's name. */
function problemOf(error: unknown): string {
  if (typeof error === 'string') return error;
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'UNTRUSTED';
}

function lookAtCertificate({ subject, issuer, subjectAltName, validTo }: X509Certificate): CertificateSeen {
  const validToMs = Date.parse(validTo);
  return {
    subject: commonName(subject),
    issuer: commonName(issuer),
    names: (subjectAltName ?? '').split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, '')),
    validTo: new Date(validToMs).toISOString(),
    daysLeft: Math.floor((validToMs - Date.now()) / DAY_MS),
  };
}

/** `CN=…` out of a name of several lines; the last line where there is none. */
function commonName(name: string | undefined): string {
  const lines = (name ?? '').split('\n');
  return (lines.find((line) => line.startsWith('CN=')) ?? lines.at(-1) ?? '').replace(/^\w+=/, '');
}
