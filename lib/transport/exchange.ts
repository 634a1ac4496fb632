import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers';
import type { TLSSocket } from 'node:tls';
import { connectionState, watchConnect } from './connect.js';

/** How long what is left of a response may take, so that its connection can be used again. */
const GRACE_MS = 100;

/** How much of it is read for that. */
const GRACE_BYTES = 64 * 1024;

/** How long an upload that was answered already may stand still. */
const UPLOAD_GRACE_MS = 1000;

/** How often it may move on after that. */
const MAX_UPLOAD_LOOKS = 30;

/** A native request and its response. */
type AnsweredRequest = ClientRequest & { res?: IncomingMessage | null };

/**
 * Lets go of a request whose outcome is known and which nobody follows any more. One that is complete has its connection
 * back in the pool. Others may be about to be: the end of a body comes behind that of its compression, and a server that
 * answered well may still read the upload. What is not done soon is destroyed, or a server could hold a connection per
 * request for as long as it likes.
 *
 * @param progress a count that grows with every byte.
 */
function letGo(request: AnsweredRequest, progress: () => number): void {
  if (isOver(request)) return;
  const { res } = request;
  if (res == null || (res.destroyed && !res.complete)) abandon(request);
  else if (res.complete && (res.statusCode ?? 0) < 400) finishUpload(request, progress);
  else finishResponse(request, res);
}

/** Whether its connection is gone, or has been taken from it, or will be in this turn. */
function isOver(request: AnsweredRequest): boolean {
  const { destroyed, res, socket, writableFinished } = request;
  return (
    destroyed || socket?.destroyed === true || (res?.complete === true && writableFinished && isRead(res))
  );
}

function isRead(response: IncomingMessage): boolean {
  return response.readableEnded || response.destroyed;
}

function finishResponse(request: AnsweredRequest, response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > GRACE_BYTES) abandon(request);
  });
  response.resume();
  setTimeout(() => isOver(request) || abandon(request), GRACE_MS).unref();
}

function finishUpload(request: AnsweredRequest, progress: () => number): void {
  request.res?.resume();
  let seen = progress();
  let looks = 0;
  const look = () => {
    const now = progress();
    looks += 1;
    if (isOver(request)) return;
    if (now === seen || looks > MAX_UPLOAD_LOOKS) {
      abandon(request);
      return;
    }
    seen = now;
    setTimeout(look, UPLOAD_GRACE_MS).unref();
  };
  setTimeout(look, UPLOAD_GRACE_MS).unref();
}

function abandon(request: AnsweredRequest): void {
  // Whoever listened to it may have left.
  request.on('error', () => {});
  // By its connection, if it has one: what a failed request shows of itself stays as Node left it.
  if (request.socket == null) request.destroy();
  else request.socket.destroy();
}

/**
 * How far one request on the wire came:
 * - `connect`: no usable connection yet, nothing was sent;
 * - `sent`: the request was handed to a connection, no response headers yet;
 * - `response`: response headers arrived, the body is incomplete;
 * - `complete`: the body arrived whole.
 */
export type ExchangePhase = 'connect' | 'sent' | 'response' | 'complete';

/** The head of a response. */
export interface AnswerHead {
  readonly statusCode?: number | undefined;
  readonly headers: object;
}

/** One request and its response on the wire, whatever the protocol, as the transport sees it. */
export interface Exchange {
  readonly phase: ExchangePhase;
  /** Whether the peer said it never processed the request, or cannot have, because nothing of it was sent. */
  readonly neverProcessed: boolean;
  /** Whether the connection was lost while the body was arriving. */
  readonly truncated: boolean;
  /** Whether it ran on a kept-alive connection that died without a single byte of a response. */
  readonly lostKeepAliveRace: boolean;
  /** A count that grows with every byte sent or received. */
  readonly progress: number;
  /** Whether it is the peer's turn, and not a slow consumer's. */
  readonly waitingForPeer: boolean;
  /** Calls back when its connection is lost, or free for another request; at once if it is by now. */
  whenOver(callback: () => void): void;
  /**
   * Closes the connection that a whole response holds for as long as nobody reads it. What has arrived can still be read.
   */
  release(): void;
  /** The outcome is known and nobody follows it any more: ends what is not complete. */
  letGo(): void;
  /** The attempt's time is up: a connection that gave no sign of life meanwhile is not to carry the next one. */
  onExpired(): void;
  /** The head of the response, if it has arrived. */
  readonly answer?: AnswerHead | null | undefined;
  /** See {@link Attempt.distrustIdle}; not there where connections are judged by themselves. */
  distrustIdle?(sinceMs: number, isTimeout: boolean): boolean;
}

/** An HTTP/1.1 exchange. Everything is read from the native request when asked, so that success costs nothing. */
export class Http1Exchange implements Exchange {
  readonly #request: AnsweredRequest;

  constructor(request: ClientRequest) {
    this.#request = request;
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
    return (res.errored as NodeJS.ErrnoException | null)?.code === 'ECONNRESET';
  }

  get lostKeepAliveRace(): boolean {
    return this.#request.reusedSocket && this.#isUnanswered;
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
  return socket.readableEnded || (socket.errored as NodeJS.ErrnoException | null)?.syscall !== undefined;
}

interface Handle {
  readonly writeQueueSize?: number;
  /** What TLS writes to. */
  readonly _parent?: Handle | null;
}

/**
 * What a socket was given to write and did not send yet. A large body is given in one piece, so that nothing but this
 * shrinking queue tells a slow upload from a stalled one. Node's own socket timeout looks there too, but not below TLS.
 */
function queuedBytes(socket: Socket): number {
  let bytes = 0;
  let { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null };
  while (handle) {
    bytes += handle.writeQueueSize ?? 0;
    handle = handle._parent;
  }
  return bytes;
}

/**
 * Begins to observe a connection that an agent not ours gave to a request, so that a caller's own agent is judged by
 * the same evidence.
 */
export function observeForeignSocket(request: ClientRequest): void {
  request.once('socket', (socket) => {
    const known = connectionState(socket);
    if (known !== undefined) {
      known.bytesReadBefore = socket.bytesRead;
      known.bytesWrittenBefore = socket.bytesWritten;
      return;
    }
    const secure = (socket as TLSSocket).encrypted === true;
    watchConnect(socket, { readyEvent: secure ? 'secureConnect' : 'connect', target: '', timeoutMs: false });
    const state = connectionState(socket);
    if (state === undefined) return;
    const pending =
      socket.connecting || (socket as TLSSocket & { secureConnecting?: boolean }).secureConnecting === true;
    state.ready = request.reusedSocket || !pending;
    state.bytesReadBefore = socket.bytesRead;
    state.bytesWrittenBefore = socket.bytesWritten;
  });
}
