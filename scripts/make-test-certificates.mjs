// Makes the certificates in __tests__/fixtures/tls anew: `node scripts/make-test-certificates.mjs`. Needs the
// openssl command; the tests and the package never run it. The keys of the authorities are thrown away, so that
// nothing can be signed by an authority the fixtures trust.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../__tests__/fixtures/tls/', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'test-certificates-'));
const openssl = (...args) =>
  execFileSync('openssl', args, { cwd: work, stdio: ['ignore', 'ignore', 'pipe'] });

// GeneralizedTime, because a UTCTime cannot name a year after 2049.
const century = ['-startdate', '20240101000000Z', '-enddate', '21240101000000Z'];
const past = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'];
const everyLoopbackName = 'DNS:localhost,IP:127.0.0.1,IP:::1';

const makeKey = (name) =>
  openssl(
    'genpkey',
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-out',
    `${name}-key.pem`,
  );

// `openssl ca` and not `openssl x509 -req`: it alone takes both dates in every version of OpenSSL.
function sign({ name, key, subject, extensions, issuer, dates = century }) {
  const section = ['[ca]', 'default_ca = any', '[any]', 'new_certs_dir = .', 'database = index.txt'];
  section.push('rand_serial = yes', 'default_md = sha256', 'policy = policy', 'unique_subject = no');
  section.push('[policy]', 'commonName = supplied', '[extensions]', ...extensions);
  writeFileSync(join(work, 'ca.cnf'), `${section.join('\n')}\n`);
  writeFileSync(join(work, 'index.txt'), '');
  openssl('req', '-new', '-key', `${key}-key.pem`, '-subj', `/CN=${subject}`, '-out', 'request.pem');
  const signer = issuer ? ['-cert', `${issuer}.pem`, '-keyfile', `${issuer}-key.pem`] : ['-selfsign'];
  const own = issuer ? [] : ['-keyfile', `${key}-key.pem`];
  const output = ['-in', 'request.pem', '-out', `${name}.pem`, '-extensions', 'extensions'];
  openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...signer, ...own, ...dates, ...output);
}

const authority = (name, subject) => {
  makeKey(name);
  const extensions = ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign,cRLSign'];
  sign({ name, key: name, subject, extensions: [...extensions, 'subjectKeyIdentifier = hash'] });
};
const server = (name, names, options = {}) => {
  const extensions = ['basicConstraints = CA:FALSE', 'keyUsage = critical,digitalSignature'];
  extensions.push('extendedKeyUsage = serverAuth', `subjectAltName = ${names}`);
  sign({ name, key: 'server', subject: `Test ${name}`, extensions, issuer: 'ca', ...options });
};

authority('ca', 'axios-policy test authority');
authority('other-ca', 'axios-policy other test authority');
makeKey('server');
server('server', everyLoopbackName);
server('localhost-only', 'DNS:localhost');
server('wrong-host', 'DNS:example.test');
server('expired', everyLoopbackName, { dates: past });
server('self-signed', everyLoopbackName, { issuer: undefined });
server('other', everyLoopbackName, { issuer: 'other-ca' });
makeKey('client');
sign({
  name: 'client',
  key: 'client',
  subject: 'Test client',
  extensions: ['basicConstraints = CA:FALSE', 'extendedKeyUsage = clientAuth'],
  issuer: 'ca',
});
const encrypted = ['-out', 'client-key-encrypted.pem', '-passout', 'pass:open sesame'];
openssl('pkcs8', '-topk8', '-in', 'client-key.pem', '-v2', 'aes-256-cbc', ...encrypted);
const bundle = ['-inkey', 'client-key.pem', '-in', 'client.pem', '-out', 'client.p12'];
openssl('pkcs12', '-export', ...bundle, '-passout', 'pass:open sesame');

mkdirSync(target, { recursive: true });
const certificates = ['ca', 'other-ca', 'server', 'localhost-only', 'wrong-host', 'expired', 'self-signed'];
const files = [...certificates, 'other', 'client', 'server-key', 'client-key', 'client-key-encrypted'];
for (const file of [...files.map((name) => `${name}.pem`), 'client.p12'])
  copyFileSync(join(work, file), join(target, file));
rmSync(work, { recursive: true, force: true });
