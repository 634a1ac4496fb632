import type { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';

/** Is told of the ends of a body. */
interface BodyWatcher {
  /** A response ended before the body was whole. */
  onCut(error: Error): void;
  /** Nothing more will be read: the body is whole, has failed, or nobody wants it. */
  onClosed(): void;
}

/** The part of the body that one response brings. */
export interface Piece {
  /** The body of the response, decoded, as axios has it. */
  readonly source: Readable;
  /** The response itself. */
  readonly message: IncomingMessage;
  /** Bytes in front that were delivered before. */
  readonly skip: number;
  /** Length of the whole body, decoded; `undefined` if it ends where a response does. */
  readonly length: number | undefined;
}

/** The fields of a streamed response that people read besides its bytes. */
type MessageView = Pick<
  IncomingMessage,
  | 'statusCode'
  | 'statusMessage'
  | 'headers'
  | 'rawHeaders'
  | 'httpVersion'
  | 'httpVersionMajor'
  | 'httpVersionMinor'
  | 'trailers'
  | 'rawTrailers'
  | 'url'
  | 'socket'
  | 'complete'
  | 'aborted'
>;

/**
 * One body made of the pieces of several responses. As a stream it behaves like the `IncomingMessage` it stands for,
 * and it has that one's properties.
 */
export class ResumableBody extends Readable implements MessageView {
  /** Whether the body ended before it was whole. */
  aborted = false;
  /** Whether the body arrived whole. */
  complete = false;
  readonly #watcher: BodyWatcher;
  readonly #first: IncomingMessage;
  #piece: Piece;
  #source: Readable | undefined;
  #skip = 0;
  #delivered = 0;
  #isWanted = false;
  #onWanted: (() => void) | undefined;

  constructor(first: Piece, watcher: BodyWatcher) {
    super({ highWaterMark: first.source.readableHighWaterMark });
    this.#watcher = watcher;
    this.#first = first.message;
    this.#piece = first;
    this.attach(first);
  }

  /** Bytes given to the consumer so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Goes on with another response. Nothing of it is read before the consumer asks for it. */
  attach(piece: Piece): void {
    const { source, skip } = piece;
    this.#piece = piece;
    this.#source = source;
    this.#skip = skip;
    finished(source, { writable: false }, (error) => this.#sourceEnded(source, error));
    if (this.#isWanted) this.#pull(source);
  }

  /** Whether the consumer has asked for more than there is. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /**
   * Calls back when the consumer asks for more than there is.
   *
   * @returns takes that back.
   */
  whenWanted(listener: () => void): () => void {
    this.#onWanted = listener;
    return () => {
      this.#onWanted = undefined;
    };
  }

  /** The body is whole. */
  finish(): void {
    this.#leave();
    this.complete = true;
    this.push(null);
  }

  override _read(): void {
    this.#isWanted = true;
    if (this.#source !== undefined) this.#pull(this.#source);
    this.#onWanted?.();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leave();
    if (!this.complete) {
      this.aborted = true;
      this.emit('aborted');
    }
    this.#watcher.onClosed();
    // As IncomingMessage: with nobody listening, an error must not end the process.
    process.nextTick(() => callback(this.listenerCount('error') > 0 ? error : null));
  }

  get statusCode() {
    return this.#first.statusCode;
  }

  get statusMessage() {
    return this.#first.statusMessage;
  }

  get headers() {
    return this.#first.headers;
  }

  get rawHeaders() {
    return this.#first.rawHeaders;
  }

  get headersDistinct() {
    return this.#first.headersDistinct;
  }

  get httpVersion() {
    return this.#first.httpVersion;
  }

  get httpVersionMajor() {
    return this.#first.httpVersionMajor;
  }

  get httpVersionMinor() {
    return this.#first.httpVersionMinor;
  }

  get url() {
    return this.#first.url;
  }

  /** Added by follow-redirects. */
  get responseUrl() {
    return (this.#first as { responseUrl?: string }).responseUrl;
  }

  /** Added by follow-redirects. */
  get redirects() {
    return (this.#first as { redirects?: unknown[] }).redirects;
  }

  get req() {
    return (this.#first as { req?: object }).req;
  }

  get trailers() {
    return this.#piece.message.trailers;
  }

  get rawTrailers() {
    return this.#piece.message.rawTrailers;
  }

  /** The connection of the response under way. */
  get socket() {
    return this.#piece.message.socket;
  }

  get connection() {
    return this.socket;
  }

  setTimeout(ms: number, callback?: () => void): this {
    this.#piece.message.setTimeout(ms, callback);
    return this;
  }

  #leave(): void {
    const source = this.#source;
    this.#source = undefined;
    source?.off('data', this.#take);
    source?.destroy();
  }

  #pull(source: Readable): void {
    if (source.listenerCount('data', this.#take) === 0) source.on('data', this.#take);
    source.resume();
  }

  readonly #take = (chunk: Buffer): void => {
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    const { length = Number.POSITIVE_INFINITY } = this.#piece;
    const wanted = chunk.subarray(skipped, skipped + length - this.#delivered);
    this.#delivered += wanted.length;
    if (wanted.length > 0 && !this.push(wanted)) {
      this.#isWanted = false;
      this.#source?.pause();
    }
    // A server that sends more than the rest would send it to the end.
    if (skipped + wanted.length < chunk.length) this.finish();
  };

  #sourceEnded(source: Readable, error: Error | null | undefined): void {
    if (source !== this.#source) return;
    source.off('data', this.#take);
    this.#source = undefined;
    const { length } = this.#piece;
    const isWhole = length === undefined ? !error && this.#skip === 0 : this.#delivered >= length;
    if (isWhole) this.finish();
    else this.#watcher.onCut(error ?? cutShort());
  }
}

/** As Node has it for a body that ends too early. */
function cutShort(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}
