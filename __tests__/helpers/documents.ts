/** The Markdown files that are for readers, and the code in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

/** A fenced block of code. */
export interface Block {
  /** From the root of the repository. */
  readonly file: string;
  /** First word after the fence. */
  readonly language: string;
  readonly code: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
}

/** README.md and all pages below docs/, from the root of the repository. */
export function documents(): string[] {
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const files = pages
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', ...files.sort()];
}

export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8').replaceAll('\r\n', '\n');
}

export function blocksOf(file: string): Block[] {
  const text = textOf(file);
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: language = '', 2: code = '' }) => ({
      file,
      language,
      code,
      line: text.slice(0, index).split('\n').length + 1,
    }),
  );
}

/** Rows of the table behind a marker such as `<!-- defaults -->`, without its head; a row as its cells. */
export function tableOf(file: string, marker: string): string[][] {
  const [, table = ''] =
    new RegExp(`<!-- ${marker} -->\n([\\s\\S]*?)<!-- /${marker} -->`).exec(textOf(file)) ?? [];
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}
