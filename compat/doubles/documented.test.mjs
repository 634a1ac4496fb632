// @ts-check
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blocksOf } from '../support/doc-blocks.mjs';
import { runBlock } from '../support/run-block.mjs';

const NO_NETWORK = new URL('no-network.mjs', import.meta.url).href;
const BLOCKS = blocksOf(new URL('../../docs/testing.md', import.meta.url));
// Jest runs those that are for Jest: __tests__/request/testing-documented.test.ts.
const PROGRAMS = BLOCKS.filter(({ code }) => !code.includes('jest.'));

describe('the blocks of docs/testing.md', () => {
  test('are all JavaScript, and two are for Jest', () => {
    assert.deepEqual(new Set(BLOCKS.map(({ language }) => language)), new Set(['js']));
    assert.equal(BLOCKS.length - PROGRAMS.length, 2);
  });

  test('would be noticed if they made a connection', async () => {
    const program = `import net from 'node:net';\nnet.connect(1, '127.0.0.1').on('error', () => {});`;
    await assert.rejects(runBlock(program, { imports: [NO_NETWORK] }), /A connection was made/);
  });

  for (const { heading, code, line } of PROGRAMS) {
    test(`run without a connection: ${heading}, line ${line}`, async () => {
      await runBlock(code, { imports: [NO_NETWORK] });
    });
  }
});
