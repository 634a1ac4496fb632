import { EventEmitter } from 'node:events';
import type { Agent, IncomingMessage } from 'node:http';
import { addRequest, frontOf, passOverIdle } from './agent-front.js';
import { type Exchange, type ExchangePhase, Http1Exchange, observeForeignSocket } from './exchange.js';

/** What an attempt's observation says at its end; what a retry decision is made from. */
export interface AttemptReport {
  /** `unobserved`: no request of ours was seen on the wire (a mock, the fetch adapter, a bad option). */
  readonly phase: ExchangePhase | 'unobserved';
  readonly neverProcessed: boolean;
  readonly truncated: boolean;
}

const UNOBSERVED: AttemptReport = { phase: 'unobserved', neverProcessed: false, truncated: false };

/**
 * The observer of one attempt: sees every request that axios makes for it (one, or one per redirect), because axios
 * gets agents that belong to this attempt and lead to the shared pools.
 */
export class Attempt {
  /** Whether idle connections are passed over: the attempt follows a lost keep-alive race. */
  readonly fresh: boolean;
  /** Told of every response (one, or one per redirect) when its head has arrived, before axios is. */
  onResponse: ((response: IncomingMessage) => void) | undefined;
  #exchange: Exchange | undefined;
  #exchanges = 0;

  constructor(fresh = false) {
    this.fresh = fresh;
  }

  /** An agent that is `agent` in every respect, but tells this attempt of the requests it gets. */
  agent(agent: Agent, foreign: boolean): Agent {
    return frontOf(agent, (request, options) => {
      if (foreign) observeForeignSocket(request);
      this.#watch(request);
      this.follow(new Http1Exchange(request));
      if (this.fresh) passOverIdle(request);
      addRequest(agent, request, options);
    });
  }

  /** Begins to observe an exchange; the latest one is what counts. */
  follow(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#exchanges += 1;
    // A request over HTTP/2 is its own exchange.
    if (exchange instanceof EventEmitter) this.#watch(exchange);
  }

  /** The exchange under way, if any was seen. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** Whether the request died on a kept-alive connection, and nothing before it (a redirect's first hop) was done. */
  get lostKeepAliveRace(): boolean {
    return this.#exchanges === 1 && !this.fresh && this.#exchange?.lostKeepAliveRace === true;
  }

  report(): AttemptReport {
    const exchange = this.#exchange;
    if (exchange === undefined) return UNOBSERVED;
    const { phase, neverProcessed, truncated } = exchange;
    if (this.#exchanges === 1) return { phase, neverProcessed, truncated };
    // An earlier hop was answered with a redirect, so the logical request did reach a server.
    return { phase: phase === 'connect' ? 'sent' : phase, neverProcessed: false, truncated };
  }

  #watch(request: EventEmitter): void {
    const { onResponse } = this;
    if (onResponse !== undefined) request.prependOnceListener('response', onResponse);
  }
}
