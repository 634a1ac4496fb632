import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { EventEmitter, Writable } from 'node:stream';
import { guarded } from '../../config/own.js';
import { isCancel } from '../../retry/error-predicates.js';
import type { Attempt } from '../../transport/exchange.js';
import {
  Http1Exchange,
  observeForeignSocket,
  requestOfError,
  showRedirectable,
} from '../../transport/http1-exchange.js';
import { followQueue, isDemanding, makeOn, noteIfQueued } from '../../transport/observe.js';
import { perAttemptAgent } from '../../transport/per-attempt-agent.js';
import type { ChosenAgent } from '../../transport/transport.js';
import { UNSET_REQUEST } from '../../transport/unset-options.js';
import type { AxiosErrors, AxiosResponse, RequestConfig } from '../axios.js';
import { accepts, cancelTokenOf } from '../axios.js';
import type { AttemptSignal } from '../deadline.js';
import type { SimpleRequest } from './simple-request.js';
import { headersOfResponse } from './simple-request.js';

// Default imports: whoever instruments or mocks these modules does so by replacing their properties.

/** An attempt that is sent directly. One of its methods is called, once, within the event that brought the outcome. */
export interface DirectAttempt {
  readonly config: RequestConfig;
  /** As the transport sees it. */
  readonly observed: Attempt;
  readonly signal: AttemptSignal;
  readonly errors: AxiosErrors;
  /** Whether a body with an `ETag` may be completed by a second response, should it be cut. */
  readonly mayResume: boolean;
  receive(response: AxiosResponse): void;
  fail(error: unknown): void;
  /** Takes a response that has to be more than collected, for axios' own adapter to make something of it. */
  passToAdapter(request: ClientRequest, response: IncomingMessage): void;
  /** The server speaks HTTP/1.1 now, and got nothing of the request: it is to be made as if it had not been tried. */
  startOver(): void;
}

/** What depends on the version of axios. */
export interface AdapterVersion {
  /** Whether the error of a body that was cut short has a response. */
  readonly errorKeepsPartialResponse: boolean;
}

/** A request as it is shown to those who look at a response or an error. */
interface ShownRequest extends EventEmitter {
  destroy(error?: Error): unknown;
}

/** The head of a response, over HTTP/1.1 or HTTP/2. */
interface MessageHead {
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** What axios' redirect follower leaves on every response. */
  responseUrl?: string;
  redirects?: unknown[];
}

/**
 * A request without axios' adapter, its redirect follower and a second pass through axios in between, which cost more
 * than the request itself; and what that adapter would have made of the response. A response that needs more than to be
 * collected (a redirect, a decompression) goes to axios' adapter after all.
 */
export abstract class DirectExchange<Request extends ShownRequest> {
  protected readonly simple: SimpleRequest;
  protected readonly attempt: DirectAttempt;
  readonly #version: AdapterVersion;
  protected response: AxiosResponse | undefined;
  protected isOver = false;
  #request: Request | undefined;
  readonly #onCancel = (reason?: unknown) => this.#cancel(reason);

  constructor(simple: SimpleRequest, attempt: DirectAttempt, version: AdapterVersion) {
    this.simple = simple;
    this.attempt = attempt;
    this.#version = version;
  }

  /** Makes a request cancellable that is there and not sent yet. */
  protected begin(request: Request): void {
    const { config, signal } = this.attempt;
    this.#request = request;
    signal.onAbort = this.#onCancel;
    cancelTokenOf(config)?.subscribe?.(this.#onCancel);
  }

  /** Takes the head of a response whose body is to be collected. */
  protected receiveHead(head: MessageHead, request: unknown): void {
    const { config } = this.attempt;
    if (config.maxRedirects !== 0) addRedirects(head, this.simple);
    this.response = {
      status: head.statusCode ?? 0,
      statusText: head.statusMessage ?? '',
      headers: headersOfResponse(config, head.headers),
      config,
      request,
    } as AxiosResponse;
  }

  /** Takes the body of a response. Empties `pieces`. */
  protected receiveBody(pieces: Buffer[]): void {
    const { response } = this;
    if (this.isOver || response === undefined) return;
    this.end();
    const { config, errors } = this.attempt;
    response.data = decodeBody(pieces, config);
    const { status } = response;
    if (!status || accepts(config, status)) this.attempt.receive(response);
    else void errors.ofStatus(response, config).then((error) => this.attempt.fail(error));
  }

  /**
   * Fails with an error of the network.
   *
   * @param response if it is one of the response.
   */
  protected fail(
    error: Error,
    response?: AxiosResponse,
    request: unknown = response?.request ?? this.#requestOfError,
  ): void {
    if (this.isOver) return;
    this.end();
    const { config, errors } = this.attempt;
    this.attempt.fail(errors.from(error, config, request, response));
  }

  /** The response of the error of a body that was cut short. */
  protected get partialResponse(): AxiosResponse | undefined {
    return this.#version.errorKeepsPartialResponse ? this.response : undefined;
  }

  protected end(): void {
    this.isOver = true;
    const { config, signal } = this.attempt;
    signal.onAbort = undefined;
    cancelTokenOf(config)?.unsubscribe?.(this.#onCancel);
  }

  /** @param reason the reason of a cancel token; a signal's is none of axios' concern. */
  #cancel(reason: unknown): void {
    if (this.isOver) return;
    this.end();
    const { config, errors } = this.attempt;
    const request = this.#requestOfError;
    const error = isCancel(reason) ? reason : errors.canceled(config, request);
    this.attempt.fail(error);
    request?.destroy(error as Error);
    this.cancelBody();
  }

  /** Ends a body that the end of its request does not end. */
  protected cancelBody(): void {}

  /** What axios has for the request of an error that is not of the response. */
  get #requestOfError(): Request | Writable | undefined {
    return this.#request && requestOfError(this.#request, this.response ? undefined : this.simple.body);
  }
}

/** Makes a request of the simple kind on the native client. */
export class Http1DirectExchange extends DirectExchange<ClientRequest> {
  readonly #chosen: ChosenAgent;
  #message: IncomingMessage | undefined;
  #exchange: Http1Exchange | undefined;

  constructor(simple: SimpleRequest, attempt: DirectAttempt, version: AdapterVersion, chosen: ChosenAgent) {
    super(simple, attempt, version);
    this.#chosen = chosen;
  }

  send(): void {
    const { body, protocol, hostname, port, path, method, headers } = this.simple;
    const { config, observed } = this.attempt;
    const chosen = this.#chosen;
    const agent = this.#isObserved ? perAttemptAgent(observed, chosen.agent, true) : chosen.agent;
    const scheme = protocol === 'https:' ? https : http;
    const options = guarded({ protocol, hostname, port, path, method, headers, agent }, UNSET_REQUEST);
    const request = isDemanding(observed)
      ? makeOn(observed, () => scheme.request(options))
      : scheme.request(options);
    showRedirectable(request, { options, maxRedirects: config.maxRedirects, body });
    this.#observe(request, agent);
    request.on('response', (response) => this.#respond(request, response));
    request.on('error', (error) => this.fail(error));
    this.begin(request);
    if (this.isOver) return;
    if (body !== undefined) request.write(body);
    request.end();
  }

  /** Whether the agent itself tells the attempt of the request: that of the caller does not know of our choices. */
  get #isObserved(): boolean {
    return this.#chosen.isForeign && this.attempt.observed.connection !== 'any';
  }

  /** A mock that put an agent of its own in the place of ours keeps the request from the wire. */
  #observe(request: ClientRequest & { readonly agent?: unknown }, agent: unknown): void {
    const { observed } = this.attempt;
    const chosen = this.#chosen;
    if (this.#isObserved || request.agent !== agent) return;
    if (chosen.isForeign) {
      observeForeignSocket(request);
      noteIfQueued(chosen.agent, request);
    }
    this.#exchange = new Http1Exchange(request);
    observed.follow(this.#exchange);
    followQueue(request, observed.queueObserver);
  }

  #respond(request: ClientRequest, message: IncomingMessage & { readonly req?: unknown }): void {
    if (this.isOver) return;
    this.#exchange?.onHead();
    const { config, mayResume } = this.attempt;
    if ((mayResume && message.headers.etag !== undefined) || !isSimple(message, config)) {
      this.end();
      if (isFollowed(message, config)) endAtRedirect(request, message);
      this.attempt.passToAdapter(request, message);
      return;
    }
    this.#message = message;
    this.receiveHead(message, message.req ?? request);
    const pieces: Buffer[] = [];
    message.on('data', (piece: Buffer) => pieces.push(piece));
    message.on('aborted', () => this.#abort(message));
    message.on('error', (error) => this.fail(error, this.response));
    message.on('end', () => this.receiveBody(pieces));
  }

  #abort(message: IncomingMessage): void {
    if (this.isOver) return;
    this.end();
    const { config, errors } = this.attempt;
    const text = 'stream has been aborted';
    const request: unknown = this.response?.request;
    const error = errors.create(text, 'ERR_BAD_RESPONSE', config, request, this.partialResponse);
    message.destroy(error);
    this.attempt.fail(error);
  }

  protected override cancelBody(): void {
    this.#message?.destroy();
  }
}

function addRedirects(head: MessageHead, { protocol, host, path }: SimpleRequest): void {
  head.responseUrl = `${protocol}//${host}${path}`;
  head.redirects = [];
}

function decodeBody(pieces: Buffer[], { responseType }: RequestConfig): unknown {
  const body = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  // The response refers to its listeners, and they to the array. By now it may be in the old generation, where it would
  // keep the pieces until a major collection, whether the caller has dropped the response or not.
  pieces.length = 0;
  return responseType === 'arraybuffer' ? body : stripBom(body.toString('utf8'));
}

/** A response that only has to be collected. */
export function isSimple(head: MessageHead, config: RequestConfig): boolean {
  const isEncoded = head.headers['content-encoding'] !== undefined && config.decompress !== false;
  return !isEncoded && !isFollowed(head, config);
}

function isFollowed({ statusCode = 0, headers }: MessageHead, { maxRedirects }: RequestConfig): boolean {
  return maxRedirects !== 0 && statusCode >= 300 && statusCode < 400 && Boolean(headers.location);
}

/** A redirect follower reads no further than to the head, whatever comes behind it, be it broken or without an end. */
function endAtRedirect(request: ClientRequest, message: IncomingMessage): void {
  request.destroy();
  message.destroy();
}

function stripBom(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
