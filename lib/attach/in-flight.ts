// Imported, not global: a test of the caller's that fakes timers must still be able to close a policy.
import { setImmediate } from 'node:timers';

/** Something under way that can be cancelled. */
export interface Cancellable {
  cancel(): void;
}

/** What a policy has under way: attempts with the bodies they stream, and requests between two attempts. */
export class InFlight {
  readonly #entries = new Set<Cancellable>();
  #waiting: Array<() => void> = [];

  add(entry: Cancellable): void {
    this.#entries.add(entry);
  }

  delete(entry: Cancellable): void {
    this.#entries.delete(entry);
    if (this.#entries.size > 0) return;
    // An attempt that ended may be followed by its retry, a few microtasks from now.
    for (const wake of this.#waiting.splice(0)) setImmediate(wake);
  }

  cancelAll(): void {
    for (const entry of [...this.#entries]) entry.cancel();
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        if (this.#entries.size === 0) setImmediate(resolve);
        else this.#waiting.push(resolve);
      });
    } while (this.#entries.size > 0);
  }
}
