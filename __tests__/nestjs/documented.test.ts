import { Global, Module, type Type } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import ts from 'typescript';
import * as library from '../../lib/index.js';
import * as nestjs from '../../lib/nestjs/index.js';
import { blocksOf } from '../helpers/documents.js';
import { startContext } from './app.js';

const BLOCKS = blocksOf('docs/nestjs.md').filter(({ language }) => language === 'ts');

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

describe('the blocks of docs/nestjs.md', () => {
  // Their types are checked with those of all other pages, in `docs.test.ts`.
  it.each(BLOCKS.map(({ line, code }) => [line, code] as const))(
    'start as an application: line %i',
    async (_line, code) => {
      const modules = await run(code);

      const app = await startContext({ imports: [EnvironmentModule, ...modules] });

      expect(modules).not.toHaveLength(0);
      await app.close();
    },
  );
});
