import { MAX_TIMER_MS } from '../config/duration.js';
import { RETRY_OPTIONS } from '../config/options.js';
import type { LimitMs, ResolvedClient, ResolvedRequestPolicy } from '../config/resolved.js';
import type { CallRecord } from '../retry/record.js';
import type { QueueObserver } from '../transport/observe.js';
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

/**
 * The wait of an attempt for a connection of its own pool. The queue is the caller's own limit and says nothing of the
 * server, so the clocks of the attempt stand still; `retryTimeout` bounds the wait.
 */
export class QueueWait implements QueueObserver {
  readonly #record: CallRecord;
  readonly #deadline: Deadline;
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param limitMs from the initial request, in ms. */
  constructor(record: CallRecord, deadline: Deadline, limitMs: number) {
    this.#record = record;
    this.#deadline = deadline;
    this.#limitMs = limitMs;
  }

  /** {@inheritDoc QueueObserver.onQueued} */
  onQueued(): void {
    this.#record.queued();
    this.#deadline.pause();
    this.#look();
  }

  /** {@inheritDoc QueueObserver.onDequeued} @returns when that is, by the monotonic clock, in ms. */
  onDequeued(): number {
    this.stop();
    this.#record.dequeued();
    this.#deadline.resume();
    return performance.now();
  }

  /** The attempt is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const leftMs = this.#limitMs - this.#record.elapsedMs;
    // A timer is early by as long as the event loop had been busy when it was set.
    if (leftMs > 0) this.#timer = setTimeout(this.#look, Math.min(Math.ceil(leftMs), MAX_TIMER_MS));
    else this.#deadline.expire('queue', Math.round(this.#record.queuedMs));
  };
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

/** The longest wait in one's own queue where no option says: the default `retryTimeout`. */
const QUEUE_TIMEOUT_MS = RETRY_OPTIONS.retryTimeout.default;

/**
 * Until when an attempt may wait for a connection of its own pool, in ms since the initial request: `retryTimeout`,
 * also the default one where there are no retries, unless nobody wants a limit.
 */
export function queueLimitMs({ retry }: ResolvedRequestPolicy, { timeoutMs }: AttemptLimits): number {
  if (retry !== false && retry.retryTimeoutMs > 0) return retry.retryTimeoutMs;
  return timeoutMs === false ? Number.POSITIVE_INFINITY : QUEUE_TIMEOUT_MS;
}

/** The message of a limit that ran out, in axios' words where it has any. */
export function expiryMessage(limit: ExpiredLimit, limitMs: number): string {
  return limit === 'queue'
    ? `waited ${limitMs}ms for a free connection (retryTimeout)`
    : `${limit} of ${limitMs}ms exceeded`;
}
