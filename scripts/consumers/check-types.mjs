// The published types, compiled by users' compilers with users' settings.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsOf } from './compilers.mjs';
import { addProgram, manifestOf, node } from './processes.mjs';

// As strict as a user may be: with skipLibCheck off and no DOM, every declaration file that is read has to be right.
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
const COMMON = [...STRICT, '--noEmit', '--pretty', 'false', '--target', 'es2022', '--esModuleInterop'];
const ON_NODE = ['--lib', 'es2022', '--types', 'node', '--skipLibCheck', 'false'];
const WITHOUT_NODE_TYPES = ['--lib', 'es2022,dom', '--skipLibCheck', 'true'];

const PROGRAMS = ['api', 'await-using', 'node-api', 'subpaths', 'wrong'];
// The older way to import CommonJS, for which only this kind of file is the same under every setting.
const IMPORT_EQUALS = 'import-equals.cts';

/** Puts every typed program into a consumer, once as each kind of file that programs are written in. */
export function addTypedPrograms(folder) {
  addProgram(folder, IMPORT_EQUALS);
  for (const program of PROGRAMS) {
    for (const extension of ['ts', 'cts', 'mts'])
      addProgram(folder, `${program}.ts`, `${program}.${extension}`);
  }
}

/** Checks that compile the programs under every setting of the compiler. */
export function checkTypes(folder, compiler, programs) {
  const label = `TypeScript ${compiler.version}, axios ${manifestOf(folder, 'axios').version}`;
  const known = compiler.hasUsing ? [...programs, 'await-using'] : programs;
  return settingsOf(compiler).map(({ name, options, extensions }) => [
    `${label}, ${name}`,
    () => compile(folder, compiler, { programs: known, extensions, options: [...options, ...ON_NODE] }),
  ]);
}

/** Checks of a program that has no types of Node, as one for browsers. */
export function checkWithoutNodeTypes(folder, compiler) {
  const options = ['--module', 'esnext', '--moduleResolution', 'bundler', ...WITHOUT_NODE_TYPES];
  const label = `TypeScript ${compiler.version}, without types of Node`;
  const browser = ['--customConditions', 'browser'];
  const compileWith = (added) => () =>
    compile(folder, compiler, { programs: ['api'], extensions: ['ts'], options: [...options, ...added] });
  const checks = [[label, compileWith([])]];
  if ('browser' in manifestOf(folder, 'axios-policy').exports['.']) {
    checks.push([`${label}, browser condition`, compileWith(browser)]);
  }
  return checks;
}

/** Compiles with the program that is wrong beside the others: exactly its marked lines may be refused. */
async function compile(folder, { tsc }, { programs, extensions, options }) {
  const files = extensions.flatMap((extension) =>
    [...programs, 'wrong'].map((name) => `${name}.${extension}`),
  );
  if (extensions.includes('cts')) files.push(IMPORT_EQUALS);
  const output = await node(folder, tsc, ...COMMON, ...options, ...files).catch((error) => {
    if (!error.stdout) throw error;
    return error.stdout;
  });
  const expected = extensions.flatMap((extension) => markedLines(folder, `wrong.${extension}`));
  assert.ok(expected.length > 0);
  const refused = diagnosticsIn(output);
  const unexpected = refused.filter(({ place }) => !expected.includes(place));
  if (unexpected.length > 0) throw new Error(unexpected.map(({ line }) => line).join('\n'));
  const places = new Set(refused.map(({ place }) => place));
  const accepted = expected.filter((place) => !places.has(place));
  assert.deepEqual(accepted, [], `accepted although it is wrong: ${accepted.join(', ')}`);
}

function markedLines(folder, file) {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  return lines.flatMap((line, index) => (line.endsWith('// refused') ? [`${file}:${index + 1}`] : []));
}

/** Every diagnostic; those of the command line and of the settings have no place. What is indented explains the line above. */
function diagnosticsIn(output) {
  const lines = output.split(/\r?\n/).filter((line) => /^\S/.test(line));
  return lines.map((line) => {
    const [, file, number] = /^(.+?)\((\d+),\d+\): error /.exec(line) ?? [];
    return { line, place: `${file}:${number}` };
  });
}
