import type { ClientRequest, IncomingMessage } from 'node:http';
import type { BufferedReceiver, BufferedRequest } from '../../transport/http2/buffered.js';
import type { Http2Client } from '../../transport/http2/client.js';
import type { Http2Request } from '../../transport/http2/request.js';
import type { BufferedResponse, Http2Response } from '../../transport/http2/response.js';
import { requestOfError, showRedirectable } from '../../transport/redirectable.js';
import type { AxiosResponse } from '../axios.js';
import { cancelTokenOf, isCancel } from '../axios.js';
import type { DirectParts, DirectReceiver } from './exchange.js';
import { addRedirects, isPlain, responseOf, settle, takeData } from './exchange.js';
import type { PlainRequest } from './simple-request.js';

/** What a request of the common kind is made with over HTTP/2. */
export interface Http2Parts extends DirectParts {
  readonly client: Http2Client;
}

/** Whoever waits for the outcome. One of these is called, once. */
export interface Http2Receiver extends DirectReceiver {
  /** The server speaks HTTP/1.1 now, and got nothing of the request: it is to be made as if it had not been tried. */
  giveBack(): void;
}

/**
 * Makes a request of the common kind on HTTP/2, if there is a session for it, and of its response what axios' adapter
 * would: what `requestDirectly` is for HTTP/1.1.
 *
 * @returns whether it did. The first request to a server has to find out what that server speaks, and is axios'.
 */
export function requestOverHttp2(plain: PlainRequest, parts: Http2Parts, receiver: Http2Receiver): boolean {
  // One that follows a lost keep-alive race is not for a session that waits.
  return !parts.attempt.onNewConnection && new Http2DirectExchange(plain, parts, receiver).send();
}

class Http2DirectExchange implements BufferedReceiver {
  readonly #plain: PlainRequest;
  readonly #parts: Http2Parts;
  readonly #receiver: Http2Receiver;
  readonly #onCancel = (reason?: unknown) => this.#cancel(reason);
  #request: BufferedRequest | undefined;
  #response: AxiosResponse | undefined;
  #isOver = false;

  constructor(plain: PlainRequest, parts: Http2Parts, receiver: Http2Receiver) {
    this.#plain = plain;
    this.#parts = parts;
    this.#receiver = receiver;
  }

  get connection() {
    return this.#parts.attempt.connection;
  }

  get queue() {
    return this.#parts.attempt.queueObserver;
  }

  send(): boolean {
    const { attempt, client, config, signal } = this.#parts;
    const request = client.buffered(this.#plain, this);
    if (request === undefined) return false;
    this.#request = request;
    this.#showRedirectable(request);
    attempt.follow(request.exchange);
    signal.onAbort = this.#onCancel;
    cancelTokenOf(config)?.subscribe?.(this.#onCancel);
    if (!this.#isOver) request.send();
    return true;
  }

  onHead(request: BufferedRequest, head: BufferedResponse): boolean {
    const { config } = this.#parts;
    if (!isPlain(head, config)) return false;
    if (config.maxRedirects !== 0) addRedirects(head, this.#plain);
    this.#response = responseOf(head, config, request);
    return true;
  }

  onBody(pieces: Buffer[]): void {
    const response = this.#response;
    if (this.#isOver || response === undefined) return;
    this.#end();
    const { config, errors } = this.#parts;
    response.data = takeData(pieces, config);
    settle(response, config, errors, this.#receiver);
  }

  onStream(request: Http2Request, response: Http2Response): void {
    if (this.#isOver) return;
    this.#end();
    // They have what axios and its redirect follower use of these, which is not all that there is.
    this.#receiver.handOver(request as unknown as ClientRequest, response as unknown as IncomingMessage);
  }

  onError(error: Error, request: BufferedRequest): void {
    if (this.#isOver) return;
    this.#end();
    const { adapterHeaders, config, errors } = this.#parts;
    const response = adapterHeaders.hasResponseOfCut ? this.#response : undefined;
    const known = this.#response === undefined ? requestOfError(request, this.#plain.body) : request;
    this.#receiver.fail(errors.from(error, config, known, response));
  }

  onHttp1(): void {
    if (this.#isOver) return;
    this.#end();
    this.#receiver.giveBack();
  }

  /** @param reason the reason of a cancel token; a signal's is none of axios' concern. */
  #cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors } = this.#parts;
    const request = this.#request && requestOfError(this.#request, this.#plain.body);
    const error = isCancel(reason) ? reason : errors.canceled(config, request);
    this.#receiver.fail(error);
    request?.destroy(error as Error);
  }

  #showRedirectable(request: BufferedRequest): void {
    const { body, ...options } = this.#plain;
    showRedirectable(request, { options, maxRedirects: this.#parts.config.maxRedirects, body });
  }

  #end(): void {
    this.#isOver = true;
    const { config, signal } = this.#parts;
    signal.onAbort = undefined;
    cancelTokenOf(config)?.unsubscribe?.(this.#onCancel);
  }
}
