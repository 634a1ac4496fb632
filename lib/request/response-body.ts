import type { Readable } from 'node:stream';
import type { Exchange } from '../transport/exchange.js';
import { Standstill } from '../transport/timers.js';
import type { BodyLimits, Deadline, ExpiredLimit, ProgressSource } from './deadline.js';

/** At most this often is a body looked at. */
const MAX_INTERVAL_MS = 500;

/** How often within a limit, so that it is noticed at most a quarter too late. */
const CHECKS_PER_LIMIT = 4;

/** How long a body that has arrived whole may hold its connection while nothing of it is read. */
const UNREAD_MS = 1000;

/** The body of a response in the hands of its consumer. */
export interface StreamedBody extends ProgressSource {
  /** Whether all of it has arrived. */
  readonly isWhole: boolean;
  /** Whether somebody has begun to read it. */
  readonly isBegun: boolean;
  /** What has arrived and was not read. */
  readonly unread: number;
  /** Closes the connection of a whole body. */
  release(): void;
}

/**
 * The clocks of a body that somebody else reads. A slow consumer is not the peer's silence, but one that never comes
 * would hold its connection for ever.
 *
 * They keep no process alive: while something may still come, the connection does.
 */
export class BodyWatch {
  readonly #body: StreamedBody;
  readonly #limits: BodyLimits;
  readonly #deadline: Pick<Deadline, 'expire'>;
  readonly #soon: (callback: () => void) => void;
  readonly #silence: Standstill;
  readonly #forgotten = new Standstill(0);
  readonly #unread = new Standstill();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param deadline of the attempt, which ends with it.
   * @param soon calls back when the input that waits by then was read.
   */
  constructor(
    body: StreamedBody,
    limits: BodyLimits,
    deadline: Pick<Deadline, 'expire'>,
    soon: (callback: () => void) => void,
  ) {
    this.#body = body;
    this.#limits = limits;
    this.#deadline = deadline;
    this.#soon = soon;
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
      this.#soon(() => this.#confirm());
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

/** Whether a value is a stream of the web's kind, as axios' fetch adapter has them. */
export function isWebStream(value: unknown): value is ReadableStream<Uint8Array> {
  // jsdom has no such class.
  return typeof ReadableStream === 'function' && value instanceof ReadableStream;
}

/** A response body of the web's kind that can be watched and ended from outside, while somebody reads it. */
export class WebBody implements StreamedBody {
  /** What the consumer is given in place of the source. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #progress = 0;
  #isReading = false;
  #isBegun = false;
  /** Whoever brings it does not tell. */
  readonly isWhole = false;
  readonly unread = 0;

  /** @param onEnd called once, when nothing more will come: the body is whole, has failed, or nobody wants it. */
  constructor(source: ReadableStream<Uint8Array>, onEnd: () => void) {
    this.#reader = source.getReader();
    this.#onEnd = onEnd;
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => {
          this.#end();
          return this.#reader.cancel(reason);
        },
      },
      // Nothing is read that was not asked for: what the source holds back is the peer's to see.
      { highWaterMark: 0 },
    );
  }

  get progress(): number {
    return this.#progress;
  }

  get waitingForPeer(): boolean {
    return this.#isReading;
  }

  get isBegun(): boolean {
    return this.#isBegun;
  }

  release(): void {}

  /** Ends the body with an error. */
  destroy(error?: Error): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    this.#end();
    controller.error(error);
    this.#reader.cancel(error).catch(() => undefined);
  }

  async #pull(): Promise<void> {
    this.#isBegun = true;
    this.#isReading = true;
    try {
      const { done, value } = await this.#reader.read();
      this.#isReading = false;
      if (done) this.#close();
      else this.#deliver(value);
    } catch (error) {
      this.#controller?.error(error);
      this.#end();
    }
  }

  #deliver(chunk: Uint8Array): void {
    this.#progress += chunk.byteLength;
    this.#controller?.enqueue(chunk);
  }

  #close(): void {
    this.#controller?.close();
    this.#end();
  }

  #end(): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
    this.#isReading = false;
    this.#onEnd();
  }
}

/** A body of Node's kind, and the exchange that brings it. */
export class ReadableBody implements StreamedBody {
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

/** A failed response with more body than this is cheaper to lose with its connection than to read. */
const DRAIN_LIMIT_BYTES = 64 * 1024;

/** What can be ended from outside. */
export interface Destroyable {
  destroy(error?: Error): unknown;
}

/** Whether a value is a Node stream that can be read. */
export function isReadable(value: unknown): value is Readable {
  return (
    typeof (value as Readable | undefined)?.pipe === 'function' &&
    typeof (value as Readable).destroy === 'function'
  );
}

/**
 * Frees the connection of a failed `responseType: 'stream'` response before the request is tried again: a short body
 * is read to its end, so that the connection can be reused, a long one is destroyed. Left alone it would hold the
 * connection for ever, and starve a pool with a limit of sockets.
 *
 * @returns gives up on what has not arrived by then.
 */
export function releaseBody(data: unknown): () => void {
  if (isWebStream(data)) {
    data.cancel().catch(ignore);
    return ignore;
  }
  return isReadable(data) && !data.destroyed ? drain(data) : ignore;
}

function ignore(): void {}

// A function of its own, so that what it makes is made only for what has to be drained.
function drain(data: Readable): () => void {
  let received = 0;
  data.on('error', ignore);
  data.on('data', (chunk: Buffer | string) => {
    received += chunk.length;
    if (received > DRAIN_LIMIT_BYTES) data.destroy();
  });
  return () => void data.destroy();
}
