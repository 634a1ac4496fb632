import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..');
const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** What a tool prints, whatever it thinks of the code. */
function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve(stdout + stderr);
    });
  });
}

/** The rules that a tree breaks, as `rule: file -> what it imports`. */
async function brokenRules(config: string, entry: string, cwd: string): Promise<string[]> {
  const args = ['--config', join(ROOT, config), '--output-type', 'json', entry];
  const { summary } = JSON.parse(await output(CRUISER, args, cwd));
  return summary.violations.map(
    ({ rule, from, to }: { rule: { name: string }; from: string; to: string }) =>
      `${rule.name}: ${from} -> ${to}`,
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

describe('lib', () => {
  it.each([
    ['keeps to its layers, without circles', '.dependency-cruiser.cjs', 'lib'],
    [
      'loads nothing of Node and no package in a browser',
      '.dependency-cruiser.browser.cjs',
      'lib/index.browser.ts',
    ],
  ])('%s', async (_what, config, entry) => {
    expect(await brokenRules(config, entry, ROOT)).toEqual([]);
  });
});

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

describe('A tree with every mistake in it', () => {
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
  let layers: string[] = [];
  let browser: string[] = [];
  let lint = '';

  beforeAll(async () => {
    const folder = makeProject(files);
    [layers, browser, lint] = await Promise.all([
      brokenRules('.dependency-cruiser.cjs', 'lib', folder),
      brokenRules('.dependency-cruiser.browser.cjs', 'lib/index.browser.ts', folder),
      output(BIOME, ['lint', '--vcs-enabled=false', '--colors=off', '--max-diagnostics=none', 'lib'], folder),
    ]);
    rmSync(folder, { recursive: true });
  });

  it.each(UPWARDS)('fails because %s imports %s', (from, to) => {
    const rule = `${from}-imports-what-lies-below`;
    expect(layers).toContain(`${rule}: lib/${PLACES[from]}.ts -> lib/${PLACES[to]}.ts`);
  });

  it.each([
    ['a type of Node in retry', 'pure-layers-import-only-ours: lib/retry/impure.ts -> http'],
    ['a file without a layer', 'every-file-has-a-layer: lib/elsewhere/file.ts -> lib/errors.ts'],
  ])('fails because of %s', (_what, broken) => {
    expect(layers).toContain(broken);
  });

  it.each([
    ['a package in addresses', 'pure-layers-import-only-ours: lib/addresses/impure.ts', 'agentkeepalive'],
    ['code of axios', 'only-types-from-axios: lib/request/axios-code.ts', 'axios'],
    ['a package that users do not get', 'only-declared-packages: lib/transport/undeclared.ts', 'fast-check'],
  ])('fails because of %s', (_what, broken, imported) => {
    expect(layers).toContainEqual(expect.stringContaining(`${broken} -> `));
    expect(layers.find((found) => found.startsWith(broken))).toContain(`node_modules/${imported}/`);
  });

  it('fails because of a circle of types', () => {
    expect(layers).toContainEqual(expect.stringMatching(/^no-circle: lib\/config\/circle/));
  });

  it('may import types of axios', () => {
    expect(layers.filter((found) => found.includes('axios-types'))).toEqual([]);
  });

  it('fails because a browser would load a part of Node, and for no type', () => {
    const rule = 'nothing-of-node-and-no-package-in-a-browser';
    expect(browser).toEqual([`${rule}: lib/request/deep.ts -> net`]);
  });

  it('fails because of a clock, a random number and a timer in pure code', () => {
    expect(lint.match(/lib\/retry\/clock\.ts:\d+:\d+ plugin/g)).toHaveLength(3);
    expect(lint).not.toContain('handed-in');
  });

  it('fails because of what only Node has, in code for every runtime', () => {
    expect(lint.match(/lib\/request\/node-only\.ts:\d+:\d+ plugin/g)).toHaveLength(2);
    expect(lint).not.toContain('lib/request/node.ts');
  });
});
