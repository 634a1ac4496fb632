// The figures of lib/ as a house: sizes, casts and import circles, read off the syntax tree.
//
//   npm run structure
//   npm run structure -- --lib ../other/lib
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const { values } = parseArgs({
  options: { lib: { type: 'string', default: fileURLToPath(new URL('../lib', import.meta.url)) } },
});
const LIB = resolve(values.lib);

/** A source file: its lines, its functions, its casts, and the files that it imports. */
function read(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const file = { path, lines: linesOf(source, source), functions: [], casts: 0, imports: new Set() };
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) file.functions.push(placeOf(node, source));
    if (isCast(node)) file.casts += 1;
    const target = importedBy(node);
    if (target?.startsWith('.')) file.imports.add(resolve(path, '..', target.replace(/\.js$/, '.ts')));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return file;
}

function linesOf(node, source) {
  const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line;
  const isWhole = node === source;
  // The line break that ends a file begins no line.
  return lineAt(node.end) - lineAt(isWhole ? 0 : node.getStart(source)) + (isWhole ? 0 : 1);
}

function placeOf(node, source) {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return { place: `${relative(LIB, source.fileName)}:${line + 1}`, lines: linesOf(node, source) };
}

/** `x as T`, `<T>x` and `x!`; `as const` is none, for the compiler still checks it. */
function isCast(node) {
  return (
    ts.isNonNullExpression(node) ||
    ((ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) && !ts.isConstTypeReference(node.type))
  );
}

/** What a node imports, if it does: types and values, at once or later. */
function importedBy(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier?.text;
  if (ts.isImportTypeNode(node)) return node.argument.literal?.text;
  const isLate =
    ts.isCallExpression(node) &&
    (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require');
  return isLate ? node.arguments[0]?.text : undefined;
}

/** Groups of files of which each leads to each other: Tarjan's strongly connected components. */
function circlesOf(files) {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]));
  const seen = new Map();
  const stack = [];
  const circles = [];
  const visit = (path) => {
    const own = { index: seen.size, low: seen.size, isOpen: true };
    seen.set(path, own);
    stack.push(path);
    for (const next of importsOf.get(path) ?? []) {
      const other = seen.get(next) ?? visit(next);
      if (other.isOpen) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.index) {
      const members = stack.splice(stack.indexOf(path));
      for (const member of members) seen.get(member).isOpen = false;
      if (members.length > 1) circles.push(members);
    }
    return own;
  };
  for (const { path } of files) if (!seen.has(path)) visit(path);
  return circles;
}

const quantile = (sorted, share) => sorted[Math.round((sorted.length - 1) * share)];

/** Median, 90th percentile and the largest, in lines. */
function spread(things) {
  const sorted = things.map(({ lines }) => lines).sort((a, b) => a - b);
  return [0.5, 0.9, 1].map((share) => quantile(sorted, share)).join(' / ');
}

const files = readdirSync(LIB, { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join(LIB, name)));
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const lines = sum(files.map((file) => file.lines));
const casts = sum(files.map((file) => file.casts));
const functions = files.flatMap((file) => file.functions);
const circles = circlesOf(files);

const rows = [
  ['files', files.length],
  ['lines', lines],
  ['lines of a file, median / p90 / max', spread(files)],
  ['functions', functions.length],
  ['lines of a function, median / p90 / max', spread(functions)],
  ['casts', casts],
  ['casts per 1,000 lines', ((casts / lines) * 1000).toFixed(1)],
  ['import circles, types included', circles.length],
];
for (const [name, value] of rows) console.log(`| ${name.padEnd(40)}| ${String(value).padStart(15)} |`);
for (const { place, lines } of functions)
  if (lines > 40) console.log(`\na function of ${lines} lines: ${place}`);
for (const members of circles) {
  console.log(`\na circle of ${members.length}:`);
  for (const member of members) console.log(`  ${relative(LIB, member)}`);
}
