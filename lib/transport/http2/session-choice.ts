import type { TLSSocket } from 'node:tls';
import type { ConnectionTimes } from '../connection-times.js';
import { type FailedPlaces, isElsewhere, isHeldBack, type Place } from '../elsewhere.js';
import type { ConnectionChoice, QueueObserver } from '../observe.js';
import { addressWishOf } from '../observe.js';
import type { AddressBook } from '../peer.js';
import type { Http2ClientOptions } from './options.js';
import type { PooledSession } from './session.js';

/** Demands of a request on its session. */
export interface SessionDemands {
  /** The session it may have. */
  readonly connection: ConnectionChoice;
  /** Options for dialing, should it come to that. */
  readonly dialing: object;
  /** Told when all streams are taken and it has to wait for one. */
  readonly queue?: QueueObserver | undefined;
  /** Where it failed before: it goes elsewhere if it can. */
  readonly failed?: FailedPlaces | undefined;
}

/** A request in want of a session. It is called back once. */
export interface SessionWaiter extends SessionDemands {
  /** The moments of the connection that it waits for, if one is being made. */
  connecting: ConnectionTimes | undefined;
  onSession(session: PooledSession): void;
  /** The server chose HTTP/1.1. One of the waiters is given the connection that found out. */
  onHttp1(socket: TLSSocket | undefined): void;
  /** @param place where a connection could not be made. */
  onError(error: Error, place?: Place): void;
}

/** A session that became idle just now was heard of just now. */
const JUST_NOW_MS = 1;

/** Whether the server may have closed a session for idleness: nothing was heard of it since, also if others woke it. */
export function mayBeClosing({ isIdle, isWaking, restedMs = 0 }: PooledSession): boolean {
  return isIdle ? restedMs > JUST_NOW_MS : isWaking;
}

/** The options that decide which session a request gets. */
type ChoiceOptions = Pick<Http2ClientOptions, 'poolIdleTimeoutMs' | 'addresses' | 'leaves'>;

/**
 * The session for a request: one with room that suits it; of several one whose last request did not fail, and of
 * addresses the one with the fewest streams.
 *
 * @param sessions of one origin; those that have rested for too long are closed.
 */
export function chooseSession(
  sessions: Iterable<PooledSession>,
  demands: SessionDemands,
  options: ChoiceOptions,
): PooledSession | undefined {
  const mostRestMs = options.poolIdleTimeoutMs || Number.POSITIVE_INFINITY;
  let best: PooledSession | undefined;
  for (const session of sessions) {
    const { restedMs } = session;
    // Only its timer has not run yet, because the process stood still.
    if (restedMs !== undefined && restedMs >= mostRestMs) session.close();
    else if (!session.hasRoom || !isSuitable(session, demands, options)) continue;
    else if (restedMs === undefined || mayTake(restedMs, mostRestMs, demands.connection)) {
      if (best === undefined || isBetter(session, best, demands, options)) best = session;
    }
  }
  return best;
}

/** Whether a request takes a session that is idle. */
function mayTake(restedMs: number, mostRestMs: number, connection: ConnectionChoice): boolean {
  // The longer it was, the likelier is its server just about to close it.
  return connection === 'any' || (connection === 'checked' && restedMs <= mostRestMs / 2);
}

function isSuitable(
  session: PooledSession,
  { failed }: SessionDemands,
  { addresses }: ChoiceOptions,
): boolean {
  // The first request of a new one is to find out whether its address works again.
  if (addresses?.isQuiet === false && session.openedStreams > 0 && isHeldBack(session, addresses))
    return false;
  return failed === undefined || isElsewhere(session, failed, addresses);
}

function isBetter(
  one: PooledSession,
  other: PooledSession,
  demands: SessionDemands,
  { addresses, leaves }: ChoiceOptions,
): boolean {
  if (addresses?.isQuiet === false) {
    const rank = probeRank(one, demands, addresses) - probeRank(other, demands, addresses);
    if (rank !== 0) return rank > 0;
  }
  const isFailing = one.answers.failuresInRow > 0;
  if (leaves !== undefined && isFailing !== other.answers.failuresInRow > 0) return !isFailing;
  // Others to the same address are there only for as long as one is not enough.
  return one.peer?.address !== other.peer?.address && one.activeStreams < other.activeStreams;
}

/** A session made to find out if its address works again waits for a request that may, which is to take it. */
function probeRank(session: PooledSession, demands: SessionDemands, addresses: AddressBook): -1 | 0 | 1 {
  const { peer } = session;
  if (peer === undefined || !isHeldBack(session, addresses)) return 0;
  return addresses.mayTry(peer.name, peer.address, addressWishOf(demands)) ? 1 : -1;
}

/** The addresses of sessions that requests are given; one that is held back is in use no more. */
export function addressesInUse(
  sessions: Iterable<PooledSession>,
  addresses: AddressBook,
): ReadonlySet<string> {
  const inUse = new Set<string>();
  for (const session of sessions) {
    if (session.isUsable && session.peer && !isHeldBack(session, addresses)) inUse.add(session.peer.address);
  }
  return inUse;
}
