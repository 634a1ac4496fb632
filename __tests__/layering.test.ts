import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..');
const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
const CRUISE = join(__dirname, 'helpers/cruise.mjs');

/** What a tool prints, whatever it thinks of the code. */
function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve(stdout + stderr);
    });
  });
}

/** A tree, and the rules for it. */
interface Tree {
  readonly config: string;
  readonly entry: string;
  readonly cwd: string;
}

const layersOf = (cwd: string): Tree => ({
  config: join(ROOT, '.dependency-cruiser.cjs'),
  entry: 'lib',
  cwd,
});
const browserOf = (cwd: string): Tree => ({
  config: join(ROOT, '.dependency-cruiser.browser.cjs'),
  entry: 'lib/index.browser.ts',
  cwd,
});

/** The rules that each of some trees breaks, as `rule: file -> what it imports`. */
async function brokenRules(trees: readonly Tree[]): Promise<string[][]> {
  const found = JSON.parse(await output(CRUISE, [JSON.stringify(trees)], ROOT));
  return found.map((violations: { rule: { name: string }; from: string; to: string }[]) =>
    violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  );
}

/** A project with the rules of this one, and with these files. */
function makeProject(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'axios-policy-layers-'));
  for (const shared of ['biome.json', 'package.json', 'scripts/lint'])
    cpSync(join(ROOT, shared), join(folder, shared), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const [file, code] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  return folder;
}

/** A file of each layer that others may import. */
const PLACES = {
  errors: 'errors',
  config: 'config/own',
  transport: 'transport/pools',
  retry: 'retry/decide',
  addresses: 'addresses/order',
  resume: 'resume/plan',
  request: 'request/call',
  index: 'index',
  explain: 'explain/index',
  cli: 'cli',
  nestjs: 'nestjs/index',
  opentelemetry: 'opentelemetry/index',
};
type Layer = keyof typeof PLACES;

/** Imports that are wrong: of types, for those are imports, too. */
const UPWARDS: readonly (readonly [Layer, Layer])[] = [
  ['errors', 'config'],
  ['config', 'retry'],
  ['config', 'transport'],
  ['transport', 'retry'],
  ['retry', 'transport'],
  ['retry', 'addresses'],
  ['addresses', 'retry'],
  ['addresses', 'transport'],
  ['transport', 'addresses'],
  ['retry', 'resume'],
  ['transport', 'resume'],
  ['resume', 'request'],
  ['request', 'index'],
  ['request', 'explain'],
  ['index', 'nestjs'],
  ['explain', 'request'],
  ['explain', 'transport'],
  ['cli', 'request'],
  ['nestjs', 'opentelemetry'],
  ['opentelemetry', 'nestjs'],
];

const typeFrom = (from: string) => `export type { Name } from '${from}';\n`;

/** A tree with every mistake in it. */
function wrongFiles(): Record<string, string> {
  const files: Record<string, string> = {
    'lib/config/circle.ts': typeFrom('./circle-too.js'),
    'lib/config/circle-too.ts': typeFrom('./circle.js'),
    'lib/retry/impure.ts': typeFrom('node:http'),
    'lib/addresses/impure.ts': "import 'agentkeepalive';\n",
    'lib/request/axios-code.ts': "import { AxiosError } from 'axios';\nthrow AxiosError;\n",
    'lib/request/axios-types.ts': "export type { AxiosError } from 'axios';\n",
    'lib/transport/undeclared.ts': "import 'fast-check';\n",
    'lib/elsewhere/file.ts': typeFrom('../errors.js'),
    'lib/index.browser.ts':
      "import './request/deep.js';\nimport type { Name } from './transport/pools.js';\n",
    'lib/request/deep.ts': "import 'node:net';\n",
    'lib/retry/clock.ts': 'export const now = () => [Date.now(), Math.random(), setTimeout(() => {}, 1)];\n',
    'lib/retry/handed-in.ts': 'export const at = (now: number) => [new Date(now), Math.min(now, 1)];\n',
    'lib/request/node-only.ts': "export const bytes = () => [Buffer.from('a'), process.env];\n",
    'lib/request/node.ts': "export const bytes = () => [Buffer.from('a'), process.env];\n",
  };
  for (const place of Object.values(PLACES)) files[`lib/${place}.ts`] = 'export interface Name {}\n';
  for (const [from, to] of UPWARDS) {
    const up = '../'.repeat(PLACES[from].split('/').length - 1) || './';
    files[`lib/${PLACES[from]}.ts`] += `import type { Name as ${to} } from '${up}${PLACES[to]}.js';\n`;
  }
  return files;
}

const own = { layers: [] as string[], browser: [] as string[] };
const wrong = { layers: [] as string[], browser: [] as string[], lint: '' };

beforeAll(async () => {
  const folder = makeProject(wrongFiles());
  const args = ['--vcs-enabled=false', '--colors=off', '--max-diagnostics=none'];
  const [trees, lint] = await Promise.all([
    brokenRules([layersOf(ROOT), browserOf(ROOT), layersOf(folder), browserOf(folder)]),
    output(BIOME, ['lint', ...args, 'lib'], folder),
  ]);
  [own.layers, own.browser, wrong.layers, wrong.browser] = trees as [string[], string[], string[], string[]];
  wrong.lint = lint;
  rmSync(folder, { recursive: true });
});

describe('lib', () => {
  it('keeps to its layers, without circles', () => {
    expect(own.layers).toEqual([]);
  });

  it('loads nothing of Node and no package in a browser', () => {
    expect(own.browser).toEqual([]);
  });
});

describe('A tree with every mistake in it', () => {
  it.each(UPWARDS)('fails because %s imports %s', (from, to) => {
    const rule = `${from}-imports-what-lies-below`;
    expect(wrong.layers).toContain(`${rule}: lib/${PLACES[from]}.ts -> lib/${PLACES[to]}.ts`);
  });

  it.each([
    ['a type of Node in retry', 'pure-layers-import-only-ours: lib/retry/impure.ts -> http'],
    ['a file without a layer', 'every-file-has-a-layer: lib/elsewhere/file.ts -> lib/errors.ts'],
  ])('fails because of %s', (_what, broken) => {
    expect(wrong.layers).toContain(broken);
  });

  it.each([
    ['a package in addresses', 'pure-layers-import-only-ours: lib/addresses/impure.ts', 'agentkeepalive'],
    ['code of axios', 'only-types-from-axios: lib/request/axios-code.ts', 'axios'],
    ['a package that users do not get', 'only-declared-packages: lib/transport/undeclared.ts', 'fast-check'],
  ])('fails because of %s', (_what, broken, imported) => {
    expect(wrong.layers).toContainEqual(expect.stringContaining(`${broken} -> `));
    expect(wrong.layers.find((found) => found.startsWith(broken))).toContain(`node_modules/${imported}/`);
  });

  it('fails because of a circle of types', () => {
    expect(wrong.layers).toContainEqual(expect.stringMatching(/^no-circle: lib\/config\/circle/));
  });

  it('may import types of axios', () => {
    expect(wrong.layers.filter((found) => found.includes('axios-types'))).toEqual([]);
  });

  it('fails because a browser would load a part of Node, and for no type', () => {
    const rule = 'nothing-of-node-and-no-package-in-a-browser';
    expect(wrong.browser).toEqual([`${rule}: lib/request/deep.ts -> net`]);
  });

  it('fails because of a clock, a random number and a timer in pure code', () => {
    expect(wrong.lint.match(/lib\/retry\/clock\.ts:\d+:\d+ plugin/g)).toHaveLength(3);
    expect(wrong.lint).not.toContain('handed-in');
  });

  it('fails because of what only Node has, in code for every runtime', () => {
    expect(wrong.lint.match(/lib\/request\/node-only\.ts:\d+:\d+ plugin/g)).toHaveLength(2);
    expect(wrong.lint).not.toContain('lib/request/node.ts');
  });
});
