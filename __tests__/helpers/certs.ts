import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its private key, both PEM. */
export interface Identity {
  cert: string;
  key: string;
}

const load = (file: string): Buffer => readFileSync(join(__dirname, '..', 'fixtures', 'tls', file));
const pem = (file: string): string => load(file).toString('utf8');
const serverKey = pem('server-key.pem');
const served = (file: string): Identity => ({ cert: pem(file), key: serverKey });

/** The authority that signed everything here but `selfSigned` and `other`. */
export const ca = pem('ca.pem');
/** Whether this Node takes `::1` for a name when it checks a certificate, and refuses `server`. */
export const refusesIpv6Literals = /^22\.23\.[0-3]$/.test(process.versions.node);

/** A second authority, for instance of a proxy. */
export const otherCa = pem('other-ca.pem');

/** For `localhost`, 127.0.0.1 and ::1. */
export const server = served('server.pem');
/** For `localhost`, but not for the addresses. */
export const localhostOnly = served('localhost-only.pem');
/** For `example.test` only. */
export const wrongHost = served('wrong-host.pem');
/** Ended in 2021. */
export const expired = served('expired.pem');
/** Right in everything but that no authority signed it. */
export const selfSigned = served('self-signed.pem');
/** Like `server`, but signed by `otherCa`. */
export const other = served('other.pem');

/** A client certificate signed by `ca`. */
export const client: Identity = { cert: pem('client.pem'), key: pem('client-key.pem') };
/** The passphrase of `encryptedClientKey` and `clientPfx`. */
export const passphrase = 'open sesame';
/** The key of `client`, encrypted with `passphrase`. */
export const encryptedClientKey = pem('client-key-encrypted.pem');
/** Certificate and key of `client` as PKCS #12, encrypted with `passphrase`. */
export const clientPfx = load('client.p12');
