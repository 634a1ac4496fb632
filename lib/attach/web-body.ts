import type { StreamedBody } from './body-watch.js';

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
