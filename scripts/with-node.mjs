// Runs a command under another version of Node, which the package registry has: `node scripts/with-node.mjs 22`, or with
// a command behind it; without one it is `npm test`. Kept in the user's cache, outside the tree.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const isWindows = process.platform === 'win32';

function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'axios-policy', 'node');
}

/** The program `node` of a major version, installed where it is not there yet. */
function nodeOf(major) {
  const [own] = process.versions.node.split('.');
  if (own === major) return process.execPath;
  const folder = join(cacheFolder(), major);
  const program = join(folder, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');
  if (!existsSync(program)) install(folder, `node@${major}`);
  return program;
}

function install(folder, specifier) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // The package puts the program for this machine in place when it is installed.
  const args = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts=false', specifier];
  execFileSync('npm', args, { cwd: folder, stdio: 'inherit', shell: isWindows });
}

const [major, ...command] = process.argv.slice(2);
if (!/^\d+$/.test(major ?? '')) {
  console.error('Usage: node scripts/with-node.mjs MAJOR [COMMAND [ARG ...]]');
  process.exit(2);
}
const node = nodeOf(major);
const [program, ...args] = command.length > 0 ? command : ['npm', 'test'];
const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
console.log(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim());
const { status, error } = spawnSync(program, args, { stdio: 'inherit', env, shell: isWindows });
if (error) throw error;
process.exitCode = status ?? 1;
