// Declarations as Markdown.
import ts from 'typescript';
import { docOf, signatureOf } from './source.mjs';

const code = (text) => (text === '' ? '' : `\`${text}\``);
/** A line of a table has no line breaks, and no bare bars. */
export const cell = (text) =>
  text
    .replace(/^- /, '')
    .replace(/\n+- /g, ' ')
    .replace(/\s*\n+\s*/g, ' ')
    .replaceAll('|', '\\|');
const fenced = (text) => `\`\`\`text\n${text}\n\`\`\``;
const sentence = (text) => (text === '' || /[.:)]$/.test(text) ? text : `${text}.`);

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map((row) => line(row.map(cell)))].join('\n');
}

/** What a field means, with what is said in tags. */
function meaningOf({ text, defaultValue, returns, throws }) {
  return [
    sentence(text),
    defaultValue && `Default: ${sentence(defaultValue)}`,
    returns && `Result: ${sentence(returns)}`,
    throws && `Throws ${sentence(throws)}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** What a heading says already, and what Node's errors have as well. */
const OF_EVERY_ERROR = new Set(['name', 'syscall']);
const isConstant = (type) => /^'[^']*'$/.test(type);

function membersTable(source, declaration) {
  const rows = source
    .membersOf(declaration)
    .filter(({ name, type }) => !(OF_EVERY_ERROR.has(name) && isConstant(type)))
    .map(({ name, type, optional, doc }) => [
      code(`${name}${optional ? '?' : ''}`),
      code(type),
      meaningOf(doc),
    ]);
  return rows.length === 0 ? '' : table(['field', 'type', 'meaning'], rows);
}

/** A heading, the documentation, and a table of the fields of a type. */
export function sectionOf(source, declaration, level = 2) {
  const name = declaration.name.getText();
  const doc = docOf(declaration);
  const bases = source
    .basesOf(declaration)
    .filter((base) => !/^(?:PolicyError|Error|AsyncDisposable)$/.test(base));
  const union = ts.isTypeAliasDeclaration(declaration) ? declaration.type.getText() : '';
  // Of a union of shapes the documentation says enough.
  const alias =
    union === '' || union.includes('{') ? '' : fenced(union.replace(/^\s*\|/, '|').replace(/\n\s+/g, '\n'));
  return [
    `${'#'.repeat(level)} ${name}`,
    sentence(doc.text),
    bases.length > 0 ? `All fields of ${bases.map(code).join(', ')}, and:` : '',
    alias,
    membersTable(source, declaration),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** A function: how it is called, and what it does. */
export function functionSection(source, name) {
  const declaration = source.declarationOf(name);
  const { text, returns, throws } = docOf(declaration);
  return [
    `## ${name}`,
    code(signatureOf(declaration)),
    sentence(text),
    returns ? `Result: ${sentence(returns)}` : '',
    throws ? `Throws ${sentence(throws)}` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The named types, and after them what they mention, as far as `known` does not have it yet. */
export function sectionsOf(source, names, known = new Set()) {
  const queue = names.map((name) => source.declarationOf(name));
  const sections = [];
  for (let declaration = queue.shift(); declaration !== undefined; declaration = queue.shift()) {
    if (known.has(declaration)) continue;
    known.add(declaration);
    sections.push(sectionOf(source, declaration));
    queue.push(...source.mentionedBy(declaration));
  }
  return sections.join('\n\n');
}
