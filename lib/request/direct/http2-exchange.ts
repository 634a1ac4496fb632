import type { ClientRequest, IncomingMessage } from 'node:http';
import { showRedirectable } from '../../transport/client-request.js';
import type { BufferedReceiver, BufferedRequest, BufferedResponse } from '../../transport/http2/buffered.js';
import type { Http2Client } from '../../transport/http2/client.js';
import type { Http2Request } from '../../transport/http2/request.js';
import type { Http2Response } from '../../transport/http2/response.js';
import type { DirectParts, DirectReceiver } from './exchange.js';
import { DirectExchange, isSimple } from './exchange.js';
import type { SimpleRequest } from './simple-request.js';

/** Surroundings of a request that is sent directly over HTTP/2. */
export interface Http2Parts extends DirectParts {
  readonly client: Http2Client;
}

/** Receiver of the outcome. One of these is called, once. */
export interface Http2Receiver extends DirectReceiver {
  /** The server speaks HTTP/1.1 now, and got nothing of the request: it is to be made as if it had not been tried. */
  startOver(): void;
}

/**
 * Makes a request of the simple kind on HTTP/2, if there is a session for it.
 *
 * @returns whether it did. The first request to a server has to find out what that server speaks, and is axios'.
 */
export function requestOverHttp2(simple: SimpleRequest, parts: Http2Parts, receiver: Http2Receiver): boolean {
  // One that follows a lost keep-alive race is not for a session that waits.
  return !parts.attempt.onNewConnection && new Http2DirectExchange(simple, parts, receiver).send();
}

class Http2DirectExchange
  extends DirectExchange<BufferedRequest, Http2Parts, Http2Receiver>
  implements BufferedReceiver
{
  get failed() {
    return this.parts.attempt.failed;
  }

  get connection() {
    return this.parts.attempt.connection;
  }

  get queue() {
    return this.parts.attempt.queueObserver;
  }

  send(): boolean {
    const { attempt, client, config } = this.parts;
    const request = client.buffered(this.simple, this);
    if (request === undefined) return false;
    const { body, ...options } = this.simple;
    showRedirectable(request, { options, maxRedirects: config.maxRedirects, body });
    attempt.follow(request.exchange);
    this.begin(request);
    if (!this.isOver) request.send();
    return true;
  }

  /** {@inheritDoc BufferedReceiver.onHead} */
  onHead(request: BufferedRequest, head: BufferedResponse): boolean {
    if (!isSimple(head, this.parts.config)) return false;
    this.receiveHead(head, request);
    return true;
  }

  /** {@inheritDoc BufferedReceiver.onBody} */
  onBody(pieces: Buffer[]): void {
    this.receiveBody(pieces);
  }

  /** {@inheritDoc BufferedReceiver.onStream} */
  onStream(request: Http2Request, response: Http2Response): void {
    if (this.isOver) return;
    this.end();
    // They have what axios and its redirect follower use of these, which is not all that there is.
    this.receiver.passToAdapter(request as unknown as ClientRequest, response as unknown as IncomingMessage);
  }

  /** {@inheritDoc BufferedReceiver.onError} */
  onError(error: Error): void {
    this.fail(error, this.partialResponse, this.response?.request);
  }

  /** {@inheritDoc BufferedReceiver.onHttp1} */
  onHttp1(): void {
    if (this.isOver) return;
    this.end();
    this.receiver.startOver();
  }
}
