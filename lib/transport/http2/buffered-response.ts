import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import type { IncomingHttpHeaders as Http2Headers } from 'node:http2';
import type { Socket } from 'node:net';
import type { BufferedRequest } from './buffered-request.js';
import { fieldsOf, type ResponseHead, rawFieldsOf } from './headers.js';

/** What `IncomingMessage` says of a response over HTTP/2, without its body. */
export class BufferedResponse {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly httpVersion = '2.0';
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;
  readonly headers: IncomingHttpHeaders;
  /** Whether the body arrived whole. */
  complete = false;
  /** Whether the body was cut short. */
  aborted = false;
  readonly req: BufferedRequest;
  /** Set by whoever made the request, as redirect followers do. */
  responseUrl?: string;
  redirects?: unknown[];
  readonly #head: ResponseHead;
  #trailers: Http2Headers | undefined;

  constructor(head: ResponseHead, request: BufferedRequest) {
    this.statusCode = head.statusCode;
    this.statusMessage = STATUS_CODES[head.statusCode] ?? '';
    this.headers = head.headers;
    this.req = request;
    this.#head = head;
  }

  get rawHeaders(): string[] {
    return this.#head.rawHeaders;
  }

  get trailers(): NodeJS.Dict<string> {
    return (this.#trailers === undefined ? {} : fieldsOf(this.#trailers)) as NodeJS.Dict<string>;
  }

  get rawTrailers(): string[] {
    return this.#trailers === undefined ? [] : rawFieldsOf(this.#trailers);
  }

  /** The connection; what could end it is out of reach, because others use it too. */
  get socket(): Socket | undefined {
    return this.req.socket;
  }

  get connection(): Socket | undefined {
    return this.socket;
  }

  receiveTrailers(received: Http2Headers): void {
    this.#trailers = received;
  }
}
