#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { runCommand } from './cli/run.js';

function version(): string {
  // By its own name, which leads to the package's root from the sources as from the build.
  const manifest: unknown = createRequire(__filename)('axios-policy/package.json');
  return (manifest as { readonly version: string }).version;
}

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

void runCommand(process.argv.slice(2), {
  readFile: (path) => readFile(path, 'utf8'),
  writeFile,
  readStdin: () => text(process.stdin),
  out: (written) => process.stdout.write(written),
  err: (written) => process.stderr.write(written),
  version,
}).then((exitCode) => {
  // Not `exit`, which would cut what is still on its way through a pipe.
  process.exitCode = exitCode;
});
