import { setImmediate } from 'node:timers';

// Imported, not global: what happens on a socket does not wait for timers that a test has faked.

let turn = 1;
let isCounting = false;

/** A number for this turn of the event loop: the same until input is looked for again, and never again after that. */
export function currentTurn(): number {
  if (!isCounting) {
    isCounting = true;
    setImmediate(() => {
      isCounting = false;
      turn += 1;
    });
  }
  return turn;
}

/** Calls back when all input was read that is there by now. */
export function afterPendingIo(callback: () => void): void {
  // Called while input is being handled, the first one comes before the loop looks for input again.
  setImmediate(() => setImmediate(callback));
}
