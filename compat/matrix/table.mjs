// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * How many behaviours held in a cell.
 *
 * @typedef {object} Result
 * @property {string} version
 * @property {string} format
 * @property {string} adapter
 * @property {number} passed
 * @property {number} total
 */

const PAGE = new URL('../../docs/compatibility.md', import.meta.url);
const RESULTS = new URL('../node_modules/.cache/matrix.json', import.meta.url);
const MARKED = /(?<=<!-- compat -->\n)[\s\S]*?(?=<!-- \/compat -->)/;

/**
 * Keeps the results of a run for the table.
 *
 * @param {readonly Result[]} results
 */
export function saveResults(results) {
  mkdirSync(dirname(fileURLToPath(RESULTS)), { recursive: true });
  writeFileSync(RESULTS, JSON.stringify(results));
}

/**
 * A row per version and format, a column per adapter.
 *
 * @param {readonly Result[]} results
 */
export function tableOf(results) {
  const adapters = [...new Set(results.map(({ adapter }) => adapter))];
  const rows = [...new Set(results.map(rowOf))].map((row) => results.filter((one) => rowOf(one) === row));
  const head = ['axios', 'format', ...adapters.map((adapter) => `\`${adapter}\` adapter`)];
  const lines = rows.map((row) => {
    const [first] = row;
    const counts = adapters.map((adapter) => {
      const result = row.find((one) => one.adapter === adapter);
      return result === undefined ? '–' : `${result.passed}/${result.total}`;
    });
    return [first?.version, first?.format, ...counts];
  });
  return [head, ...lines]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .toSpliced(1, 0, `|${'---|'.repeat(head.length)}\n`)
    .join('');
}

/** @param {Result} result */
const rowOf = ({ version, format }) => `${version} ${format}`;

/** The table that the page about compatibility has. */
export function shownTable() {
  return readFileSync(PAGE, 'utf8').match(MARKED)?.[0];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const table = tableOf(JSON.parse(readFileSync(RESULTS, 'utf8')));
  if (process.argv.includes('--write')) {
    writeFileSync(
      PAGE,
      readFileSync(PAGE, 'utf8').replace(MARKED, () => table),
    );
  }
  process.stdout.write(table);
}
