import type { ClientRequest } from 'node:http';
import { constants } from 'node:http2';
import { request as requestHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { fieldOf } from '../../config/own.js';
import type { PolicyError } from '../../errors.js';
import { Http2SessionError, Http2StreamError } from '../../errors.js';
import type { AnswerHead, Exchange, ExchangePhase } from '../exchange.js';
import { Http1Exchange, observeForeignSocket } from '../exchange.js';
import { followQueue } from '../observe.js';
import { disown } from './connect.js';
import type { OnResponse } from './facade.js';
import { RequestFacade } from './facade.js';
import type { RequestHead, ResponseHead } from './headers.js';
import { withHandover } from './http1.js';
import type { TransportRequestOptions } from './options.js';
import { Http2Response } from './response.js';
import type { PooledSession } from './session.js';
import type { BodySink, StreamOutcome, StreamOwner } from './stream.js';
import { StreamExchange } from './stream.js';
import type { RequestWiring } from './wiring.js';

/** What became of a request. The session, and with it the version of HTTP, is only known after a while. */
type Carrier =
  | { readonly kind: 'waiting'; readonly leave: () => void }
  | { readonly kind: 'http2'; readonly exchange: StreamExchange }
  | { readonly kind: 'http1'; readonly request: ClientRequest; readonly exchange: Http1Exchange };

type Callback = (error?: Error | null) => void;

/** A piece of the body, or its end, that came before there was anything to carry it. */
type Postponed = (carrier: Exclude<Carrier, { kind: 'waiting' }>) => void;

const NOT_STARTED: Carrier = { kind: 'waiting', leave: () => {} };

/** A request over HTTP/2 in the shape of a `ClientRequest`, which knows how far it came. */
export class Http2Request extends RequestFacade implements Exchange {
  /** Whether it went out on a session that had served another request before. */
  reusedSocket = false;
  readonly #wiring: RequestWiring;
  #carrier: Carrier = NOT_STARTED;
  #postponed: Postponed | undefined;
  /** Whether whoever had the exchange before sees to the request's body. */
  #hasBodySent = false;
  #isWhole = false;
  #failure: PolicyError | undefined;
  #foundIdle = false;
  #isClosed = false;
  #onOver: (() => void) | undefined;

  constructor(head: RequestHead, wiring: RequestWiring, onResponse?: OnResponse) {
    super(head);
    // A copy: follow-redirects makes the options of the next request out of these.
    this.#wiring = { ...wiring, options: { ...wiring.options } };
    if (onResponse !== undefined) this.once('response', onResponse);
    // Later, so that a request without a body is known for one, and listeners are there for whatever happens.
    process.nextTick(() => this.#start());
  }

  get phase(): ExchangePhase {
    const carrier = this.#carrier;
    if (carrier.kind === 'http1') return carrier.exchange.phase;
    if (carrier.kind === 'waiting') return 'connect';
    if (this.#isWhole) return 'complete';
    return this.res === null ? 'sent' : 'response';
  }

  get neverProcessed(): boolean {
    const failure = this.#failure;
    const isHttp2Error = failure instanceof Http2StreamError || failure instanceof Http2SessionError;
    return isHttp2Error && failure.neverProcessed;
  }

  get answer(): AnswerHead | null {
    return this.res;
  }

  get truncated(): boolean {
    if (this.#carrier.kind === 'http1') return this.#carrier.exchange.truncated;
    return this.res !== null && this.#failure !== undefined;
  }

  get lostKeepAliveRace(): boolean {
    const carrier = this.#carrier;
    if (carrier.kind === 'http1') return carrier.exchange.lostKeepAliveRace;
    // A session that others were using was not about to be closed for idleness.
    if (carrier.kind === 'waiting' || !this.#foundIdle || this.res !== null) return false;
    return this.#failure?.code === 'ECONNRESET' && carrier.exchange.isConnectionSilent;
  }

  get progress(): number {
    const carrier = this.#carrier;
    if (carrier.kind === 'waiting') return 0;
    return carrier.exchange.progress + (this.res === null ? 1 : 2);
  }

  get waitingForPeer(): boolean {
    const carrier = this.#carrier;
    // That is the connect timeout's business, or that of a session without a free stream.
    if (carrier.kind === 'waiting') return false;
    if (carrier.kind === 'http1') return carrier.exchange.waitingForPeer;
    return this.res === null || (!this.#isWhole && this.res.readableLength === 0);
  }

  whenOver(callback: () => void): void {
    if (this.#carrier.kind === 'http1') this.#carrier.exchange.whenOver(callback);
    else if (this.#isClosed) callback();
    else this.#onOver = callback;
  }

  release(): void {
    if (this.#carrier.kind === 'http1') this.#carrier.exchange.release();
  }

  onExpired(): void {
    if (this.#carrier.kind !== 'waiting') this.#carrier.exchange.onExpired();
  }

  letGo(): void {
    if (this.#carrier.kind === 'http1') this.#carrier.exchange.letGo();
    else if (!this.#isWhole) this.destroy();
  }

  /**
   * Goes on with an exchange whose response begins just now, for whom a stream of it is better. To be called right after
   * the construction.
   *
   * @returns who takes the body.
   */
  takeOver(exchange: StreamExchange, head: ResponseHead): BodySink {
    const owner = this.#owner(() => exchange);
    exchange.transfer(owner);
    this.#setCarrier({ kind: 'http2', exchange });
    this.#hasBodySent = true;
    this.end();
    return owner.onResponse(head);
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: Callback): void {
    this.#carry((carrier) => {
      if (carrier.kind === 'http1') carrier.request.write(chunk, encoding, callback);
      else carrier.exchange.upload.write(chunk, callback);
    });
  }

  override _final(callback: Callback): void {
    if (this.#hasBodySent) {
      callback();
      return;
    }
    this.#carry((carrier) => {
      if (carrier.kind === 'http1') carrier.request.end(() => callback());
      else carrier.exchange.upload.end(callback);
    });
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const carrier = this.#carrier;
    if (carrier.kind === 'waiting') carrier.leave();
    else if (carrier.kind === 'http1') carrier.request.destroy(error ?? undefined);
    // Without an error, a response was thrown away, as that of a redirect is; with one, the request was given up.
    else if (error === null && this.res !== null) carrier.exchange.discard();
    else carrier.exchange.cancel();
    this.#endResponse(error);
    const isSilent = error !== null || this.res !== null || this.#isWhole;
    callback(isSilent ? error : hangUp());
  }

  /** Gives the body's next piece to the carrier, now or when there is one. There is never more than one to wait. */
  #carry(step: Postponed): void {
    if (this.#carrier.kind === 'waiting') this.#postponed = step;
    else step(this.#carrier);
  }

  #start(): void {
    if (this.destroyed || this.#carrier.kind !== 'waiting') return;
    const { source, connection, options, queue } = this.#wiring;
    const leave = source.acquire({
      connection,
      dialing: dialingOptions(options),
      queue,
      onSession: (session) => this.#useSession(session),
      onHttp1: (socket) => this.#useHttp1(socket),
      onError: (error) => this.destroy(error as Error),
    });
    if (this.#carrier.kind === 'waiting') this.#carrier = { kind: 'waiting', leave };
  }

  #useSession(session: PooledSession): void {
    const isReused = session.openedStreams > 0;
    const { isWaking } = session;
    const endStream = this.writableEnded && this.writableLength === 0;
    let exchange: StreamExchange;
    try {
      const owner = this.#owner(() => exchange);
      exchange = new StreamExchange(session.open(this.head.toHttp2(), endStream), session, owner);
    } catch (error) {
      // The session ended this very moment; the pool knows by now, and nothing was sent.
      if (!session.isUsable) process.nextTick(() => this.#start());
      else this.destroy(error as Error);
      return;
    }
    this.reusedSocket = isReused;
    this.#foundIdle = isWaking;
    this.#setCarrier({ kind: 'http2', exchange });
  }

  #owner(exchange: () => StreamExchange): StreamOwner {
    return {
      method: this.method,
      isCollecting: false,
      onInformation: (head) => this.inform(head),
      onResponse: (head) => {
        const response = new Http2Response(head, this, exchange());
        this.respond(response);
        return response;
      },
      onSettled: (outcome) => this.#settled(outcome),
      onClosed: () => this.#closed(),
    };
  }

  #useHttp1(socket: TLSSocket | undefined): void {
    const options = { ...this.#wiring.options, agent: this.#wiring.http1Agent, headers: this.head.toHttp1() };
    const request = requestHttps(withHandover(options, socket));
    observeForeignSocket(request);
    followQueue(request, this.#wiring.queue);
    if (socket !== undefined) request.once('socket', (used) => handedOver(socket, used === socket));
    request.once('response', (response) => this.respond(response));
    request.on('error', (error) => this.destroy(error));
    request.on('information', (head) => this.inform(head));
    request.once('close', () => this.destroy());
    this.#setCarrier({ kind: 'http1', request, exchange: new Http1Exchange(request) });
    this.reusedSocket = request.reusedSocket;
  }

  #setCarrier(carrier: Exclude<Carrier, { kind: 'waiting' }>): void {
    this.#carrier = carrier;
    const step = this.#postponed;
    this.#postponed = undefined;
    step?.(carrier);
  }

  #settled(outcome: StreamOutcome): void {
    if (outcome.kind === 'whole') {
      this.#isWhole = true;
    } else if (outcome.kind === 'failed') {
      const { error } = outcome;
      this.#failure = error;
      if (error instanceof Http2StreamError && error.http2Code === constants.NGHTTP2_HTTP_1_1_REQUIRED)
        this.#wiring.source.onHttp1Required();
      if (this.res === null) this.destroy(error);
      else this.res.destroy(error);
    }
  }

  #closed(): void {
    const { res } = this;
    this.#isClosed = true;
    this.#onOver?.();
    // axios 1.7 takes no notice of a response that fails after its request is gone.
    if (res === null || res.closed) this.destroy();
    else res.once('close', () => this.destroy());
  }

  /** Whoever reads a response learns that its request is gone. */
  #endResponse(error: Error | null): void {
    const { res } = this;
    if (res === null || this.#carrier.kind === 'http1') return;
    // As over HTTP/1.1, after whoever ended the request had the time to end the response in his own way.
    process.nextTick(() => {
      if (!this.#isWhole && !res.destroyed) res.destroy(error ?? hangUp());
    });
  }
}

function dialingOptions(options: TransportRequestOptions): object {
  const lookup = fieldOf(options, 'lookup');
  const family = fieldOf(options, 'family');
  return { ...(lookup === undefined ? {} : { lookup }), ...(family === undefined ? {} : { family }) };
}

function handedOver(socket: TLSSocket, isUsed: boolean): void {
  // The agent had an idle connection, or does not know of handovers.
  if (!isUsed) socket.destroy();
  else disown(socket);
}

function hangUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}
