// Runs a command under another version of Node, which the package registry has: `node scripts/with-node.mjs 22`, or with
// a command behind it; without one it is `npm test`.
import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { cachedPackages } from './cached-packages.mjs';
import { isWindows } from './npm.mjs';

/** The program `node` of a major version. */
function nodeOf(major) {
  const [own] = process.versions.node.split('.');
  if (own === major) return process.execPath;
  const packages = cachedPackages(`node-${major}`, `node@${major}`);
  return join(packages, 'node', 'bin', isWindows ? 'node.exe' : 'node');
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
