// Runs npm, as every script here does.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const isWindows = process.platform === 'win32';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * What npm prints. On Windows it is a .cmd, which only a shell runs, and the shell splits what is not quoted.
 *
 * @throws if npm fails; what it has to say about that is on stderr.
 */
export function npm(cwd, ...args) {
  const quoted = isWindows ? args.map((arg) => `"${arg}"`) : args;
  const stdio = ['ignore', 'pipe', 'inherit'];
  return execFileSync('npm', quoted, { cwd, encoding: 'utf8', shell: isWindows, stdio });
}

/** The path of the tarball of a release, made in a folder; build included. */
export function pack(folder) {
  const [{ filename }] = JSON.parse(npm(ROOT, 'pack', '--json', '--silent', '--pack-destination', folder));
  return join(folder, filename);
}
