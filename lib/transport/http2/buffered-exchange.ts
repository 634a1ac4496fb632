import type { IncomingHttpHeaders } from 'node:http2';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { PolicyError } from '../../errors.js';
import { Http2SessionError, Http2StreamError } from '../../errors.js';
import type { AnswerHead, Exchange, ExchangePhase } from '../exchange.js';
import type { ConnectionChoice, QueueObserver } from '../observe.js';
import { BufferedRequest } from './buffered-request.js';
import { BufferedResponse } from './buffered-response.js';
import type { ResponseHead } from './headers.js';
import { http2HeadOf, RequestHead } from './headers.js';
import type { Http2Target } from './options.js';
import type { Http2Request } from './request.js';
import type { Http2Response } from './response.js';
import type { PooledSession } from './session.js';
import type { SessionPool } from './session-pool.js';
import type { BodySink, StreamOutcome, StreamOwner } from './stream.js';
import { StreamExchange } from './stream.js';
import type { SessionWaiter } from './wiring.js';

/** A request whose body is there as a whole, and whose response is wanted as a whole. */
export interface BufferedOptions {
  readonly protocol: 'http:' | 'https:';
  /** Without the brackets of an IPv6 literal. */
  readonly hostname: string;
  /** Empty for the default port. */
  readonly port: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | undefined;
}

/** Told of the head of a response, if there is one, and of the end of the exchange, once. */
export interface BufferedReceiver {
  /** Told when all streams are taken. */
  readonly queue?: QueueObserver | undefined;
  /** Which session it may have. */
  readonly connection: ConnectionChoice;
  /** @returns whether the body is to be collected; if not, {@link onStream} is called instead of {@link onBody}. */
  onHead(request: BufferedRequest, response: BufferedResponse): boolean;
  /** @param body what came of it, in pieces; the array is the receiver's. */
  onBody(body: Buffer[]): void;
  /** The response as a stream, and a request to go with it, which is like one of `http.request`. */
  onStream(request: Http2Request, response: Http2Response): void;
  onError(error: Error, request: BufferedRequest): void;
  /** The server speaks HTTP/1.1 now; nothing was sent. */
  onHttp1(): void;
}

/** What buffered requests of one origin are sent by. */
export interface BufferedSource {
  readonly pool: SessionPool;
  readonly userAgent: string | undefined;
  /** The server refused a request over HTTP/2 and wants it over HTTP/1.1. */
  onHttp1Required(): void;
  /** A request with a head, that may take over. */
  streaming(head: RequestHead): Http2Request;
}

/**
 * A request and its response over HTTP/2 without the streams that both are for others: they cost more than the request
 * itself when there is nothing to stream.
 */
export class BufferedExchange implements Exchange, SessionWaiter, StreamOwner, BodySink {
  readonly dialing = {};
  readonly isCollecting = true;
  /** Whether it went out on a session that had served another request before. */
  isReused = false;
  /** Whether it was given up before the response was whole. */
  isAborted = false;
  /** Whether nothing more will happen. */
  isOver = false;
  /** What is shown of it. */
  readonly request: BufferedRequest;
  readonly #options: BufferedOptions;
  readonly #source: BufferedSource;
  readonly #receiver: BufferedReceiver;
  readonly #pieces: Buffer[] = [];
  #leave: (() => void) | undefined;
  #exchange: StreamExchange | undefined;
  #response: BufferedResponse | undefined;
  /** What took over. */
  #streaming: Http2Request | undefined;
  #failure: PolicyError | undefined;
  #isWhole = false;
  #foundIdle = false;

  constructor(options: BufferedOptions, source: BufferedSource, receiver: BufferedReceiver) {
    this.#options = options;
    this.#source = source;
    this.#receiver = receiver;
    this.request = new BufferedRequest(this);
  }

  get connection(): ConnectionChoice {
    return this.#receiver.connection;
  }

  get queue(): QueueObserver | undefined {
    return this.#receiver.queue;
  }

  get method(): string {
    return this.#options.method;
  }

  get path(): string {
    return this.#options.path;
  }

  get target(): Http2Target {
    return this.#source.pool.target;
  }

  /** The head of the request, for who wants to know it. */
  get head(): RequestHead {
    return new RequestHead(this.target, this.#options, this.#source.userAgent);
  }

  /** The response, once its head has arrived. */
  get response(): BufferedResponse | undefined {
    return this.#response;
  }

  /** The connection, without the means to end it. */
  get socket(): Socket | undefined {
    return this.#response === undefined ? undefined : this.#exchange?.socket;
  }

  get phase(): ExchangePhase {
    if (this.#streaming !== undefined) return this.#streaming.phase;
    if (this.#exchange === undefined) return 'connect';
    if (this.#isWhole) return 'complete';
    return this.#response === undefined ? 'sent' : 'response';
  }

  get neverProcessed(): boolean {
    const failure = this.#failure;
    const isHttp2Error = failure instanceof Http2StreamError || failure instanceof Http2SessionError;
    return isHttp2Error && failure.neverProcessed;
  }

  get answer(): AnswerHead | null | undefined {
    return this.#streaming === undefined ? this.#response : this.#streaming.answer;
  }

  get truncated(): boolean {
    if (this.#streaming !== undefined) return this.#streaming.truncated;
    return this.#response !== undefined && this.#failure !== undefined;
  }

  get lostKeepAliveRace(): boolean {
    // A session that others were using was not about to be closed for idleness.
    if (!this.#foundIdle || this.#response !== undefined) return false;
    return this.#failure?.code === 'ECONNRESET' && this.#exchange?.isConnectionSilent === true;
  }

  get progress(): number {
    if (this.#exchange === undefined) return 0;
    return this.#exchange.progress + (this.#response === undefined ? 1 : 2);
  }

  get waitingForPeer(): boolean {
    if (this.#streaming !== undefined) return this.#streaming.waitingForPeer;
    return this.#exchange !== undefined && !this.#isWhole;
  }

  /** Only a response that became a stream outlasts its attempt. */
  whenOver(callback: () => void): void {
    this.#streaming?.whenOver(callback);
  }

  release(): void {}

  onExpired(): void {
    this.#exchange?.onExpired();
  }

  letGo(): void {
    if (this.#streaming === undefined) this.cancel();
    else this.#streaming.letGo();
  }

  /**
   * Sends the request, now or when there is room for it.
   *
   * @throws what `http.request` throws for what cannot be sent.
   */
  send(): void {
    this.#leave = this.#source.pool.acquire(this);
  }

  /** Ends it, with no word to the receiver. */
  cancel(): void {
    if (this.isOver || this.#isWhole) return;
    this.isAborted = true;
    this.isOver = true;
    if (this.#streaming !== undefined) this.#streaming.destroy();
    else if (this.#exchange !== undefined) this.#exchange.cancel();
    else this.#leave?.();
  }

  /** {@inheritDoc SessionWaiter.onSession} */
  onSession(session: PooledSession): void {
    const { body } = this.#options;
    const isReused = session.openedStreams > 0;
    const { isWaking } = session;
    try {
      const head = http2HeadOf(this.target, this.#options, this.#source.userAgent);
      this.#exchange = new StreamExchange(session.open(head, body === undefined), session, this);
    } catch (error) {
      // The session ended this very moment; the pool knows by now, and nothing was sent.
      if (session.isUsable) this.onError(error as Error);
      else process.nextTick(() => this.isOver || this.send());
      return;
    }
    this.isReused = isReused;
    this.#foundIdle = isWaking;
    if (body !== undefined) this.#exchange.upload.send(body);
  }

  /** {@inheritDoc SessionWaiter.onHttp1} */
  onHttp1(socket: TLSSocket | undefined): void {
    socket?.destroy();
    this.isOver = true;
    this.#receiver.onHttp1();
  }

  /** {@inheritDoc SessionWaiter.onError} */
  onError(error: Error): void {
    this.isOver = true;
    this.#receiver.onError(error, this.request);
  }

  onInformation(): void {}

  /** {@inheritDoc StreamOwner.onResponse} */
  onResponse(head: ResponseHead): BodySink {
    this.#response = new BufferedResponse(head, this.request);
    return this.#receiver.onHead(this.request, this.#response) ? this : this.#stream(head);
  }

  push(chunk: Buffer): boolean {
    this.#pieces.push(chunk);
    return true;
  }

  receiveTrailers(trailers: IncomingHttpHeaders): void {
    this.#response?.receiveTrailers(trailers);
  }

  /** {@inheritDoc BodySink.finish} */
  finish(): void {
    if (this.#response !== undefined) this.#response.complete = true;
    this.#receiver.onBody(this.#pieces);
  }

  /** {@inheritDoc StreamOwner.onSettled} */
  onSettled(outcome: StreamOutcome): void {
    if (outcome.kind === 'whole') {
      this.#isWhole = true;
    } else if (outcome.kind === 'failed') {
      const { error } = outcome;
      this.#failure = error;
      if (this.#response !== undefined) this.#response.aborted = true;
      if (error instanceof Http2StreamError && error.http2Code === constants.NGHTTP2_HTTP_1_1_REQUIRED)
        this.#source.onHttp1Required();
      this.onError(error);
    }
  }

  /** {@inheritDoc StreamOwner.onClosed} */
  onClosed(): void {
    this.isOver = true;
    this.request.emit('close');
  }

  #stream(head: ResponseHead): BodySink {
    const streaming = this.#source.streaming(this.head);
    this.#streaming = streaming;
    streaming.reusedSocket = this.isReused;
    streaming.once('response', (response: Http2Response) => this.#receiver.onStream(streaming, response));
    return streaming.takeOver(this.#exchange as StreamExchange, head);
  }
}
