import type { LineSeriesOption } from 'echarts';
import { noRetry } from '../../lib/cli/simulate/policies.js';
import { CALM_MS, type Scenario } from '../../lib/cli/simulate/scenario.js';
import { svg } from '../shared/chart.js';
import { ALTERNATIVES } from './policies/all.js';
import { axiosPolicy, reference } from './policies/product.js';
import { OFFERED_RPS } from './scenarios.js';
import type { Summary } from './summary.js';

/** What is shown before the trouble. */
const LEAD_SECONDS = 10;
/** What is shown after it, at least. */
const TAIL_SECONDS = 60;
/** One request per second each: the fleet that stands for all in the charts of policies. */
const TYPICAL_CLIENTS = 300;

interface Line {
  readonly name: string;
  readonly perSecond: readonly number[];
  readonly isBold: boolean;
}

/** Goodput over time, one line per policy. */
export function policyChart(scenario: Scenario, summaries: readonly Summary[]): string {
  const own = summaries.filter(
    (summary) => summary.scenario === scenario.name && !isAlternative(summary.policy),
  );
  const clients = own.find((summary) => summary.clients === TYPICAL_CLIENTS)?.clients ?? firstFleet(own);
  const lines = own.filter((summary) => summary.clients === null || summary.clients === clients);
  return chart(
    scenario,
    clients === undefined ? '' : `${clients} clients, `,
    lines.map(({ policy, perSecond }) => ({ name: policy, perSecond, isBold: policy === axiosPolicy.name })),
  );
}

/** Goodput over time of the largest fleet, with axios-policy's budget, with others, and without. */
export function budgetChart(scenario: Scenario, summaries: readonly Summary[]): string {
  const own = summaries.filter((summary) => summary.scenario === scenario.name);
  const clients = Math.max(...own.map((summary) => summary.clients ?? 0));
  const lines = [noRetry, reference, ...ALTERNATIVES, axiosPolicy].flatMap(({ name }) =>
    own
      .filter((summary) => summary.policy === name && (summary.clients ?? clients) === clients)
      .map(({ perSecond }) => ({ name: budgetOf(name), perSecond, isBold: name === axiosPolicy.name })),
  );
  return chart(scenario, `${axiosPolicy.name} by budget, ${clients} clients, `, lines);
}

/** Short, so that the legend has one line. */
function budgetOf(policy: string): string {
  return policy.replace(`${axiosPolicy.name}, `, '');
}

function isAlternative(policy: string): boolean {
  return ALTERNATIVES.some(({ name }) => name === policy);
}

function firstFleet(summaries: readonly Summary[]): number | undefined {
  return summaries.find(({ clients }) => clients !== null)?.clients ?? undefined;
}

function chart(scenario: Scenario, of: string, lines: readonly Line[]): string {
  const troubleSeconds = scenario.troubleMs / 1000;
  return svg(
    {
      title: {
        text: `Goodput: ${scenario.title}`,
        subtext: `${of}${OFFERED_RPS} requests/s in all; the server can do 400/s`,
        left: 16,
        top: 8,
        textStyle: { fontSize: 16 },
      },
      grid: { left: 64, right: 24, top: 84, bottom: 100 },
      legend: { bottom: 8, left: 16, right: 16, itemWidth: 24, itemHeight: 4, itemGap: 28, icon: 'rect' },
      xAxis: {
        type: 'value',
        name: 'seconds since the trouble began',
        nameLocation: 'middle',
        nameGap: 28,
        min: -LEAD_SECONDS,
        max: lastSecond(troubleSeconds),
      },
      yAxis: {
        type: 'value',
        name: 'successes per second',
        nameTextStyle: { align: 'left', padding: [0, 0, 0, -40] },
        axisLine: { show: true, onZero: false },
        min: 0,
      },
      series: lines.map((line, index) => ({
        type: 'line' as const,
        name: line.name,
        showSymbol: false,
        lineStyle: { width: line.isBold ? 3 : 1.5 },
        data: points(line.perSecond, troubleSeconds),
        ...(index === 0 && { markArea: shade(troubleSeconds) }),
      })),
    },
    860,
    440,
  );
}

function points(perSecond: readonly number[], troubleSeconds: number): [second: number, rate: number][] {
  const zero = CALM_MS / 1000;
  return perSecond
    .map((rate, second): [number, number] => [second - zero, rate])
    .filter(([second]) => second >= -LEAD_SECONDS && second <= lastSecond(troubleSeconds));
}

// A round number: the label of the axis' end would else run into the one before it.
function lastSecond(troubleSeconds: number): number {
  return Math.ceil((troubleSeconds + TAIL_SECONDS) / 10) * 10;
}

function shade(troubleSeconds: number): LineSeriesOption['markArea'] {
  return {
    silent: true,
    itemStyle: { color: '#f2d7d5', opacity: 0.5 },
    data: [[{ xAxis: 0 }, { xAxis: troubleSeconds }]],
  };
}
