import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Type } from '@nestjs/common';
import ts from 'typescript';
import { watchLeaks } from '../helpers/leaks.js';
import { ask, startApp } from './app.js';

const EXAMPLE = join(__dirname, '../../examples/nestjs');

/** What the example imports by the package's name is here what is in this repository. */
const PACKAGE: Record<string, unknown> = {
  'axios-policy': require('../../lib/index.js'),
  'axios-policy/nestjs': require('../../lib/nestjs/index.js'),
};

/**
 * Loads a module of the example as its own tsconfig.json compiles it, but on the packages of this repository: whether
 * somebody has installed the example's own makes no difference.
 */
function exampleModules(): (file: string) => Record<string, unknown> {
  const { config } = ts.readConfigFile(join(EXAMPLE, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, EXAMPLE);
  const loaded = new Map<string, Record<string, unknown>>();
  const load = (file: string): Record<string, unknown> => {
    const known = loaded.get(file);
    if (known) return known;
    const exports = {};
    loaded.set(file, exports);
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: { ...options, module: ts.ModuleKind.CommonJS, moduleResolution: undefined },
    });
    const requireOf = (name: string): unknown =>
      name.startsWith('.')
        ? load(join(dirname(file), name.replace(/\.js$/, '.ts')))
        : (PACKAGE[name] ?? require(name));
    new Function('require', 'exports', outputText)(requireOf, exports);
    return exports;
  };
  return load;
}

describe('examples/nestjs', () => {
  it('answers although two of three requests to its upstream fail, and shuts down without a trace', async () => {
    const { AppModule } = exampleModules()(join(EXAMPLE, 'src/app.module.ts')) as { AppModule: Type };
    const watch = watchLeaks();
    const app = await startApp({ imports: [AppModule] });

    for (let visit = 1; visit <= 2; visit += 1) {
      const { status, body } = await ask(app, '/prices/apple');
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({ item: 'apple', price: 1.25, attempts: 3 });
    }
    expect(JSON.parse((await ask(app, '/stats')).body)).toMatchObject({
      attempts: 6,
      retries: 4,
      pools: [{ idle: 1 }],
    });

    await app.close();
    await watch.expectNone();
  });
});
