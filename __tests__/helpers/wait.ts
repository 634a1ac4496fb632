// Imported, not global: these stay real when a test fakes the global timers.
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers';

/** Resolves after `ms` milliseconds. */
export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Resolves as soon as `condition` holds, asked every few milliseconds.
 *
 * @throws Error when it does not hold within `timeoutMs`; `describe` says what was waited for.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 2000,
  describe: () => string = () => String(condition),
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not so within ${timeoutMs} ms: ${describe()}`);
    await delay(5);
  }
}
