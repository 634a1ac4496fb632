import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Of the tests. npm runs scripts in the package's own folder.
const pem = (file: string): string =>
  readFileSync(join('__tests__', 'fixtures', 'tls', `${file}.pem`), 'utf8');

/** The authority that signed {@link server}. */
export const ca = pem('ca');

/** A certificate for this machine, and its key. */
export const server = { cert: pem('server'), key: pem('server-key') };
