import type { ClientHttp2Stream } from 'node:http2';

/** A body is sent in pieces of this size, so that the progress of a large one shows. */
const WRITE_BYTES = 64 * 1024;

type Callback = (error?: Error | null) => void;

/** The body of a request, on its way into a stream. */
export class Upload {
  readonly #stream: ClientHttp2Stream;
  readonly #onProgress: () => void;
  #sent = 0;
  #pending: Callback | undefined;

  constructor(stream: ClientHttp2Stream, onProgress: () => void) {
    this.#stream = stream;
    this.#onProgress = onProgress;
  }

  /** Bytes sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends the whole body, and ends it. */
  send(body: Buffer): void {
    if (body.length > WRITE_BYTES) this.write(body, () => this.end(() => undefined));
    // The last piece and the end are one frame then.
    else this.#stream.end(body, () => this.#progressed(body.length));
  }

  /** Sends a piece; calls back when there is room for the next. */
  write(chunk: Buffer, callback: Callback): void {
    if (this.#isOver) {
      callback(null);
      return;
    }
    this.#pending = callback;
    this.#writeRest(chunk);
  }

  /** Ends the body. */
  end(callback: Callback): void {
    if (this.#isOver) callback(null);
    else this.#stream.end(() => callback(null));
  }

  /** Lets go of who waits for room: the stream is gone. */
  release(error: Error | null): void {
    const callback = this.#pending;
    this.#pending = undefined;
    callback?.(error);
  }

  get #isOver(): boolean {
    return this.#stream.writableEnded || this.#stream.destroyed;
  }

  #writeRest(rest: Buffer): void {
    const piece = rest.subarray(0, WRITE_BYTES);
    this.#stream.write(piece, (error) => {
      // Why it failed is known when the stream closes, and not before.
      if (error || this.#stream.writableEnded) return;
      this.#progressed(piece.length);
      if (piece.length < rest.length) this.#writeRest(rest.subarray(piece.length));
      else this.release(null);
    });
  }

  #progressed(bytes: number): void {
    this.#sent += bytes;
    this.#onProgress();
  }
}
