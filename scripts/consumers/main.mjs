// Packs the package, installs the tarball into empty projects as a new user would, and uses it in every way that is
// supported: `npm run check:consumers`, with `-- --update` to agree on new public names and sizes.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from '../npm.mjs';
import { BUNDLER_PACKAGES, checkBundlers } from './check-bundlers.mjs';
import { BUNDLER_PACKAGE, checkBundles } from './check-bundles.mjs';
import { checkNames } from './check-names.mjs';
import {
  checkCommands,
  checkFormats,
  checkLateChunks,
  checkMissingPeers,
  checkSubpaths,
} from './check-node.mjs';
import { checkRunners, RUNNER_PACKAGES } from './check-runners.mjs';
import { addTypedPrograms, checkTypes, checkWithoutNodeTypes } from './check-types.mjs';
import { COMPILER_PACKAGES, compilersIn } from './compilers.mjs';
import { makeConsumer } from './processes.mjs';
import { check, checkTogether, summarize } from './report.mjs';

const FORMATS = ['scenario.cjs', 'main.cjs', 'main.mjs', 'mixed.mjs'];
const SUITES = ['suite.cjs', 'jest.test.cjs', 'jest.test.mjs', 'vitest.test.mjs'];
const NODE_TYPES = '@types/node@20';
const NEST = ['@nestjs/common@11', '@nestjs/axios@4', 'rxjs@7', 'reflect-metadata'];

/** Packs the package, and makes the projects that have it installed. */
function makeConsumers(work) {
  const tarball = pack(work);
  const consumer = (name, packages, programs) => {
    const folder = makeConsumer(join(work, name), { packages: [tarball, ...packages], programs });
    addTypedPrograms(folder);
    return folder;
  };
  const tools = [...COMPILER_PACKAGES, ...RUNNER_PACKAGES, BUNDLER_PACKAGE, ...BUNDLER_PACKAGES];
  const inNewest = ['axios@latest', '@opentelemetry/api@1', NODE_TYPES, ...NEST, ...tools];
  return {
    newest: consumer('newest', inNewest, SUITES),
    oldest: consumer('oldest', ['axios@1.7.9', NODE_TYPES], FORMATS),
    bare: consumer('bare', ['axios@latest'], FORMATS),
  };
}

async function checkAll({ newest, oldest, bare }) {
  for (const folder of [bare, oldest]) await checkFormats(folder);
  await checkSubpaths(newest);
  await checkMissingPeers(bare);
  await checkLateChunks(bare);
  await checkCommands(bare);
  await checkNames(newest);
  await checkTogether(typeChecks({ newest, oldest, bare }), availableParallelism());
  await checkRunners(newest);
  await checkBundles(bare, newest);
  await checkBundlers(bare, newest);
}

function typeChecks({ newest, oldest, bare }) {
  const compilers = compilersIn(newest);
  return [
    ...compilers.flatMap((compiler) => checkTypes(newest, compiler, ['api', 'node-api', 'subpaths'])),
    // What axios declared differently is the same to every compiler in between.
    ...[compilers[0], compilers.at(-1)].flatMap((compiler) =>
      checkTypes(oldest, compiler, ['api', 'node-api']),
    ),
    ...compilers.flatMap((compiler) => checkWithoutNodeTypes(bare, compiler)),
  ];
}

// Real, because the temporary folder may be a link, and compilers and runners tell of files by their real path.
const work = mkdtempSync(join(realpathSync(tmpdir()), 'axios-policy-consumers-'));
try {
  let consumers;
  await check('the tarball installs', () => {
    consumers = makeConsumers(work);
  });
  if (consumers !== undefined) await checkAll(consumers);
  process.exitCode = summarize() ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 3 });
}
