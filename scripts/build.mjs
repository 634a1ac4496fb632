// Builds the package: CommonJS into dist/cjs, one file for each entry, and what they share in chunks of its own. In Node,
// ES modules lead to the same code, so that a process which uses both has one copy of it, and of its state; for browsers
// there are real ES modules. tsc compiles, the bundler puts together.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { loadLate } from './late-chunks.mjs';
import { shorten, shortenLines } from './shorten.mjs';

/** What users load, by its path in lib and in dist. */
const NODE_ENTRIES = ['index', 'nestjs/index', 'opentelemetry/index', 'explain/index'];
const BROWSER_ENTRY = 'index.browser';
const ENTRIES = [...NODE_ENTRIES, BROWSER_ENTRY];
const COMMAND = 'cli';
const require = createRequire(import.meta.url);
/** Modules and declarations as tsc makes them. */
const COMPILED = 'node_modules/.cache/build';

/** Chunks that few processes need: each is loaded when it is used first. */
const LATE_CHUNKS = [
  ['advice', /^config\/other-libraries/],
  ['durations', /^config\/duration-(forms|grammar)/],
  ['hosts', /^config\/(no-proxy|proxy-url)/],
  ['http2', /^(transport\/http2\/(?!load)|request\/direct\/http2)/],
  ['tls-options', /^config\/tls-options/],
  ['tunnel', /^transport\/proxy\/(forward|tunnel)/],
];

const isOurs = (id) => id.startsWith('.') || isAbsolute(id);
const nameInLib = (id) => relative(COMPILED, id).split(sep).join('/');

/** The chunk of a module; `null` leaves it in its entry. */
function chunkOf(id, forBrowsers) {
  if (!isAbsolute(id)) return 'config';
  const name = nameInLib(id);
  const [late] = LATE_CHUNKS.find(([, modules]) => modules.test(name)) ?? [];
  if (late !== undefined) return late;
  if (/^(config\/|errors)/.test(name)) return 'config';
  // The command uses more of it than is public.
  if (/^explain\/(?!index)/.test(name)) return 'explain';
  if (/^(index(?!\.shared)|cli|explain|nestjs|opentelemetry)\b/.test(name)) return null;
  return forBrowsers.has(id) || name.startsWith('retry/') ? 'request' : 'node';
}

function load(entries) {
  return rolldown({
    input: Object.fromEntries(entries.map((name) => [name, `${COMPILED}/${name}.js`])),
    external: (id) => !isOurs(id),
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
  });
}

/** The modules of which an entry uses anything. */
async function modulesOf(entry) {
  const build = await load([entry]);
  const { output } = await build.generate({ codeSplitting: false });
  await build.close();
  return new Set(output.flatMap(({ moduleIds }) => moduleIds));
}

/** Bundles entries in one format. Whatever is no file of ours stays an import. @returns the files. */
async function bundle(format, entries, codeSplitting) {
  const build = await load(entries);
  const { output } = await build.write({
    dir: `dist/${format}`,
    format,
    codeSplitting,
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
  return output.map(({ fileName }) => `dist/${format}/${fileName}`);
}

function compile() {
  const tsc = require.resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', COMPILED], {
    stdio: 'inherit',
  });
}

/** Writes a file anew. */
async function rewrite(file, change) {
  writeFileSync(file, await change(file, readFileSync(file, 'utf8')));
}

async function bundleForNode() {
  const forBrowsers = await modulesOf(BROWSER_ENTRY);
  const groups = [{ name: (id) => chunkOf(id, forBrowsers), debugName: 'by layer' }];
  const files = await bundle('cjs', [...ENTRIES, COMMAND], { includeDependenciesRecursively: false, groups });
  const late = new Set(LATE_CHUNKS.map(([name]) => name));
  const isLate = (file) => late.has(basename(file, '.js'));
  for (const file of files) {
    await rewrite(file, (_, code) => loadLate(code, isLate, { mayBeEarly: isLate(file) }));
    if (file === `dist/cjs/${COMMAND}.js`) await rewrite(file, shorten);
    else await rewrite(file, (name, code) => shortenLines(name, code, !file.includes('/chunks/')));
  }
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
    input: Object.fromEntries(
      [...NODE_ENTRIES, 'augment'].map((name) => [name, `./${COMPILED}/${name}.d.ts`]),
    ),
    external: (id) => !isOurs(id),
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
  const index = 'dist/cjs/index.d.ts';
  writeFileSync(index, `/// <reference path="./augment.d.ts" />\n${readFileSync(index, 'utf8')}`);
  // The same names, with the same types.
  writeFileSync(`dist/cjs/${BROWSER_ENTRY}.d.ts`, "export * from './index.js';\n");
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
await bundleForNode();
await bundle('esm', [BROWSER_ENTRY]);
await rewrite(`dist/esm/${BROWSER_ENTRY}.js`, shorten);
for (const name of NODE_ENTRIES) leadToCommonJs(name);
await bundleTypes();
shipForModules();
// Bundlers read `sideEffects` from the nearest package.json, which is this one.
writeFileSync('dist/esm/package.json', '{"type":"module","sideEffects":false}\n');
