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
  it('answers although two of its three upstreams fail, says how they are, and shuts down without a trace', async () => {
    const { AppModule } = exampleModules()(join(EXAMPLE, 'src/app.module.ts')) as { AppModule: Type };
    const watch = watchLeaks();
    const app = await startApp({ imports: [AppModule] });

    for (let visit = 1; visit <= 2; visit += 1) {
      const { status, body } = await ask(app, '/products/apple');
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({
        item: 'apple',
        price: 1.25,
        left: 12,
        stars: 4.5,
        attempts: [3, 2, 1],
      });
    }
    const health = await ask(app, '/health');
    expect(health.status).toBe(200);
    expect(JSON.parse(health.body).info).toMatchObject({
      prices: { status: 'up', requests: 2, retries: 4 },
      stock: { status: 'up', requests: 2, retries: 2 },
      reviews: { status: 'up', requests: 2, retries: 0 },
    });
    const { body: metrics } = await ask(app, '/metrics');
    expect(metrics).toMatch(/^http_client_attempts_total\{client="prices"\} 6$/m);
    expect(metrics).toMatch(/^http_client_retries_total\{client="stock"\} 2$/m);
    expect(metrics).toMatch(/^http_client_connections\{client="reviews"\} 1$/m);

    await app.close();
    await watch.expectNone();
  });
});
