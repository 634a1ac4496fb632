#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { fileProblem } from './cli/config-file.js';
import { runCommand } from './cli/run.js';

function version(): string {
  // By its own name, which leads to the package's root from the sources as from the build.
  const manifest: unknown = createRequire(__filename)('axios-policy/package.json');
  return (manifest as { readonly version: string }).version;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader such as `head` that has seen enough is no failure.
  if (error.code === 'EPIPE') return;
  process.exitCode = 1;
  process.stderr.write(`axios-policy: cannot write: ${fileProblem(error)}\n`);
});
// Of a message that nobody can be told, the exit code is left.
process.stderr.on('error', () => undefined);

void runCommand(process.argv.slice(2), {
  readFile: (path) => readFile(path, 'utf8'),
  writeFile,
  readStdin: () => text(process.stdin),
  out: (written) => process.stdout.write(written),
  err: (written) => process.stderr.write(written),
  version,
}).then((exitCode) => {
  // Not `exit`, which would cut what is still on its way through a pipe.
  process.exitCode ||= exitCode;
});
