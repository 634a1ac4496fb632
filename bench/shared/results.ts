import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where results go unless told otherwise: `bench/results`, seen from `bench/dist/bench/shared`. */
export const RESULTS = resolve(__dirname, '../../../results');
/** Where those of a quick run go, which are not worth keeping. */
export const QUICK_RESULTS = resolve(__dirname, '../../quick');

/** The files of a run, in one directory. */
export class Results {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = resolve(directory);
    mkdirSync(this.#directory, { recursive: true });
  }

  text(name: string, content: string): void {
    writeFileSync(join(this.#directory, name), content.endsWith('\n') ? content : `${content}\n`);
  }

  /** JSON, indented, but with each list of numbers on a line. */
  json(name: string, value: unknown): void {
    const indented = JSON.stringify(value, null, 2);
    this.text(
      name,
      indented.replace(/\[(?:\s*(?:-?[\d.]+(?:e[-+]\d+)?|null),?)+\s*\]/g, (list) =>
        list.replace(/\s+/g, ' '),
      ),
    );
  }

  /** Where it all is. */
  toString(): string {
    return this.#directory;
  }
}
