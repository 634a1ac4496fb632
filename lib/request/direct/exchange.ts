import type { ClientRequest, IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { Writable } from 'node:stream';
import { Http1Exchange, observeForeignSocket } from '../../transport/exchange.js';
import type { Attempt } from '../../transport/observe.js';
import { followQueue, makeOn, noteIfQueued } from '../../transport/observe.js';
import { observedAgent } from '../../transport/per-attempt-agent.js';
import { requestOfError, showRedirectable } from '../../transport/redirectable.js';
import type { ChosenAgent } from '../../transport/transport.js';
import { guarded } from '../../transport/unset-options.js';
import type { AttemptSignal } from '../attempt-signal.js';
import type { AxiosResponse, RequestConfig } from '../axios.js';
import { accepts, cancelTokenOf, isCancel } from '../axios.js';
import type { AxiosErrors } from '../axios-errors.js';
import type { AdapterHeaders } from './adapter-headers.js';
import { headersOfResponse } from './headers.js';
import type { PlainRequest } from './simple-request.js';

// Default imports: whoever instruments or mocks these modules does so by replacing their properties.

/** What a request of the common kind is made with. */
export interface DirectParts {
  readonly config: RequestConfig;
  readonly attempt: Attempt;
  readonly signal: AttemptSignal;
  readonly errors: AxiosErrors;
  /** Knows whether the error of a body that was cut short has a response. */
  readonly adapterHeaders: Pick<AdapterHeaders, 'hasResponseOfCut'>;
}

/** What it is made with over HTTP/1.1. */
export interface Http1Parts extends DirectParts {
  readonly chosen: ChosenAgent;
  /** Whether a body with an `ETag` may be completed by a second response, should it be cut. */
  readonly mayResume: boolean;
}

/** Whoever waits for the outcome. One of these is called, once, within the event that brought the outcome. */
export interface DirectReceiver {
  receive(response: AxiosResponse): void;
  fail(error: unknown): void;
  /** Takes a response that is not of the common kind, for axios' own adapter to make something of it. */
  handOver(request: ClientRequest, response: IncomingMessage): void;
}

/**
 * Makes a request of the common kind on the native client, and of its response what axios' adapter would: without that
 * adapter, its redirect follower and a second pass through axios in between, which cost more than the request itself.
 * A response that needs more than to be collected (a redirect, a decompression) goes to axios' adapter after all.
 */
export function requestDirectly(plain: PlainRequest, parts: Http1Parts, receiver: DirectReceiver): void {
  new DirectExchange(plain, parts, receiver).send();
}

class DirectExchange {
  readonly #plain: PlainRequest;
  readonly #parts: Http1Parts;
  readonly #receiver: DirectReceiver;
  readonly #onCancel = (reason?: unknown) => this.#cancel(reason);
  #request: ClientRequest | undefined;
  #message: IncomingMessage | undefined;
  #isOver = false;

  constructor(plain: PlainRequest, parts: Http1Parts, receiver: DirectReceiver) {
    this.#plain = plain;
    this.#parts = parts;
    this.#receiver = receiver;
  }

  send(): void {
    const { body, protocol, hostname, port, path, method, headers } = this.#plain;
    const { attempt, chosen, config, signal } = this.#parts;
    const agent = this.#isObserved ? observedAgent(attempt, chosen.agent, true) : chosen.agent;
    const scheme = protocol === 'https:' ? https : http;
    const options = guarded({ protocol, hostname, port, path, method, headers, agent });
    const { connection } = attempt;
    const request =
      connection === 'any' ? scheme.request(options) : makeOn(connection, () => scheme.request(options));
    this.#request = request;
    showRedirectable(request, { options, maxRedirects: config.maxRedirects, body });
    this.#observe(request, agent);
    request.on('response', (response) => this.#respond(request, response));
    request.on('error', (error) => this.#fail(error));
    signal.onAbort = this.#onCancel;
    cancelTokenOf(config)?.subscribe?.(this.#onCancel);
    if (this.#isOver) return;
    if (body !== undefined) request.write(body);
    request.end();
  }

  /** Whether the agent itself tells the attempt of the request: that of the caller does not know of our choices. */
  get #isObserved(): boolean {
    const { attempt, chosen } = this.#parts;
    return chosen.isForeign && attempt.connection !== 'any';
  }

  /** A mock that put an agent of its own in the place of ours keeps the request from the wire. */
  #observe(request: ClientRequest, agent: unknown): void {
    const { attempt, chosen } = this.#parts;
    if (this.#isObserved || (request as { agent?: unknown }).agent !== agent) return;
    if (chosen.isForeign) {
      observeForeignSocket(request);
      noteIfQueued(chosen.agent, request);
    }
    attempt.follow(new Http1Exchange(request));
    followQueue(request, attempt.queueObserver);
  }

  #respond(request: ClientRequest, message: IncomingMessage): void {
    if (this.#isOver) return;
    this.#message = message;
    const { config } = this.#parts;
    const isResumable = this.#parts.mayResume && message.headers.etag !== undefined;
    if (isResumable || !isPlain(message, config)) {
      this.#end();
      if (isFollowed(message, config)) endAtRedirect(request, message);
      this.#receiver.handOver(request, message);
      return;
    }
    if (config.maxRedirects !== 0) addRedirects(message, this.#plain);
    const { req = request } = message as IncomingMessage & { req?: unknown };
    const response = responseOf(message, config, req);
    const pieces: Buffer[] = [];
    message.on('data', (piece: Buffer) => pieces.push(piece));
    message.on('aborted', () => this.#abort(message, response));
    message.on('error', (error) => this.#fail(error, response));
    message.on('end', () => this.#complete(response, pieces));
  }

  #complete(response: AxiosResponse, pieces: Buffer[]): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors } = this.#parts;
    response.data = takeData(pieces, config);
    settle(response, config, errors, this.#receiver);
  }

  #abort(message: IncomingMessage, response: AxiosResponse): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors, adapterHeaders } = this.#parts;
    const error = errors.create(
      'stream has been aborted',
      'ERR_BAD_RESPONSE',
      config,
      response.request,
      adapterHeaders.hasResponseOfCut ? response : undefined,
    );
    message.destroy(error);
    this.#receiver.fail(error);
  }

  #fail(error: Error, response?: AxiosResponse): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors } = this.#parts;
    this.#receiver.fail(errors.from(error, config, response?.request ?? this.#axiosRequest, response));
  }

  /** @param reason the reason of a cancel token; a signal's is none of axios' concern. */
  #cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors } = this.#parts;
    const request = this.#axiosRequest;
    const error = isCancel(reason) ? reason : errors.canceled(config, request);
    this.#receiver.fail(error);
    request?.destroy(error as Error);
    this.#message?.destroy();
  }

  /** What axios has for the request of an error that is not of the response. */
  get #axiosRequest(): ClientRequest | Writable | undefined {
    return this.#request && requestOfError(this.#request, this.#message ? undefined : this.#plain.body);
  }

  #end(): void {
    this.#isOver = true;
    const { config, signal } = this.#parts;
    signal.onAbort = undefined;
    cancelTokenOf(config)?.unsubscribe?.(this.#onCancel);
  }
}

/** The head of a response, over HTTP/1.1 or HTTP/2. */
export type DirectMessage = Pick<IncomingMessage, 'statusCode' | 'statusMessage' | 'headers'>;

/** What axios' redirect follower leaves on every response. */
export function addRedirects(
  message: DirectMessage & { responseUrl?: string; redirects?: unknown[] },
  { protocol, hostname, port, path }: PlainRequest,
): void {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  message.responseUrl = `${protocol}//${host}${port === '' ? '' : `:${port}`}${path}`;
  message.redirects = [];
}

/** What axios makes of the head of a response. */
export function responseOf(message: DirectMessage, config: RequestConfig, request: unknown): AxiosResponse {
  return {
    status: message.statusCode ?? 0,
    statusText: message.statusMessage ?? '',
    headers: headersOfResponse(config, message.headers),
    config,
    request,
  } as AxiosResponse;
}

/** What axios makes of the body of a response. Empties `pieces`. */
export function takeData(pieces: Buffer[], { responseType }: RequestConfig): unknown {
  const body = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  // The response refers to its listeners, and they to the array. By now it may be in the old generation, where it would
  // keep the pieces until a major collection, whether the caller has dropped the response or not.
  pieces.length = 0;
  return responseType === 'arraybuffer' ? body : withoutMark(body.toString('utf8'));
}

/** A response that only has to be collected. */
export function isPlain(message: DirectMessage, config: RequestConfig): boolean {
  const isEncoded = message.headers['content-encoding'] !== undefined && config.decompress !== false;
  return !isEncoded && !isFollowed(message, config);
}

function isFollowed({ statusCode = 0, headers }: DirectMessage, { maxRedirects }: RequestConfig): boolean {
  return maxRedirects !== 0 && statusCode >= 300 && statusCode < 400 && Boolean(headers.location);
}

/** A redirect follower reads no further than to the head, whatever comes behind it, be it broken or without an end. */
function endAtRedirect(request: ClientRequest, message: IncomingMessage): void {
  request.destroy();
  message.destroy();
}

/** What axios makes of a response that is there as a whole. */
export function settle(
  response: AxiosResponse,
  config: RequestConfig,
  errors: AxiosErrors,
  receiver: DirectReceiver,
): void {
  const { status } = response;
  if (!status || accepts(config, status)) receiver.receive(response);
  else void errors.ofStatus(response, config).then((error) => receiver.fail(error));
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
