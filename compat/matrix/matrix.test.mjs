// @ts-check
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { BEHAVIOURS } from './behaviours.mjs';
import { CELLS } from './cells.mjs';
import { saveResults, shownTable, tableOf } from './table.mjs';
import { createWorld } from './world.mjs';

// The servers are on this machine, whatever proxy the environment names.
process.env.NO_PROXY = '127.0.0.1,localhost';

/** @type {import('./table.mjs').Result[]} */
const results = [];

/** @param {import('./cells.mjs').Cell} cell */
const behavioursOf = ({ adapter }) => BEHAVIOURS.filter(({ adapters }) => adapters.includes(adapter));

/**
 * @param {import('./cells.mjs').Cell} cell
 * @param {() => void} onPass
 */
function testCell(cell, onPass) {
  for (const { name, run } of behavioursOf(cell)) {
    test(name, { timeout: 20_000 }, async () => {
      const world = createWorld(cell);
      try {
        await run(world);
      } finally {
        await world.close();
      }
      onPass();
    });
  }
}

test('every cell has the versions, formats and adapters that it is named for', () => {
  assert.equal(CELLS.length, 16);
  assert.equal(new Set(CELLS.map(({ version }) => version)).size, 4);
  assert.equal(new Set(CELLS.map(({ axios }) => axios)).size, 8);
  assert.equal(
    new Set(CELLS.map(({ library }) => library.attachPolicy)).size,
    1,
    'both formats lead to one copy',
  );
});

// Most of a behaviour is waiting.
describe('with a policy', { concurrency: 6 }, () => {
  for (const cell of CELLS) {
    const { version, format, adapter } = cell;
    const result = { version, format, adapter, passed: 0, total: behavioursOf(cell).length };
    results.push(result);
    describe(`axios ${version} as ${format} with the ${adapter} adapter`, { concurrency: 1 }, () =>
      testCell(cell, () => {
        result.passed += 1;
      }),
    );
  }
});

after(() => saveResults(results));

test('the table of docs/compatibility.md is what ran (node matrix/table.mjs --write)', () => {
  assert.equal(shownTable(), tableOf(results));
});
