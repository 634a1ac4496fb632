import type { Result, Study } from './study.js';
import {
  COLUMNS,
  capacityOf,
  factsOf,
  LEGEND,
  MODEL,
  type ShownWindow,
  verdictOn,
  windowOf,
} from './text.js';

/** A line of a chart. */
interface Line {
  readonly name: string;
  /** One value a second, from the left edge. */
  readonly values: readonly number[];
}

const WIDTH = 860;
const HEIGHT = 300;
/** Of the plot, for the labels of the axes. */
const EDGE = { left: 52, right: 16, top: 12, bottom: 40 };
const TICKS = 5;

/** A chart of lines over time as SVG. Its colours are classes, so that a page chooses them for light and dark. */
export function lineChart(
  title: string,
  lines: readonly Line[],
  window: ShownWindow,
  limit?: number,
): string {
  const highest = Math.max(1, limit ?? 0, ...lines.flatMap(({ values }) => values));
  const step = roundStep(highest / TICKS);
  const top = Math.ceil(highest / step) * step;
  const x = (second: number) =>
    EDGE.left +
    ((second - window.fromSecond) / (window.toSecond - window.fromSecond)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value: number) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const parts = [
    `<rect class="trouble" x="${px(x(0))}" y="${EDGE.top}" width="${px(x(window.troubleSeconds) - x(0))}" height="${HEIGHT - EDGE.top - EDGE.bottom}"/>`,
    ...steps(0, top, step).map((value) => horizontal(y(value), String(value))),
    ...steps(window.fromSecond, window.toSecond, roundStep((window.toSecond - window.fromSecond) / 8)).map(
      (second) => label(x(second), HEIGHT - EDGE.bottom + 18, String(second), 'middle'),
    ),
    label(WIDTH - EDGE.right, HEIGHT - 4, 'seconds since the trouble began', 'end'),
    ...(limit === undefined
      ? []
      : [`<path class="limit" d="M${EDGE.left} ${px(y(limit))}H${WIDTH - EDGE.right}"/>`]),
    // The first is the one that it is about: it lies on top.
    ...lines.map(({ values }, index) => path(values, index, window, x, y)).reverse(),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${parts.join('')}</svg>`;
}

function path(
  values: readonly number[],
  index: number,
  { fromSecond }: ShownWindow,
  x: (second: number) => number,
  y: (value: number) => number,
): string {
  const points = values.map((value, second) => `${px(x(fromSecond + second + 0.5))} ${px(y(value))}`);
  return `<path class="line line-${index}" d="M${points.join('L')}"/>`;
}

function horizontal(y: number, text: string): string {
  return `<path class="grid" d="M${EDGE.left} ${px(y)}H${WIDTH - EDGE.right}"/>${label(EDGE.left - 8, y + 4, text, 'end')}`;
}

function label(x: number, y: number, text: string, anchor: 'middle' | 'end'): string {
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

/** 1, 2 or 5 times a power of ten, and not below 1. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

/** Multiples of `step` within a range. */
function steps(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step);
}

function px(value: number): string {
  return String(Number(value.toFixed(1)));
}

/** A text within HTML or SVG. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (char) => names[char] ?? char);
}

// Okabe and Ito's blue, vermilion and green, which readers who do not see all colours can tell apart.
const STYLE = `:root{color-scheme:light dark;--text:#1b1f24;--soft:#59636e;--page:#fff;--rule:#d1d9e0;--trouble:#f5d9d6;--l0:#0072b2;--l1:#d55e00;--l2:#6e7781}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9198a1;--page:#0d1117;--rule:#30363d;--trouble:#3a1e1c;--l0:#56b4e9;--l1:#e69f00;--l2:#9198a1}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:900px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .25rem}.verdict{font-size:1.1rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--rule)}
th:first-child,td:first-child{text-align:left;white-space:nowrap}th{font-weight:600;color:var(--soft)}tbody tr:first-child{font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt,li,figcaption{color:var(--soft)}dd{margin:0}
figure{margin:0}svg{min-width:600px}figcaption span{margin-right:1.25rem;display:inline-block}figcaption i{display:inline-block;width:1.25rem;height:3px;margin-right:.4rem;vertical-align:middle}
svg{width:100%;height:auto;font-size:12px}svg text{fill:var(--soft)}.grid{stroke:var(--rule)}.trouble{fill:var(--trouble)}.limit{stroke:var(--text);stroke-dasharray:5 4}
.line{fill:none;stroke-width:1.5;stroke-linejoin:round}.line-0{stroke:var(--l0);stroke-width:3}.line-1{stroke:var(--l1)}.line-2{stroke:var(--l2)}
.key-0{background:var(--l0)}.key-1{background:var(--l1)}.key-2{background:var(--l2)}`;

const TITLE = 'What this configuration does to a server in trouble';

/** The study as a page that needs nothing else: no script, no font, no picture from elsewhere. */
export function renderPage(study: Study): string {
  const facts = factsOf(study).map(
    ([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`,
  );
  const notes = [...LEGEND, ...MODEL].map((note) => `<li>${escapeHtml(note)}</li>`);
  const capacity = capacityOf(study);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<style>
${STYLE}
</style>
<h1>${TITLE}</h1>
<dl>${facts.join('')}</dl>
<p class="verdict">${escapeHtml(verdictOn(study))}</p>
<div class="wide">${resultTable(study.results)}</div>
<h2>Successes per second</h2>
${figure('Successes per second', study, ({ perSecond }) => perSecond)}
<h2>Attempts per second, and what the server can answer (dashed)</h2>
${figure('Attempts per second', study, ({ attemptsPerSecond }) => attemptsPerSecond, capacity)}
<h2>What the words mean</h2>
<ul>${notes.join('')}</ul>
</html>
`;
}

function resultTable(results: readonly Result[]): string {
  const head = COLUMNS.map(([title]) => `<th>${escapeHtml(title)}</th>`).join('');
  const rows = results.map((result) => {
    const cells = COLUMNS.map(([, cell]) => `<td>${escapeHtml(cell(result))}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function figure(
  title: string,
  study: Study,
  seriesOf: (result: Result) => readonly number[],
  limit?: number,
): string {
  const window = windowOf(study);
  const lines = study.results.map((result) => ({ name: result.name, values: window.of(seriesOf(result)) }));
  const keys = lines.map(({ name }, index) => `<span><i class="key-${index}"></i>${escapeHtml(name)}</span>`);
  const chart = lineChart(title, lines, window, limit);
  return `<figure><div class="wide">${chart}</div><figcaption>${keys.join('')}</figcaption></figure>`;
}
