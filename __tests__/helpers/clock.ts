import { atEnd } from './cleanup.js';

/** A clock that stands still until it is told to move. */
export class ManualClock {
  #nowMs: number;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  // A property, so that it can be passed on as a plain function.
  readonly now = (): number => this.#nowMs;

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`A monotonic clock cannot move by ${ms} ms`);
    this.#nowMs += ms;
  }
}

/**
 * A stand-in for `Math.random` that returns the given values one after the other.
 *
 * @throws RangeError when it is called more often, so that a test notices an extra draw.
 */
export function sequence(...values: number[]): () => number {
  const left = [...values];
  return () => {
    const value = left.shift();
    if (value === undefined) throw new RangeError(`Only ${values.length} random values were expected`);
    return value;
  };
}

/** What goes on while time is held: all but timers and the monotonic clock. */
const NOT_HELD = [
  ...(['Date', 'hrtime', 'nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...([
    'requestAnimationFrame',
    'cancelAnimationFrame',
    'requestIdleCallback',
    'cancelIdleCallback',
  ] as const),
] as const;

/**
 * Holds the time of the policy, until the test ends: its timers fire when the test says so, however long the network
 * takes, which is as real as ever. The helpers' own timers and those of Node's sockets go on.
 */
export function holdTime(): { advance(ms: number): Promise<void> } {
  jest.useFakeTimers({ doNotFake: [...NOT_HELD] });
  atEnd(() => void jest.useRealTimers());
  return {
    advance: async (ms) => {
      await jest.advanceTimersByTimeAsync(ms);
    },
  };
}
