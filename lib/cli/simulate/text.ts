import { renderNotes, renderTable, widthOf, wrap } from '../../explain/text-table.js';
import type { Result, Study } from './study.js';
import { type ShownWindow, windowOf } from './window.js';
import { COLUMNS, factsOf, LEGEND, MODEL, verdictOn } from './words.js';

const WIDTH = 100;
/** Beside the names of the policies. */
const CHART_WIDTH = 74;
const LABEL = 20;
const BARS = ' ▁▂▃▄▅▆▇█';

/** The study as text, 100 columns wide. */
export function renderStudy(study: Study): string {
  const window = windowOf(study);
  const facts = factsOf(study).map(([name, text]) => `  ${name.padEnd(9)}${text}`);
  const successes = chart('Successes per second', study.results, ({ perSecond }) => perSecond, window);
  const attempts = chart('Attempts per second', study.results, (result) => result.attemptsPerSecond, window);
  const lines = [
    'What this configuration does to a server in trouble',
    '',
    ...facts,
    '',
    ...wrap(verdictOn(study), WIDTH),
    '',
    ...resultTable(study.results),
    '',
    ...successes,
    '',
    ...attempts,
    '',
    ...renderNotes([...LEGEND, ...MODEL]),
  ];
  return `${lines.join('\n')}\n`;
}

function resultTable(results: readonly Result[]): string[] {
  const rows = results.map((result) => COLUMNS.map(([, cell]) => cell(result)));
  const columns = COLUMNS.map(([title], index) => {
    const width = widthOf(
      title,
      rows.map((row) => row[index] ?? ''),
      WIDTH,
    );
    return index === 0 ? { title, width } : { title, width, align: 'right' as const };
  });
  return renderTable(columns, rows);
}

/** A row of bars for each policy, all to the same scale; the trouble stands between two lines. */
function chart(
  title: string,
  results: readonly Result[],
  seriesOf: (result: Result) => readonly number[],
  window: ShownWindow,
): string[] {
  const shown = results.map((result) => window.of(seriesOf(result)));
  const step = Math.ceil((window.toSecond - window.fromSecond) / CHART_WIDTH);
  const binned = shown.map((series) => bins(series, step));
  const top = Math.max(1, ...binned.flat());
  const rows = results.map(
    ({ name }, index) => `  ${name.padEnd(LABEL)}${bars(binned[index] ?? [], top, step, window)}`,
  );
  const scale = `full height ${Math.round(top)}/s, ${step} s per column, the trouble is between the bars │`;
  return [`${title} (${scale})`, ...rows];
}

function bins(series: readonly number[], step: number): number[] {
  return Array.from({ length: Math.ceil(series.length / step) }, (_, index) => {
    const part = series.slice(index * step, (index + 1) * step);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

function bars(values: readonly number[], top: number, step: number, window: ShownWindow): string {
  const column = (second: number) => Math.round((second - window.fromSecond) / step);
  const cuts = [column(0), Math.max(column(0) + 1, column(window.troubleSeconds))];
  return values
    .map((value, index) => `${cuts.includes(index) ? '│' : ''}${BARS[barOf(value, top)]}`)
    .join('');
}

function barOf(value: number, top: number): number {
  const height = Math.round((value / top) * (BARS.length - 1));
  // What is not nothing is to be seen.
  return value > 0 ? Math.max(1, height) : 0;
}
