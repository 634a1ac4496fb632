// Builds the package: CommonJS into dist/cjs, one file for each entry, and what two entries share in chunks of its own. In
// Node, ES modules lead to the same code, so that a process which uses both has one copy of it, and of its state; for
// browsers there are real ES modules. tsc compiles, the bundler puts together.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { minify } from 'rolldown/utils';
import { dts } from 'rolldown-plugin-dts';

/** What users load, by its path in lib and in dist. */
const NODE_ENTRIES = ['index', 'nestjs/index', 'opentelemetry/index', 'explain/index'];
const BROWSER_ENTRY = 'index.browser';
const ENTRIES = [...NODE_ENTRIES, BROWSER_ENTRY];
const COMMAND = 'cli';
const require = createRequire(import.meta.url);
/** Modules and declarations as tsc makes them. */
const COMPILED = 'node_modules/.cache/build';

/** Bundles every entry of one format. Whatever is no file of ours stays an import. */
async function bundle(format, dir, entries) {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, `${COMPILED}/${name}.js`])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    platform: 'node',
  });
  await build.write({
    dir,
    format,
    exports: 'named',
    // Users' Jest runs CommonJS without the flag that import() would need there.
    dynamicImportInCjs: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    // What they say is in the types, and in the sources for who debugs; stack traces need names and lines alone.
    comments: { legal: false, jsdoc: false, annotation: true },
    minifyInternalExports: false,
  });
  await build.close();
}

function compile() {
  const tsc = require.resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', COMPILED], {
    stdio: 'inherit',
  });
}

/** Files that Node never loads, or only few people's Node, in fewer bytes. Stack traces keep their names. */
async function shorten(file) {
  const { code, errors } = await minify(file, readFileSync(file, 'utf8'), {
    mangle: { keepNames: true },
  });
  if (errors.length > 0) throw new AggregateError(errors, `cannot shorten ${file}`);
  writeFileSync(file, code);
}

/** The path of a file of dist/cjs, for an import in a file of dist/esm. */
function fromModule(name, file) {
  return relative(dirname(`dist/esm/${name}`), `dist/cjs/${file}`)
    .split(sep)
    .join('/');
}

function leadToCommonJs(name) {
  const names = Object.keys(require(`../dist/cjs/${name}.js`)).sort();
  const file = `dist/esm/${name}.js`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `export { ${names.join(', ')} } from '${fromModule(name, `${name}.js`)}';\n`);
}

/** Bundles the declarations: of what no user can name, none is left. */
async function bundleTypes() {
  // By the package's own file they would be CommonJS, and wrapped as such.
  writeFileSync(`${COMPILED}/package.json`, '{"type":"module"}\n');
  const build = await rolldown({
    input: Object.fromEntries([...ENTRIES, 'augment'].map((name) => [name, `./${COMPILED}/${name}.d.ts`])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    plugins: [dts({ dtsInput: true })],
  });
  await build.write({ dir: 'dist/cjs', format: 'es', chunkFileNames: 'chunks/[name].ts' });
  await build.close();
}

/**
 * The types of the ES modules: those of CommonJS, by another name. Only the addition to axios' request config is there
 * twice, for axios has types of its own for each format. A project may see both, as an ES module application on a
 * CommonJS @nestjs/axios does, and is to know `policy` in either: so each refers to the other.
 */
function shipForModules() {
  for (const name of ENTRIES) {
    writeFileSync(`dist/esm/${name}.d.ts`, `export * from '${fromModule(name, `${name}.js`)}';\n`);
  }
  // The bundler drops it, because nothing is imported from it.
  for (const name of ['index', BROWSER_ENTRY]) {
    const file = `dist/cjs/${name}.d.ts`;
    writeFileSync(file, `/// <reference path="./augment.d.ts" />\n${readFileSync(file, 'utf8')}`);
  }
  const augmentation = readFileSync('dist/cjs/augment.d.ts', 'utf8');
  const link = (format) => `/// <reference path="../${format}/augment.d.ts" />\n`;
  writeFileSync('dist/cjs/augment.d.ts', `${link('esm')}${augmentation}`);
  writeFileSync(
    'dist/esm/augment.d.ts',
    `${link('cjs')}${augmentation.replace(/from "\.\//, 'from "../cjs/')}`,
  );
}

rmSync('dist', { recursive: true, force: true });
rmSync(COMPILED, { recursive: true, force: true });
compile();
await bundle('cjs', 'dist/cjs', [...ENTRIES, COMMAND]);
await bundle('esm', 'dist/esm', [BROWSER_ENTRY]);
await shorten(`dist/cjs/${COMMAND}.js`);
await shorten(`dist/esm/${BROWSER_ENTRY}.js`);
for (const name of NODE_ENTRIES) leadToCommonJs(name);
await bundleTypes();
shipForModules();
// Bundlers read `sideEffects` from the nearest package.json, which is this one.
writeFileSync('dist/esm/package.json', '{"type":"module","sideEffects":false}\n');
