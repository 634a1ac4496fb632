import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { PolicyError } from '../../errors.js';
import { EndWatch } from './end-watch.js';
import { type ResponseHead, responseHead } from './headers.js';
import { Http2Response } from './response.js';
import type { PooledSession } from './session.js';

/** How long a stream may go on without progress after its request is over, before it is reset. */
const LINGER_MS = 1000;

/** A body is sent in pieces of this size, so that the progress of a large one shows. */
const WRITE_BYTES = 64 * 1024;

/** What is read of an unwanted response rather than reset, so that redirects do not look like a rapid-reset attack. */
const DISCARD_BYTES = 64 * 1024;

/** How an exchange ended: `abandoned` is a response that its consumer destroyed. */
export type StreamOutcome =
  | { readonly kind: 'whole' }
  | { readonly kind: 'failed'; readonly error: PolicyError }
  | { readonly kind: 'abandoned' };

/** Whom a stream belongs to. */
export interface StreamOwner {
  readonly method: string;
  /** The request, as `IncomingMessage.req`. */
  readonly request: object;
  onInformation(head: ResponseHead): void;
  onResponse(response: Http2Response): void;
  /** The outcome is known; told once, and not after {@link StreamExchange.cancel}. */
  onSettled(outcome: StreamOutcome): void;
  /** The stream is gone; nothing of the request's body can be sent any more. */
  onClosed(): void;
}

/**
 * One request and its response on one stream.
 *
 * Success is declared here and only here: when the server ended the stream in order and sent as many bytes as it had
 * announced. Node's own events do not tell, since a stream that was reset or lost its connection ends like any other.
 */
export class StreamExchange {
  readonly #stream: ClientHttp2Stream;
  readonly #session: PooledSession;
  readonly #owner: StreamOwner;
  readonly #end: EndWatch;
  readonly #heardBefore: number;
  #response: Http2Response | undefined;
  #streamError: unknown;
  #received = 0;
  #sent = 0;
  #isSettled = false;
  #isDiscarded = false;
  #linger: NodeJS.Timeout | undefined;
  #error: PolicyError | null = null;
  #pendingWrite: ((error: Error | null) => void) | undefined;

  constructor(stream: ClientHttp2Stream, session: PooledSession, owner: StreamOwner) {
    this.#stream = stream;
    this.#session = session;
    this.#owner = owner;
    this.#heardBefore = session.framesHeard;
    this.#end = new EndWatch(stream);
    this.#listen();
  }

  /** The response, once its head has arrived. */
  get response(): Http2Response | undefined {
    return this.#response;
  }

  /** Whether nothing of any response came on the connection since this stream was opened. */
  get isConnectionSilent(): boolean {
    return this.#session.framesHeard === this.#heardBefore;
  }

  /** Bytes of body sent and received. */
  get progress(): number {
    return this.#sent + this.#received;
  }

  /** Sends a piece of the request's body; calls back when there is room for the next. */
  write(chunk: Buffer, callback: (error?: Error | null) => void): void {
    if (this.#stream.writableEnded || this.#stream.destroyed) {
      callback(null);
      return;
    }
    this.#pendingWrite = callback;
    this.#writeRest(chunk);
  }

  /** Ends the request's body. */
  end(callback: (error?: Error | null) => void): void {
    if (this.#stream.writableEnded || this.#stream.destroyed) callback(null);
    else this.#stream.end(() => callback(null));
  }

  /** Ends the exchange from this side. Nothing is reported any more. */
  cancel(): void {
    this.#isSettled = true;
    this.#reset();
  }

  /**
   * Lets go of a response nobody wants, such as that of a redirect: what is left of it is read if it is little and
   * comes soon, because a server counts resets as an attack (CVE-2023-44487).
   */
  discard(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#isDiscarded = true;
    const announced = Number(this.#response?.headers['content-length'] ?? 0);
    if (!this.#stream.writableEnded || announced - this.#received > DISCARD_BYTES) {
      this.#reset();
    } else {
      this.#startLinger();
      this.#stream.resume();
    }
  }

  #writeRest(rest: Buffer): void {
    const piece = rest.subarray(0, WRITE_BYTES);
    this.#stream.write(piece, (error) => {
      // Why it failed is known when the stream closes, and not before.
      if (error || this.#stream.writableEnded) return;
      this.#sent += piece.length;
      this.#linger?.refresh();
      if (piece.length < rest.length) this.#writeRest(rest.subarray(piece.length));
      else this.#releaseUpload(null);
    });
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on('headers', (headers) => {
      this.#session.heard();
      this.#owner.onInformation(responseHead(headers));
    });
    stream.once('response', (headers) => this.#respond(headers));
    stream.on('trailers', (trailers) => this.#response?.receiveTrailers(trailers));
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.once('end', () => this.#ended());
    stream.on('error', (error) => {
      this.#streamError = error;
    });
    stream.once('close', () => this.#closed());
    // Listening for data has started the flow, but there is no response yet to take it.
    stream.pause();
  }

  #respond(headers: Parameters<typeof responseHead>[0]): void {
    this.#session.heard();
    if (this.#isSettled) return;
    const exchange = this;
    this.#response = new Http2Response(headers, {
      request: this.#owner.request,
      get socket(): Socket | undefined {
        return exchange.#session.socket;
      },
      resume: () => void this.#stream.resume(),
      discard: () => this.#abandon(),
    });
    this.#owner.onResponse(this.#response);
    // Not only when it is read: a small body is then whole, and its stream gone, whoever reads it and when.
    this.#stream.resume();
  }

  #receive(chunk: Buffer): void {
    this.#received += chunk.length;
    this.#session.heard();
    this.#linger?.refresh();
    if (this.#isDiscarded) {
      if (this.#received > DISCARD_BYTES) this.#reset();
      return;
    }
    if (this.#response?.push(chunk) === false) this.#stream.pause();
  }

  #ended(): void {
    const response = this.#response;
    if (this.#isSettled || response === undefined || !this.#isWhole(response)) return;
    this.#settle({ kind: 'whole' });
    response.finish();
    if (this.#stream.writableFinished) return;
    // The server answered before it had the whole body. After an error it wants no more of it; otherwise it may well
    // read on, and is given the rest for as long as it takes it.
    if (response.statusCode >= 400) this.#reset();
    else this.#startLinger();
  }

  /** With a length announced, that is what counts, as over HTTP/1.1; without, the end itself has to be right. */
  #isWhole(response: Http2Response): boolean {
    const announced = response.announcedBytes(this.#owner.method);
    if (announced !== undefined) return this.#received === announced;
    return this.#end.inOrder !== false && this.#stream.rstCode === constants.NGHTTP2_NO_ERROR;
  }

  #closed(): void {
    clearTimeout(this.#linger);
    if (!this.#isSettled) {
      this.#error = this.#session.failureOf(this.#stream, this.#response !== undefined, this.#streamError);
      this.#settle({ kind: 'failed', error: this.#error });
    }
    this.#releaseUpload(this.#error);
    this.#owner.onClosed();
  }

  #settle(outcome: StreamOutcome): void {
    this.#isSettled = true;
    this.#owner.onSettled(outcome);
  }

  /** The consumer destroyed the response before its end. */
  #abandon(): void {
    if (this.#isSettled) return;
    this.#settle({ kind: 'abandoned' });
    this.#reset();
  }

  #reset(): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.close(constants.NGHTTP2_CANCEL);
    // Not read to its end, a stream that is closed would stay open to Node.
    stream.destroy();
  }

  #startLinger(): void {
    this.#linger = setTimeout(() => this.#reset(), LINGER_MS).unref();
  }

  #releaseUpload(error: Error | null): void {
    const callback = this.#pendingWrite;
    this.#pendingWrite = undefined;
    callback?.(error);
  }
}
