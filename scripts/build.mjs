// Builds the package twice, CommonJS into dist/cjs and ES modules into dist/esm: one file for each entry, and what two
// entries share in chunks of its own, so that there is one copy of it. tsc compiles, the bundler puts together.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';

/** What users load, by its path in lib and in dist. The command is run, never imported: one format of it is enough. */
const ENTRIES = ['index', 'index.browser', 'nestjs/index', 'opentelemetry/index', 'explain/index'];
const COMMAND = 'cli';
/** Modules and declarations as tsc makes them. */
const COMPILED = 'node_modules/.cache/build';

/** Bundles every entry of one format. Whatever is no file of ours stays an import. */
async function bundle(format, dir, entries) {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, `${COMPILED}/${name}.js`])),
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !/^[a-z]:/i.test(id),
    platform: 'node',
  });
  await build.write({
    dir,
    format,
    exports: 'named',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    // What they say is in the types, and in the sources for who debugs; stack traces need names and lines alone.
    comments: { legal: false, jsdoc: false, annotation: true },
    minifyInternalExports: false,
  });
  await build.close();
}

function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', COMPILED], {
    stdio: 'inherit',
  });
}

/** The declaration files that these entries lead to; of the others no user can see a name. */
function reachable(entries) {
  const files = new Set(entries.map((name) => join(COMPILED, `${name}.d.ts`)));
  // A set goes on with what is added to it on the way.
  for (const file of files) {
    const code = readFileSync(file, 'utf8');
    for (const [, from] of code.matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g)) {
      files.add(join(dirname(file), `${from}.d.ts`));
    }
  }
  return [...files];
}

function ship(files) {
  for (const file of files) {
    const target = join('dist/cjs', relative(COMPILED, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, readFileSync(file, 'utf8'));
  }
}

/**
 * The types of the ES modules: those of CommonJS, by another name. Only the addition to axios' request config is there
 * twice, for axios has types of its own for each format. A project may see both, as an ES module application on a
 * CommonJS @nestjs/axios does, and is to know `policy` in either: so each refers to the other.
 */
function shipForModules() {
  for (const name of ENTRIES) {
    const file = `dist/esm/${name}.d.ts`;
    const from = relative(dirname(file), `dist/cjs/${name}.js`).split(sep).join('/');
    writeFileSync(file, `export * from '${from}';\n`);
  }
  const augmentation = readFileSync('dist/cjs/augment.d.ts', 'utf8');
  const link = (format) => `/// <reference path="../${format}/augment.d.ts" />\n`;
  writeFileSync('dist/cjs/augment.d.ts', `${link('esm')}${augmentation}`);
  writeFileSync(
    'dist/esm/augment.d.ts',
    `${link('cjs')}${augmentation.replace('./config/types.js', '../cjs/config/types.js')}`,
  );
}

rmSync('dist', { recursive: true, force: true });
rmSync(COMPILED, { recursive: true, force: true });
compile();
await bundle('cjs', 'dist/cjs', [...ENTRIES, COMMAND]);
await bundle('esm', 'dist/esm', ENTRIES);
ship(reachable(ENTRIES));
shipForModules();
// Bundlers read `sideEffects` from the nearest package.json, which is this one.
writeFileSync('dist/esm/package.json', '{"type":"module","sideEffects":false}\n');
