import { exactTime, renderNotes, renderTable, roughTime, widthOf, wrap } from '../../explain/text.js';
import { CALM_MS } from './scenario.js';
import { NO_RETRIES, type Result, type Study } from './study.js';

/** What is shown before the trouble. */
const LEAD_SECONDS = 10;

/** The part of a run that is shown. Seconds count from the beginning of the trouble. */
export interface ShownWindow {
  readonly fromSecond: number;
  readonly toSecond: number;
  readonly troubleSeconds: number;
  /** The values of a series in this window. */
  of(perSecond: readonly number[]): readonly number[];
}

export function windowOf({ setting }: Study): ShownWindow {
  const troubleSeconds = setting.scenario.troubleMs / 1000;
  const toSecond = Math.floor(troubleSeconds + setting.aftermathMs / 1000);
  const zero = CALM_MS / 1000;
  return {
    fromSecond: -LEAD_SECONDS,
    toSecond,
    troubleSeconds,
    of: (perSecond) => perSecond.slice(zero - LEAD_SECONDS, zero + toSecond),
  };
}

/** The setting of a study: each fact with its name. */
export function factsOf({ setting }: Study): ReadonlyArray<readonly [name: string, text: string]> {
  const { scenario, clients, seed } = setting;
  const { server, offeredRps, attemptTimeoutMs } = scenario;
  const capacity = capacityOf({ setting });
  const waits = exactTime(Math.round((server.queueLimit / capacity) * 1000));
  return [
    [
      'server',
      `answers ${capacity} requests/s: ${server.workers} at once, ${exactTime(server.serviceMs)} each, queue of ${waits}`,
    ],
    ['load', `${clients} clients send ${offeredRps} requests/s in all`],
    ['trouble', scenario.title],
    ['timeout', Number.isFinite(attemptTimeoutMs) ? `${exactTime(attemptTimeoutMs)} per attempt` : 'off'],
    ['seed', String(seed)],
  ];
}

/** Requests per second that the server can answer. */
export function capacityOf({ setting }: Pick<Study, 'setting'>): number {
  const { workers, serviceMs } = setting.scenario.server;
  return Math.round((workers / serviceMs) * 1000);
}

/** The columns of the table of results. */
export const COLUMNS: ReadonlyArray<readonly [title: string, cell: (result: Result) => string]> = [
  ['', ({ name }) => name],
  ['well again', ({ recoveryMs }) => recoveryText(recoveryMs)],
  ['succeed', ({ succeeded }) => percent(succeeded)],
  ['goodput', ({ goodput }) => (goodput === null ? '–' : percent(goodput))],
  ['attempts/request', ({ amplification }) => amplification.toFixed(1)],
  ['most attempts', ({ peakAttempts }) => `${peakAttempts}/s`],
  ['p99', ({ p99Ms }) => (Number.isNaN(p99Ms) ? '–' : roughTime(p99Ms))],
];

function recoveryText(recoveryMs: number | null): string {
  if (recoveryMs === null) return 'not in this run';
  return recoveryMs === 0 ? 'at once' : `after ${exactTime(recoveryMs)}`;
}

/** What the columns mean. */
export const LEGEND: readonly string[] = [
  'well again: counted from the end of the trouble, when 98 % of the new requests are answered promptly for 5 s',
  'succeed: of the requests begun during the trouble, those that succeed within 10 s',
  'goodput: successes during the trouble, of what the server could have answered',
  'attempts/request: for the requests begun from the start of the trouble until 10 s after its end',
  'most attempts: in one second, from the start of the trouble',
  'p99: 99 of 100 requests that succeed take no longer',
];

/** How the server fares, in a sentence or two. */
export function verdictOn({ setting, results: [own, ...others] }: Study): string {
  if (own === undefined) return '';
  const bare = others.find(({ name }) => name === NO_RETRIES);
  const effect = bare === undefined ? '' : savingOf(Math.round(100 * (own.succeeded - bare.succeeded)));
  const fate =
    own.recoveryMs === null
      ? `does not recover within ${exactTime(setting.aftermathMs)}${reasonOf(bare)}`
      : `is well again ${recoveryText(own.recoveryMs)}`;
  return `With this configuration the server ${fate}.${effect}`;
}

/** Retries are to blame for what does not happen without them. */
function reasonOf(bare: Result | undefined): string {
  if (bare === undefined) return '';
  return bare.recoveryMs === null ? ', and without retries neither' : ': the retries keep it overloaded';
}

/** @param points `NaN` of a trouble that no request was begun in. */
function savingOf(points: number): string {
  if (Number.isNaN(points)) return '';
  if (points === 0) return ' As many requests of the trouble succeed as without retries.';
  const more = points > 0 ? 'more' : 'fewer';
  return ` Of the requests begun during the trouble, ${Math.abs(points)} in 100 ${more} succeed than without retries.`;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${Math.round(share * 100)} %`;
}

/** What the simulation leaves out: it is a model. */
export const MODEL = [
  'A simulation, not a measurement: virtual time, the same for the same seed. Decisions, delays and the budget are the code of the package.',
  'Requests come at random moments and are all GETs. The server does not notice that a client has given up, and a rejection (503) costs it a tenth of a request.',
];

const WIDTH = 100;
/** Beside the names of the policies. */
const CHART_WIDTH = 74;
const LABEL = 20;
const BARS = ' ▁▂▃▄▅▆▇█';

/** The study as text, 100 columns wide. */
export function renderStudy(study: Study): string {
  const window = windowOf(study);
  const facts = factsOf(study).map(([name, text]) => `  ${name.padEnd(9)}${text}`);
  const successes = chart('Successes per second', study.results, ({ perSecond }) => perSecond, window);
  const attempts = chart('Attempts per second', study.results, (result) => result.attemptsPerSecond, window);
  const lines = [
    'What this configuration does to a server in trouble',
    '',
    ...facts,
    '',
    ...wrap(verdictOn(study), WIDTH),
    '',
    ...resultTable(study.results),
    '',
    ...successes,
    '',
    ...attempts,
    '',
    ...renderNotes([...LEGEND, ...MODEL]),
  ];
  return `${lines.join('\n')}\n`;
}

function resultTable(results: readonly Result[]): string[] {
  const rows = results.map((result) => COLUMNS.map(([, cell]) => cell(result)));
  const columns = COLUMNS.map(([title], index) => {
    const width = widthOf(
      title,
      rows.map((row) => row[index] ?? ''),
      WIDTH,
    );
    return index === 0 ? { title, width } : { title, width, align: 'right' as const };
  });
  return renderTable(columns, rows);
}

/** A row of bars for each policy, all to the same scale; the trouble stands between two lines. */
function chart(
  title: string,
  results: readonly Result[],
  seriesOf: (result: Result) => readonly number[],
  window: ShownWindow,
): string[] {
  const shown = results.map((result) => window.of(seriesOf(result)));
  const step = Math.ceil((window.toSecond - window.fromSecond) / CHART_WIDTH);
  const binned = shown.map((series) => bins(series, step));
  const top = Math.max(1, ...binned.flat());
  const rows = results.map(
    ({ name }, index) => `  ${name.padEnd(LABEL)}${bars(binned[index] ?? [], top, step, window)}`,
  );
  const scale = `full height ${Math.round(top)}/s, ${step} s per column, the trouble is between the bars │`;
  return [`${title} (${scale})`, ...rows];
}

function bins(series: readonly number[], step: number): number[] {
  return Array.from({ length: Math.ceil(series.length / step) }, (_, index) => {
    const part = series.slice(index * step, (index + 1) * step);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

function bars(values: readonly number[], top: number, step: number, window: ShownWindow): string {
  const column = (second: number) => Math.round((second - window.fromSecond) / step);
  const cuts = [column(0), Math.max(column(0) + 1, column(window.troubleSeconds))];
  return values
    .map((value, index) => `${cuts.includes(index) ? '│' : ''}${BARS[barOf(value, top)]}`)
    .join('');
}

function barOf(value: number, top: number): number {
  const height = Math.round((value / top) * (BARS.length - 1));
  // What is not nothing is to be seen.
  return value > 0 ? Math.max(1, height) : 0;
}
