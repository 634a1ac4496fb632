import { exponential, type Random } from '../../explain/statistics.js';
import type { Clock } from './clock.js';

/** What a client gets for an attempt. */
export type Answer =
  | { readonly kind: 'ok' }
  | { readonly kind: 'status'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'connect' | 'dropped' };

/** What the server does with an attempt when it is through with it. */
export type Reply = (answer: Answer) => void;

/** The size of a server. */
export interface ServerSize {
  readonly workers: number;
  /** Mean of a service time; it is exponentially distributed. */
  readonly serviceMs: number;
  /** Attempts that may wait, first come, first served; more are answered 503. */
  readonly queueLimit: number;
  /** What a rejection costs, as a share of a service. */
  readonly rejectCost: number;
}

/** What may be wrong with a server for a while. */
export interface Trouble {
  /** Share of the workers that is left. */
  readonly workers?: number;
  /** Nobody listens; what was under way is lost. */
  readonly down?: boolean;
  /** Share of the attempts that is answered 503 at once, whatever the load. */
  readonly faultRate?: number;
  /** Share of the attempts that is never answered, at no cost to the server: a lost host behind a load balancer. */
  readonly stallRate?: number;
  /** Attempts per second that are let in; the others are answered 429 with this Retry-After. */
  readonly quota?: { readonly rps: number; readonly retryAfter: string };
}

const UNAVAILABLE: Answer = { kind: 'status', status: 503, headers: {} };
// Beyond what all workers could pay in a second the listen queue overflows, and the kernel refuses free of charge.
const MAX_DEBT_MS = 1000;

/**
 * A server of fixed capacity. It does not notice that a client has given up, and works for it all the same; and what it
 * rejects costs it something. Both are how servers are, and what keeps an overloaded one down.
 */
export class Server {
  readonly #size: ServerSize;
  readonly #clock: Clock;
  readonly #service: Random;
  readonly #faults: Random;
  readonly #queue: Fifo<Reply> = new Fifo();
  readonly #inService = new Set<Reply>();
  #trouble: Trouble = {};
  #workers: number;
  #debtMs = 0;
  #quotaFilledMs = 0;
  #quotaTokens = 0;

  /** Attempts it was sent. */
  attempts = 0;

  constructor(size: ServerSize, clock: Clock, random: { readonly service: Random; readonly faults: Random }) {
    this.#size = size;
    this.#clock = clock;
    this.#service = random.service;
    this.#faults = random.faults;
    this.#workers = size.workers;
  }

  /** From now on this is wrong with it, and nothing else. */
  suffer(trouble: Trouble): void {
    this.#trouble = trouble;
    this.#workers = Math.round(this.#size.workers * (trouble.workers ?? 1));
    this.#quotaFilledMs = this.#clock.nowMs();
    this.#quotaTokens = 0;
    if (trouble.down) this.#crash();
    this.#startWaiting();
  }

  /** An attempt arrives. */
  receive(reply: Reply): void {
    this.attempts += 1;
    const { down, faultRate = 0, stallRate = 0, quota } = this.#trouble;
    if (down) reply({ kind: 'connect' });
    else if (stallRate > 0 && this.#faults() < stallRate) return;
    else if (quota && !this.#isWithin(quota.rps)) this.#reject(reply, tooMany(quota.retryAfter));
    else if (faultRate > 0 && this.#faults() < faultRate) this.#reject(reply, UNAVAILABLE);
    else if (this.#inService.size < this.#workers) this.#start(reply);
    else if (this.#queue.size < this.#size.queueLimit) this.#queue.push(reply);
    else this.#reject(reply, UNAVAILABLE);
  }

  #reject(reply: Reply, answer: Answer): void {
    const { rejectCost, serviceMs, workers } = this.#size;
    this.#debtMs = Math.min(this.#debtMs + rejectCost * serviceMs, workers * MAX_DEBT_MS);
    reply(answer);
  }

  #start(reply: Reply): void {
    // Every worker does its part of the rejecting.
    const dueMs = this.#debtMs / this.#size.workers;
    this.#debtMs -= dueMs;
    const busyMs = exponential(this.#service, this.#size.serviceMs) + dueMs;
    this.#inService.add(reply);
    this.#clock.after(busyMs, () => {
      // Not there any more: it was lost in a crash.
      if (!this.#inService.delete(reply)) return;
      reply({ kind: 'ok' });
      this.#startWaiting();
    });
  }

  #startWaiting(): void {
    while (this.#inService.size < this.#workers) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#start(waiting);
    }
  }

  #crash(): void {
    const lost = [...this.#inService, ...this.#queue.drain()];
    this.#inService.clear();
    this.#debtMs = 0;
    for (const reply of lost) reply({ kind: 'dropped' });
  }

  #isWithin(rps: number): boolean {
    const nowMs = this.#clock.nowMs();
    this.#quotaTokens = Math.min(rps, this.#quotaTokens + ((nowMs - this.#quotaFilledMs) * rps) / 1000);
    this.#quotaFilledMs = nowMs;
    if (this.#quotaTokens < 1) return false;
    this.#quotaTokens -= 1;
    return true;
  }
}

function tooMany(retryAfter: string): Answer {
  return { kind: 'status', status: 429, headers: { 'retry-after': retryAfter } };
}

/** `Array.shift` moves what is left; this does not. */
class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#items[this.#first++] = undefined;
    if (this.#first > 1000) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  drain(): Item[] {
    const rest = this.#items.slice(this.#first).filter((item) => item !== undefined);
    this.#items = [];
    this.#first = 0;
    return rest;
  }
}
