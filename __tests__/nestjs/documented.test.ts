import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Global, Module, type Type } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import ts from 'typescript';
import * as library from '../../lib/index.js';
import * as nestjs from '../../lib/nestjs/index.js';
import { startContext } from './app.js';

const ROOT = join(__dirname, '..', '..');
const TEXT = readFileSync(join(ROOT, 'docs', 'nestjs.md'), 'utf8');
const BLOCKS = TEXT.split(/^## /m).flatMap((section) => {
  const [heading = ''] = section.split('\n');
  return [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => [heading, code] as const);
});

/** What a project has anyway, and the blocks take for granted. */
@Global()
@Module({
  providers: [
    {
      provide: ConfigService,
      useValue: new ConfigService({ STOCK_URL: 'https://s.test', STOCK_TIMEOUT: '5s' }),
    },
  ],
  exports: [ConfigService],
})
class EnvironmentModule {}

/** Runs a block, and returns the modules that it exports. */
async function run(block: string): Promise<Type[]> {
  const { outputText } = ts.transpileModule(block, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
      experimentalDecorators: true,
    },
  });
  const load = (name: string): unknown =>
    name === 'axios-policy' ? library : name === 'axios-policy/nestjs' ? nestjs : require(name);
  const exports: Record<string, Type> = {};
  await new Function('require', 'exports', `return (async () => {${outputText}})()`)(load, exports);
  return Object.entries(exports)
    .filter(([name]) => name.endsWith('Module'))
    .map(([, exported]) => exported);
}

/** Type errors of the blocks in a project that is strict, as Nest's own are not. */
function typeErrors(): string[] {
  const files = new Map(
    BLOCKS.map(([, code], index) => [join(ROOT, '__tests__', `nestjs-block-${index}.ts`), code] as const),
  );
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const resolution = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    paths: {
      'axios-policy': [join(ROOT, 'lib/index.ts')],
      'axios-policy/nestjs': [join(ROOT, 'lib/nestjs/index.ts')],
    },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const code = files.get(path);
    return code === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, code, language);
  };
  const program = ts.createProgram([...files.keys()], { ...options, ...resolution }, host);
  return [...files.keys()]
    .flatMap((path) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)))
    .filter(({ file }) => file !== undefined && files.has(file.fileName))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the blocks of docs/nestjs.md', () => {
  it('are all found', () => {
    expect(BLOCKS).toHaveLength(TEXT.match(/^```ts$/gm)?.length ?? 0);
    expect(BLOCKS.length).toBeGreaterThanOrEqual(6);
  });

  it.each(BLOCKS)('start as an application: %s', async (_heading, code) => {
    const modules = await run(code);

    const app = await startContext({ imports: [EnvironmentModule, ...modules] });

    expect(modules).not.toHaveLength(0);
    await app.close();
  });

  it('compile as they stand, under strict', () => {
    expect(typeErrors()).toEqual([]);
  }, 60_000);
});
