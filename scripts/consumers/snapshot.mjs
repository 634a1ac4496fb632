// Files that hold what was agreed on, to compare with what is.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const isUpdate = process.argv.includes('--update');

/**
 * The agreed value; with `--update` the present one is agreed on first.
 * @param file its name, beside this script.
 */
export function agreedValue(file, present) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  if (isUpdate) writeFileSync(path, `${JSON.stringify(present, undefined, 2)}\n`);
  if (!existsSync(path)) throw new Error(`${file} is missing; ${UPDATE_HINT}`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** What to do about a difference. */
export const UPDATE_HINT = 'if that is meant: npm run check:consumers -- --update';
