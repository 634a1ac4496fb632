import type { ClientRequest, IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import { Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Exchange } from '../exchange.js';
import { Http1Exchange } from '../http1-exchange.js';
import type { ExchangeHandler, SessionSource } from './exchange.js';
import { Http2Exchange } from './exchange.js';
import type { RequestHead, ResponseHead } from './headers.js';
import { requestOverHttp1 } from './http1.js';
import type { Http2Attempt, Http2ClientOptions, TransportRequestOptions } from './options.js';
import { Http2Response } from './response.js';
import type { SessionDemands } from './session-choice.js';
import type { BodySink, StreamExchange } from './stream.js';

/** A response over HTTP/2, or over HTTP/1.1 where the server chose that. */
type Http2RequestResponse = Http2Response | IncomingMessage;

/** Called with the response of a request. */
export type OnResponse = (response: Http2RequestResponse) => void;

/** The way of a request to its server. */
interface RequestRoute {
  readonly source: SessionSource;
  readonly demands: SessionDemands;
  /** Options of the request over HTTP/1.1, should the server choose that. */
  readonly options: TransportRequestOptions;
  readonly http1Agent: Http2ClientOptions['http1']['https'];
  readonly attempt: Http2Attempt;
}

type Callback = (error?: Error | null) => void;

/** Carrier of the body of a request: a stream of HTTP/2, or a native request. */
interface BodyWriter {
  write(chunk: Buffer, callback: Callback): unknown;
  end(callback: () => void): unknown;
}

/**
 * A request over HTTP/2 with what axios and follow-redirects use of a `ClientRequest`. The session, and with it the
 * version of HTTP, is only known after a while: what is written meanwhile waits.
 *
 * There is no `socket` event, because what they do to a socket would befall everybody who shares it.
 */
export class Http2Request extends Writable implements ExchangeHandler {
  /** The response, once its head has arrived. */
  res: Http2RequestResponse | null = null;
  /** Whether {@link abort} was called. */
  aborted = false;
  readonly #head: RequestHead;
  readonly #exchange: Http2Exchange;
  /** `undefined` for a request that was sent already. */
  readonly #route: RequestRoute | undefined;
  #http1: { readonly request: ClientRequest; readonly exchange: Http1Exchange } | undefined;
  #body: BodyWriter | undefined;
  /** A piece of the body, or its end, that came before there was anything to carry it. There is never more than one. */
  #postponed: ((body: BodyWriter) => void) | undefined;

  /** @param by its way, or the exchange of a request that was sent already, whose response begins just now. */
  constructor(head: RequestHead, by: RequestRoute | Http2Exchange, onResponse?: OnResponse) {
    // A request is over when its response is, not when its body is sent.
    super({ autoDestroy: false });
    this.#head = head;
    if (onResponse !== undefined) this.once('response', onResponse);
    if (by instanceof Http2Exchange) {
      this.#exchange = by;
      this.end();
      return;
    }
    // A copy: follow-redirects makes the options of the next request out of these.
    this.#route = { ...by, options: { ...by.options } };
    this.#exchange = new Http2Exchange(this, by.source, by.demands);
    // Later, so that a request without a body is known for one, and listeners are there for whatever happens.
    process.nextTick(() => this.destroyed || this.#exchange.start());
  }

  /** The exchange that carries it, over HTTP/2 until the server chooses HTTP/1.1. */
  get exchange(): Exchange {
    return this.#http1?.exchange ?? this.#exchange;
  }

  get method(): string {
    return this.#head.method;
  }

  get path(): string {
    return this.#head.path;
  }

  get host(): string {
    return this.#head.target.hostname;
  }

  get protocol(): string {
    return this.#head.target.protocol;
  }

  get finished(): boolean {
    return this.writableEnded;
  }

  /** As for `ClientRequest`: the connection had served another request before. */
  get reusedSocket(): boolean {
    return this.#http1?.request.reusedSocket ?? this.#exchange.reusedSocket;
  }

  /** The connection, for information; what could end it is out of reach. `undefined` before the response. */
  get socket(): IncomingMessage['socket'] | undefined {
    return this.res?.socket;
  }

  get connection(): IncomingMessage['socket'] | undefined {
    return this.socket;
  }

  getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.#head.get(name);
  }

  setHeader(name: string, value: OutgoingHttpHeader): this {
    this.#head.set(name, value);
    return this;
  }

  removeHeader(name: string): void {
    this.#head.remove(name);
  }

  /** Ends the request as `ClientRequest.abort` does. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    process.nextTick(() => this.emit('abort'));
    this.destroy();
  }

  /** Without effect: the head is sent as soon as there is a session. */
  flushHeaders(): void {}

  /** Without effect: time limits belong to the attempt, not to a connection that others use too. */
  setTimeout(): this {
    return this;
  }

  /** Without effect: it is set for every session. */
  setNoDelay(): void {}

  /** Without effect: dead peers are found by PING. */
  setSocketKeepAlive(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#send((body) => body.write(chunk, callback));
  }

  override _final(callback: Callback): void {
    // It has no body that was not sent before.
    if (this.#route === undefined) callback();
    else this.#send((body) => body.end(() => callback()));
  }

  override _destroy(error: Error | null, callback: Callback): void {
    if (this.#http1 !== undefined) this.#http1.request.destroy(error ?? undefined);
    // Without an error, a response was thrown away, as that of a redirect is; with one, the request was given up.
    else if (error === null && this.res !== null) this.#exchange.discard();
    else this.#exchange.cancel();
    this.#endResponse(error);
    const isSilent = error !== null || this.res !== null || this.#isWhole;
    callback(isSilent ? error : hangUp());
  }

  get isCollecting(): boolean {
    return false;
  }

  get unreadBytes(): number {
    return this.res?.readableLength ?? 0;
  }

  get isBodyless(): boolean {
    return this.writableEnded && this.writableLength === 0;
  }

  toHttp2(): OutgoingHttpHeaders {
    return this.#head.toHttp2();
  }

  /** {@inheritDoc ExchangeHandler.onOpen} */
  onOpen(stream: StreamExchange): void {
    this.#sendBodyBy(stream.upload);
  }

  /** {@inheritDoc ExchangeHandler.onInformation} */
  onInformation(head: { readonly statusCode: number }): void {
    if (head.statusCode === 100) this.emit('continue');
    this.emit('information', head);
  }

  /** {@inheritDoc ExchangeHandler.onResponse} */
  onResponse(head: ResponseHead, stream: StreamExchange): BodySink {
    const response = new Http2Response(head, this, stream);
    this.#respond(response);
    return response;
  }

  /** {@inheritDoc ExchangeHandler.onHttp1} */
  onHttp1(socket: TLSSocket | undefined): void {
    const route = this.#route;
    if (route === undefined) return;
    const options = { ...route.options, agent: route.http1Agent, headers: this.#head.toHttp1() };
    const request = requestOverHttp1(options, socket, route.demands.queue);
    request.once('response', (response) => this.#respond(response));
    request.on('error', (error) => this.destroy(error));
    request.on('information', (head) => this.onInformation(head));
    request.once('close', () => this.destroy());
    this.#http1 = { request, exchange: Http1Exchange.listeningTo(request) };
    route.attempt.replace?.(this.#exchange, this.#http1.exchange);
    this.#sendBodyBy(request);
  }

  /** {@inheritDoc ExchangeHandler.onError} */
  onError(error: Error): void {
    if (this.res === null) this.destroy(error);
    else this.res.destroy(error);
  }

  /** {@inheritDoc ExchangeHandler.onClosed} */
  onClosed(): void {
    const { res } = this;
    // axios 1.7 takes no notice of a response that fails after its request is gone.
    if (res === null || res.closed) this.destroy();
    else res.once('close', () => this.destroy());
  }

  get #isWhole(): boolean {
    return this.#exchange.phase === 'complete';
  }

  /** Sends the next piece of the body, now or when there is something to carry it. */
  #send(step: (body: BodyWriter) => void): void {
    if (this.#body === undefined) this.#postponed = step;
    else step(this.#body);
  }

  #sendBodyBy(body: BodyWriter): void {
    this.#body = body;
    const step = this.#postponed;
    this.#postponed = undefined;
    step?.(body);
  }

  /** Hands over a response, or throws it away if nobody wants it. */
  #respond(response: Http2RequestResponse): void {
    this.res = response;
    if (!this.emit('response', response)) response.resume();
  }

  /** Ends the response of a request that is gone, for those who read it. */
  #endResponse(error: Error | null): void {
    const { res } = this;
    if (res === null || this.#http1 !== undefined) return;
    // As over HTTP/1.1, after whoever ended the request had the time to end the response in his own way.
    process.nextTick(() => {
      if (!this.#isWhole && !res.destroyed) res.destroy(error ?? hangUp());
    });
  }
}

function hangUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}
