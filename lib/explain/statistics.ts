/** Chance that repeats itself, and figures of many values: for simulations. */

/** Uniform in [0, 1), as `Math.random`, but the same numbers for the same seed. */
export type Random = () => number;

/**
 * A small, fast generator whose sequences pass PractRand: sfc32.
 *
 * @param seed any number of integers; each combination is a sequence of its own.
 * @see https://pracrand.sourceforge.net/RNG_engines.txt
 */
export function seeded(...seed: readonly number[]): Random {
  let [a, b, c, counter] = [seed[0] ?? 0, seed[1] ?? 0, seed[2] ?? 0, 1];
  const next: Random = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  // Seeds that differ in a bit give alike sequences until the state is mixed.
  for (let round = 0; round < 16; round += 1) next();
  return next;
}

/** The time to the next of events that come independently of each other, `mean` apart. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/**
 * The value below which a share of the values lies, interpolated between neighbours.
 *
 * @param ascending the values, sorted.
 * @param share in [0, 1]: 0.5 is the median.
 * @returns `NaN` of no values.
 */
export function quantile(ascending: Float64Array, share: number): number {
  const position = (ascending.length - 1) * share;
  const below = ascending[Math.floor(position)] ?? Number.NaN;
  const above = ascending[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position % 1);
}
