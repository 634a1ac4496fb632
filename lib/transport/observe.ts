/**
 * What is remembered of the connections of our agents, and of the requests that are given one: notes for whoever asks
 * later how far an attempt came, kept outside of Node's own objects or under symbols of ours.
 */
import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { define } from '../config/own.js';
import type { OwnedConnection } from './channels.js';
import type { ConnectionTimes } from './connection-times.js';
import { type FailedPlaces, nextConnectionNumber, type Place } from './elsewhere.js';
import type { ClientSocket, OnConnection } from './node-internals.js';
import type { AddressWish, Peer } from './peer.js';

const STATE = Symbol('axios-policy.connection');

/** What the transport remembers of a connection. */
export interface ConnectionState extends Place {
  peer: Peer | undefined;
  tried: readonly string[] | undefined;
  /** Whether a request could have been written to it: TCP is up and, for https, so is TLS. */
  ready: boolean;
  /** `socket.bytesRead` when the current request was given the connection. */
  bytesReadBefore: number;
  /** `socket.bytesWritten` by then; 0 where nobody will ask. */
  bytesWrittenBefore: number;
  /** When the current request was given it, if another had it before; by the monotonic clock, in ms. */
  usedSinceMs: number;
  /** When it came how far. */
  readonly times: ConnectionTimes;
  /** Whether it waits in a pool. */
  isIdle: boolean;
  /** Since when it does, or last did, and until when it may; by the monotonic clock. */
  idleSinceMs: number;
  idleUntilMs: number;
  /** The turn of the event loop it was freed in; 0 where nobody will ask. */
  freedInTurn: number;
  /** How its requests were answered. */
  readonly answers: Answers;
  /** From when on it takes no new request. */
  endsAtMs: number;
  /** Its name in messages; there are none about somebody else's. */
  readonly label?: OwnedConnection | undefined;
  /** Where it is kept between two requests. */
  readonly home?: ConnectionHome | undefined;
}

/** The connections that a pool keeps under one name. */
export interface ConnectionHome extends Successes {
  readonly pool: { closeIdleSince(sinceMs: number, name: string): void };
  readonly name: string;
}

interface ObservedSocket extends Socket {
  readonly [STATE]?: ConnectionState;
}

/** The state of a connection made by one of our agents; `undefined` for anybody else's socket. */
export function connectionState(socket: ObservedSocket | null | undefined): ConnectionState | undefined {
  return socket?.[STATE];
}

/** A connection that fails so many requests in a row, while others succeed, is worse than those. */
const WORSE_AFTER = 2;

/** Counts the requests that succeeded on several connections to one server. */
export interface Successes {
  successes: number;
}

/** How the requests on one connection were answered. */
export class Answers {
  /** Requests in a row that were answered with a 5xx. */
  failuresInRow = 0;
  /** Successes on all connections by the first of these failures. */
  #successesBefore = 0;

  /**
   * Takes note of an answer.
   *
   * @param all of this connection and those beside it.
   * @returns whether this connection is worse than others.
   */
  note(status: number, all: Successes): boolean {
    if (status < 500) {
      this.failuresInRow = 0;
      all.successes += 1;
      return false;
    }
    this.failuresInRow += 1;
    if (this.failuresInRow === 1) this.#successesBefore = all.successes;
    return this.failuresInRow >= WORSE_AFTER && all.successes > this.#successesBefore;
  }
}

/** Begins to remember a connection. */
export function observeConnection(
  socket: Socket,
  known: Pick<ConnectionState, 'ready' | 'times' | 'label' | 'home'>,
): ConnectionState {
  const state: ConnectionState = {
    ready: known.ready,
    bytesReadBefore: 0,
    bytesWrittenBefore: 0,
    usedSinceMs: 0,
    times: known.times,
    isIdle: false,
    idleSinceMs: 0,
    idleUntilMs: 0,
    freedInTurn: 0,
    answers: new Answers(),
    endsAtMs: Number.POSITIVE_INFINITY,
    connection: nextConnectionNumber(),
    peer: undefined,
    tried: undefined,
    label: known.label,
    home: known.home,
  };
  define(socket, STATE, { value: state });
  socket.once('close', failOnUpgrade);
  return state;
}

/**
 * Has a request fail whose connection a server takes over unasked, with 101 Switching Protocols (RFC 9110, section
 * 15.2.2). Node destroys such a connection without a word to the request, which would wait for its timeout. A 101 that
 * names no protocol is a response like any other to Node. One function for all connections.
 */
function failOnUpgrade(this: ClientSocket): void {
  const request = this._httpMessage;
  if (request?.res?.statusCode !== 101 || request.listenerCount('upgrade') > 0) return;
  if (request.listenerCount('error') === 0) return;
  const message = 'The server answered 101 Switching Protocols, which it was not asked for';
  request.emit('error', Object.assign(new Error(message), { code: 'ERR_BAD_RESPONSE' }));
}

/** Errors of connections that failed because of the peer's certificate. */
const rejections = new WeakSet<object>();

/**
 * Takes note of an error that a connection in the making failed with, if the reason is the peer's certificate. The error
 * does not tell: a check of the caller's own (`checkServerIdentity`) gives any error it likes.
 */
export function noteIfRejected(socket: ClientSocket, error: unknown): void {
  if (socket.authorizationError && typeof error === 'object' && error !== null) rejections.add(error);
}

/** Whether an error says that the peer's certificate was rejected. */
export function isRejection(error: object): boolean {
  return rejections.has(error);
}

/**
 * Has every new connection closed as soon as it brings bytes that nobody asked for. They are no part of a response, and
 * would become the beginning of the next one. Newer Nodes look for them on idle connections; here it is also done on
 * older ones, and from the end of a response on, which its reader may be far from.
 */
export function closingOnStrayBytes(onSocket: OnConnection): OnConnection {
  return (error, socket) => {
    if (!error) {
      socket.on('data', closeIfStray);
      // Whoever upgrades the connection speaks what he likes on it.
      socket.once('agentRemove', stopWatching);
    }
    onSocket(error, socket);
  };
}

function closeIfStray(this: ClientSocket): void {
  // Node takes the parser off with the last byte of a response. Before the first request there is none.
  if (this.parser === null || connectionState(this)?.isIdle) this.destroy();
}

function stopWatching(this: Socket): void {
  this.removeListener('data', closeIfStray);
}

/**
 * Which connection a request may have:
 * - `any`: an idle one if there is one, as always;
 * - `checked`: an idle one only if it is open still and not old, because the request may not be sent twice;
 * - `new`: no idle one, because others were found dead.
 */
export type ConnectionChoice = 'any' | 'checked' | 'new';

/** Demands of a request on its connection. */
export interface ConnectionDemands {
  readonly connection: ConnectionChoice;
  /** Where it failed before: it goes elsewhere if it can. */
  readonly failed?: FailedPlaces | undefined;
}

/** No demands. */
const ANY: ConnectionDemands = { connection: 'any' };

/** What a request with these demands wants of the address of its connection. */
export function addressWishOf({ connection, failed }: ConnectionDemands): AddressWish {
  return { avoid: failed?.addresses, mayProbe: connection !== 'checked' };
}

/** Of requests that have some. The agent that takes a request in the end is not the one that was given it. */
const demands = new WeakMap<ClientRequest, ConnectionDemands>();

/** Tells the agent that will take a request in the end what it demands. */
export function demand(request: ClientRequest, demanded: ConnectionDemands): void {
  if (isDemanding(demanded)) demands.set(request, demanded);
}

/** Tells if any connection will not do. */
export function isDemanding({ connection, failed }: ConnectionDemands): boolean {
  return connection !== 'any' || failed !== undefined;
}

/** Of the request that is being made right now. */
let current = ANY;

/** Makes a request on an agent of ours, which is given it at once, and says what it demands. */
export function makeOn<T>(demanded: ConnectionDemands, make: () => T): T {
  current = demanded;
  try {
    return make();
  } finally {
    current = ANY;
  }
}

/** The demands of a request that its agent is given just now. */
export function demandsOfNew(request: ClientRequest): ConnectionDemands {
  if (current !== ANY) demands.set(request, current);
  return demandsOf(request);
}

/** The demands of a request. */
export function demandsOf(request: ClientRequest): ConnectionDemands {
  return demands.get(request) ?? ANY;
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
export function noteIfQueued({ requests }: Pick<Agent, 'requests'>, request: ClientRequest): void {
  if (request.reusedSocket) return;
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
