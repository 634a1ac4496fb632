import type { Readable } from 'node:stream';
import type { LimitMs } from '../config/resolved.js';
import type { Attempt, Exchange } from '../transport/exchange.js';
import { Standstill } from '../transport/timers.js';
import type { AxiosErrors, AxiosResponse, RequestConfig } from './axios.js';
import type { AttemptLimits, AttemptSignal, Deadline, ExpiredLimit } from './deadline.js';
import type { PolicyContext } from './platform.js';
import type { Destroyable, StreamedBody } from './streams.js';
import { isReadable, isWebStream, WebBody } from './streams.js';

/** At most this often is a body looked at. */
const MAX_INTERVAL_MS = 500;

/** Looks per limit, so that its end is noticed at most a quarter too late. */
const CHECKS_PER_LIMIT = 4;

/** A body that has arrived whole may hold its connection for so long while nothing of it is read. */
const UNREAD_MS = 1000;

/**
 * The clocks of a body that somebody else reads. A slow consumer is not the peer's silence, but one that never comes
 * would hold its connection for ever.
 *
 * They keep no process alive: while something may still come, the connection does.
 */
class BodyWatch {
  readonly #body: StreamedBody;
  readonly #limits: BodyLimits;
  readonly #deadline: Pick<Deadline, 'expire'>;
  readonly #afterPendingIo: (callback: () => void) => void;
  readonly #silence: Standstill;
  readonly #forgotten = new Standstill(0);
  readonly #unread = new Standstill();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param deadline of the attempt, which ends with it.
   * @param afterPendingIo calls back when the input that waits by then was read.
   */
  constructor(
    body: StreamedBody,
    limits: BodyLimits,
    deadline: Pick<Deadline, 'expire'>,
    afterPendingIo: (callback: () => void) => void,
  ) {
    this.#body = body;
    this.#limits = limits;
    this.#deadline = deadline;
    this.#afterPendingIo = afterPendingIo;
    this.#silence = new Standstill(body.progress);
    const everyMs = (limits.silence?.limitMs ?? Number.POSITIVE_INFINITY) / CHECKS_PER_LIMIT;
    this.#timer = setInterval(() => this.#check(), Math.max(1, Math.min(everyMs, MAX_INTERVAL_MS)));
    // A browser's is a number.
    this.#timer.unref?.();
  }

  /** Nothing more will come. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const body = this.#body;
    if (body.isWhole) {
      if (this.#unread.lookMs(body.unread, true) < UNREAD_MS) return;
      this.stop();
      body.release();
    } else if (this.#expired() !== undefined) {
      // Timers run before input is read. After a blocked event loop there may be some that is to be read right now.
      this.#afterPendingIo(() => this.#confirm());
    }
  }

  #confirm(): void {
    const expired = this.#timer === undefined || this.#body.isWhole ? undefined : this.#expired();
    if (expired === undefined) return;
    this.stop();
    this.#deadline.expire(expired.limit, expired.limitMs);
  }

  #expired(): { readonly limit: ExpiredLimit; readonly limitMs: number } | undefined {
    const { silence, unreadMs } = this.#limits;
    const { progress, waitingForPeer, isBegun } = this.#body;
    const silentMs = this.#silence.lookMs(progress, waitingForPeer);
    if (silence !== undefined && silentMs >= silence.limitMs) return silence;
    const forgottenMs = this.#forgotten.lookMs(0, !isBegun);
    if (unreadMs === false || forgottenMs < Math.max(unreadMs, UNREAD_MS)) return undefined;
    return { limit: 'timeout', limitMs: unreadMs };
  }
}

/** The clocks of a body that is streamed. */
interface BodyLimits {
  /** Whether the clock of the whole attempt goes on. */
  readonly whole: boolean;
  /** The longest silence of the peer. */
  readonly silence: { readonly limit: ExpiredLimit; readonly limitMs: number } | undefined;
  /** Time for the consumer to begin. */
  readonly unreadMs: LimitMs;
}

/**
 * The limits of a body that is streamed. A timeout that was chosen for the policy covers it whole. axios' own ends at the
 * headers, as in axios, and is the longest silence from there on; so is the default, unless there is a `readTimeout`.
 */
function bodyLimitsOf({ timeoutMs, timeoutBy, readTimeoutMs }: AttemptLimits): BodyLimits {
  const byRead =
    readTimeoutMs === false ? undefined : ({ limit: 'readTimeout', limitMs: readTimeoutMs } as const);
  if (timeoutBy === 'policy' || timeoutMs === false)
    return { whole: timeoutBy === 'policy', silence: byRead, unreadMs: false };
  const isReadFirst = byRead !== undefined && (timeoutBy === 'default' || byRead.limitMs < timeoutMs);
  const silence = isReadFirst ? byRead : ({ limit: 'timeout', limitMs: timeoutMs } as const);
  return { whole: false, silence, unreadMs: timeoutMs };
}

/** A body of Node's kind, and the exchange that brings it. */
class ReadableBody implements StreamedBody {
  readonly #stream: Readable;
  readonly #exchange: Exchange;

  constructor(stream: Readable, exchange: Exchange) {
    this.#stream = stream;
    this.#exchange = exchange;
  }

  get progress(): number {
    return this.#exchange.progress;
  }

  get waitingForPeer(): boolean {
    return this.#exchange.waitingForPeer;
  }

  get isWhole(): boolean {
    return this.#exchange.phase === 'complete';
  }

  get isBegun(): boolean {
    return this.#stream.readableFlowing !== null || this.#stream.readableDidRead;
  }

  get unread(): number {
    return this.#stream.readableLength;
  }

  release(): void {
    this.#exchange.release();
  }
}

/** An attempt whose response has come. */
export interface BodyOwner {
  readonly config: RequestConfig;
  readonly context: PolicyContext;
  readonly errors: AxiosErrors;
  readonly observed: Attempt;
  readonly signal: AttemptSignal;
  readonly limits: AttemptLimits;
  readonly deadline: Deadline;
  cancel(): void;
  /** Nothing more will come of the body. */
  bodyEnded(): void;
  /** Nothing more will come of its connection. */
  stopClocks(): void;
}

/** A body that is streamed, under the clocks of its attempt until it has ended. */
export class GuardedBody {
  readonly #owner: BodyOwner;
  readonly #body: Destroyable;
  readonly #watch: BodyWatch | undefined;

  constructor(owner: BodyOwner, body: Destroyable, streamed: StreamedBody | undefined) {
    const { activity, platform } = owner.context;
    this.#owner = owner;
    this.#body = body;
    const limits = bodyLimitsOf(owner.limits);
    owner.deadline.followBody(limits.whole, () => streamed?.isWhole === true);
    if (owner.observed.exchange === undefined) activity.unawait(owner);
    if (streamed !== undefined)
      this.#watch = new BodyWatch(streamed, limits, owner.deadline, platform.afterPendingIo);
  }

  /** Begins to follow a body of Node's kind; its owner may be told at once that it has ended. */
  follow(): void {
    const owner = this.#owner;
    if (!isReadable(this.#body)) return;
    owner.context.platform.whenEnded(this.#body, () => owner.bodyEnded());
    // An unread body never ends, also if all of it is there and its connection gone.
    owner.observed.exchange?.whenOver(() => owner.stopClocks());
  }

  /** Ends the body with an error. */
  destroy(error?: Error): void {
    this.#body.destroy(error);
  }

  /** Stops its clocks. */
  stop(): void {
    this.#watch?.stop();
  }
}

/** Puts the body of a response under guard; `undefined` if it is none that is streamed. */
export function guardBody(owner: BodyOwner, response: AxiosResponse): GuardedBody | undefined {
  const data: unknown = response.data;
  const { exchange } = owner.observed;
  if (isReadable(data)) return new GuardedBody(owner, data, exchange && new ReadableBody(data, exchange));
  if (owner.config.responseType !== 'stream' || !isWebStream(data)) return undefined;
  const body = new WebBody(data, () => owner.bodyEnded());
  owner.signal.onAbort = () => body.destroy(owner.errors.canceled(owner.config, response.request));
  response.data = body.stream;
  return new GuardedBody(owner, body, body);
}
