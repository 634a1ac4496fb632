/**
 * Limits that are too short to be meant. Python counts seconds where we count milliseconds, so its `5.0` means 5 ms here;
 * that is no error, for somebody may mean it, but it is told.
 */
import { formatDuration } from './duration.js';
import type { OptionTable } from './option.js';
import type { ShortLimit } from './resolved.js';
import type { Section } from './section.js';

/** A round trip to the other side of the world takes longer. */
const SHORT_MS = 100;

/** The lengths of time of a section that are set, and shorter than 100 ms. */
export function shortLimitsOf<K extends string>(
  section: Section<K>,
  table: OptionTable & Readonly<Record<K, unknown>>,
  values: object,
): ShortLimit[] {
  const limits: ShortLimit[] = [];
  for (const key of section.presentKeys()) {
    const ms: unknown = table[key]?.unit === 'ms' && Reflect.get(values, `${key}Ms`);
    if (typeof ms !== 'number' || ms === 0 || ms >= SHORT_MS) continue;
    const raw = section.raw(key);
    const inSeconds = typeof raw === 'number' ? formatDuration(raw * 1000) : undefined;
    limits.push(Object.freeze({ path: section.pathOf(key), ms, inSeconds }));
  }
  return limits;
}

/** `client.timeout is 5ms (for seconds write '5s')`. */
export function describeShortLimit({ path, ms, inSeconds }: ShortLimit): string {
  const hint = inSeconds === undefined ? '' : ` (for seconds write '${inSeconds}')`;
  return `${path} is ${formatDuration(ms)}${hint}`;
}
