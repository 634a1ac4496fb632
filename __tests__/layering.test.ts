import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

const LIB = join(__dirname, '..', 'lib');

/** Which layer may import which; a layer may always import itself. */
const ALLOWED: Record<string, readonly string[]> = {
  errors: [],
  config: ['errors'],
  transport: ['config', 'errors'],
  retry: ['config', 'errors'],
  attach: ['config', 'errors', 'transport', 'retry'],
  index: ['attach', 'config', 'errors', 'retry', 'transport'],
  nestjs: ['index', 'attach', 'config', 'errors'],
  opentelemetry: ['index', 'attach', 'config', 'errors'],
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

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?([^'";]*?from\s+)?'([^']+)'/gm);
  return [...statements].map(([, type, , from = '']) => ({
    file: relative(LIB, path).split(sep).join('/'),
    from,
    typeOnly: type !== undefined,
  }));
}

function layerOf(file: string): string {
  const top = file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
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

  it('keep sockets and every other part of Node out of retry', () => {
    const impure = IMPORTS.filter(({ file, from }) => layerOf(file) === 'retry' && !from.startsWith('.'));
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
