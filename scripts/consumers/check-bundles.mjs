// The package in a bundle: what it adds after tree-shaking, dependencies included, and whether it works there.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { manifestOf, node } from './processes.mjs';
import { check } from './report.mjs';
import { agreedValue, UPDATE_HINT } from './snapshot.mjs';

const TOLERANCE = 0.05;
// For so little, one more byte is a larger share than the tolerance.
const SLACK_BYTES = 16;

/** The bundler, in the version the sizes were measured with. */
export const BUNDLER_PACKAGE = 'esbuild@0.28.2';

const NODE_BUNDLES = {
  'attachPolicy, Node': { platform: 'node', code: `export { attachPolicy } from 'axios-policy';` },
  'getPolicyMetadata, Node': { platform: 'node', code: `export { getPolicyMetadata } from 'axios-policy';` },
  'types only': {
    platform: 'node',
    code: `import type { Policy } from 'axios-policy'; export const policy: Policy | undefined = undefined;`,
  },
};
const BROWSER_BUNDLES = {
  'attachPolicy, browser': { platform: 'browser', code: `export { attachPolicy } from 'axios-policy';` },
};

/**
 * Compares the size of every bundle with the agreed one, and runs one.
 * @param folder a consumer with nothing but the package, because what else is installed may be bundled as well.
 * @param tools the consumer that has the bundler.
 */
export async function checkBundles(folder, tools) {
  const { exports } = manifestOf(folder, 'axios-policy');
  const bundles = { ...NODE_BUNDLES, ...('browser' in exports['.'] ? BROWSER_BUNDLES : {}) };
  const esbuild = await import(pathToFileURL(join(tools, 'node_modules/esbuild/lib/main.js')).href);
  try {
    const sizes = {};
    for (const [name, bundle] of Object.entries(bundles)) sizes[name] = await sizeOf(esbuild, folder, bundle);
    const agreed = agreedValue('sizes.json', sizes);
    for (const [name, size] of Object.entries(sizes)) {
      await check(`size of ${name}`, () => compare(agreed[name], size));
    }
    await check('every agreed size was measured', () =>
      assert.deepEqual(Object.keys(agreed), Object.keys(sizes)),
    );
    await check('an import that is not used leaves nothing', () => assertNothingLeft(esbuild, folder));
    await check('main.cjs, bundled and minified into one file', () => runBundled(esbuild, folder));
  } finally {
    // Its process holds files of the folder open, which Windows then refuses to remove.
    await esbuild.stop();
  }
}

async function bundle(esbuild, folder, { platform, code, loader = 'ts' }) {
  const { outputFiles, warnings } = await esbuild.build({
    stdin: { contents: code, resolveDir: folder, loader },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform,
    write: false,
    logLevel: 'silent',
  });
  // Of the package itself: an import of a name that is not there is one.
  assert.deepEqual(warnings, []);
  return outputFiles[0].contents;
}

async function sizeOf(esbuild, folder, options) {
  const code = await bundle(esbuild, folder, options);
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}

async function assertNothingLeft(esbuild, folder) {
  // As JavaScript: of TypeScript the bundler takes every import that is not used for one of types.
  const unused = { platform: 'node', loader: 'js', code: `import { attachPolicy } from 'axios-policy';` };
  const code = await bundle(esbuild, folder, unused);
  assert.equal(
    Buffer.from(code).toString().trim(),
    '',
    'the package is not free of side effects to a bundler',
  );
}

async function runBundled(esbuild, folder) {
  // Where no package can be found, so that all it needs has to be in it.
  const outfile = join(dirname(folder), 'bundled.cjs');
  const entryPoints = [join(folder, 'main.cjs')];
  await esbuild.build({
    entryPoints,
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    logLevel: 'silent',
  });
  const told = await node(dirname(folder), outfile);
  assert.equal(told, '200 after 3 attempts');
  return told;
}

function compare(agreed, { minified, gzipped }) {
  const told = `${minified} bytes, ${gzipped} gzipped`;
  if (agreed === undefined) throw new Error(`${told}, and none agreed on; ${UPDATE_HINT}`);
  for (const [now, then] of [
    [minified, agreed.minified],
    [gzipped, agreed.gzipped],
  ]) {
    if (now > then * (1 + TOLERANCE) + SLACK_BYTES) {
      throw new Error(`${told}, more than ${agreed.minified}, ${agreed.gzipped}; ${UPDATE_HINT}`);
    }
  }
  return told;
}
