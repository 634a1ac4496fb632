import { BoundedMap } from '../config/bounded-map.js';
import type { AddressBook, Peer } from './peer.js';

/** A connection as far as it matters to requests that look for another one. */
export interface Place {
  /** Addresses that were tried in vain, where it did not come to be. */
  readonly tried?: readonly string[] | undefined;
  /** Its number, unique in the process. */
  readonly connection: number;
  /** Its far end, if that is one of several. */
  readonly peer?: Peer | undefined;
}

let lastNumber = 0;

/** The number of a new connection. */
export function nextConnectionNumber(): number {
  lastNumber += 1;
  return lastNumber;
}

/** A connection in the making, as far as it is known where it leads. */
export class PlaceInTheMaking implements Place {
  readonly connection = nextConnectionNumber();
  peer: Peer | undefined;
  tried: readonly string[] | undefined;
}

/** A request that fails more often than that goes back to where it failed first. */
const MAX_PLACES = 32;

/** Places where the attempts of a request failed. */
export class FailedPlaces {
  // Thousands may sleep before their retry, most of them for servers with one address.
  #addresses: Set<string> | undefined;
  /** The latest one, or 0: most sleep after a first failure. */
  #connection = 0;
  #earlier: readonly number[] | undefined;
  #asked = 0;

  get addresses(): ReadonlySet<string> {
    return this.#addresses ?? NONE;
  }

  /** Takes note of a connection. */
  add({ connection, peer, tried = [] }: Place): void {
    if (!this.#hasConnection(connection)) {
      if (this.#connection > 0)
        this.#earlier = [...(this.#earlier?.slice(2 - MAX_PLACES) ?? []), this.#connection];
      this.#connection = connection;
    }
    if (peer !== undefined) this.#addAddress(peer.address);
    for (const address of tried) this.#addAddress(address);
  }

  /** Whether a connection is the one that was asked about the last time. */
  isLatest({ connection }: Place): boolean {
    const isLatest = this.#asked === connection;
    this.#asked = connection;
    return isLatest;
  }

  /** How near a connection is to those where it failed: 0 = elsewhere, 1 = at the same address, 2 = the same one. */
  nearness({ connection, peer }: Place): 0 | 1 | 2 {
    if (this.#hasConnection(connection)) return 2;
    return peer !== undefined && this.addresses.has(peer.address) ? 1 : 0;
  }

  #hasConnection(connection: number): boolean {
    return connection === this.#connection || this.#earlier?.includes(connection) === true;
  }

  #addAddress(address: string): void {
    this.#addresses ??= new Set();
    this.#addresses.add(address);
    const [oldest] = this.#addresses;
    if (this.#addresses.size > MAX_PLACES && oldest !== undefined) this.#addresses.delete(oldest);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Connections that are given up for being worse than others: no more than one a second and origin. */
const LEAVE_EVERY_MS = 1000;

/** Origins whose last time is remembered. */
const MAX_ORIGINS = 1000;

/** Limits how many connections are given up while the server lives. */
export class LeaveLimit {
  readonly #lastMs = new BoundedMap<string, number>(MAX_ORIGINS);

  /** Whether a connection to an origin may be given up now; if so, it counts. */
  take(origin: string, nowMs = performance.now()): boolean {
    const lastMs = this.#lastMs.get(origin);
    if (lastMs !== undefined && nowMs - lastMs < LEAVE_EVERY_MS) return false;
    this.#lastMs.set(origin, nowMs);
    return true;
  }
}

/** Whether a connection will do for a request that failed elsewhere. */
export function isElsewhere(place: Place, failed: FailedPlaces, book: AddressBook | undefined): boolean {
  const nearness = failed.nearness(place);
  if (nearness !== 1 || place.peer === undefined) return nearness === 0;
  // Another address is better than another connection to the same one.
  return book?.hasOthers(place.peer.name, failed.addresses) !== true;
}

/** Whether a connection is passed over because its address is held back. */
export function isHeldBack({ peer }: Place, book: AddressBook | undefined): boolean {
  return peer !== undefined && book?.isQuiet === false && book.isHeldBack(peer.name, peer.address);
}
