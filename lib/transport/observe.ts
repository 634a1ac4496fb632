import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { AnswerHead, Exchange, ExchangePhase } from './exchange.js';

/**
 * Which connection a request may have:
 * - `any`: an idle one if there is one, as always;
 * - `checked`: an idle one only if it is open still and not old, because the request may not be sent twice;
 * - `new`: no idle one, because others were found dead.
 */
export type ConnectionChoice = 'any' | 'checked' | 'new';

/** Of those that are not `any`. The agent that takes a request in the end is not the one that was given it. */
const choices = new WeakMap<ClientRequest, ConnectionChoice>();

/** Says which connection a request may have, to the agent that will take it in the end. */
export function choose(request: ClientRequest, choice: ConnectionChoice): void {
  if (choice !== 'any') choices.set(request, choice);
}

/** For the request that is being made right now. */
let current: ConnectionChoice = 'any';

/** Makes a request on an agent of ours, which is given it at once, and says which connection it may have. */
export function makeOn<T>(choice: ConnectionChoice, make: () => T): T {
  current = choice;
  try {
    return make();
  } finally {
    current = 'any';
  }
}

/** Which connection a request may have that its agent is given just now. */
export function choiceOfNew(request: ClientRequest): ConnectionChoice {
  if (current !== 'any') choices.set(request, current);
  return choiceOf(request);
}

/** Which connection a request may have. */
export function choiceOf(request: ClientRequest): ConnectionChoice {
  return choices.get(request) ?? 'any';
}

/** Told when a request has to wait for a connection that others use, and when it has one or one is made for it. */
export interface QueueObserver {
  onQueued(): void;
  /** May come without the other. */
  onDequeued(): void;
}

/** Requests that wait in the queue of an agent, and whom they tell when that is over. */
const waiting = new WeakMap<ClientRequest, QueueObserver | undefined>();

/** Requests that will be given to their agents a little later, and whom they will tell then. */
const deferred = new WeakMap<ClientRequest, QueueObserver | undefined>();

/** Takes note of a request that its agent has just put into its queue; Node has no event for that. */
export function noteIfQueued(agent: Agent, request: ClientRequest): void {
  if (request.reusedSocket) return;
  const { requests } = agent;
  for (const name in requests) {
    if (requests[name]?.at(-1) !== request) continue;
    waiting.set(request, undefined);
    return;
  }
}

/** Tells of the wait of a request that was given to its agent just now, if it has to wait. */
export function followQueue(request: ClientRequest, observer: QueueObserver | undefined): void {
  if (observer === undefined) return;
  if (deferred.has(request)) deferred.set(request, observer);
  if (!waiting.has(request)) return;
  waiting.set(request, observer);
  request.once('socket', endWait);
  observer.onQueued();
}

/**
 * Puts off {@link followQueue} for a request that is given to its agent later.
 *
 * @returns to be told when it was.
 */
export function deferQueue(request: ClientRequest): { follow(): void } {
  deferred.set(request, undefined);
  return {
    follow: () => {
      const observer = deferred.get(request);
      deferred.delete(request);
      followQueue(request, observer);
    },
  };
}

/** A connection is being made for a request, which may have waited. */
export function leaveQueue(request: ClientRequest): void {
  const observer = waiting.get(request);
  waiting.delete(request);
  observer?.onDequeued();
}

function endWait(this: ClientRequest): void {
  leaveQueue(this);
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
export class Attempt {
  /** Which connection it may have. */
  readonly connection: ConnectionChoice;
  /** Whether idle connections are passed over. */
  readonly onNewConnection: boolean;
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
