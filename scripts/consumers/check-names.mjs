// The public names: what every subpath exports in each format, and what its types declare.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { manifestOf, node } from './processes.mjs';
import { check } from './report.mjs';
import { agreedValue, UPDATE_HINT } from './snapshot.mjs';

// What an import of a CommonJS module has besides the module's own names.
const INTEROP = ['default', 'module.exports', '__esModule'];

/** Compares all names with the agreed ones. */
export async function checkNames(folder) {
  await check('public names', async () => {
    const present = {};
    for (const entry of entriesOf(manifestOf(folder, 'axios-policy'))) {
      present[entry.label] = await namesOf(folder, entry);
    }
    const agreed = agreedValue('public-names.json', present);
    const changes = changesBetween(agreed, present);
    if (changes.length > 0) throw new Error([...changes, UPDATE_HINT].join('\n'));
    return Object.keys(present).join(', ');
  });
}

/** Every subpath that is code, and once more under the `browser` condition where it has one. */
function entriesOf({ name, exports }) {
  return Object.entries(exports).flatMap(([subpath, conditions]) => {
    if (typeof conditions === 'string') return [];
    const specifier = `${name}${subpath.slice(1)}`;
    const entry = { label: specifier, specifier, conditions: [] };
    const browser = { label: `${specifier} (browser)`, specifier, conditions: ['browser'] };
    return 'browser' in conditions ? [entry, browser] : [entry];
  });
}

async function namesOf(folder, { label, specifier, conditions }) {
  const [values, required] = await runtimeNames(folder, specifier, conditions);
  assert.deepEqual(required, values, `${label}: require and import give different names`);
  const declared = { mts: declaredNames(folder, specifier, conditions, 'mts') };
  declared.cts = declaredNames(folder, specifier, conditions, 'cts');
  assert.deepEqual(declared.cts, declared.mts, `${label}: the types of the two formats differ`);
  assert.deepEqual(declared.mts.values, values, `${label}: the types do not declare what is there`);
  return declared.mts;
}

async function runtimeNames(folder, specifier, conditions) {
  const program = `
    import { createRequire } from 'node:module';
    import * as imported from '${specifier}';
    const required = createRequire(import.meta.url)('${specifier}');
    console.log(JSON.stringify([Object.keys(imported), Object.keys(required)]));
  `;
  const flags = conditions.map((condition) => `--conditions=${condition}`);
  const names = JSON.parse(await node(folder, ...flags, '--input-type=module', '--eval', program));
  return names.map((keys) => keys.filter((key) => !INTEROP.includes(key)).sort());
}

function declaredNames(folder, specifier, customConditions, extension) {
  const file = join(folder, `names.${extension}`);
  writeFileSync(file, `import * as entry from '${specifier}';\nvoid entry;\n`);
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions,
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const [statement] = program.getSourceFile(file).statements;
  const entry = checker.getSymbolAtLocation(statement.moduleSpecifier);
  assert.ok(entry, `${specifier} has no types`);
  const names = { values: [], types: [] };
  for (const symbol of checker.getExportsOfModule(entry)) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const isValue = target.flags & ts.SymbolFlags.Value && !isTypeOnly(checker, symbol);
    names[isValue ? 'values' : 'types'].push(symbol.name);
  }
  return { values: names.values.sort(), types: names.types.sort() };
}

/** A class that is exported as a type is a value by its own flags; what counts is how it leaves the module. */
function isTypeOnly(checker, symbol) {
  let current = symbol;
  while (current && current.flags & ts.SymbolFlags.Alias) {
    if (current.declarations?.some((declaration) => ts.isTypeOnlyImportOrExportDeclaration(declaration)))
      return true;
    current = checker.getImmediateAliasedSymbol(current);
  }
  return false;
}

function changesBetween(agreed, present) {
  const flat = (names) =>
    Object.entries(names).flatMap(([label, { values, types }]) => [
      ...values.map((name) => `${label}: ${name}`),
      ...types.map((name) => `${label}: type ${name}`),
    ]);
  const [before, after] = [flat(agreed), flat(present)];
  return [
    ...before.filter((name) => !after.includes(name)).map((name) => `gone: ${name}`),
    ...after.filter((name) => !before.includes(name)).map((name) => `new: ${name}`),
  ];
}
