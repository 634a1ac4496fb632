import { MAX_TIMER_MS } from '../config/duration.js';
import type { LimitMs, ResolvedClient, ResolvedRequestPolicy } from '../config/resolved.js';
import { isLate, Standstill } from '../transport/timers.js';
import type { RequestConfig } from './axios.js';

/** A limit that ran out. */
export type ExpiredLimit = 'timeout' | 'readTimeout' | 'queue';

/** Evidence that something moves on a connection. */
export interface ProgressSource {
  /** A count that changes with every byte. */
  readonly progress: number;
  /** Whether it is the peer's turn; a slow consumer is not the peer's silence. */
  readonly waitingForPeer: boolean;
}

/** Looks for silence per limit: it is noticed at most a quarter too late, and never too early. */
const CHECKS_PER_LIMIT = 4;

/** Turns of the event loop for a process that stood still, to read the input that has arrived. */
const CATCH_UP_TURNS = 3;

/** Whose attempt a {@link Deadline} bounds. */
export interface DeadlineOwner {
  /** Whether nothing of it could be sent by now. */
  readonly isConnecting: boolean;
  /** A limit ran out. */
  onExpire(limit: ExpiredLimit, limitMs: number): void;
  /** Calls back when the input that waits by now was read. */
  afterPendingIo(callback: () => void): void;
}

/** The clocks of one attempt: one for the whole of it, one for silence. Whichever runs out first ends both. */
export class Deadline {
  readonly #owner: DeadlineOwner;
  #whole: NodeJS.Timeout | undefined;
  #wholeMs: LimitMs = false;
  #sinceMs = 0;
  #pausedMs: number | undefined;
  #silence: NodeJS.Timeout | undefined;
  #expired: ExpiredLimit | undefined;
  #hasArrived: (() => boolean) | undefined;

  constructor(owner: DeadlineOwner) {
    this.#owner = owner;
  }

  /** The limit that ran out, if one did. */
  get expired(): ExpiredLimit | undefined {
    return this.#expired;
  }

  /** Time that the attempt has spent, in ms. */
  get spentMs(): number {
    return (this.#pausedMs ?? performance.now()) - this.#sinceMs;
  }

  /**
   * Bounds the attempt as a whole, from now.
   * @param spentMs what of it was spent before.
   * @returns when that is, by the monotonic clock, in ms.
   */
  limitWhole(limitMs: LimitMs, spentMs = 0): number {
    clearTimeout(this.#whole);
    this.#wholeMs = limitMs;
    const nowMs = performance.now();
    this.#sinceMs = nowMs - spentMs;
    this.#startWhole(spentMs);
    return nowMs;
  }

  /** Stops the clock of the whole attempt until {@link resume}. */
  pause(): void {
    clearTimeout(this.#whole);
    this.#pausedMs ??= performance.now();
  }

  /** Goes on after {@link pause}. */
  resume(): void {
    if (this.#pausedMs === undefined) return;
    const { spentMs } = this;
    this.#pausedMs = undefined;
    this.#sinceMs = performance.now() - spentMs;
    this.#startWhole(spentMs);
  }

  /**
   * Bounds silence, from now.
   *
   * Silence is sampled, not listened for: a listener per chunk would cost every request, and cannot see a body that
   * nobody reads.
   */
  limitSilence(limitMs: LimitMs, limit: ExpiredLimit, source: () => ProgressSource | undefined): void {
    this.endSilence();
    if (limitMs === false) return;
    const standstill = new Standstill(source()?.progress);
    // Looks, and says whether there has been silence for too long.
    const look = (): boolean => {
      const current = source();
      return standstill.lookMs(current?.progress, current?.waitingForPeer === true) >= limitMs;
    };
    const check = () => {
      if (!look()) return;
      // Timers run before input is read. After a blocked event loop there may be some that is to be read right now.
      this.#owner.afterPendingIo(() => {
        if (this.#silence === silence && look()) this.expire(limit, limitMs);
      });
    };
    const silence = setInterval(check, Math.max(1, limitMs / CHECKS_PER_LIMIT));
    this.#silence = silence;
  }

  /** Ends the watch for silence. */
  endSilence(): void {
    clearInterval(this.#silence);
    this.#silence = undefined;
  }

  /**
   * The attempt goes on as a body in the hands of its consumer: its clock keeps no process alive any more, and has no
   * meaning once the body has arrived.
   *
   * @param isLimited whether the clock of the whole attempt goes on.
   */
  followBody(isLimited: boolean, hasArrived: () => boolean): void {
    this.endSilence();
    if (!isLimited) clearTimeout(this.#whole);
    this.#hasArrived = hasArrived;
    // A browser's timer is a number.
    this.#whole?.unref?.();
  }

  /** Stops both clocks. */
  stop(): void {
    clearTimeout(this.#whole);
    this.#whole = undefined;
    this.endSilence();
  }

  #startWhole(spentMs: number): void {
    const limitMs = this.#wholeMs;
    if (limitMs === false) return;
    this.#whole = setTimeout(() => this.#wholeOver(limitMs), Math.max(0, limitMs - spentMs));
  }

  #wholeOver(limitMs: number): void {
    if (isLate(this.#sinceMs + limitMs)) this.#catchUp(limitMs, this.#owner.isConnecting, CATCH_UP_TURNS);
    else this.expire('timeout', limitMs);
  }

  /** The process stood still: first it reads what there is. If that is the connection, it had no time for the request. */
  #catchUp(limitMs: number, wasConnecting: boolean, turns: number): void {
    const whole = this.#whole;
    this.#owner.afterPendingIo(() => {
      if (this.#whole !== whole) return;
      if (wasConnecting && !this.#owner.isConnecting)
        this.#whole = setTimeout(() => this.expire('timeout', limitMs), limitMs);
      else if (turns > 1) this.#catchUp(limitMs, wasConnecting, turns - 1);
      else this.expire('timeout', limitMs);
    });
  }

  /** Ends the attempt because of a limit. */
  expire(limit: ExpiredLimit, limitMs: number): void {
    this.stop();
    if (this.#hasArrived?.()) return;
    this.#expired = limit;
    this.#owner.onExpire(limit, limitMs);
  }
}

/** The source of a timeout: set for the policy, set for axios, or the default. */
type TimeoutSource = 'policy' | 'axios' | 'default';

/** The clocks that apply to one attempt. */
export interface AttemptLimits {
  /** For the whole attempt, or up to the response headers of a stream: see `bodyLimitsOf`. */
  readonly timeoutMs: LimitMs;
  readonly timeoutBy: TimeoutSource;
  /** For silence. */
  readonly readTimeoutMs: LimitMs;
}

/** axios' own `timeout` as axios reads it: 0 for none, `NaN` for one that axios refuses. */
export function axiosTimeoutMs({ timeout }: Pick<RequestConfig, 'timeout'>): number {
  return timeout ? Number.parseInt(String(timeout), 10) : 0;
}

/** The limits of a request: `policy.timeout` of the request, else axios' own `timeout`, else `client.timeout`. */
export function limitsOf(
  config: RequestConfig,
  settings: ResolvedRequestPolicy,
  client: ResolvedClient,
): AttemptLimits {
  const axiosMs = axiosTimeoutMs(config);
  const readTimeoutMs = settings.readTimeoutMs ?? client.readTimeoutMs;
  if (settings.timeoutMs !== undefined)
    return { timeoutMs: settings.timeoutMs, timeoutBy: 'policy', readTimeoutMs };
  if (axiosMs > 0) return { timeoutMs: Math.min(axiosMs, MAX_TIMER_MS), timeoutBy: 'axios', readTimeoutMs };
  const timeoutBy = client.timeoutIsDefault ? 'default' : 'policy';
  return { timeoutMs: client.timeoutMs, timeoutBy, readTimeoutMs };
}

/** The message of a limit that ran out, in axios' words where it has any. */
export function expiryMessage(limit: ExpiredLimit, limitMs: number): string {
  return limit === 'queue'
    ? `waited ${limitMs}ms for a free connection (retryTimeout)`
    : `${limit} of ${limitMs}ms exceeded`;
}

/**
 * The signal of one attempt: aborted by the caller's own signal, or by us when a limit runs out. Followed by hand,
 * because `AbortSignal.any` is slower and leaves its listener on a long-lived signal until garbage collection.
 */
export class AttemptSignal {
  readonly #source: RequestConfig['signal'];
  /** Follows the source, if there is one. */
  readonly #onSourceAbort: (() => void) | undefined;
  /** Made when somebody needs a real one; most attempts do not. */
  #controller: AbortController | undefined;
  #listener: (() => void) | undefined;
  #aborted = false;
  #reason: unknown;

  constructor(source: RequestConfig['signal']) {
    this.#source = source;
    if (source == null) return;
    this.#onSourceAbort = () => this.abort((source as Partial<AbortSignal>).reason);
    if (source.aborted) this.#onSourceAbort();
    else source.addEventListener?.('abort', this.#onSourceAbort);
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** As axios takes it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether a config carries this signal. */
  isOf(config: Pick<RequestConfig, 'signal'> | undefined): boolean {
    return this.#controller !== undefined && config?.signal === this.#controller.signal;
  }

  abort(reason?: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#listener?.();
  }

  /** Calls back when it is aborted, or at once if it is; one listener at a time, `undefined` for none. */
  set onAbort(listener: (() => void) | undefined) {
    this.#listener = listener;
    if (this.#aborted) listener?.();
  }

  /** Stops following the caller's signal. */
  release(): void {
    this.#source?.removeEventListener?.('abort', this.#onSourceAbort);
  }
}
