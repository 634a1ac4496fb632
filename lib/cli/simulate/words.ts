import { exactTime, roughTime } from '../../explain/format.js';
import type { Result, Study } from './study.js';

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
export function verdictOn({ setting, results }: Study): string {
  const [own, ...others] = results;
  if (own === undefined) return '';
  const bare = others.find(({ name }) => name === 'no retries');
  const saved = bare === undefined ? 0 : Math.round(100 * (own.succeeded - bare.succeeded));
  const effect = bare === undefined ? '' : ` ${savingOf(saved)}`;
  if (own.recoveryMs === null) {
    return `With this configuration the server does not recover within ${exactTime(setting.aftermathMs)}: the retries keep it overloaded.${effect}`;
  }
  return `With this configuration the server is well again ${recoveryText(own.recoveryMs)}.${effect}`;
}

function savingOf(points: number): string {
  if (points === 0) return 'As many requests of the trouble succeed as without retries.';
  const more = points > 0 ? 'more' : 'fewer';
  return `Of the requests begun during the trouble, ${Math.abs(points)} in 100 ${more} succeed than without retries.`;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${Math.round(share * 100)} %`;
}

/** What the simulation leaves out: it is a model. */
export const MODEL = [
  'A simulation, not a measurement: virtual time, the same for the same seed. Decisions, delays and the budget are the code of the package.',
  'Requests come at random moments and are all GETs. The server does not notice that a client has given up, and a rejection (503) costs it a tenth of a request.',
];
