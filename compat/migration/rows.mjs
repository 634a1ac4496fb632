// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

/**
 * @typedef {object} Row A row of a table of a document, without its header.
 * @property {string} id Text of the first cell; where that is nothing but code, the code.
 * @property {readonly string[]} cells All cells, the first included, as they are written.
 * @property {number} line Line number, from 1.
 */

/**
 * The rows of all tables of a Markdown file, in order.
 *
 * @param {URL} markdownFileUrl
 * @returns {Row[]}
 */
export function rowsOf(markdownFileUrl) {
  const lines = readFileSync(markdownFileUrl, 'utf8').split(/\r?\n/);
  const isRow = (/** @type {number} */ index) => /^\|.*\|\s*$/.test(lines[index] ?? '');
  const isRule = (/** @type {number} */ index) => /^\|[-:|\s]+\|\s*$/.test(lines[index] ?? '');
  return lines.flatMap((text, index) => {
    if (!isRow(index) || isRule(index) || isRule(index + 1)) return [];
    const cells = text
      .trim()
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|'));
    return [{ id: codeOf(cells[0] ?? '') ?? cells[0] ?? '', cells, line: index + 1 }];
  });
}

/**
 * The code of a cell that is one code span and nothing else.
 *
 * @param {string} cell
 * @returns {string | undefined}
 */
export function codeOf(cell) {
  return /^`([^`]+)`$/.exec(cell)?.[1];
}

/**
 * Runs one test for each row of a document. A row without a test fails, and so does a test without a row.
 *
 * @param {URL} markdownFileUrl
 * @param {Readonly<Record<string, (row: Row) => unknown>>} tests By the row's id.
 */
export function holdRows(markdownFileUrl, tests) {
  const rows = rowsOf(markdownFileUrl);
  describe('the tables', () => {
    it('have a test for each row, and a row for each test', () => {
      const ids = rows.map(({ id }) => id);
      assert.deepEqual(new Set(ids), new Set(Object.keys(tests)));
      assert.equal(new Set(ids).size, ids.length, 'two rows begin with the same words');
    });
    for (const row of rows) {
      const run = tests[row.id];
      if (run !== undefined) it(`line ${row.line}: ${row.id}`, async () => void (await run(row)));
    }
  });
}
