import type { IncomingMessage, OutgoingHttpHeader } from 'node:http';
import { Writable } from 'node:stream';
import type { RequestHead } from './headers.js';
import type { Http2Response } from './response.js';

/** A response over HTTP/2, or over HTTP/1.1 where the server chose that. */
export type Http2RequestResponse = Http2Response | IncomingMessage;

/** Called with the response of a request. */
export type OnResponse = (response: Http2RequestResponse) => void;

/**
 * What axios and follow-redirects use of a `ClientRequest`, as far as it has nothing to do with how the request is
 * carried.
 *
 * There is no `socket` event, because what they do to a socket would befall everybody who shares it.
 */
export abstract class RequestFacade extends Writable {
  /** The response, once its head has arrived. */
  res: Http2RequestResponse | null = null;
  /** Whether {@link abort} was called. */
  aborted = false;
  protected readonly head: RequestHead;

  constructor(head: RequestHead) {
    // A request is over when its response is, not when its body is sent.
    super({ autoDestroy: false });
    this.head = head;
  }

  get method(): string {
    return this.head.method;
  }

  get path(): string {
    return this.head.path;
  }

  get host(): string {
    return this.head.target.hostname;
  }

  get protocol(): string {
    return this.head.target.protocol;
  }

  get finished(): boolean {
    return this.writableEnded;
  }

  /** The connection, for information; what could end it is out of reach. `undefined` before the response. */
  get socket(): IncomingMessage['socket'] | undefined {
    return this.res?.socket;
  }

  get connection(): IncomingMessage['socket'] | undefined {
    return this.socket;
  }

  getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.head.get(name);
  }

  setHeader(name: string, value: OutgoingHttpHeader): this {
    this.head.set(name, value);
    return this;
  }

  removeHeader(name: string): void {
    this.head.remove(name);
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

  /** Hands over a response, or throws it away if nobody wants it. */
  protected respond(response: Http2RequestResponse): void {
    this.res = response;
    if (!this.emit('response', response)) response.resume();
  }

  /** Tells of a response with a status of 1xx. */
  protected inform(head: { readonly statusCode: number }): void {
    if (head.statusCode === 100) this.emit('continue');
    this.emit('information', head);
  }
}
