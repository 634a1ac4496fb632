// Says the same in fewer bytes.
import { parseAst } from 'rolldown/parseAst';
import { minify } from 'rolldown/utils';

async function minified(name, code, options) {
  const { code: shorter, errors } = await minify(name, code, options);
  if (errors.length > 0) throw new AggregateError(errors, `cannot shorten ${name}`);
  return shorter;
}

/** Code that nobody reads: that of browsers gets to them through bundlers. */
export const shorten = (name, code) => minified(name, code, { module: true });

/** The nodes of some code, in its order. */
function* nodesOf(node) {
  if (typeof node?.type === 'string') yield node;
  for (const value of Object.values(node)) {
    if (typeof value === 'object' && value !== null) yield* nodesOf(value);
  }
}

const privateNamesIn = (nodes) => nodes.filter(({ type }) => type === 'PrivateIdentifier');

/** Gives private methods their names back, which are shortened with those of variables. */
function withMethodNames(shorter, code) {
  const nodes = [...nodesOf(parseAst(code))];
  const methods = new Set(
    nodes
      .filter(({ type }) => type === 'MethodDefinition')
      .flatMap(({ key }) => privateNamesIn([key]).map(({ name }) => name)),
  );
  const names = privateNamesIn(nodes);
  const places = privateNamesIn([...nodesOf(parseAst(shorter))]);
  if (names.length !== places.length) throw new Error('cannot tell which private name is which');
  return places.reduceRight((text, { start, end }, index) => {
    const { name } = names[index];
    return methods.has(name) ? `${text.slice(0, start)}#${name}${text.slice(end)}` : text;
  }, shorter);
}

/**
 * Code whose stack traces people read: its functions, classes and methods keep their names, each statement its line.
 *
 * @param isEntry Node reads off its text what an ES module may import of it, and knows but a few ways to say it.
 */
export async function shortenLines(name, code, isEntry) {
  const codegen = { removeWhitespace: false, asciiOnly: true };
  const keepNames = { function: true, class: true };
  const compress = { sequences: false, joinVars: false, keepNames };
  const simpler = await minified(name, code, { compress: !isEntry && compress, mangle: false, codegen });
  const shorter = await minified(name, simpler, { compress: false, mangle: { keepNames }, codegen });
  const lines = shorter.replace(/^\t+/gm, '');
  // A text of several lines would have lost something.
  if ((await minified(name, lines)) !== (await minified(name, shorter)))
    throw new Error(`${name} cannot do without its indentation`);
  return withMethodNames(lines, simpler);
}
