/** Plain text in columns. */

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
