// Builds the package twice with plain tsc: CommonJS into dist/cjs, ES modules into dist/esm.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compile = (...options) =>
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], { stdio: 'inherit' });

rmSync('dist', { recursive: true, force: true });
compile();
compile('--outDir', 'dist/esm', '--module', 'esnext', '--moduleResolution', 'bundler');
writeFileSync('dist/esm/package.json', '{"type":"module"}\n');
