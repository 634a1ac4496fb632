/**
 * The value below which a share of the values lies, interpolated between neighbours.
 *
 * @param share in [0, 1]: 0.5 is the median.
 * @returns `NaN` of no values.
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position % 1);
}
