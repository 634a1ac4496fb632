import type { OutgoingHttpHeaders } from 'node:http';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { PolicyError } from '../../errors.js';
import { Http2SessionError, Http2StreamError } from '../../errors.js';
import type { ConnectionTimes } from '../connection-times.js';
import type { FailedPlaces, Place } from '../elsewhere.js';
import type { AnswerHead, Exchange, ExchangePhase } from '../exchange.js';
import type { ConnectionChoice, QueueObserver } from '../observe.js';
import type { ResponseHead } from './headers.js';
import type { PooledSession } from './session.js';
import type { SessionDemands, SessionWaiter } from './session-choice.js';
import type { BodySink, StreamOutcome, StreamOwner } from './stream.js';
import { StreamExchange } from './stream.js';

/** Source of the sessions of one origin. */
export interface SessionSource {
  /** @returns takes the request back. */
  acquire(waiter: SessionWaiter): () => void;
  /** The server refused a request over HTTP/2 and wants it over HTTP/1.1. */
  onHttp1Required(): void;
}

/** The request that an exchange carries: one that is written and read piece by piece, or one that is there as a whole. */
export interface ExchangeHandler {
  readonly method: string;
  /** It takes a body as fast as it comes. */
  readonly isCollecting: boolean;
  /** Bytes of the response that arrived and were not read yet. */
  readonly unreadBytes: number;
  /** The head is all there is to send. */
  readonly isBodyless: boolean;
  /**
   * The header fields to send.
   *
   * @throws what `http.request` throws for what cannot be sent.
   */
  toHttp2(): OutgoingHttpHeaders;
  /** The head is sent, and the body may follow. */
  onOpen(stream: StreamExchange): void;
  onInformation(head: ResponseHead): void;
  /** @returns the receiver of the body. */
  onResponse(head: ResponseHead, stream: StreamExchange): BodySink;
  /** The server chose HTTP/1.1; nothing was sent. */
  onHttp1(socket: TLSSocket | undefined): void;
  /** There is no session, or no stream on it, or the response failed. */
  onError(error: Error): void;
  /** The stream is gone. */
  onClosed(): void;
  destroy(): void;
}

/**
 * One request and its response over HTTP/2, from the wait for a session to the end of the stream: what can be observed
 * of it, whatever shape request and response have for those who made it.
 */
export class Http2Exchange implements Exchange, SessionWaiter, StreamOwner {
  readonly connection: ConnectionChoice;
  readonly dialing: object;
  readonly queue: QueueObserver | undefined;
  readonly failed: FailedPlaces | undefined;
  /** It went out on a session that had served another request before. */
  reusedSocket = false;
  /** {@inheritDoc SessionWaiter.connecting} */
  connecting: ConnectionTimes | undefined;
  /** {@inheritDoc Exchange.handedMs} */
  handedMs = 0;
  /** {@inheritDoc Exchange.headMs} */
  headMs = 0;
  #handler: ExchangeHandler;
  readonly #source: SessionSource;
  #leave: (() => void) | undefined;
  #stream: StreamExchange | undefined;
  #head: ResponseHead | undefined;
  #failure: PolicyError | undefined;
  /** Where the connection that it waited for could not be made. */
  #failedPlace: Place | undefined;
  #foundIdle = false;
  #isWhole = false;
  #isCancelled = false;
  #isClosed = false;
  #onOver: (() => void) | undefined;

  constructor(handler: ExchangeHandler, source: SessionSource, demands: SessionDemands) {
    this.#handler = handler;
    this.#source = source;
    this.connection = demands.connection;
    this.dialing = demands.dialing;
    this.queue = demands.queue;
    this.failed = demands.failed;
  }

  get method(): string {
    return this.#handler.method;
  }

  get isCollecting(): boolean {
    return this.#handler.isCollecting;
  }

  /** The connection, without the means to end it; `undefined` before the response. */
  get socket(): Socket | undefined {
    return this.#head === undefined ? undefined : this.#stream?.socket;
  }

  get place(): Place | undefined {
    return this.#stream?.place ?? this.#failedPlace;
  }

  get isMisdirected(): boolean {
    return this.#head?.statusCode === 421;
  }

  get connectionTimes(): ConnectionTimes | undefined {
    return this.connecting;
  }

  // Others may have used a session before, that was made while this one waited: its moments tell.
  get isReused(): boolean {
    return this.#stream !== undefined && this.connecting === undefined;
  }

  get phase(): ExchangePhase {
    if (this.#stream === undefined) return 'connect';
    if (this.#isWhole) return 'complete';
    return this.#head === undefined ? 'sent' : 'response';
  }

  get neverProcessed(): boolean {
    const failure = this.#failure;
    const isHttp2Error = failure instanceof Http2StreamError || failure instanceof Http2SessionError;
    return isHttp2Error && failure.neverProcessed;
  }

  get answer(): AnswerHead | undefined {
    return this.#head;
  }

  get truncated(): boolean {
    return this.#head !== undefined && this.#failure !== undefined;
  }

  get lostKeepAliveRace(): boolean {
    // A session that others were using was not about to be closed for idleness.
    if (!this.#foundIdle || this.#head !== undefined) return false;
    return this.#failure?.code === 'ECONNRESET' && this.#stream?.isConnectionSilent === true;
  }

  get progress(): number {
    if (this.#stream === undefined) return 0;
    return this.#stream.progress + (this.#head === undefined ? 1 : 2);
  }

  get waitingForPeer(): boolean {
    // Without a stream it is the connect timeout's business, or that of a session without a free one.
    return this.#stream !== undefined && !this.#isWhole && this.#handler.unreadBytes === 0;
  }

  whenOver(callback: () => void): void {
    if (this.#isClosed) callback();
    else this.#onOver = callback;
  }

  release(): void {}

  onExpired(): void {
    this.#stream?.onExpired();
  }

  letGo(): void {
    if (!this.#isWhole) this.#handler.destroy();
  }

  /** Sends the request, now or when there is room for it. */
  start(): void {
    this.#leave = this.#source.acquire(this);
  }

  /** Gives the exchange, whose response begins just now, to another handler. */
  transfer(handler: ExchangeHandler, head: ResponseHead, stream: StreamExchange): BodySink {
    this.#handler = handler;
    return handler.onResponse(head, stream);
  }

  /** Ends the exchange from this side. Nothing but the end of the stream is reported any more. */
  cancel(): void {
    this.#isCancelled = true;
    if (this.#stream === undefined) this.#leave?.();
    else this.#stream.cancel();
  }

  /** Lets go of a response that nobody wants, such as that of a redirect. */
  discard(): void {
    this.#stream?.discard();
  }

  /** {@inheritDoc SessionWaiter.onSession} */
  onSession(session: PooledSession): void {
    const handler = this.#handler;
    const reusedSocket = session.openedStreams > 0;
    const { isWaking } = session;
    let stream: StreamExchange;
    try {
      stream = new StreamExchange(session.open(handler.toHttp2(), handler.isBodyless), session, this);
    } catch (error) {
      // The session ended this very moment; the pool knows by now, and nothing was sent.
      if (session.isUsable) handler.onError(error as Error);
      else process.nextTick(() => this.#isCancelled || this.start());
      return;
    }
    this.#stream = stream;
    this.handedMs = performance.now();
    // It was given another one, before that was ready.
    if (this.connecting?.readyMs === 0) this.connecting = undefined;
    this.reusedSocket = reusedSocket;
    this.#foundIdle = isWaking;
    handler.onOpen(stream);
  }

  /** {@inheritDoc SessionWaiter.onHttp1} */
  onHttp1(socket: TLSSocket | undefined): void {
    this.#handler.onHttp1(socket);
  }

  /** {@inheritDoc SessionWaiter.onError} */
  onError(error: Error, place?: Place): void {
    this.#failedPlace = place;
    this.#handler.onError(error);
  }

  /** {@inheritDoc StreamOwner.onInformation} */
  onInformation(head: ResponseHead): void {
    this.#handler.onInformation(head);
  }

  /** {@inheritDoc StreamOwner.onResponse} */
  onResponse(head: ResponseHead, stream: StreamExchange): BodySink {
    this.#head = head;
    this.headMs = performance.now();
    return this.#handler.onResponse(head, stream);
  }

  /** {@inheritDoc StreamOwner.onSettled} */
  onSettled(outcome: StreamOutcome): void {
    if (outcome.kind === 'whole') this.#isWhole = true;
    else if (outcome.kind === 'failed') this.#fail(outcome.error);
  }

  /** {@inheritDoc StreamOwner.onClosed} */
  onClosed(): void {
    this.#isClosed = true;
    this.#onOver?.();
    this.#handler.onClosed();
  }

  #fail(error: PolicyError): void {
    this.#failure = error;
    if (error instanceof Http2StreamError && error.http2Code === constants.NGHTTP2_HTTP_1_1_REQUIRED)
      this.#source.onHttp1Required();
    this.#handler.onError(error);
  }
}
