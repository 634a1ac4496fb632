import type { BarSeriesOption, CustomSeriesOption } from 'echarts';
import { COLOURS, svg } from '../shared/chart.js';
import { describeMachine } from '../shared/machine.js';
import type { Spread } from '../shared/statistics.js';
import type { CellSummary } from './cell.js';
import type { Findings } from './findings.js';
import type { Scenario } from './scenarios.js';
import { OURS } from './subjects/all.js';
import { BASELINE } from './subjects/axios.js';

interface Bars {
  readonly name: string;
  readonly colour: string | undefined;
  readonly values: readonly (Spread | undefined)[];
}

interface Picture {
  readonly title: string;
  readonly subtitle: string;
  readonly axis: string;
  readonly labels: readonly string[];
  readonly groups: readonly Bars[];
  /** Where a line is drawn. */
  readonly mark?: number;
}

/** CPU time per small GET, all subjects. */
export function cpuChart({ cells, machine }: Findings): string {
  const own = cells.filter(({ scenario }) => scenario === 'get');
  const labels = [...new Set(own.map(({ subject }) => subject))];
  const group = (name: string, colour: string | undefined, concurrency: number): Bars => ({
    name,
    colour,
    values: labels.map((label) => cellOf(own, 'get', concurrency, label)?.cpuUs),
  });
  return bars({
    title: 'CPU time per request: GET 100 B, kept-alive connections',
    subtitle: `median and quartiles; ${describeMachine(machine)}`,
    axis: 'µs of the client’s CPU (less is better)',
    labels,
    groups: [group('one after the other', COLOURS[2], 1), group('50 at once', COLOURS[6], 50)],
  });
}

/** The product against axios with a keep-alive agent, all scenarios. */
export function scenarioChart({ cells, machine }: Findings, scenarios: readonly Scenario[]): string {
  const kinds = scenarios
    .filter(({ wire }) => wire !== 'none')
    .flatMap((scenario) => scenario.concurrencies.map((concurrency) => ({ scenario, concurrency })));
  const values = (pick: (cell: CellSummary) => Spread | undefined): (Spread | undefined)[] =>
    kinds.map(({ scenario, concurrency }) => {
      const cell = cellOf(cells, scenario.name, concurrency, OURS);
      return cell === undefined ? undefined : pick(cell);
    });
  return bars({
    title: `${OURS}, compared with ${BASELINE}`,
    subtitle: `paired medians and quartiles; ${describeMachine(machine)}`,
    axis: 'ratio',
    labels: kinds.map(({ scenario, concurrency }) => `${scenario.title}, ${concurrency} at once`),
    groups: [
      {
        name: 'CPU per request (less is better)',
        colour: COLOURS[6],
        values: values((cell) => cell.cpuRatio),
      },
      { name: 'requests/s (more is better)', colour: COLOURS[5], values: values((cell) => cell.rpsRatio) },
    ],
    mark: 1,
  });
}

function cellOf(cells: readonly CellSummary[], scenario: string, concurrency: number, subject: string) {
  return cells.find(
    (cell) => cell.scenario === scenario && cell.concurrency === concurrency && cell.subject === subject,
  );
}

const ROW_PX = 34;

function bars({ title, subtitle, axis, labels, groups, mark }: Picture): string {
  return svg(
    {
      title: { text: title, subtext: subtitle, left: 16, top: 8, textStyle: { fontSize: 16 } },
      legend: { top: 56, left: 16, itemGap: 28, data: groups.map(({ name }) => name) },
      grid: { left: 250, right: 40, top: 88, bottom: 48 },
      xAxis: { type: 'value', name: axis, nameLocation: 'middle', nameGap: 28, min: 0 },
      yAxis: { type: 'category', data: [...labels], inverse: true, axisLabel: { interval: 0 } },
      series: groups.flatMap((group, index) => [
        {
          type: 'bar' as const,
          name: group.name,
          itemStyle: { color: group.colour },
          barGap: '10%',
          barCategoryGap: '30%',
          data: group.values.map((value) => value?.median ?? null),
          ...(index === 0 && mark !== undefined && { markLine: line(mark) }),
        },
        whiskers(group, index, groups.length),
      ]),
    },
    860,
    160 + ROW_PX * labels.length,
  );
}

function line(at: number): BarSeriesOption['markLine'] {
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    lineStyle: { color: '#000' },
    data: [{ xAxis: at }],
  };
}

/** From the lower to the upper quartile, across each bar of a group. */
function whiskers({ values }: Bars, index: number, groups: number): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    clip: true,
    z: 10,
    data: values.flatMap((value, row) => (value === undefined ? [] : [[value.lower, row, value.upper]])),
    renderItem: (_parameters, api) => {
      const row = api.value(1);
      const [fromX = 0, middleY = 0] = api.coord([api.value(0), row]);
      const [toX = 0] = api.coord([api.value(2), row]);
      const pitch = 0.37 * ROW_PX;
      const y = middleY + (index - (groups - 1) / 2) * pitch;
      return {
        type: 'line',
        shape: { x1: fromX, y1: y, x2: toX, y2: y },
        style: { stroke: '#000', lineWidth: 1.5 },
      };
    },
  };
}
