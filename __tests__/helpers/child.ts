import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');

/**
 * Runs `script` in a process of its own, with `axios` and `attachPolicy` in scope.
 *
 * @returns what it printed, once it has ended by itself.
 * @throws Error when it fails, or does not end within `timeoutMs`.
 */
export async function runChild(
  script: string,
  env: NodeJS.ProcessEnv = {},
  timeoutMs = 50_000,
): Promise<{ stdout: string; stderr: string }> {
  const prelude = `const axios = require('axios'); const { attachPolicy } = require('./lib/index.ts');`;
  return promisify(execFile)(
    process.execPath,
    ['--require', join(__dirname, 'ts-register.cjs'), '--eval', `${prelude}\n${script}`],
    { cwd: root, timeout: timeoutMs, env: { ...process.env, ...env } },
  );
}
