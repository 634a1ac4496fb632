// Makes chunks of a CommonJS bundle load when they are used first, in place of when the file that uses them is loaded.
import { parseAst } from 'rolldown/parseAst';

const IMPORT = /^const (require_\w+) = require\("([^"]+)"\);\n/gm;

const isFunction = ({ type }) => type.endsWith('FunctionExpression') || type === 'FunctionDeclaration';

/** The nodes right below a node, each with whether it runs only after the file is loaded. */
function* childrenOf(node, isLater) {
  for (const [key, value] of Object.entries(node)) {
    // The value of a field is made with its object.
    const later =
      isLater || isFunction(node) || (node.type === 'PropertyDefinition' && !node.static && key === 'value');
    for (const child of [value].flat()) if (typeof child?.type === 'string') yield [child, later];
  }
}

/** Every use of some names in a piece of code. */
function* usesOf(names, node, isLater = false) {
  if (node.type === 'Identifier' && names.has(node.name)) yield { ...node, isLater };
  for (const [child, later] of childrenOf(node, isLater)) yield* usesOf(names, child, later);
}

/**
 * The code of a file, with calls in place of its imports of some chunks.
 *
 * @param isLate tells by the path of an import if it is of a chunk that is to be loaded when it is used.
 * @param mayBeEarly what is used while the file is loaded may be loaded with it, in place of an error.
 */
export function loadLate(code, isLate, { mayBeEarly }) {
  const imports = [...code.matchAll(IMPORT)].filter(([, , path]) => isLate(path));
  const names = new Set(imports.map(([, name]) => name));
  const isDeclaration = ({ start }) =>
    imports.some(({ index, 0: { length } }) => start >= index && start < index + length);
  const uses = [...usesOf(names, parseAst(code))].filter((use) => !isDeclaration(use));
  const early = new Set(uses.filter(({ isLater }) => !isLater).map(({ name }) => name));
  if (early.size > 0 && !mayBeEarly) throw new Error(`used at once: ${[...early].join(', ')}`);
  const edits = [
    // In parentheses, for `new require_x().X()` would be `(new require_x()).X()`.
    ...uses
      .filter(({ name }) => !early.has(name))
      .map(({ name, start, end }) => ({ at: start, until: end, text: `(${name}())` })),
    ...imports
      .filter(([, name]) => !early.has(name))
      .map(({ 0: text, 1: name, 2: path, index }) => ({
        at: index,
        until: index + text.length,
        text: `let ${name}_;\nconst ${name} = () => (${name}_ ??= require("${path}"));\n`,
      })),
  ];
  return edits
    .sort((a, b) => b.at - a.at)
    .reduce((edited, { at, until, text }) => edited.slice(0, at) + text + edited.slice(until), code);
}
