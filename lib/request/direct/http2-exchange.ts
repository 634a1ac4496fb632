import type { ClientRequest, IncomingMessage } from 'node:http';
import { showRedirectable } from '../../transport/http1-exchange.js';
import type { BufferedReceiver, BufferedRequest, BufferedResponse } from '../../transport/http2/buffered.js';
import type { Http2Client } from '../../transport/http2/client.js';
import type { Http2Request } from '../../transport/http2/request.js';
import type { Http2Response } from '../../transport/http2/response.js';
import type { AdapterVersion, DirectAttempt } from './exchange.js';
import { DirectExchange, isSimple } from './exchange.js';
import type { SimpleRequest } from './simple-request.js';

/**
 * Makes a request of the simple kind on HTTP/2, if there is a session for it.
 *
 * @returns whether it did. The first request to a server has to find out what that server speaks, and is axios'.
 */
export function requestOverHttp2(
  client: Http2Client,
  simple: SimpleRequest,
  attempt: DirectAttempt,
  version: AdapterVersion,
): boolean {
  // One that follows a lost keep-alive race is not for a session that waits.
  return !attempt.observed.onNewConnection && new Http2DirectExchange(simple, attempt, version).send(client);
}

class Http2DirectExchange extends DirectExchange<BufferedRequest> implements BufferedReceiver {
  get failed() {
    return this.attempt.observed.failed;
  }

  get connection() {
    return this.attempt.observed.connection;
  }

  get queue() {
    return this.attempt.observed.queueObserver;
  }

  send(client: Http2Client): boolean {
    const { config, observed } = this.attempt;
    const request = client.buffered(this.simple, this);
    if (request === undefined) return false;
    const { host, body, ...options } = this.simple;
    showRedirectable(request, { options, maxRedirects: config.maxRedirects, body });
    observed.follow(request.exchange);
    this.begin(request);
    if (!this.isOver) request.send();
    return true;
  }

  /** {@inheritDoc BufferedReceiver.onHead} */
  onHead(request: BufferedRequest, head: BufferedResponse): boolean {
    if (!isSimple(head, this.attempt.config)) return false;
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
    this.attempt.passToAdapter(request as unknown as ClientRequest, response as unknown as IncomingMessage);
  }

  /** {@inheritDoc BufferedReceiver.onError} */
  onError(error: Error): void {
    this.fail(error, this.partialResponse, this.response?.request);
  }

  /** {@inheritDoc BufferedReceiver.onHttp1} */
  onHttp1(): void {
    if (this.isOver) return;
    this.end();
    this.attempt.startOver();
  }
}
