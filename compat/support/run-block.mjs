// @ts-check
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
/** More than any block needs on a busy machine. */
const PATIENCE_MS = 60_000;

/**
 * Runs a program in a process of its own, as if it were a file of this package: what it changes (mocks, timers,
 * instrumentation) ends with it.
 *
 * @param {string} code
 * @param {object} [options]
 * @param {'module' | 'commonjs'} [options.format]
 * @param {readonly string[]} [options.imports] Modules to load before it.
 * @param {Record<string, string>} [options.env] Added to the environment.
 * @returns {Promise<string>} What it printed. Rejects if it failed, or did not end by itself.
 */
export async function runBlock(code, { format = 'module', imports = [], env = {} } = {}) {
  const flags = imports.flatMap((specifier) => ['--import', specifier]);
  const child = spawn(process.execPath, [...flags, `--input-type=${format}`, '-'], {
    cwd: FOLDER,
    env: { ...withoutTestRunner(process.env), NO_PROXY: '127.0.0.1,localhost', ...env },
    timeout: PATIENCE_MS,
  });
  const output = Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  // One that dies early does not read to the end.
  child.stdin.on('error', () => {});
  child.stdin.end(code);
  const [status, [stdout, stderr]] = await Promise.all([ended, output]);
  if (status !== 0) throw new Error(`The program ended with ${status}.\n${stdout}${stderr}`);
  return stdout;
}

/**
 * The test runner tells processes of its own by this variable, and they then report in its format.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function withoutTestRunner({ NODE_TEST_CONTEXT: _context, ...env }) {
  return env;
}

/** @param {AsyncIterable<Buffer>} stream */
async function textOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
