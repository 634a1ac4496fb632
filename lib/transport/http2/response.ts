import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import type { IncomingHttpHeaders as Http2Headers } from 'node:http2';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { fieldsOf, type ResponseHead, rawFieldsOf } from './headers.js';
import type { BodySink } from './stream.js';

/** Sender of the body of a response. */
interface ResponseSource {
  readonly socket: Socket | undefined;
  /** The body may flow again. */
  resume(): void;
  /** Nobody wants the rest of the body. */
  abandon(): void;
}

/**
 * A response over HTTP/2, with what `IncomingMessage` has. It is not the stream itself, which ends as if all were well
 * when it was reset or its connection lost.
 */
export class Http2Response extends Readable implements BodySink {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly httpVersion = '2.0';
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;
  headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  trailers: IncomingHttpHeaders = {};
  rawTrailers: string[] = [];
  /** Whether the body arrived whole. */
  complete = false;
  /** Whether the body was cut short. */
  aborted = false;
  readonly req: object;
  readonly url = '';
  readonly #source: ResponseSource;

  /** @param request becomes `IncomingMessage.req`. */
  constructor({ statusCode, headers, rawHeaders }: ResponseHead, request: object, source: ResponseSource) {
    super();
    this.statusCode = statusCode;
    this.statusMessage = STATUS_CODES[statusCode] ?? '';
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.req = request;
    this.#source = source;
  }

  /** The connection; what could end it is out of reach, because others use it too. */
  get socket(): Socket | undefined {
    return this.#source.socket;
  }

  get connection(): Socket | undefined {
    return this.socket;
  }

  /** Without effect: time limits belong to the attempt, not to a connection that others use too. */
  setTimeout(): this {
    return this;
  }

  receiveTrailers(received: Http2Headers): void {
    this.trailers = fieldsOf(received);
    this.rawTrailers = rawFieldsOf(received);
  }

  /** The body arrived whole. */
  finish(): void {
    this.complete = true;
    this.push(null);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.complete) {
      this.aborted = true;
      this.#source.abandon();
    }
    // As IncomingMessage: with nobody listening, an error must not end the process. Whoever comes later finds it in
    // `errored`, and a stream that closed without an end.
    process.nextTick(() => callback(this.listenerCount('error') > 0 ? error : null));
  }
}
