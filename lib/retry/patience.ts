/**
 * Origins that have asked for patience. What one response was told holds for every retry to its origin: else each
 * request finds out by itself, and a server that takes twenty requests a second rejects the others again and again.
 */

import { BoundedMap } from '../config/bounded-map.js';
import type { OutcomeKind } from '../config/types.js';
import { headerGetter, requestedDelayMs, spreadMs } from './headers.js';

const MAX_ORIGINS = 1000;
/** A longer wait is one client's quota rather than the state of the origin; the others ask for themselves after this. */
const LONGEST_MS = 5 * 60_000;

/** Statuses that speak of the server or a quota, whether they are retried or not. */
const OF_THE_ORIGIN: ReadonlySet<number | undefined> = new Set([429, 503]);

/** The response that may ask for patience. */
interface AskingResponse {
  readonly kind: OutcomeKind;
  readonly status: number | undefined;
  readonly headers: unknown;
}

interface Origin {
  untilMs: number;
}

/** Until when origins are to be left alone. */
export class Patience {
  readonly #nowMs: () => number;
  readonly #origins: BoundedMap<string, Origin>;
  /** The end of all waits; most policies never have one. */
  #untilMs = 0;

  /** @param nowMs a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#origins = new BoundedMap(MAX_ORIGINS, { maxIdleMs: LONGEST_MS, nowMs });
  }

  /** An origin asks to be left alone for so long. */
  ask(origin: string, delayMs: number): void {
    if (delayMs <= 0) return;
    const untilMs = this.#nowMs() + Math.min(delayMs, LONGEST_MS);
    const state = this.#of(origin);
    state.untilMs = Math.max(state.untilMs, untilMs);
    this.#untilMs = Math.max(this.#untilMs, untilMs);
  }

  /**
   * How long a server asks to wait before a retry: by this response, or by another one while that wait lasts. What this
   * response asks for is remembered.
   *
   * @param nowEpochMs the wall clock.
   * @param isRetried whether a status is one to retry.
   * @returns ms without jitter; `undefined` for nothing.
   */
  requestedMs(
    origin: string,
    { kind, status, headers }: AskingResponse,
    nowEpochMs: number,
    isRetried: (status: number) => boolean,
  ): number | undefined {
    const ownMs = requestedDelayMs(headerGetter(headers), nowEpochMs, status);
    return this.sharedMs(origin, { kind, status }, ownMs, isRetried);
  }

  /**
   * The same, of a response that was read already.
   *
   * @param ownMs what it asks for.
   */
  sharedMs(
    origin: string,
    { kind, status }: Pick<AskingResponse, 'kind' | 'status'>,
    ownMs: number | undefined,
    isRetried: (status: number) => boolean,
  ): number | undefined {
    const isForAll = () => OF_THE_ORIGIN.has(status) || (status !== undefined && isRetried(status));
    if (ownMs !== undefined && kind === 'status' && isForAll()) this.ask(origin, ownMs);
    const sharedMs = this.remainingMs(origin);
    return sharedMs > (ownMs ?? 0) ? sharedMs : ownMs;
  }

  /** How long an origin is still to be left alone, in ms; 0 if it is not. */
  remainingMs(origin: string): number {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#untilMs) return 0;
    return Math.max(0, this.#of(origin).untilMs - nowMs);
  }

  /**
   * For a retry whose sleep is over: how long it is to sleep on, because its origin has asked for patience meanwhile.
   *
   * @param mostMs what is left of `retryTimeout`.
   * @param random uniform in [0, 1), for the jitter.
   * @returns `undefined` for a wait that does not fit.
   */
  moreMs(origin: string, mostMs: number, random: () => number): number | undefined {
    const remainingMs = this.remainingMs(origin);
    return remainingMs > mostMs ? undefined : Math.min(spreadMs(remainingMs, random), mostMs);
  }

  #of(origin: string): Origin {
    return this.#origins.getOrMake(origin, () => ({ untilMs: 0 }));
  }
}
