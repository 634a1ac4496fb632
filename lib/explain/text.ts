/** Plain text for terminals and logs: times and lists in words, columns, line breaks. */
import { formatDuration } from '../config/duration.js';
import type { LimitMs } from '../config/resolved.js';

/** An exact time: `100ms`, `55.5s`, `3m 30s`. */
export function exactTime(ms: number): string {
  return ms >= 1000 && ms < 60_000 ? `${ms / 1000}s` : formatDuration(ms);
}

/** A time that is no more exact than a reader needs: `97ms`, `1.24s`, `2m 5s`. */
export function roughTime(ms: number): string {
  if (ms < 1000) return formatDuration(Math.round(ms));
  if (ms < 59_995) return `${Number((ms / 1000).toFixed(2))}s`;
  return formatDuration(Math.round(ms / 1000) * 1000);
}

/** A limit, or `off`. */
export function limitText(ms: LimitMs): string {
  return ms === false ? 'off' : exactTime(ms);
}

/** `1 retry`, `3 retries`. */
export function retriesText(count: number): string {
  return `${count} ${count === 1 ? 'retry' : 'retries'}`;
}

/** Whole numbers in order, runs of three and more by their ends: `408, 500–504`. */
export function rangesText(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const runs: number[][] = [];
  for (const number of sorted) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}–${run.at(-1)}` : run.join(', '))).join(', ');
}
/** The width that all text of an explanation keeps to. */
export const WIDTH = 100;
const INDENT = '  ';
const GAP = '  ';

/** Breaks a text into lines of at most `width` characters, between words where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** Longer text is wrapped. */
  readonly width: number;
  readonly align?: 'right';
}

function renderRow(cells: readonly string[], columns: readonly Column[]): string[] {
  const wrapped = columns.map(({ width }, index) => wrap(cells[index] ?? '', width));
  const height = Math.max(...wrapped.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => {
    const parts = columns.map(({ width, align }, index) => {
      const text = wrapped[index]?.[line] ?? '';
      return align === 'right' ? text.padStart(width) : text.padEnd(width);
    });
    return `${INDENT}${parts.join(GAP)}`.trimEnd();
  });
}

/** A table with the titles of its columns, line by line. The last column gets what the others leave. */
export function renderTable(columns: readonly Column[], rows: ReadonlyArray<readonly string[]>): string[] {
  const titles = columns.map(({ title }) => title);
  return [titles, ...rows].flatMap((cells) => renderRow(cells, columns));
}

/** The width of a column, by its title and what is in it. */
export function widthOf(title: string, cells: readonly string[], most: number): number {
  return Math.min(most, Math.max(title.length, ...cells.map(({ length }) => length)));
}

/** The room that is left for a last column next to others. */
export function roomBeside(widths: readonly number[]): number {
  return widths.reduce((room, width) => room - width - GAP.length, WIDTH - INDENT.length);
}

/** Sentences as a list. */
export function renderNotes(notes: readonly string[]): string[] {
  return notes.flatMap((note) =>
    wrap(note, WIDTH - 4).map((line, index) => `${INDENT}${index === 0 ? '- ' : '  '}${line}`),
  );
}
