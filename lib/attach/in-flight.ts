/** Something under way that can be cancelled. */
export interface Cancellable {
  cancel(): void;
}

/** What a policy has under way: attempts with the bodies they stream, and requests between two attempts. */
export class InFlight {
  readonly #soon: (callback: () => void) => void;
  readonly #entries = new Set<Cancellable>();
  /** What can be cancelled, and is not waited for. */
  readonly #unawaited = new Set<Cancellable>();
  #waiting: Array<() => void> = [];

  /** @param soon calls back when the microtasks of by then are done. */
  constructor(soon: (callback: () => void) => void) {
    this.#soon = soon;
  }

  add(entry: Cancellable): void {
    this.#entries.add(entry);
  }

  /**
   * Has nobody wait for an entry any more: a body that is on no connection of ours may lie unread for ever, and nothing
   * tells.
   */
  leave(entry: Cancellable): void {
    this.delete(entry);
    this.#unawaited.add(entry);
  }

  delete(entry: Cancellable): void {
    this.#unawaited.delete(entry);
    this.#entries.delete(entry);
    if (this.#waiting.length === 0 || this.#entries.size > 0) return;
    // An attempt that ended may be followed by its retry, a few microtasks from now.
    for (const wake of this.#waiting.splice(0)) this.#soon(wake);
  }

  cancelAll(): void {
    for (const entry of [...this.#entries, ...this.#unawaited]) entry.cancel();
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        if (this.#entries.size === 0) this.#soon(resolve);
        else this.#waiting.push(resolve);
      });
    } while (this.#entries.size > 0);
  }
}
