import type { ShownWindow } from './window.js';

/** A line of a chart. */
export interface Line {
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
