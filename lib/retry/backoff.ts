import type { ResolvedBackoff } from '../config/resolved.js';

/**
 * The next delay of one logical request, in ms, not rounded: exponential backoff with decorrelated jitter, as
 * object_store draws it.
 *
 * The first delay is exactly `initBackoff`, not capped; each following one is uniform in
 * [initBackoff, previous × base), then capped at `maxBackoff`.
 *
 * @param config resolved limits.
 * @param previousMs the delay before; `undefined` for the first.
 * @param random uniform in [0, 1), as `Math.random`.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  { initBackoffMs, maxBackoffMs, base }: ResolvedBackoff,
  previousMs: number | undefined,
  random: () => number,
): number {
  if (previousMs === undefined) return initBackoffMs;
  const rangeMs = previousMs * base - initBackoffMs;
  // Empty if initBackoff is 0 or far above maxBackoff; object_store panics there.
  const drawnMs = rangeMs > 0 ? initBackoffMs + random() * rangeMs : initBackoffMs;
  return Math.min(maxBackoffMs, drawnMs);
}
