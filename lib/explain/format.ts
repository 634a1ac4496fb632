/** Times and lists in words. */
import { formatDuration } from '../config/duration.js';
import type { LimitMs } from '../config/resolved.js';

/** An exact time: `100ms`, `55.5s`, `3m 30s`. */
export function exactTime(ms: number): string {
  return ms >= 1000 && ms < 60_000 ? `${ms / 1000}s` : formatDuration(ms);
}

/** A time that is no more exact than a reader needs: `97ms`, `1.24s`, `2m 5s`. */
export function roughTime(ms: number): string {
  if (ms < 1000) return formatDuration(Math.round(ms));
  if (ms < 59_995) return `${Number((ms / 1000).toFixed(2))}s`;
  return formatDuration(Math.round(ms / 1000) * 1000);
}

/** A limit, or `off`. */
export function limitText(ms: LimitMs): string {
  return ms === false ? 'off' : exactTime(ms);
}

/** `1 retry`, `3 retries`. */
export function retriesText(count: number): string {
  return `${count} ${count === 1 ? 'retry' : 'retries'}`;
}

/** Whole numbers in order, runs of three and more by their ends: `408, 500–504`. */
export function rangesText(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const runs: number[][] = [];
  for (const number of sorted) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}–${run.at(-1)}` : run.join(', '))).join(', ');
}
