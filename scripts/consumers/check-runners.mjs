// A user's own suite, under the test runners users have.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { manifestOf, node } from './processes.mjs';
import { check } from './report.mjs';

const { TESTS } = createRequire(import.meta.url)('./programs/suite.cjs');

const JEST_CONFIG = JSON.stringify({
  testEnvironment: 'node',
  transform: {},
  testMatch: ['**/jest.test.?js'],
  // Else it stays behind in the temporary folder.
  cacheDirectory: '<rootDir>/.jest-cache',
});
const jest = (suite) => ['node_modules/jest/bin/jest.js', '--json', '--config', JEST_CONFIG, suite];

const RUNNERS = [
  { runner: 'jest', mode: 'CommonJS', args: jest('jest.test.cjs') },
  { runner: 'jest', mode: 'ES modules', args: ['--experimental-vm-modules', ...jest('jest.test.mjs')] },
  {
    runner: 'vitest',
    mode: 'ES modules',
    args: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', 'vitest.test.mjs'],
  },
];

/** What the suite and the runners need besides axios. */
export const RUNNER_PACKAGES = ['jest@30', 'vitest@4', 'axios-mock-adapter@2'];

/** Runs the suite under every runner: all of its tests, no more and no fewer. */
export async function checkRunners(folder) {
  for (const { runner, mode, args } of RUNNERS) {
    await check(`${runner} ${manifestOf(folder, runner).version}, ${mode}`, async () => {
      const report = JSON.parse(await node(folder, ...args).catch(tellFailedTests));
      assert.deepEqual([report.numTotalTests, report.numPassedTests], [TESTS, TESTS]);
      return `${report.numPassedTests} tests`;
    });
  }
}

function tellFailedTests(error) {
  let results;
  try {
    results = JSON.parse(error.stdout).testResults;
  } catch {
    throw error;
  }
  const failed = results.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
  ]);
  throw new Error([...new Set(failed)].join('\n'));
}
