import { describeMachine } from '../shared/machine.js';
import type { Spread } from '../shared/statistics.js';
import { table } from '../shared/table.js';
import type { CellSummary } from './cell.js';
import type { Findings } from './findings.js';
import type { Scenario } from './scenarios.js';
import { BASELINE } from './subjects/axios.js';

/** The report in Markdown. */
export function report(findings: Findings, scenarios: readonly Scenario[]): string {
  return [
    preface(findings),
    ...scenarios.flatMap((scenario) =>
      scenario.concurrencies.map((concurrency) => section(scenario, concurrency, findings.cells)),
    ),
    allocations(findings, scenarios),
    sleepers(findings),
    problems(findings),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function preface({ machine, settings }: Findings): string {
  const { rounds, sets, sliceMs, versions } = settings;
  const perSet = Math.ceil(rounds / sets);
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# What a request costs

${describeMachine(machine)}. ${packages.join(', ')}.

Reproduce it: \`npm run bench\`. The server is a process of its own, and so is every client. In each of ${rounds} rounds every
client has a turn of ${sliceMs} ms, one after the other and in random order; the clients are fresh processes every ${perSet}
rounds.
*CPU* is that of the client's process alone. Medians, with the quartiles of the rounds in brackets; × is the ratio to
"${BASELINE}" in the same round. What "${BASELINE}, again" differs from 1 is what the measurement is worth.
p50 and p99 are those of all requests of all rounds.

![CPU per request](bench-cpu.svg)

![axios-policy and axios](bench-scenarios.svg)`;
}

function section(scenario: Scenario, concurrency: number, cells: readonly CellSummary[]): string {
  const own = cells.filter((cell) => cell.scenario === scenario.name && cell.concurrency === concurrency);
  const isCore = scenario.wire === 'none';
  const [head, row] = isCore ? [CORE_HEAD, coreRow] : [WIRE_HEAD, wireRow];
  const title = `${scenario.title}, ${concurrency === 1 ? 'one after the other' : `${concurrency} at once`}`;
  return `## ${title}\n\n${table(head, own.map(row))}`;
}

const WIRE_HEAD = [
  '',
  'requests/s',
  '×',
  'CPU µs',
  '×',
  'p50 ms',
  'p99 ms',
  'connections per 1000',
  'failed',
];
const CORE_HEAD = ['', 'CPU µs', 'µs more than axios alone', 'failed'];

function wireRow(cell: CellSummary): string[] {
  return [
    cell.subject,
    whole(cell.rps),
    ratio(cell.rpsRatio),
    whole(cell.cpuUs),
    ratio(cell.cpuRatio),
    number(cell.p50Ms, 2),
    number(cell.p99Ms, 2),
    number(cell.connectionsPer1000, 0),
    failures(cell),
  ];
}

function coreRow(cell: CellSummary): string[] {
  return [cell.subject, brackets(cell.cpuUs, 1), brackets(cell.cpuExtraUs, 1), failures(cell)];
}

function failures({ failedRequests, lostRounds }: CellSummary): string {
  const rounds = lostRounds > 0 ? `, ${lostRounds} rounds lost` : '';
  return `${failedRequests}${rounds}`;
}

function whole(value: Spread | undefined): string {
  return value === undefined ? '–' : value.median.toFixed(0);
}

function ratio(value: Spread | undefined): string {
  return brackets(value, 2);
}

function brackets(value: Spread | undefined, digits: number): string {
  if (value === undefined) return '–';
  const [middle, low, high] = [value.median, value.lower, value.upper].map((part) => part.toFixed(digits));
  return `${middle} [${low}–${high}]`;
}

function number(value: number | null, digits: number): string {
  return value === null || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}

function allocations({ allocations: found }: Findings, scenarios: readonly Scenario[]): string {
  if (found.length === 0) return '';
  const measured = scenarios.filter(({ name }) => found.some(({ scenario }) => scenario === name));
  const names = [...new Set(found.map(({ subject }) => subject))];
  const of = (subject: string, scenario: string): number | null =>
    found.find((one) => one.subject === subject && one.scenario === scenario)?.bytesPerRequest ?? null;
  const rows = names.map((subject) => [subject, ...measured.map(({ name }) => kilobytes(of(subject, name)))]);
  const head = ['', ...measured.map(({ title }) => title)];
  return `## Allocated per request\n\nOn the heap, without the memory of buffers.\n\n${table(head, rows)}`;
}

function sleepers({ sleepers: found }: Findings): string {
  if (found.length === 0) return '';
  const rows = found.map(({ subject, method, count, bytesPerRequest }) => [
    subject,
    method,
    String(count),
    kilobytes(bytesPerRequest),
  ]);
  const head = ['', 'method', 'asleep', 'heap per request'];
  return `## A request that waits for its retry\n\nAfter a real 503, and after a collection.\n\n${table(head, rows)}`;
}

function kilobytes(bytes: number | null): string {
  return bytes === null ? '–' : `${(bytes / 1000).toFixed(2)} kB`;
}

function problems({ cells, allocations: allocated, sleepers: slept }: Findings): string {
  const lines = [
    ...cells.flatMap(({ subject, scenario, concurrency, problems: texts }) =>
      texts.map((text) => `- ${subject}, ${scenario}, ${concurrency} at once: ${text}`),
    ),
    ...[...allocated, ...slept].flatMap(({ subject, problem }) =>
      problem === undefined ? [] : [`- ${subject}: ${problem}`],
    ),
  ];
  return lines.length === 0 ? '' : `## What went wrong\n\n${lines.join('\n')}`;
}
