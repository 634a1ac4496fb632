import {
  type Column,
  exactTime,
  renderNotes,
  renderTable,
  retriesText,
  roomBeside,
  roughTime,
  WIDTH,
  widthOf,
  wrap,
} from './text.js';
import type {
  DelayRange,
  DelaySchedule,
  ExplainedField,
  PolicyExplanation,
  RetryTable,
  RetryTableRow,
  RetryVerdict,
  WorstCase,
} from './types.js';

const LONGEST_VALUE = 30;
const OUTCOME = 'outcome of an attempt';
const GROUP_WIDTH = 16;
const MOST_GROUPS = 3;
const LIST_WIDTH = 21;
/** More are not told apart by their numbers. */
const SHOWN_DELAYS = 20;

const VERDICTS: Readonly<Record<RetryVerdict, string>> = {
  yes: 'yes',
  'if-idempotent': 'if idempotent',
  no: 'no',
};

function whyText({ source, defaultText, why }: ExplainedField): string {
  return source === 'default' ? why : `Default ${defaultText}. ${why}`;
}

function renderFields(title: string, section: string, fields: readonly ExplainedField[]): string[] {
  const rows = fields.map((field) => [
    field.key.slice(section.length + 1),
    field.text,
    field.source,
    whyText(field),
  ]);
  const columnOf = (name: string, index: number, most: number): Column => {
    const cells = rows.map((row) => row[index] ?? '');
    return { title: name, width: widthOf(name, cells, most) };
  };
  const facts = [
    columnOf('field', 0, WIDTH),
    columnOf('value', 1, LONGEST_VALUE),
    columnOf('from', 2, WIDTH),
  ];
  const columns = [
    ...facts,
    { title: 'why this default', width: roomBeside(facts.map(({ width }) => width)) },
  ];
  return [title, '', ...renderTable(columns, rows), ''];
}

/** A column for each group of methods. */
function tableByMethods({ methods, rows }: RetryTable): string[] {
  const groups = methods.map((group): Column => ({ title: group.join(' '), width: GROUP_WIDTH }));
  const columns = [{ title: OUTCOME, width: roomBeside(groups.map(({ width }) => width)) }, ...groups];
  const cells = rows.map(({ outcome, verdicts }) => [
    outcome,
    ...verdicts.map((verdict) => VERDICTS[verdict]),
  ]);
  return renderTable(columns, cells);
}

/** A column for each verdict: for more groups than there is room for. */
function tableByVerdicts({ methods, rows }: RetryTable): string[] {
  const verdicts = Object.keys(VERDICTS) as RetryVerdict[];
  const cellOf = (row: RetryTableRow, verdict: RetryVerdict): string => {
    const groups = methods.filter((_, index) => row.verdicts[index] === verdict);
    return groups.length === methods.length ? 'all' : groups.flat().join(' ');
  };
  const cells = rows.map((row) => [row.outcome, ...verdicts.map((verdict) => cellOf(row, verdict))]);
  const columns = verdicts.map((verdict): Column => ({ title: VERDICTS[verdict], width: LIST_WIDTH }));
  const outcome = { title: OUTCOME, width: roomBeside(columns.map(({ width }) => width)) };
  return renderTable([outcome, ...columns], cells);
}

function renderRetryTable(table: RetryTable): string[] {
  const lines = table.methods.length > MOST_GROUPS ? tableByVerdicts(table) : tableByMethods(table);
  return ['What is retried', '', ...lines, '', ...renderNotes(table.notes), ''];
}

function renderRange(label: string, range: DelayRange): string[] {
  const { minMs, medianMs, p95Ms, maxMs } = range;
  return [label, ...[minMs, medianMs, p95Ms, maxMs].map(roughTime)];
}

function percentText(share: number): string {
  if (share === 1) return '100 %';
  return share < 0.001 ? '< 0.1 %' : `${Math.min(99.9, Math.round(share * 1000) / 10)} %`;
}

function renderDelays({ delays }: DelaySchedule): string[][] {
  const rows = delays.map((delay) => [...renderRange(`${delay.retry}`, delay), percentText(delay.reached)]);
  if (rows.length <= SHOWN_DELAYS) return rows;
  return [...rows.slice(0, SHOWN_DELAYS - 1), ['…'], ...rows.slice(-1)];
}

function renderSchedule(schedule: DelaySchedule): string[] {
  const { retries, delays, total, complete, simulatedRequests } = schedule;
  const title = `Delays, at most ${retriesText(retries)}`;
  if (delays.length === 0) return [title, '', '  none', ''];
  const columns = ['retry', 'min', 'median', 'p95', 'max', 'reached'].map(
    (name): Column => ({ title: name, width: name === 'retry' ? 6 : 9, align: 'right' }),
  );
  const rows = [...renderDelays(schedule), renderRange(complete ? 'total' : `1–${delays.length}`, total)];
  const notes = [
    'For a request whose attempts all fail at once. min and max are exact.',
    `median, p95 and "reached" (the share of requests that get to this retry before retryTimeout) are from ${simulatedRequests} simulated requests, the same ones every time.`,
  ];
  return [title, '', ...renderTable(columns, rows), '', ...renderNotes(notes), ''];
}

function renderWorstCases(cases: readonly WorstCase[]): string[] {
  const times = cases.map(({ longestMs }) => (longestMs === false ? 'unbounded' : exactTime(longestMs)));
  const width = widthOf('', times, LONGEST_VALUE);
  const room = roomBeside([width]);
  return cases.flatMap(({ when, formula }, index) => {
    const lines = [`${when}:`, ...wrap(formula, room)];
    return lines.map((line, at) => `  ${(at === 0 ? (times[index] ?? '') : '').padEnd(width)}  ${line}`);
  });
}

/**
 * An explanation as text of at most 100 columns, for a terminal or a log.
 *
 * @param explanation what `explainPolicy` gave.
 * @returns several lines, the last one ended too.
 */
export function renderExplanation(explanation: PolicyExplanation): string {
  const { remarks, client, retry, retryTable, schedule, worstCases, worstCaseNotes } = explanation;
  const lines = [
    ...(remarks.length === 0 ? [] : ['Is this meant?', '', ...renderNotes(remarks), '']),
    ...renderFields('client: connections and deadlines', 'client', client),
    ...(retry === false ? ['retry: false, no retries', ''] : renderFields('retry', 'retry', retry)),
    ...renderRetryTable(retryTable),
    ...renderSchedule(schedule),
    'The longest that a request may take',
    '',
    ...renderWorstCases(worstCases),
    '',
    ...renderNotes(worstCaseNotes),
  ];
  return `${lines.join('\n')}\n`;
}
