import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import type { PolicyError } from '../../errors.js';
import type { Place } from '../elsewhere.js';
import { ResponseHead } from './headers.js';
import type { PooledSession } from './session.js';
import { Upload } from './upload.js';

/** Time before a reset: for the rest of a response, and for an upload that stands still and was answered already. */
const LINGER_MS = 1000;

/** An unwanted response is read up to this size rather than reset: redirects must not look like a rapid-reset attack. */
const DISCARD_BYTES = 64 * 1024;

/** The end of an exchange: `abandoned` is a response that its consumer did not want any more. */
export type StreamOutcome =
  | { readonly kind: 'whole' }
  | { readonly kind: 'failed'; readonly error: PolicyError }
  | { readonly kind: 'abandoned' };

/** Receiver of the body of a response. */
export interface BodySink {
  /** @returns whether more may come; if not, it has to be asked for by {@link StreamExchange.resume}. */
  push(chunk: Buffer): boolean;
  /** Takes the fields behind the body. */
  receiveTrailers(trailers: IncomingHttpHeaders): void;
  /** The body arrived whole. */
  finish(): void;
}

/** The owner of a stream. */
export interface StreamOwner {
  readonly method: string;
  /** Whether it takes a body as fast as it comes. */
  readonly isCollecting: boolean;
  onInformation(head: ResponseHead): void;
  /** @returns the receiver of the body. */
  onResponse(head: ResponseHead, stream: StreamExchange): BodySink;
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
  /** Whether the server ended the stream in order, with END_STREAM; `undefined` until it has ended somehow. */
  #endedInOrder: boolean | undefined;
  readonly #heardBefore: number;
  readonly #signsBefore: number;
  #head: ResponseHead | undefined;
  #sink: BodySink | undefined;
  /** Pieces that came before the head was told of. */
  #early: Buffer[] | undefined;
  #streamError: unknown;
  #received = 0;
  #upload: Upload | undefined;
  #isSettled = false;
  #isDiscarded = false;
  #linger: NodeJS.Timeout | undefined;
  #error: PolicyError | null = null;

  constructor(stream: ClientHttp2Stream, session: PooledSession, owner: StreamOwner) {
    this.#stream = stream;
    this.#session = session;
    this.#owner = owner;
    this.#heardBefore = session.liveness.framesHeard;
    this.#signsBefore = session.liveness.signsOfLife;
    this.#tap();
  }

  /** Where it runs. */
  get place(): Place {
    return this.#session;
  }

  /** The connection, without the means to end it. */
  get socket(): Socket | undefined {
    return this.#session.socket;
  }

  /** Nothing of any response came on the connection since this stream was opened. */
  get isConnectionSilent(): boolean {
    return this.#session.liveness.framesHeard === this.#heardBefore;
  }

  /** Bytes of body sent and received. */
  get progress(): number {
    return this.#received + (this.#upload?.sent ?? 0);
  }

  /** The request's body. */
  get upload(): Upload {
    this.#upload ??= new Upload(this.#stream, () => this.#linger?.refresh());
    return this.#upload;
  }

  /** The request waited too long. */
  onExpired(): void {
    if (this.#isSettled) return;
    if (this.#session.liveness.signsOfLife === this.#signsBefore) this.#session.retire();
    else this.#session.liveness.doubt();
  }

  /** Ends the exchange from this side. Nothing is reported any more. */
  cancel(): void {
    // Whoever gives up his requests himself would never learn by a timeout that nobody is there.
    if (!this.#isSettled && this.#session.liveness.signsOfLife === this.#signsBefore)
      this.#session.liveness.ask();
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
    const announced = Number(this.#head?.headers['content-length'] ?? 0);
    if (!this.#stream.writableEnded || announced - this.#received > DISCARD_BYTES) {
      this.#reset();
    } else {
      this.#startLinger();
      this.#stream.resume();
    }
  }

  /** The response's body may flow again. */
  resume(): void {
    this.#stream.resume();
  }

  /** Nobody wants the rest of the response any more. */
  abandon(): void {
    if (this.#isSettled) return;
    this.#settle({ kind: 'abandoned' });
    this.#reset();
  }

  /**
   * Learns what becomes of the stream by taking the place of its methods `emit` and `push`.
   *
   * Without `push` nothing tells whether a server ended a stream in order: a RST_STREAM with NO_ERROR in the middle of a
   * body looks exactly like the body's end (https://github.com/nodejs/node/blob/v20.x/lib/internal/http2/core.js,
   * `onStreamClose`), except that the stream is closed already when Node ends its readable side. And listeners, each of
   * which Node announces by an event, with the buffer in between, are a tenth of what a small request costs.
   */
  #tap(): void {
    const stream = this.#stream;
    const { emit, push } = stream;
    // No event of a stream has more arguments; gathered in an array, they would cost more than the event.
    stream.emit = (event: string, first?: unknown, second?: unknown, third?: unknown) => {
      this.#onEvent(event, first);
      return event === 'error' || emit.call(stream, event, first, second, third);
    };
    stream.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      if (chunk === null) this.#endedInOrder ??= !stream.closed;
      else if (this.#owner.isCollecting) {
        this.#receive(chunk);
        return true;
      }
      return push.call(stream, chunk, encoding);
    };
  }

  /** An event of the stream, before its listeners hear of it; an `error` is for nobody else. */
  #onEvent(event: string, argument: unknown): void {
    switch (event) {
      case 'headers':
      case 'response':
      case 'trailers':
        this.#session.liveness.heard();
        this.#onFields(event, argument as IncomingHttpHeaders);
        break;
      case 'end':
        this.#ended();
        // Closed by the server with NO_ERROR, it would wait for the rest of the request, which nobody takes any more.
        if (this.#stream.closed) this.#stream.destroy();
        break;
      case 'error':
        this.#streamError = argument;
        break;
      case 'close':
        this.#closed();
    }
  }

  #onFields(event: 'headers' | 'response' | 'trailers', received: IncomingHttpHeaders): void {
    if (event === 'trailers') this.#sink?.receiveTrailers(received);
    else if (event === 'headers') this.#owner.onInformation(new ResponseHead(received));
    else if (!this.#isSettled) this.#respond(new ResponseHead(received));
  }

  #respond(head: ResponseHead): void {
    this.#head = head;
    this.#session.answered(head.statusCode);
    const sink = this.#owner.onResponse(head, this);
    this.#sink = sink;
    for (const chunk of this.#early ?? []) sink.push(chunk);
    this.#early = undefined;
    if (this.#owner.isCollecting) this.#stream.read(0);
    // This lets it flow, read or not: a small body is then whole, and its stream gone, whoever reads it and when.
    else this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  #receive(chunk: Buffer): void {
    this.#received += chunk.length;
    this.#session.liveness.heard();
    if (this.#isDiscarded) {
      if (this.#received > DISCARD_BYTES) this.#reset();
      return;
    }
    this.#linger?.refresh();
    if (this.#sink !== undefined) {
      if (!this.#sink.push(chunk)) this.#stream.pause();
    } else if (this.#early === undefined) {
      this.#early = [chunk];
    } else {
      this.#early.push(chunk);
    }
  }

  #ended(): void {
    const head = this.#head;
    if (this.#isSettled || head === undefined || !this.#isWhole(head)) return;
    this.#finish();
    const { closed, writableFinished } = this.#stream;
    const hasBody = this.#upload !== undefined && this.#upload.sent > 0;
    if (closed || (writableFinished && !hasBody)) return;
    // The server answered before it had the whole body, if only its end is on its way still. After an error it wants no
    // more of it; otherwise it may well read on, and is given the rest for as long as it takes it.
    if (head.statusCode >= 400 && !writableFinished) this.#reset();
    else this.#startLinger();
  }

  /** With a length announced, that is what counts, as over HTTP/1.1; without, the end itself has to be right. */
  #isWhole(head: ResponseHead): boolean {
    const announced = head.announcedBytes(this.#owner.method);
    if (announced !== undefined) return this.#received === announced;
    return this.#endedInOrder !== false && this.#stream.rstCode === constants.NGHTTP2_NO_ERROR;
  }

  #closed(): void {
    clearTimeout(this.#linger);
    if (!this.#isSettled && this.#head?.announcedBytes(this.#owner.method) === this.#received) {
      // Reset behind the last byte, before Node told of the end.
      this.#finish();
    } else if (!this.#isSettled) {
      this.#error = this.#session.failureOf(this.#stream, this.#head !== undefined, this.#streamError);
      this.#settle({ kind: 'failed', error: this.#error });
    }
    this.#session.streamClosed(
      this.#head === undefined && this.#stream.rstCode === constants.NGHTTP2_REFUSED_STREAM,
    );
    this.#upload?.release(this.#error);
    this.#owner.onClosed();
  }

  #finish(): void {
    this.#settle({ kind: 'whole' });
    this.#sink?.finish();
  }

  #settle(outcome: StreamOutcome): void {
    this.#isSettled = true;
    this.#owner.onSettled(outcome);
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
}
