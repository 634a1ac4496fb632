import type { Result, Study } from './study.js';
import { escapeHtml, lineChart } from './svg.js';
import { windowOf } from './window.js';
import { COLUMNS, capacityOf, factsOf, LEGEND, MODEL, verdictOn } from './words.js';

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
