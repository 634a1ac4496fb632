// The summary of the demo as the README shows it: as text, and as pictures of a terminal.
//
//   node scripts/demo-summary.mjs              plays the demo, writes the text and the pictures
//   node scripts/demo-summary.mjs --log FILE   compares with what `npm run demo` has printed into a file
//   node scripts/demo-summary.mjs --pictures   compares the pictures with the text; plays nothing
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { npm, ROOT } from './npm.mjs';

const README = `${ROOT}README.md`;
const IMAGES = `${ROOT}docs/images`;
const SHOWN = /(?<=<!-- demo -->\n```text\n)[\s\S]*?(?=```\n<!-- \/demo -->)/;

const THEMES = {
  light: {
    paper: '#ffffff',
    frame: '#d0d7de',
    ink: '#1f2328',
    dim: '#59636e',
    good: '#116329',
    bad: '#a40e26',
  },
  dark: {
    paper: '#0d1117',
    frame: '#3d444d',
    ink: '#f0f6fc',
    dim: '#9198a1',
    good: '#3fb950',
    bad: '#ff7b72',
  },
};
const SIZE = 13;
const LINE = 20;
// Of the fonts below none has wider letters; so none runs out of the frame.
const COLUMN = SIZE * 0.605;
const MARGIN = 20;

/** The rows under the last headline of the demo's output, without what differs from run to run. */
function summaryIn(output) {
  const [, rows] = output.split(/^\d+ scenes in .*\n/m);
  if (rows === undefined) throw new Error('the demo has printed no summary');
  const lines = rows.split('\n').filter((line) => /^ {3}/.test(line));
  const margin = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => `${line.slice(margin).trimEnd()}\n`).join('');
}

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Cuts the rows where the titles of the columns begin. */
function cellsOf(text) {
  const lines = text.trimEnd().split('\n');
  const starts = [...lines[0].matchAll(/\S+(?: \S+)*/g)].map(({ index }) => index);
  const [bare, policed] = starts.slice(-2);
  return lines.map((line) => ({
    name: line.slice(0, bare).trimEnd(),
    bare: line.slice(bare, policed).trimEnd(),
    policed: line.slice(policed).trimEnd(),
    at: { bare, policed },
  }));
}

function svgOf(text, { paper, frame, ink, dim, good, bad }) {
  const rows = cellsOf(text);
  const width = Math.ceil(Math.max(...text.split('\n').map(({ length }) => length)) * COLUMN + 2 * MARGIN);
  const height = (rows.length + 1) * LINE + 2 * MARGIN;
  const cell = (column, line, colour, content) =>
    content === ''
      ? ''
      : `<text x="${(MARGIN + column * COLUMN).toFixed(1)}" y="${MARGIN + (line + 1) * LINE}" fill="${colour}" xml:space="preserve">${escaped(content)}</text>\n`;
  const body = rows.map(({ name, bare, policed, at }, index) => {
    const [left, right] = index === 0 ? [dim, dim] : [isBad(bare) ? bad : ink, isBad(policed) ? ink : good];
    return (
      cell(0, index + 1, dim, name) +
      cell(at.bare, index + 1, left, bare) +
      cell(at.policed, index + 1, right, policed)
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${SIZE}">
<title>npm run demo: nine accidents, with bare axios and with axios-policy</title>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${paper}" stroke="${frame}"/>
${cell(0, 0, ink, '$ npm run demo')}${body.join('')}</svg>
`;
}

/** Whether bare axios failed, hung, or made more connections than it needed. */
function isBad(ending) {
  return /rejected|waiting|connections/.test(ending);
}

function pictures(text) {
  return Object.entries(THEMES).map(([name, theme]) => [`${IMAGES}/demo-${name}.svg`, svgOf(text, theme)]);
}

function fail(message) {
  console.error(`${message}: node scripts/demo-summary.mjs`);
  process.exitCode = 1;
}

const { values } = parseArgs({ options: { log: { type: 'string' }, pictures: { type: 'boolean' } } });
const readme = readFileSync(README, 'utf8');
const [shown = ''] = SHOWN.exec(readme) ?? [];
if (values.pictures) {
  const stale = pictures(shown).filter(([file, svg]) => readFileSync(file, 'utf8') !== svg);
  if (stale.length > 0)
    fail(`${stale.map(([file]) => file).join(', ')}: not a picture of what the README shows`);
} else if (values.log !== undefined) {
  if (summaryIn(readFileSync(values.log, 'utf8')) !== shown)
    fail('the README shows another summary of the demo');
} else {
  const text = summaryIn(npm(ROOT, 'run', '--silent', 'demo'));
  mkdirSync(IMAGES, { recursive: true });
  writeFileSync(
    README,
    readme.replace(SHOWN, () => text),
  );
  for (const [file, svg] of pictures(text)) writeFileSync(file, svg);
  process.stdout.write(text);
}
