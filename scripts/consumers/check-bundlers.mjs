// A program with the package as other bundlers put it into one file: it has to work where no package can be found.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { manifestOf, node } from './processes.mjs';
import { check } from './report.mjs';

/** What is needed beside esbuild, which measures sizes as well. */
export const BUNDLER_PACKAGES = [
  'webpack@5',
  'rollup@4',
  '@rollup/plugin-node-resolve@16',
  '@rollup/plugin-commonjs@29',
  '@rollup/plugin-json@6',
  '@vercel/ncc@0.45',
];

/** Each bundles `main.cjs` or `main.mjs` of `folder`, and gives the file that is to be run. */
const BUNDLERS = {
  async webpack(load, folder, path) {
    const { default: webpack } = await load('webpack');
    const entry = join(folder, 'main.cjs');
    const stats = await promisify(webpack)({
      entry,
      context: folder,
      target: 'node',
      mode: 'production',
      output: { path, filename: 'webpack.cjs' },
    });
    assert.deepEqual(stats.toJson({ all: false, errors: true }).errors, []);
    return join(path, 'webpack.cjs');
  },

  async rollup(load, folder, path) {
    const { rollup } = await load('rollup');
    const [resolve, commonjs, json] = await Promise.all(
      ['node-resolve', 'commonjs', 'json'].map((name) => load(`@rollup/plugin-${name}`)),
    );
    const build = await rollup({
      input: join(folder, 'main.mjs'),
      plugins: [
        resolve.default({ preferBuiltins: true, exportConditions: ['node'] }),
        commonjs.default(),
        json.default(),
      ],
      // Of circles in packages that are not ours.
      onwarn: () => {},
    });
    const file = join(path, 'rollup.mjs');
    await build.write({ file, format: 'es', inlineDynamicImports: true });
    await build.close();
    return file;
  },

  async '@vercel/ncc'(load, folder, path) {
    const { default: ncc } = await load('@vercel/ncc');
    const { code } = await ncc(join(folder, 'main.cjs'), { quiet: true, cache: false });
    const file = join(path, 'ncc.cjs');
    writeFileSync(file, code);
    return file;
  },
};

/**
 * Bundles a program with each of them, and runs what came of it.
 *
 * @param folder a consumer with nothing but the package.
 * @param tools the consumer that has the bundlers.
 */
export async function checkBundlers(folder, tools) {
  const { resolve } = createRequire(join(tools, 'package.json'));
  const load = (name) => import(pathToFileURL(resolve(name)).href);
  const elsewhere = dirname(folder);
  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    await check(`bundled by ${name} ${manifestOf(tools, name).version}`, async () => {
      const told = await node(elsewhere, await bundle(load, folder, elsewhere));
      assert.equal(told, '200 after 3 attempts');
      return told;
    });
  }
}
