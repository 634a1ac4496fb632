// Lays the documents out as the site has them, in .pages: docs/ at the top, the files of the root below project/.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = fileURLToPath(new URL('.pages', import.meta.url));

/** By path in the repository: the path in the site. */
const PLACES = new Map([
  ['README.md', 'index.md'],
  ['docs/index.md', 'guides.md'],
  ...['ARCHITECTURE', 'CHANGELOG', 'CONTRIBUTING', 'SECURITY'].map((name) => [
    `${name}.md`,
    `project/${name.toLowerCase()}.md`,
  ]),
  ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => [`docs/${name}`, name]),
]);

/** Where a link of a document leads in the site. */
function placeOf(from, target) {
  const [path, anchor] = target.split('#');
  const file = posix.normalize(posix.join(dirname(from), path));
  const place = PLACES.get(file);
  if (place === undefined && file.startsWith('docs/')) return fileOf(file);
  if (place === undefined) throw new Error(`${from} links to ${target}, which is no page of the site`);
  const way = posix.relative(posix.dirname(PLACES.get(from)), place);
  return `${way.startsWith('.') ? way : `./${way}`}${anchor === undefined ? '' : `#${anchor}`}`;
}

/** A file to take along, such as a dashboard, is served as it is. */
function fileOf(file) {
  const place = `/files/${posix.basename(file)}`;
  cpSync(`${ROOT}${file}`, `${PAGES}/public${place}`);
  return place;
}

/** A picture is copied to where the site serves it from. */
function pictureOf(from, target) {
  const file = posix.normalize(posix.join(dirname(from), target));
  const place = `/images/${posix.basename(file)}`;
  cpSync(`${ROOT}${file}`, `${PAGES}/public${place}`);
  return place;
}

function staged(file) {
  // What stands in a block of code is shown, not followed.
  const parts = readFileSync(`${ROOT}${file}`, 'utf8').split(/(^```[\s\S]*?^```$)/m);
  return parts
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/(?<=(?:src|srcset)=")[^":]+(?=")/g, (target) => pictureOf(file, target))
            .replace(/(!?)(\[[^\]]*\])\(([^)\s]+)\)/g, (whole, bang, text, target) => {
              if (/^[a-z]+:|^#/.test(target)) return whole;
              return `${bang}${text}(${bang ? pictureOf(file, target) : placeOf(file, target)})`;
            }),
    )
    .join('');
}

rmSync(PAGES, { recursive: true, force: true });
mkdirSync(`${PAGES}/public/images`, { recursive: true });
cpSync(fileURLToPath(new URL('icon.svg', import.meta.url)), `${PAGES}/public/icon.svg`);
for (const [file, place] of PLACES) {
  const target = `${PAGES}/${place}`;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, staged(file));
}
