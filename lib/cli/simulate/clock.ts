/** What happens at a moment of virtual time. */
type Event = () => void;

/**
 * Virtual time: events run in the order of their moments, and those of one moment in the order they were scheduled, so
 * that a run depends on nothing but its seed. A binary heap.
 */
export class Clock {
  #nowMs = 0;
  #scheduled = 0;
  readonly #moments: number[] = [];
  readonly #orders: number[] = [];
  readonly #events: Event[] = [];

  /** The present, in ms since the start of the simulation. */
  readonly nowMs = (): number => this.#nowMs;

  /** Has something happen later. */
  after(delayMs: number, event: Event): void {
    const moment = this.#nowMs + delayMs;
    const order = this.#scheduled++;
    let hole = this.#events.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isLater(parent, moment, order)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, moment, order, event);
  }

  /** Runs what happens up to a moment. */
  runUntil(endMs: number): void {
    for (;;) {
      const moment = this.#moments[0];
      const event = this.#events[0];
      if (moment === undefined || event === undefined || moment > endMs) break;
      this.#nowMs = moment;
      this.#removeFirst();
      event();
    }
    this.#nowMs = endMs;
  }

  #removeFirst(): void {
    const moment = this.#moments.pop();
    const order = this.#orders.pop();
    const event = this.#events.pop();
    const size = this.#events.length;
    if (size === 0 || moment === undefined || order === undefined || event === undefined) return;
    let hole = 0;
    for (;;) {
      const child = this.#earlierChild(hole, size);
      if (child === undefined || this.#isLater(child, moment, order)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, moment, order, event);
  }

  #earlierChild(parent: number, size: number): number | undefined {
    const left = 2 * parent + 1;
    const right = left + 1;
    if (right >= size) return left < size ? left : undefined;
    return this.#isLater(left, at(this.#moments, right), at(this.#orders, right)) ? right : left;
  }

  #isLater(index: number, moment: number, order: number): boolean {
    const own = at(this.#moments, index);
    return own > moment || (own === moment && at(this.#orders, index) > order);
  }

  #move(from: number, to: number): void {
    this.#put(to, at(this.#moments, from), at(this.#orders, from), at(this.#events, from));
  }

  #put(index: number, moment: number, order: number, event: Event): void {
    this.#moments[index] = moment;
    this.#orders[index] = order;
    this.#events[index] = event;
  }
}

function at<Item>(items: readonly Item[], index: number): Item {
  return items[index] as Item;
}
