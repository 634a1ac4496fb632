import type { IncomingMessage } from 'node:http';
import type { ConnectionChoice } from './connection-choice.js';
import type { AnswerHead, Exchange, ExchangePhase } from './exchange.js';
import type { QueueObserver } from './queue.js';

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
export class Attempt {
  /** Which connection it may have. */
  readonly connection: ConnectionChoice;
  /** Whether idle connections are passed over. */
  readonly fresh: boolean;
  /** Told of every response (one, or one per redirect) when its head has arrived, before axios is. */
  onResponse: ((response: IncomingMessage) => void) | undefined;
  /** Told when a request has to wait for a connection. */
  queueObserver: QueueObserver | undefined;
  /** Where the request goes first, should it be redirected. */
  url: string | undefined;
  /** The header of the request's idempotency key, which is for its own origin only. */
  keyHeader: string | undefined;
  #exchange: Exchange | undefined;
  #exchanges = 0;

  constructor(connection: ConnectionChoice = 'any') {
    this.connection = connection;
    this.fresh = connection === 'new';
  }

  /** Begins to observe an exchange; the latest one is what counts. */
  follow(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#exchanges += 1;
    // A request over HTTP/2 is its own exchange.
    if (emitsResponse(exchange)) this.watch(exchange);
  }

  /** The exchange under way, if any was seen. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** Whether the request died on a kept-alive connection, and nothing before it (a redirect's first hop) was done. */
  get lostKeepAliveRace(): boolean {
    return this.#exchanges === 1 && !this.fresh && this.#exchange?.lostKeepAliveRace === true;
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

function emitsResponse(exchange: Exchange): exchange is Exchange & ResponseEmitter {
  return 'prependOnceListener' in exchange;
}
