import { quantile as quantileOfAscending } from '../../lib/explain/statistics.js';

/** The value below which a share of the values lies, interpolated between neighbours; `NaN` of no values. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfAscending(Float64Array.from(values).sort(), share);
}

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
