import type { Random } from '../../lib/explain/statistics.js';

/** The items in random order; the array given stays as it is. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);
}
