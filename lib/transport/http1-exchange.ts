import type { ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { EventEmitter, Writable } from 'node:stream';
import { define } from '../config/own.js';
import { follow } from './client-request.js';
import { watchConnect } from './connect.js';
import { ConnectionTimes, timesOfPending } from './connection-times.js';
import type { Place } from './elsewhere.js';
import type { AnswerHead, Exchange, ExchangePhase } from './exchange.js';
import type { AnsweredRequest, ClientSocket } from './node-internals.js';
import { queuedBytes } from './node-internals.js';
import type { ConnectionState } from './observe.js';
import { connectionState } from './observe.js';
import { letGo } from './unfinished-exchange.js';

/** An HTTP/1.1 exchange. Everything is read from the native request when asked, so that success costs nothing. */
export class Http1Exchange implements Exchange {
  readonly #request: AnsweredRequest;

  #connectionTimes: ConnectionTimes | undefined;
  #handedMs = 0;
  #headMs = 0;

  constructor(request: ClientRequest) {
    this.#request = request;
  }

  /** The same, of a request that nobody else tells the response of. */
  static listeningTo(request: ClientRequest): Http1Exchange {
    const exchange = new Http1Exchange(request);
    request.prependOnceListener('response', () => exchange.onHead());
    return exchange;
  }

  /** The head of the response has arrived. Soon after the body, the connection may be another request's. */
  onHead(): void {
    this.#connectionTimes = this.connectionTimes;
    this.#handedMs = this.handedMs;
    this.#headMs = performance.now();
  }

  get connectionTimes(): ConnectionTimes | undefined {
    if (this.#headMs > 0) return this.#connectionTimes;
    return connectionState(this.#request.socket)?.times ?? timesOfPending(this.#request);
  }

  get handedMs(): number {
    if (this.#headMs > 0) return this.#handedMs;
    const state = connectionState(this.#request.socket);
    if (state === undefined) return 0;
    return this.isReused ? state.usedSinceMs : state.times.readyMs;
  }

  get headMs(): number {
    return this.#headMs;
  }

  get isReused(): boolean {
    return this.#request.reusedSocket;
  }

  get phase(): ExchangePhase {
    const { res, socket } = this.#request;
    if (res != null) return res.complete ? 'complete' : 'response';
    return connectionState(socket)?.ready ? 'sent' : 'connect';
  }

  get neverProcessed(): boolean {
    const { res, reusedSocket, socket } = this.#request;
    const before = connectionState(socket)?.bytesWrittenBefore;
    // It carried another request before: a connection that does not count its bytes has none by now.
    return res == null && reusedSocket && Boolean(before) && socket?.bytesWritten === before;
  }

  get truncated(): boolean {
    const { res } = this.#request;
    // Node destroys the response with ECONNRESET when the connection ends early; a destroy of our own, or of axios
    // for maxContentLength, carries no such error. A connection that was taken over for another protocol is not lost.
    if (res == null || res.complete || res.statusCode === 101) return false;
    const error: NodeJS.ErrnoException | null = res.errored;
    return error?.code === 'ECONNRESET';
  }

  get lostKeepAliveRace(): boolean {
    return this.#request.reusedSocket && this.#isUnanswered;
  }

  get place(): Place | undefined {
    return connectionState(this.#request.socket);
  }

  get answer(): AnswerHead | null | undefined {
    return this.#request.res;
  }

  distrustIdle(sinceMs: number, isTimeout: boolean): boolean {
    const { socket } = this.#request;
    const state = connectionState(socket);
    const isSuspect = isTimeout ? this.#isUnanswered : this.phase !== 'complete' && wasLost(socket);
    if (!isSuspect || state?.ready !== true) return false;
    state.home?.pool.closeIdleSince(sinceMs, state.home.name);
    return true;
  }

  /** Whether not a byte of a response has come. */
  get #isUnanswered(): boolean {
    const { res, socket } = this.#request;
    const state = connectionState(socket);
    return res == null && state !== undefined && socket?.bytesRead === state.bytesReadBefore;
  }

  get progress(): number {
    const { socket } = this.#request;
    if (socket == null) return 0;
    return socket.bytesRead + socket.bytesWritten - queuedBytes(socket);
  }

  get waitingForPeer(): boolean {
    const { res, socket } = this.#request;
    // Before that it is the connect timeout's business, or that of a pool without a free connection.
    if (res == null) return connectionState(socket)?.ready === true;
    return !res.complete && res.readableLength === 0;
  }

  whenOver(callback: () => void): void {
    if (this.#request.closed) callback();
    else this.#request.once('close', callback);
  }

  release(): void {
    // Once it is closed, its connection may be another request's.
    if (!this.#request.closed) this.#request.socket?.destroy();
  }

  // Its connection is destroyed with it.
  onExpired(): void {}

  letGo(): void {
    // Most often its connection is somebody else's by now.
    if (!this.#request.destroyed) letGo(this.#request, () => this.progress);
  }
}

/** Whether the peer or the network ended a connection, and nobody on this side did. */
function wasLost(socket: Socket | null | undefined): boolean {
  if (socket == null) return false;
  const error: NodeJS.ErrnoException | null = socket.errored;
  return socket.readableEnded || error?.syscall !== undefined;
}

/**
 * Begins to observe a connection that an agent not ours gave to a request, so that a caller's own agent is judged by
 * the same evidence.
 */
export function observeForeignSocket(request: ClientRequest): void {
  request.once('socket', (socket: ClientSocket) => {
    const state = connectionState(socket) ?? stateOfForeign(socket, request.reusedSocket);
    state.usedSinceMs = performance.now();
    state.bytesReadBefore = socket.bytesRead;
    state.bytesWrittenBefore = socket.bytesWritten;
  });
}

function stateOfForeign(socket: ClientSocket, isReused: boolean): ConnectionState {
  const readyEvent = socket.encrypted ? 'secureConnect' : 'connect';
  const times = new ConnectionTimes(socket.encrypted === true, false);
  const state = watchConnect(socket, { readyEvent, times });
  state.ready = isReused || !(socket.connecting || socket.secureConnecting === true);
  if (state.ready) times.ready();
  return state;
}

/** A request that was made without a redirect follower. */
interface UnfollowedParts {
  /** The options of its making. */
  readonly options: RequestOptions;
  readonly maxRedirects: number | undefined;
  readonly body: Buffer | undefined;
}

/** Keeps the parts of a follower in private, for they hold the caller's credentials. */
class Unfollowed {
  readonly #options: RequestOptions;
  readonly #maxRedirects: number | undefined;
  readonly #bodyLength: number;

  constructor({ options, maxRedirects, body }: UnfollowedParts) {
    this.#options = options;
    this.#maxRedirects = maxRedirects;
    this.#bodyLength = body?.length ?? 0;
  }

  /** The follower's own object, which finds the request made already. */
  follow(request: EventEmitter): Writable {
    const scheme = { request: () => request };
    const limits = { maxBodyLength: Number.POSITIVE_INFINITY };
    if (this.#maxRedirects) Object.assign(limits, { maxRedirects: this.#maxRedirects });
    const redirectable = follow({ http: scheme, https: scheme }, { ...this.#options, ...limits });
    Object.assign(redirectable, { _ended: true, _ending: true, _requestBodyLength: this.#bodyLength });
    // Whoever made the request is told of errors in another way.
    return redirectable.on('error', () => undefined);
  }
}

const UNFOLLOWED = Symbol('axios-policy.unfollowed');

interface Unwrapped {
  _redirectable?: Writable;
  [UNFOLLOWED]?: Unfollowed;
}

// Made when somebody looks: it takes longer than the rest of a request, and next to nobody does.
const LAZY: PropertyDescriptor & ThisType<EventEmitter & Unwrapped> = {
  configurable: true,
  enumerable: true,
  get() {
    return this[UNFOLLOWED]?.follow(this);
  },
  set(value: Writable) {
    const property = { value, configurable: true, enumerable: true, writable: true };
    define(this, '_redirectable', property);
  },
};

/**
 * Gives a request the `_redirectable` that axios' redirect follower leaves on every one: code reads the final URL and
 * the number of redirects there.
 */
export function showRedirectable(request: EventEmitter & Unwrapped, parts: UnfollowedParts): void {
  // axios uses no follower either where none are followed.
  if (parts.maxRedirects === 0) return;
  request[UNFOLLOWED] = new Unfollowed(parts);
  define(request, '_redirectable', LAZY);
}

/**
 * The request, to axios, of an error that came before the response: the redirect follower's, if it has one.
 *
 * @param body which the follower still has.
 */
export function requestOfError<Request extends EventEmitter & Unwrapped>(
  request: Request,
  body: Buffer | undefined,
): Request | Writable {
  const redirectable = request._redirectable;
  if (redirectable === undefined) return request;
  return body?.length ? Object.assign(redirectable, { _requestBodyBuffers: [{ data: body }] }) : redirectable;
}
