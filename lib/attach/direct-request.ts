// Default imports: whoever instruments or mocks these modules does so by replacing their properties.
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Attempt } from '../transport/attempt.js';
import { Http1Exchange, observeForeignSocket } from '../transport/exchange.js';
import type { ChosenAgent } from '../transport/transport.js';
import type { AttemptSignal } from './attempt-signal.js';
import type { AxiosErrors } from './axios-errors.js';
import { type AxiosResponse, cancelTokenOf, type RequestConfig } from './axios-like.js';
import type { PlainRequest } from './plain-request.js';

/** What a request of the common kind is made with. */
export interface DirectParts {
  readonly config: RequestConfig;
  readonly attempt: Attempt;
  readonly chosen: ChosenAgent;
  readonly signal: AttemptSignal;
  readonly errors: AxiosErrors;
  /** Whether the error of a body that was cut short has a response, which depends on the version of axios. */
  readonly hasResponseOfCut: boolean;
  /** Lets axios' own adapter make something of a response that is not of the common kind. */
  readonly handOver: (request: ClientRequest, response: IncomingMessage) => Promise<AxiosResponse>;
}

/**
 * Makes a request of the common kind on the native client, and of its response what axios' adapter would: without that
 * adapter, its redirect follower and a second pass through axios in between, which cost more than the request itself.
 * A response that needs more than to be collected (a redirect, a decompression) goes to axios' adapter after all.
 */
export function requestDirectly(plain: PlainRequest, parts: DirectParts): Promise<AxiosResponse> {
  return new Promise((resolve, reject) => {
    const exchange = new DirectExchange(plain, parts, resolve, reject);
    exchange.send();
  });
}

class DirectExchange {
  readonly #plain: PlainRequest;
  readonly #parts: DirectParts;
  readonly #resolve: (response: AxiosResponse | Promise<AxiosResponse>) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onCancel = (reason?: unknown) => this.#cancel(reason);
  #request: ClientRequest | undefined;
  #isOver = false;

  constructor(
    plain: PlainRequest,
    parts: DirectParts,
    resolve: (response: AxiosResponse | Promise<AxiosResponse>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#plain = plain;
    this.#parts = parts;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  send(): void {
    const { body, protocol, hostname, port, path, method, headers } = this.#plain;
    const { attempt, chosen, config, signal } = this.#parts;
    const agent = attempt.fresh ? attempt.agent(chosen.agent, chosen.isForeign) : chosen.agent;
    const scheme = protocol === 'https:' ? https : http;
    const request = scheme.request({ protocol, hostname, port, path, method, headers, agent });
    this.#request = request;
    this.#observe(request, agent);
    request.once('response', (response) => this.#respond(request, response));
    request.on('error', (error) => this.#fail(error));
    signal.onAbort = this.#onCancel;
    cancelTokenOf(config)?.subscribe?.(this.#onCancel);
    if (this.#isOver) return;
    if (body !== undefined) request.write(body);
    request.end();
  }

  /** A mock that put an agent of its own in the place of ours keeps the request from the wire. */
  #observe(request: ClientRequest, agent: unknown): void {
    const { attempt, chosen } = this.#parts;
    if (attempt.fresh || (request as { agent?: unknown }).agent !== agent) return;
    if (chosen.isForeign) observeForeignSocket(request);
    attempt.follow(new Http1Exchange(request));
  }

  #respond(request: ClientRequest, message: IncomingMessage): void {
    if (this.#isOver) return;
    const { config, handOver } = this.#parts;
    const isAccepted = accepts(config, message.statusCode ?? 0);
    if (!isPlain(message, config, isAccepted)) {
      this.#end();
      this.#resolve(handOver(request, message));
      return;
    }
    if (config.maxRedirects !== 0) Object.assign(message, { responseUrl: this.#url(), redirects: [] });
    const response = this.#responseOf(message);
    const pieces: Buffer[] = [];
    message.on('data', (piece: Buffer) => pieces.push(piece));
    message.once('aborted', () => this.#abort(message, response));
    message.on('error', (error) => this.#fail(error, response));
    message.once('end', () => this.#complete(response, pieces, isAccepted));
  }

  #url(): string {
    const { protocol, hostname, port, path } = this.#plain;
    const host = hostname.includes(':') ? `[${hostname}]` : hostname;
    return `${protocol}//${host}${port === '' ? '' : `:${port}`}${path}`;
  }

  #responseOf(message: IncomingMessage): AxiosResponse {
    const { config } = this.#parts;
    const Headers = config.headers.constructor as new (headers: object) => AxiosResponse['headers'];
    return {
      status: message.statusCode ?? 0,
      statusText: message.statusMessage ?? '',
      headers: new Headers(message.headers),
      config,
      request: (message as IncomingMessage & { req?: unknown }).req ?? this.#request,
    } as AxiosResponse;
  }

  #complete(response: AxiosResponse, pieces: readonly Buffer[], isAccepted: boolean): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors } = this.#parts;
    const body = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    response.data = config.responseType === 'arraybuffer' ? body : withoutMark(body.toString('utf8'));
    if (isAccepted) this.#resolve(response);
    else this.#reject(errors.ofStatus(response, config));
  }

  #abort(message: IncomingMessage, response: AxiosResponse): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors, hasResponseOfCut } = this.#parts;
    const error = errors.create(
      'stream has been aborted',
      'ERR_BAD_RESPONSE',
      config,
      response.request,
      hasResponseOfCut ? response : undefined,
    );
    message.destroy(error);
    this.#reject(error);
  }

  #fail(error: Error, response?: AxiosResponse): void {
    if (this.#isOver) return;
    this.#end();
    this.#reject(this.#parts.errors.from(error, this.#parts.config, this.#request, response));
  }

  /** @param reason the reason of a cancel token; a signal's is none of axios' concern. */
  #cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#end();
    const { config, errors } = this.#parts;
    const error = isCancel(reason) ? reason : errors.canceled(config, this.#request);
    this.#reject(error);
    this.#request?.destroy(error as Error);
  }

  #end(): void {
    this.#isOver = true;
    const { config, signal } = this.#parts;
    signal.onAbort = undefined;
    cancelTokenOf(config)?.unsubscribe?.(this.#onCancel);
  }
}

/** A response that only has to be collected. */
function isPlain(message: IncomingMessage, config: RequestConfig, isAccepted: boolean): boolean {
  const { statusCode = 0, headers } = message;
  const isRedirect = statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
  const isEncoded = headers['content-encoding'] !== undefined && config.decompress !== false;
  // What axios calls other statuses that are not accepted depends on its version.
  const isUsual = isAccepted || (statusCode >= 400 && statusCode < 600);
  return isUsual && !isEncoded && !(isRedirect && config.maxRedirects !== 0);
}

function accepts({ validateStatus }: RequestConfig, status: number): boolean {
  return !validateStatus || validateStatus(status);
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function isCancel(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && '__CANCEL__' in reason;
}
