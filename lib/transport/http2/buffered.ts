import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { IncomingHttpHeaders as Http2Headers } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FailedPlaces } from '../elsewhere.js';
import type { ConnectionChoice, QueueObserver } from '../observe.js';
import type { Origin } from '../target.js';
import type { ExchangeHandler, SessionSource } from './exchange.js';
import { Http2Exchange } from './exchange.js';
import type { ResponseHead } from './headers.js';
import { fieldsOf, http2HeadOf, RequestHead, rawFieldsOf } from './headers.js';
import type { Http2Target } from './options.js';
import { Http2Request } from './request.js';
import type { Http2Response } from './response.js';
import type { BodySink, StreamExchange } from './stream.js';

/** A request whose body is there as a whole, and whose response is wanted as a whole. */
export interface BufferedOptions extends Origin {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | undefined;
}

/** Told of the head of a response, if there is one, and of the end of the exchange, once. */
export interface BufferedReceiver {
  /** Told when all streams are taken. */
  readonly queue?: QueueObserver | undefined;
  /** The session it may have. */
  readonly connection: ConnectionChoice;
  /** Where the request failed before. */
  readonly failed?: FailedPlaces | undefined;
  /** @returns whether the body is to be collected; if not, {@link onStream} is called instead of {@link onBody}. */
  onHead(request: BufferedRequest, response: BufferedResponse): boolean;
  /** @param body in pieces; the array is the receiver's. */
  onBody(body: Buffer[]): void;
  /** The response as a stream, and a request to go with it, which is like one of `http.request`. */
  onStream(request: Http2Request, response: Http2Response): void;
  onError(error: Error, request: BufferedRequest): void;
  /** The server speaks HTTP/1.1 now; nothing was sent. */
  onHttp1(): void;
}

/** The origin of a buffered request. */
export interface BufferedOrigin extends SessionSource {
  readonly target: Http2Target;
  /** `User-Agent` of requests that have none. */
  readonly userAgent: string | undefined;
}

const NO_DIALING = {};

/**
 * A request over HTTP/2 without the streams that it and its response are for others: they cost more than the request
 * itself when there is nothing to stream. It has what is looked up on the `request` of a response or an error.
 */
export class BufferedRequest extends EventEmitter implements ExchangeHandler, BodySink {
  readonly #options: BufferedOptions;
  readonly #origin: BufferedOrigin;
  readonly #receiver: BufferedReceiver;
  readonly #exchange: Http2Exchange;
  readonly #pieces: Buffer[] = [];
  #response: BufferedResponse | undefined;
  /** The request that took over, because the response is not to be collected. */
  #streaming: Http2Request | undefined;
  #isAborted = false;
  #isOver = false;

  constructor(options: BufferedOptions, origin: BufferedOrigin, receiver: BufferedReceiver) {
    super();
    this.#options = options;
    this.#origin = origin;
    this.#receiver = receiver;
    const { connection, failed, queue } = receiver;
    this.#exchange = new Http2Exchange(this, origin, { connection, failed, queue, dialing: NO_DIALING });
  }

  /** The exchange that carries it. */
  get exchange(): Http2Exchange {
    return this.#exchange;
  }

  get method(): string {
    return this.#options.method;
  }

  get path(): string {
    return this.#options.path;
  }

  get host(): string {
    return this.#origin.target.hostname;
  }

  get protocol(): string {
    return this.#origin.target.protocol;
  }

  /** The body was given to the request when it was made. */
  get finished(): boolean {
    return true;
  }

  get writableEnded(): boolean {
    return true;
  }

  /** As for `ClientRequest`: given up before the response was whole. */
  get aborted(): boolean {
    return this.#isAborted;
  }

  /** Nothing more will happen. */
  get destroyed(): boolean {
    return this.#isOver;
  }

  /** As for `ClientRequest`: the session had served another request before. */
  get reusedSocket(): boolean {
    return this.#exchange.reusedSocket;
  }

  /** The response, once its head has arrived. */
  get res(): BufferedResponse | null {
    return this.#response ?? null;
  }

  /** The connection, for information; what could end it is out of reach. `undefined` before the response. */
  get socket(): Socket | undefined {
    return this.#exchange.socket;
  }

  get connection(): Socket | undefined {
    return this.socket;
  }

  getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.#head().get(name);
  }

  abort(): void {
    this.destroy();
  }

  /**
   * Sends the request, now or when there is room for it.
   *
   * @throws what `http.request` throws for what cannot be sent.
   */
  send(): void {
    this.#exchange.start();
  }

  /** Ends the exchange, with no word to the receiver. */
  destroy(): this {
    if (this.#isOver || this.#exchange.phase === 'complete') return this;
    this.#isAborted = true;
    this.#isOver = true;
    if (this.#streaming !== undefined) this.#streaming.destroy();
    else this.#exchange.cancel();
    return this;
  }

  get isCollecting(): boolean {
    return true;
  }

  get unreadBytes(): number {
    return 0;
  }

  get isBodyless(): boolean {
    return this.#options.body === undefined;
  }

  toHttp2(): OutgoingHttpHeaders {
    return http2HeadOf(this.#origin.target, this.#options, this.#origin.userAgent);
  }

  /** {@inheritDoc ExchangeHandler.onOpen} */
  onOpen(stream: StreamExchange): void {
    const { body } = this.#options;
    if (body !== undefined) stream.upload.send(body);
  }

  onInformation(): void {}

  /** {@inheritDoc ExchangeHandler.onResponse} */
  onResponse(head: ResponseHead, stream: StreamExchange): BodySink {
    this.#response = new BufferedResponse(head, this);
    return this.#receiver.onHead(this, this.#response) ? this : this.#stream(head, stream);
  }

  push(chunk: Buffer): boolean {
    this.#pieces.push(chunk);
    return true;
  }

  receiveTrailers(trailers: Http2Headers): void {
    this.#response?.receiveTrailers(trailers);
  }

  /** {@inheritDoc BodySink.finish} */
  finish(): void {
    if (this.#response !== undefined) this.#response.complete = true;
    this.#receiver.onBody(this.#pieces);
  }

  /** {@inheritDoc ExchangeHandler.onHttp1} */
  onHttp1(socket: TLSSocket | undefined): void {
    socket?.destroy();
    this.#isOver = true;
    this.#receiver.onHttp1();
  }

  /** {@inheritDoc ExchangeHandler.onError} */
  onError(error: Error): void {
    if (this.#response !== undefined) this.#response.aborted = true;
    this.#isOver = true;
    this.#receiver.onError(error, this);
  }

  /** {@inheritDoc ExchangeHandler.onClosed} */
  onClosed(): void {
    this.#isOver = true;
    this.emit('close');
  }

  #head(): RequestHead {
    return new RequestHead(this.#origin.target, this.#options, this.#origin.userAgent);
  }

  /** Goes on as a request whose response is read piece by piece. */
  #stream(head: ResponseHead, stream: StreamExchange): BodySink {
    const streaming = new Http2Request(this.#head(), this.#exchange);
    this.#streaming = streaming;
    streaming.once('response', (response: Http2Response) => this.#receiver.onStream(streaming, response));
    return this.#exchange.transfer(streaming, head, stream);
  }
}

/** The request of a response, as far as that asks it. */
interface ResponseRequest {
  readonly socket: Socket | undefined;
}

/** A response over HTTP/2 with what `IncomingMessage` has, but for the body: it is no stream. */
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
  readonly req: ResponseRequest;
  /** Set by whoever made the request, as redirect followers do. */
  responseUrl?: string;
  redirects?: unknown[];
  readonly #head: ResponseHead;
  #trailers: Http2Headers | undefined;

  constructor(head: ResponseHead, request: ResponseRequest) {
    this.statusCode = head.statusCode;
    this.statusMessage = STATUS_CODES[head.statusCode] ?? '';
    this.headers = head.headers;
    this.req = request;
    this.#head = head;
  }

  get rawHeaders(): string[] {
    return this.#head.rawHeaders;
  }

  get trailers(): IncomingHttpHeaders {
    return this.#trailers === undefined ? {} : fieldsOf(this.#trailers);
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
