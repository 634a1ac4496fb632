// Packages of the registry that are programs (other versions of Node, other runtimes), kept in the user's cache outside
// the tree, so that they are fetched once for all checkouts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { npm } from './npm.mjs';

const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/**
 * The folder `node_modules` that has these packages.
 *
 * @param folder its name in the cache; a new version wants a new one.
 * @throws if the registry does not have them.
 */
export function cachedPackages(folder, ...specifiers) {
  const path = join(base, 'axios-policy', folder);
  const done = join(path, 'installed');
  if (!existsSync(done)) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'package.json'), '{ "private": true }\n');
    // Some put the program for this machine in place when they are installed.
    npm(path, 'install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts=false', ...specifiers);
    writeFileSync(done, `${specifiers.join('\n')}\n`);
  }
  return join(path, 'node_modules');
}
