import type { Readable } from 'node:stream';
import type { ProgressSource } from './deadline.js';

/** Streams of Node and of the web, as bodies of requests and of responses. */

/** Something that can be ended from outside. */
export interface Destroyable {
  destroy(error?: Error): unknown;
}

/** The body of a response in the hands of its consumer. */
export interface StreamedBody extends ProgressSource {
  /** Whether all of it has arrived. */
  readonly isWhole: boolean;
  /** Whether somebody has begun to read it. */
  readonly isBegun: boolean;
  /** Bytes, or objects, that have arrived and were not read. */
  readonly unread: number;
  /** Closes the connection of a whole body. */
  release(): void;
}

/** Whether a value is a Node stream that can be read. */
export function isReadable(value: unknown): value is Readable {
  if (typeof value !== 'object' || value === null) return false;
  const { pipe, destroy }: { pipe?: unknown; destroy?: unknown } = value;
  return typeof pipe === 'function' && typeof destroy === 'function';
}

/** Whether a value is a stream of the web's kind, as axios' fetch adapter has them. */
export function isWebStream(value: unknown): value is ReadableStream<Uint8Array> {
  // jsdom has no such class.
  return typeof ReadableStream === 'function' && value instanceof ReadableStream;
}

/** Whether a body is read as it is sent: a Node stream, a stream of the web's kind, a form of the `form-data` package. */
export function isStreamLike(data: unknown): data is object {
  if (typeof data !== 'object' || data === null) return false;
  const { pipe, getReader }: { pipe?: unknown; getReader?: unknown } = data;
  return typeof pipe === 'function' || typeof getReader === 'function';
}

/** A response body of the web's kind that can be watched and ended from outside, while somebody reads it. */
export class WebBody implements StreamedBody {
  /** The consumer's, in place of the source. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #progress = 0;
  #isReading = false;
  #isBegun = false;
  /** Not known: its source does not tell. */
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

/** A failed response with more body than this is cheaper to lose with its connection than to read. */
const DRAIN_LIMIT_BYTES = 64 * 1024;

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

// Streams that requests of ours have begun to read. What is left of one is not the body that the caller means.

type Sent = WeakMap<object, Buffer | undefined>;

// On globalThis, because the CommonJS and the ES module copy of this package may meet the same stream.
const SENT = Symbol.for('axios-policy.sentStreams');

function sentStreams(): Sent {
  const holder = globalThis as { [SENT]?: Sent };
  holder[SENT] ??= new WeakMap();
  return holder[SENT];
}

/**
 * Remembers that a stream is handed to an adapter.
 *
 * @param bytes all of it, if it is a form that is in memory.
 */
export function noteSent(stream: object, bytes?: Buffer): void {
  sentStreams().set(stream, bytes);
}

/** Whether a request has read of a body, so that it is not whole any more, or somebody has read all of it. */
export function wasRead(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const { readableEnded }: Partial<Readable> = body;
  if (readableEnded === true) return true;
  return sentStreams().has(body) && !isUntouched(body);
}

/** All of a form that was sent, if it was in memory. */
export function bytesOfSent(form: object): Buffer | undefined {
  return sentStreams().get(form);
}

/** A request may fail before anybody looks at its body. Only Node's own streams tell. */
function isUntouched(stream: object): boolean {
  const { readableDidRead, readableFlowing, destroyed }: Partial<Readable> = stream;
  return readableDidRead === false && readableFlowing === null && destroyed === false;
}
