// Builds the package twice with plain tsc: CommonJS into dist/cjs, ES modules into dist/esm.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compile = (...options) =>
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], { stdio: 'inherit' });

rmSync('dist', { recursive: true, force: true });
compile();
compile('--outDir', 'dist/esm', '--module', 'esnext', '--moduleResolution', 'bundler');
// The command is run, never imported: one format of it is enough.
for (const part of ['cli', 'cli.js', 'cli.js.map', 'cli.d.ts']) {
  rmSync(`dist/esm/${part}`, { recursive: true, force: true });
}
// Bundlers read `sideEffects` from the nearest package.json, which is this one.
writeFileSync('dist/esm/package.json', '{"type":"module","sideEffects":false}\n');

// Each format's types refer to the other's addition to axios' request config: a project may see both of axios' own types,
// as an ES module application on a CommonJS @nestjs/axios does, and is to know `policy` in either.
for (const [format, other] of [
  ['cjs', 'esm'],
  ['esm', 'cjs'],
]) {
  const file = `dist/${format}/augment.d.ts`;
  const reference = `/// <reference path="../${other}/augment.d.ts" />`;
  writeFileSync(file, `${reference}\n${readFileSync(file, 'utf8')}`);
}
