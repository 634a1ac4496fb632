// Imported, not global: these stay real when a test fakes the global timers.
import { performance } from 'node:perf_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

/** Resolves after `ms` milliseconds. */
export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls `action` when whoever is in this process has had the time to read what was sent to it: after 20 ms, and not
 * before the event loop has looked for input several times since. A process that stood still for longer than that
 * finds the timer due before the input.
 *
 * @returns what takes it back.
 */
export function onceRead(action: () => void): () => void {
  let turns = 5;
  let isOver = false;
  const turn = () => {
    if (isOver) return;
    turns -= 1;
    if (turns === 0) action();
    else setImmediate(turn);
  };
  const timer = setTimeout(turn, 20);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/**
 * Resolves as soon as `condition` holds, asked every few milliseconds.
 *
 * @throws Error when it does not hold within `timeoutMs`; `describe` says what was waited for.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
  describe: () => string = () => String(condition),
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not so within ${timeoutMs} ms: ${describe()}`);
    await delay(5);
  }
}
