import type { TLSSocket } from 'node:tls';
import { Http2SessionError } from '../../errors.js';
import type { ConnectionTimes } from '../connection-times.js';
import { type Place, PlaceInTheMaking } from '../elsewhere.js';
import { afterPendingIo } from '../event-loop.js';
import { addressWishOf } from '../observe.js';
import type { Peer } from '../peer.js';
import type { Connector } from './connect.js';
import { type Http2ClientOptions, type Http2Target, timesFor } from './options.js';
import { PooledSession } from './session.js';
import {
  addressesInUse,
  chooseSession,
  mayBeClosing,
  type SessionDemands,
  type SessionWaiter,
} from './session-choice.js';
import type { Http2OriginStats, SessionOwner } from './session-state.js';

/**
 * Time in the queue for a stream of a session that has no room before another session is opened: about as long as
 * opening it takes, within which most streams end.
 */
const QUEUE_TIMEOUT_MS = 100;

/** How long it takes until a session to one more address of the name is tried for again. */
const SPREAD_AGAIN_MS = 5000;

/** Findings of a pool. */
interface PoolEvents {
  /** The server chose HTTP/1.1. */
  onHttp1(): void;
  /** Nothing is left in the pool. */
  onEmpty(): void;
}

/** The sessions of one origin, and the requests that wait for one. */
export class SessionPool {
  readonly #target: Http2Target;
  readonly #options: Http2ClientOptions;
  readonly #connector: Connector;
  readonly #events: PoolEvents;
  readonly #sessions = new Set<PooledSession>();
  readonly #queue = new Set<SessionWaiter>();
  readonly #owner: SessionOwner<PooledSession> = {
    onChange: (session) => this.#changed(session),
    // What made one connection silent may have done so with those beside it.
    onRetired: () => this.#sessions.forEach((session) => void session.liveness.doubt()),
    onWorse: (session) => {
      if (this.#options.leaves?.take(this.#target.origin)) session.close();
    },
    successes: 0,
  };
  #connecting: AbortController | undefined;
  #times: ConnectionTimes | undefined;
  #queueTimeout: NodeJS.Timeout | undefined;
  #isClosing = false;
  #nextSpreadMs = 0;

  constructor(target: Http2Target, options: Http2ClientOptions, connector: Connector, events: PoolEvents) {
    this.#target = target;
    this.#options = options;
    this.#connector = connector;
    this.#events = events;
  }

  /** There is a session that takes requests, if not now then once others have ended. */
  get isReady(): boolean {
    for (const session of this.#sessions) {
      if (session.isUsable) return true;
    }
    return false;
  }

  get stats(): Http2OriginStats {
    return {
      origin: this.#target.origin,
      sessions: [...this.#sessions].map((session) => session.stats),
      connecting: this.#connecting !== undefined,
      pending: this.#queue.size,
    };
  }

  /**
   * Finds a session with room for a stream, or makes one; requests share a connection in the making.
   *
   * @returns takes the request back. When the last one leaves, the connection in the making is given up.
   */
  acquire(waiter: SessionWaiter): () => void {
    const session = this.#queue.size === 0 ? this.#sessionFor(waiter) : undefined;
    if (session === undefined) return this.#enqueue(waiter);
    if (waiter.connection === 'checked' && mayBeClosing(session)) return this.#acquireChecked(waiter);
    waiter.onSession(session);
    if (session.peer !== undefined) this.#spread(waiter, session.peer, session.activeStreams > 1);
    return () => {};
  }

  /** The same, once a close of the session that is on its way has arrived. */
  #acquireChecked(waiter: SessionWaiter): () => void {
    let leave: (() => void) | undefined;
    let hasLeft = false;
    afterPendingIo(() => {
      if (hasLeft) return;
      const session = this.#queue.size === 0 ? this.#sessionFor(waiter) : undefined;
      if (session === undefined) leave = this.#enqueue(waiter);
      else waiter.onSession(session);
    });
    return () => {
      hasLeft = true;
      leave?.();
    };
  }

  #enqueue(waiter: SessionWaiter): () => void {
    waiter.connecting = this.#connecting && this.#times;
    this.#queue.add(waiter);
    this.#serve();
    if (this.#queue.has(waiter) && this.#isSaturated) waiter.queue?.onQueued();
    return () => this.#leave(waiter);
  }

  /** Closes idle sessions now, and the others when their last stream ends. */
  close(): void {
    this.#isClosing = true;
    for (const session of this.#sessions) session.close();
  }

  /** Closes everything at once; what runs or waits fails with `error`. */
  destroy(error: Error): void {
    this.#isClosing = true;
    this.#rejectAll(error);
    this.#connecting?.abort(error);
    for (const session of this.#sessions) session.destroy(error);
  }

  #leave(waiter: SessionWaiter): void {
    if (!this.#queue.delete(waiter) || this.#queue.size > 0) return;
    this.#connecting?.abort(new Error('The last request that waited for the connection is gone'));
    this.#stopQueueTimeout();
  }

  /** Hands out what room there is, and sees to more if that is not enough. */
  #serve(): void {
    this.#handOut((waiter) => this.#sessionFor(waiter));
    if (this.#queue.size === 0) this.#stopQueueTimeout();
    else if (this.#connecting === undefined) this.#makeRoom();
  }

  #handOut(sessionFor: (waiter: SessionWaiter) => PooledSession | undefined): void {
    for (const waiter of this.#queue) {
      const session = sessionFor(waiter);
      if (session === undefined) continue;
      this.#queue.delete(waiter);
      waiter.queue?.onDequeued();
      waiter.onSession(session);
    }
  }

  #sessionFor(demands: SessionDemands): PooledSession | undefined {
    return chooseSession(this.#sessions, demands, this.#options);
  }

  /**
   * Sees to a session for every address of the name, once requests overlap, and for one that may work again. No request
   * waits for it.
   */
  #spread(waiter: SessionWaiter, { name }: Peer, isBusy: boolean): void {
    const { addresses } = this.#options;
    if (this.#connecting !== undefined || addresses === undefined) return;
    const isProbe = !addresses.isQuiet && addresses.takeProbe(name, addressWishOf(waiter));
    const nowMs = performance.now();
    if (!isProbe && (!isBusy || nowMs < this.#nextSpreadMs)) return;
    const inUse = addressesInUse(this.#sessions, addresses);
    if (isProbe || addresses.hasOthers(name, inUse)) this.#connect(waiter, inUse);
    else this.#nextSpreadMs = nowMs + SPREAD_AGAIN_MS;
  }

  #makeRoom(): void {
    if (!this.#isSaturated) this.#connect();
    // Not refreshed by those who come later, so that nobody waits for longer.
    else this.#queueTimeout ??= setTimeout(() => this.#waitedTooLong(), QUEUE_TIMEOUT_MS);
  }

  /** There are sessions for the requests that wait, only that their streams are taken, or their peer is asked. */
  get #isSaturated(): boolean {
    return [...this.#sessions].some(
      (session) =>
        session.isUsable && !session.hasRoom && (session.liveness.doubtedMs ?? 0) < QUEUE_TIMEOUT_MS,
    );
  }

  #waitedTooLong(): void {
    this.#queueTimeout = undefined;
    // A server that allows no streams at all would allow none on another session either.
    const mayConnect = [...this.#sessions].some(
      ({ activeStreams, liveness }) => activeStreams > 0 || liveness.doubtedMs !== undefined,
    );
    if (this.#queue.size > 0 && mayConnect) this.#connect();
  }

  #stopQueueTimeout(): void {
    clearTimeout(this.#queueTimeout);
    this.#queueTimeout = undefined;
  }

  /**
   * @param asked the request that it is made for, if none waits.
   * @param inUse addresses that have a session already.
   */
  #connect(asked?: SessionWaiter, inUse?: ReadonlySet<string>): void {
    if (this.#connecting !== undefined) return;
    const connecting = new AbortController();
    this.#connecting = connecting;
    this.#times = timesFor(this.#target);
    for (const waiter of this.#queue) waiter.connecting = this.#times;
    const [first = asked] = this.#queue;
    const wish = first === undefined ? {} : addressWishOf(first);
    const place = new PlaceInTheMaking();
    const dialing = { ...wish, times: this.#times, place, options: first?.dialing ?? {} };
    dialing.avoid ??= inUse;
    this.#connector.connect(this.#target, dialing, connecting.signal).then(
      (connection) => {
        this.#connecting = undefined;
        if (connection.kind === 'http1') this.#useHttp1(connection.socket);
        else this.#add(new PooledSession(connection, place, this.#target, this.#options, this.#owner));
      },
      (error: Error) => {
        this.#connecting = undefined;
        this.#nextSpreadMs = performance.now() + SPREAD_AGAIN_MS;
        this.#connectFailed(error, connecting.signal.aborted, place);
      },
    );
  }

  #add(session: PooledSession): void {
    const { peer } = session;
    const isDouble = [...this.#sessions].some(
      (other) => other.isUsable && other.peer?.address === peer?.address,
    );
    if (isDouble) this.#nextSpreadMs = performance.now() + SPREAD_AGAIN_MS;
    this.#sessions.add(session);
    if (!session.isUsable) {
      // Trying again at once would make an endless series of connections to a server that is shutting down.
      const message = `${this.#target.name} closed the HTTP/2 connection at once`;
      this.#rejectAll(new Http2SessionError(message, { code: 'ECONNRESET', neverProcessed: true }));
    }
    this.#serve();
    if (session.isIdle) this.#becameIdle(session);
  }

  #useHttp1(socket: TLSSocket): void {
    this.#events.onHttp1();
    const waiters = [...this.#queue];
    this.#queue.clear();
    this.#stopQueueTimeout();
    if (waiters.length === 0) socket.destroy();
    waiters.forEach((waiter, i) => {
      waiter.queue?.onDequeued();
      waiter.onHttp1(i === 0 ? socket : undefined);
    });
    this.#checkEmpty();
  }

  #connectFailed(error: Error, isAbandoned: boolean, place: Place): void {
    // Rather where a request failed before than nowhere.
    this.#handOut(({ connection, dialing }) => this.#sessionFor({ connection, dialing }));
    // Requests that came after the last one had left begin anew; those with a session in use go on waiting for it.
    if (!isAbandoned && !this.#isSaturated) this.#rejectAll(error, place);
    if (this.#queue.size > 0) this.#makeRoom();
    this.#checkEmpty();
  }

  #rejectAll(error: Error, place?: Place): void {
    const waiters = [...this.#queue];
    this.#queue.clear();
    this.#stopQueueTimeout();
    for (const waiter of waiters) waiter.onError(error, place);
  }

  #changed(session: PooledSession): void {
    if (session.isClosed) this.#sessions.delete(session);
    this.#serve();
    if (session.isIdle) this.#becameIdle(session);
    this.#checkEmpty();
  }

  #becameIdle(session: PooledSession): void {
    const { poolIdleTimeoutMs, poolMaxIdlePerHost } = this.#options;
    const idle = [...this.#sessions].filter(({ isIdle }) => isIdle).length;
    if (this.#isClosing || poolIdleTimeoutMs === 0 || idle > poolMaxIdlePerHost) session.close();
  }

  #checkEmpty(): void {
    if (this.#sessions.size === 0 && this.#queue.size === 0 && this.#connecting === undefined)
      this.#events.onEmpty();
  }
}
