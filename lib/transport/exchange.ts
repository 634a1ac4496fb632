import type { IncomingMessage } from 'node:http';
import type { ConnectionTimes } from './connection-times.js';
import type { FailedPlaces, Place } from './elsewhere.js';
import type { ConnectionChoice, ConnectionDemands, QueueObserver } from './observe.js';

// Browsers load this file: what it says of exchanges is for every protocol, and whoever makes one has it.

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
  /** The server said that it is not for this connection (421), and did nothing. */
  readonly isMisdirected?: boolean;
  /** The connection it has, or was to have. */
  readonly place?: Place | undefined;
  /** The moments of its connection, or of the one that is being made for it. */
  readonly connectionTimes: ConnectionTimes | undefined;
  /** When the request had a usable connection, by the monotonic clock, in ms; 0 = not yet. */
  readonly handedMs: number;
  /** When the head of the response arrived; 0 = not yet. */
  readonly headMs: number;
  /** Whether another request had the connection before. */
  readonly isReused: boolean;
  /** The head of the response, if it has arrived. */
  readonly answer?: AnswerHead | null | undefined;
  /** See {@link Attempt.distrustIdle}; not there where connections are judged by themselves. */
  distrustIdle?(sinceMs: number, isTimeout: boolean): boolean;
}

/** What an attempt's observation says at its end; what a retry decision is made from. */
export interface AttemptReport {
  /** `unobserved`: no request of ours was seen on the wire (a mock, the fetch adapter, a bad option). */
  readonly phase: ExchangePhase | 'unobserved';
  readonly neverProcessed: boolean;
  readonly truncated: boolean;
  readonly answer: AnswerHead | undefined;
}

const UNOBSERVED: AttemptReport = {
  phase: 'unobserved',
  neverProcessed: false,
  truncated: false,
  answer: undefined,
};

/** What can be heard of a request, over HTTP/1.1 and HTTP/2. */
interface ResponseEmitter {
  prependOnceListener(event: 'response', listener: (response: IncomingMessage) => void): unknown;
}

/**
 * The observer of one attempt: is told of every request that is made for it (one, or one per redirect). Where there are
 * no connections of ours to tell it (in a browser, of axios' fetch adapter), it sees nothing.
 */
export class Attempt implements ConnectionDemands {
  readonly connection: ConnectionChoice;
  readonly failed: FailedPlaces | undefined;
  /** Whether idle connections are passed over. */
  readonly onNewConnection: boolean;
  /** Told of every response (one, or one per redirect) when its head has arrived, before axios is. */
  onResponse: ((response: IncomingMessage) => void) | undefined;
  /** Told when a request has to wait for a connection. */
  queueObserver: QueueObserver | undefined;
  /** When it began, or had waited for its turn; by the monotonic clock, in ms. */
  availableMs = 0;
  /** Where the request goes first, should it be redirected. */
  url: string | undefined;
  /** The header of the request's idempotency key, which is for its own origin only. */
  keyHeader: string | undefined;
  #exchange: Exchange | undefined;
  #exchanges = 0;

  constructor(connection: ConnectionChoice = 'any', failed?: FailedPlaces) {
    this.connection = connection;
    this.failed = failed;
    this.onNewConnection = connection === 'new';
  }

  /** Begins to observe an exchange; the latest one is what counts. */
  follow(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#exchanges += 1;
  }

  /** Goes on observing an exchange as another one: a server that was asked for HTTP/2 chose HTTP/1.1. */
  replace(exchange: Exchange, by: Exchange): void {
    if (this.#exchange === exchange) this.#exchange = by;
  }

  /** The exchange under way, if any was seen. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** Whether the request died on a kept-alive connection, and nothing before it (a redirect's first hop) was done. */
  get lostKeepAliveRace(): boolean {
    return this.#exchanges === 1 && !this.onNewConnection && this.#exchange?.lostKeepAliveRace === true;
  }

  /** Whether the request went to a server that it is not for, and nothing before it was done. */
  get isMisdirected(): boolean {
    return this.#exchanges === 1 && this.#exchange?.isMisdirected === true;
  }

  /** The moments of the connection that was made for it; of one that was there already nothing was waited for. */
  get connectionTimes(): ConnectionTimes | undefined {
    const { connectionTimes: times, isReused } = this.#exchange ?? {};
    const wasReady =
      isReused || (times !== undefined && times.readyMs > 0 && times.readyMs <= this.availableMs);
    return wasReady ? undefined : times;
  }

  /** When it had a usable connection, by the monotonic clock, in ms; 0 = not yet. */
  get handedMs(): number {
    const handedMs = this.#exchange?.handedMs ?? 0;
    // Node gives a connection that becomes free to a request that waits without telling.
    return handedMs === 0 ? 0 : Math.max(handedMs, this.availableMs);
  }

  /** When the head of the response arrived; 0 = not yet. */
  get headMs(): number {
    return this.#exchange?.headMs ?? 0;
  }

  /** The attempt has settled: nothing that is not complete is left behind. */
  letGo(): void {
    this.#exchange?.letGo();
  }

  report(): AttemptReport {
    const exchange = this.#exchange;
    if (exchange === undefined) return UNOBSERVED;
    const { phase, neverProcessed, truncated } = exchange;
    const answer = exchange.answer ?? undefined;
    if (this.#exchanges === 1) return { phase, neverProcessed, truncated, answer };
    // An earlier hop was answered with a redirect, so the logical request did reach a server.
    return { phase: phase === 'connect' ? 'sent' : phase, neverProcessed: false, truncated, answer };
  }

  /**
   * After a failure: closes the idle connections of the same pool that are as suspect as the one it happened on.
   *
   * @param sinceMs when the attempt began, by the monotonic clock.
   * @param isTimeout whether a limit of ours ended it.
   * @returns whether there is reason to pass over idle connections.
   */
  distrustIdle(sinceMs: number, isTimeout: boolean): boolean {
    return this.#exchange?.distrustIdle?.(sinceMs, isTimeout) ?? false;
  }

  /** Looks at the response of a request before axios does, if anybody wants to. */
  watch(request: ResponseEmitter): void {
    const { onResponse } = this;
    if (onResponse !== undefined) request.prependOnceListener('response', onResponse);
  }
}
