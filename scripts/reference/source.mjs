// What the source code says about itself: the types, functions and classes that the package exports, with their TSDoc.
import { join } from 'node:path';
import ts from 'typescript';

/** @typedef {{ name: string, type: string, optional: boolean, doc: Doc }} Member */
/** @typedef {{ text: string, defaultValue?: string, throws?: string, returns?: string, see?: string }} Doc */

/** Reads the modules of a library by the names that they export. */
export class Source {
  #checker;
  #root;
  #exports = new Map();

  /**
   * @param {string} root folder of the repository.
   * @param {readonly string[]} entries files below it.
   */
  constructor(root, entries) {
    this.#root = root;
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
    const program = ts.createProgram(
      entries.map((entry) => join(root, entry)),
      options,
    );
    this.#checker = program.getTypeChecker();
    for (const entry of entries) {
      const file = program.getSourceFile(join(root, entry));
      if (file === undefined) throw new Error(`no source file ${entry}`);
      for (const symbol of this.#checker.getExportsOfModule(this.#checker.getSymbolAtLocation(file))) {
        this.#exports.set(symbol.getName(), this.#resolved(symbol));
      }
    }
  }

  #resolved(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** Exported names, in alphabetical order. */
  get names() {
    return [...this.#exports.keys()].sort();
  }

  /** The declaration of an exported name, or of one that an exported type leads to. */
  declarationOf(name) {
    const declaration = this.#exports.get(name)?.declarations?.[0];
    if (declaration === undefined) throw new Error(`the package exports no ${name}`);
    return declaration;
  }

  /** Every class that stands in the file of an exported one, itself included. */
  classesBeside(name) {
    return this.declarationOf(name).getSourceFile().statements.filter(ts.isClassDeclaration);
  }

  /** Members that a type declares itself, in the order of the source. */
  membersOf(declaration) {
    return (declaration.members ?? [])
      .filter(
        (member) => isPublic(member) && member.name !== undefined && !ts.isComputedPropertyName(member.name),
      )
      .map((member) => ({
        name: member.name.getText(),
        type: typeOf(member),
        optional: member.questionToken !== undefined,
        doc: docOf(member),
        node: member,
      }));
  }

  /** Names of the types that a declaration extends. */
  basesOf(declaration) {
    return (declaration.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.getText()));
  }

  /** Types of the library that a declaration mentions, exported or not, in the order of their mention. */
  mentionedBy(declaration) {
    const found = [];
    const visit = (node) => {
      const name = ts.isTypeReferenceNode(node)
        ? node.typeName
        : ts.isExpressionWithTypeArguments(node)
          ? node.expression
          : undefined;
      if (name !== undefined) {
        const symbol = this.#checker.getSymbolAtLocation(name);
        const target = symbol && this.#resolved(symbol).declarations?.[0];
        if (target && this.#isOwn(target) && !ts.isTypeParameterDeclaration(target)) found.push(target);
      }
      ts.forEachChild(node, visit);
    };
    visit(declaration);
    return [...new Set(found)];
  }

  #isOwn(declaration) {
    return declaration.getSourceFile().fileName.startsWith(join(this.#root, 'lib').replaceAll('\\', '/'));
  }
}

function isPublic(member) {
  const flags = ts.getCombinedModifierFlags(member);
  return (
    !(flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static)) &&
    !ts.isConstructorDeclaration(member)
  );
}

function typeOf(member) {
  if (ts.isMethodSignature(member) || ts.isMethodDeclaration(member)) {
    const parameters = member.parameters.map((parameter) => parameter.getText()).join(', ');
    return oneLine(`(${parameters}) => ${member.type?.getText() ?? 'void'}`);
  }
  if (member.type !== undefined) {
    const type = oneLine(member.type.getText());
    // The question mark says it already.
    return member.questionToken === undefined
      ? type
      : type.replace(/ \| undefined$/, '').replace(/^\((\([^|]*=> .*)\)$/, '$1');
  }
  return member.initializer === undefined ? '' : oneLine(member.initializer.getText());
}

/** The parameters and the result of a function, as a type. */
export function signatureOf(declaration) {
  const parameters = declaration.parameters.map((parameter) => parameter.getText()).join(', ');
  return oneLine(`${declaration.name.getText()}(${parameters}): ${declaration.type?.getText() ?? 'void'}`);
}

function oneLine(text) {
  return (
    text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\s+/g, ' ')
      .replace(/^\| /, '')
      .replaceAll('readonly ', '')
      // Keeps a union of literals open in an editor, and tells a reader nothing.
      .replaceAll('(string & {})', 'string')
      .trim()
  );
}

/** The TSDoc of a declaration, as Markdown. */
export function docOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const doc = { text: markdownOf(comment?.comment) };
  for (const tag of comment?.tags ?? []) {
    const text = markdownOf(tag.comment);
    if (tag.tagName.text === 'defaultValue') doc.defaultValue = text;
    else if (tag.tagName.text === 'throws')
      doc.throws = `${tag.getText().match(/\{(\w+)\}/)?.[1] ?? ''} ${text.replace(/^\{\w+\} ?/, '')}`.trim();
    else if (tag.tagName.text === 'returns') doc.returns = text;
  }
  return doc;
}

function markdownOf(comment) {
  if (comment === undefined) return '';
  const text =
    typeof comment === 'string' ? comment : comment.map((part) => part.getText?.() ?? part.text).join('');
  return text.replace(/\{@link (?:[\w.]+\.)?([\w.]+)\}/g, '`$1`').trim();
}
