import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

const LIB = join(__dirname, '..', 'lib');

/** Which layer may import which; a layer may always import itself. */
const ALLOWED: Record<string, readonly string[]> = {
  errors: [],
  config: ['errors'],
  transport: ['config', 'errors'],
  retry: ['config', 'errors'],
  resume: ['config', 'errors', 'retry', 'transport', 'request'],
  request: ['config', 'errors', 'transport', 'retry', 'resume'],
  explain: ['config', 'errors', 'retry'],
  cli: ['config', 'errors', 'explain'],
  index: ['request', 'config', 'errors', 'retry', 'transport'],
  nestjs: ['index', 'request', 'config', 'errors'],
  opentelemetry: ['index', 'request', 'config', 'errors'],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** The text of a file without its comments. */
function codeOf(path: string): string {
  return readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function importsOf(path: string): Import[] {
  const statements = codeOf(path).matchAll(/^(?:import|export)\s+(type\s+)?([^'";]*?from\s+)?'([^']+)'/gm);
  return [...statements].map(([, type, , from = '']) => ({
    file: relative(LIB, path).split(sep).join('/'),
    from,
    typeOnly: type !== undefined,
  }));
}

function layerOf(file: string): string {
  const top = file.split('/')[0]?.replace(/(?:\.browser|\.shared)?\.ts$/, '') ?? '';
  return top === 'augment' ? 'config' : top;
}

const IMPORTS = sourceFiles(LIB).flatMap(importsOf);
const INTERNAL = IMPORTS.filter(({ from }) => from.startsWith('.')).map((found) => ({
  ...found,
  target: normalize(join(dirname(found.file), found.from))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts'),
}));

describe('the layers of lib', () => {
  it('are read from a tree that has imports', () => {
    expect(INTERNAL.length).toBeGreaterThan(50);
    expect(new Set(INTERNAL.map(({ file }) => layerOf(file)))).toEqual(
      new Set(Object.keys(ALLOWED).filter((layer) => INTERNAL.some(({ file }) => layerOf(file) === layer))),
    );
  });

  it('import only what lies below them', () => {
    const wrong = INTERNAL.filter(({ file, target }) => {
      const [from, to] = [layerOf(file), layerOf(target)];
      return from !== to && !ALLOWED[from]?.includes(to);
    }).map(({ file, target }) => `${file} -> ${target}`);
    expect(wrong).toEqual([]);
  });

  it('take nothing but types from axios', () => {
    const values = IMPORTS.filter(({ from, typeOnly }) => from === 'axios' && !typeOnly);
    expect(values).toEqual([]);
  });

  it.each(['retry', 'explain'])('keep sockets and every other part of Node out of %s', (layer) => {
    const impure = IMPORTS.filter(({ file, from }) => layerOf(file) === layer && !from.startsWith('.'));
    expect(impure.map(({ file, from }) => `${file} -> ${from}`)).toEqual([]);
  });

  it('import only declared packages', () => {
    const { dependencies, peerDependencies } = require('../package.js') as Record<
      string,
      Record<string, string>
    >;
    const declared = new Set([...Object.keys(dependencies ?? {}), ...Object.keys(peerDependencies ?? {})]);
    const undeclared = IMPORTS.filter(
      ({ from }) => !from.startsWith('.') && !from.startsWith('node:'),
    ).filter(
      ({ from }) =>
        !declared.has(
          from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : (from.split('/')[0] ?? ''),
        ),
    );
    expect(undeclared.map(({ file, from }) => `${file} -> ${from}`)).toEqual([]);
  });

  it('keep every part of Node and every package out of what a browser loads', () => {
    const loaded = new Set(['index.browser.ts']);
    // A set goes on with what is added to it on the way.
    for (const file of loaded) {
      for (const found of INTERNAL) if (found.file === file && !found.typeOnly) loaded.add(found.target);
    }
    expect(loaded).toContain('request/attempt.ts');
    const foreign = IMPORTS.filter(
      ({ file, from, typeOnly }) => loaded.has(file) && !typeOnly && !from.startsWith('.'),
    ).map(({ file, from }) => `${file} -> ${from}`);
    const globals = [...loaded].filter((file) =>
      /(?<![\w.])(?:(?:Buffer|process|global)\.\w|(?:setImmediate|require)\()/.test(codeOf(join(LIB, file))),
    );
    expect({ foreign, globals }).toEqual({ foreign: [], globals: [] });
  });

  it('have no import cycles', () => {
    const edges = new Map<string, string[]>();
    for (const { file, target, typeOnly } of INTERNAL) {
      if (!typeOnly) edges.set(file, [...(edges.get(file) ?? []), target]);
    }
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    };
    for (const file of edges.keys()) visit(file, []);
    expect([...new Set(cycles)].slice(0, 3)).toEqual([]);
  });
});
