import { quantile } from '../../lib/cli/simulate/quantile.js';

export { quantile };

/** The middle of a set of measurements, and where its middle half lies. */
export interface Spread {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

/** The median. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Median and quartiles; `undefined` of no values. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { median: median(values), lower: quantile(values, 0.25), upper: quantile(values, 0.75) };
}

/** The arithmetic mean; `NaN` of no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
