/** A timer that is later than this was held up by something else than other timers. */
const LATE_MS = 20;

/** Whether the process stood still when a timer was due. */
export function isLate(dueMs: number): boolean {
  return performance.now() - dueMs >= LATE_MS;
}

/**
 * A timer that limits what a peer may take. If the process stood still when it was due, the peer may have answered long
 * ago and not been heard: the time begins anew, once.
 */
export function limitTimer(onOver: () => void, limitMs: number): NodeJS.Timeout {
  const dueMs = performance.now() + limitMs;
  let isExtended = false;
  const timer = setTimeout(() => {
    if (isExtended || !isLate(dueMs)) return onOver();
    isExtended = true;
    timer.refresh();
  }, limitMs);
  return timer;
}
