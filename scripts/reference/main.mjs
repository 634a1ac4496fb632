// The reference in docs/reference, made from the TSDoc of lib/, the defaults, and what is measured.
//
//   npm run docs:reference             writes it
//   npm run docs:reference -- --check  fails if it is another one
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pages } from './pages.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = `${ROOT}docs/reference`;

function textOf(file) {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}

const check = process.argv.includes('--check');
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(pages(ROOT))) {
  const file = `${FOLDER}/${name}`;
  if (textOf(file) === text) continue;
  if (!check) writeFileSync(file, text);
  console.log(
    `docs/reference/${name} ${check ? 'is not what lib/ says: npm run docs:reference' : 'written'}`,
  );
  if (check) process.exitCode = 1;
}
