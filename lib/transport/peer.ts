import { isIP, type LookupFunction, type Socket } from 'node:net';
import { fieldOf } from '../config/own.js';

/** Wishes of one new connection about the addresses of its name. */
export interface AddressWish {
  /** Addresses to go to only if there are no others. */
  readonly avoid?: ReadonlySet<string> | undefined;
  /** Whether its request may find out if an address that was out of order works again. */
  readonly mayProbe?: boolean | undefined;
}

/** The same, of a name that is looked up. */
interface LookupWish extends AddressWish {
  readonly name: string;
  readonly lookup?: LookupFunction | undefined;
  /** Told of the addresses, in the order in which they are tried. */
  readonly onAddresses?: ((addresses: readonly string[]) => void) | undefined;
}

/** Finds the addresses of names, and hears how they do. A name is `host:port`. */
export interface AddressBook {
  /** The option `lookup` for one new connection; `lookup` is the caller's own. */
  lookupFor(wish: LookupWish): LookupFunction;
  /** Whether the name is known to have several addresses. */
  hasSeveral(name: string): boolean;
  /** Whether it has addresses besides these that a connection may be made to. */
  hasOthers(name: string, addresses: ReadonlySet<string>): boolean;
  /** Whether no address of any name failed lately. */
  readonly isQuiet: boolean;
  /** Whether an address gets no requests for now. */
  isHeldBack(name: string, address: string): boolean;
  /** Whether a connection is to be made to find out if an address works again; `true` for one of those who ask. */
  takeProbe(name: string, wish: Pick<AddressWish, 'mayProbe'>): boolean;
  /** Whether a request with these wishes may find out if an address that gets no requests works again. */
  mayTry(name: string, address: string, wish: Pick<AddressWish, 'mayProbe'>): boolean;
  succeeded(name: string, address: string): void;
  /** @param isUnreachable whether there was no connection. */
  failed(name: string, address: string, isUnreachable: boolean): void;
  stats(): AddressStats[];
}

/** An address that failed lately, of a name that has several. */
export interface AddressStats {
  /** `host:port`. */
  readonly host: string;
  readonly address: string;
  /**
   * - `used`: like any other;
   * - `ejected`: it gets no requests;
   * - `due`: the next connection tries it;
   * - `probed`: one connection is trying it.
   */
  readonly state: 'used' | 'ejected' | 'due' | 'probed';
  /** Failures in a row. */
  readonly failures: number;
  /** Ejections in a row. */
  readonly ejections: number;
  /** How much longer it gets no requests; 0 if it does. */
  readonly ejectedForMs: number;
}

/** The far end of a connection, one of several addresses of a name. */
export interface Peer {
  /** `host:port`. */
  readonly name: string;
  readonly address: string;
}

/** Options of a connection that say where it goes. */
interface Destination {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly path?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
}

/** The name that has to be looked up for a connection: `host:port`; `undefined` where there is none. */
export function nameToLookUp({
  host = 'localhost',
  port,
  path,
  socketPath,
}: Destination): string | undefined {
  if (path || socketPath || isIP(host) !== 0) return undefined;
  return `${host}:${port ?? ''}`;
}

/** Has a connection find its address by the book; the options are copied if they change. */
export function withLookup<T extends Destination>(
  options: T,
  book: AddressBook | undefined,
  wish: AddressWish,
): T {
  return dial(options, book, wish)?.options ?? options;
}

/** Notes when a name has been looked up. */
interface LookupTimes {
  lookedUp(): void;
}

/** Begins to follow the addresses that a new connection tries; `undefined` if there is nothing to look up. */
export function dial<T extends Destination>(
  options: T,
  book: AddressBook | undefined,
  wish: AddressWish,
  times?: LookupTimes,
): Dialled<T> | undefined {
  const name = book && nameToLookUp(options);
  return book === undefined || name === undefined ? undefined : new Dialled(options, name, book, wish, times);
}

/**
 * A connection in the making, and the addresses that it tries, for what is learned of them by its end. They are noted by
 * the look-up: the event of the socket has a name that whoever pollutes `Object.prototype` may have put there.
 */
export class Dialled<T extends Destination = Destination> {
  /** Options of the connection, with the look-up. */
  readonly options: T;
  readonly #name: string;
  readonly #book: AddressBook;
  #given: readonly string[] = [];

  constructor(options: T, name: string, book: AddressBook, wish: AddressWish, times?: LookupTimes) {
    this.#name = name;
    this.#book = book;
    const onAddresses = (addresses: readonly string[]) => {
      this.#given = addresses;
      times?.lookedUp();
    };
    const lookup = book.lookupFor({ ...wish, name, onAddresses, lookup: fieldOf(options, 'lookup') });
    this.options = Object.assign({}, options, { lookup });
  }

  /** There is a connection: those tried before its address did not answer. */
  reached(socket: Socket): Peer | undefined {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || !this.#book.hasSeveral(this.#name)) return undefined;
    const tried = this.#tried(socket);
    // The last one, spelled as the look-up did: an IPv6 address may be written in more than one way.
    const address = tried.pop() ?? remoteAddress;
    for (const other of tried) this.#book.failed(this.#name, other, true);
    return { name: this.#name, address };
  }

  /**
   * There is none.
   *
   * @returns the addresses that were tried.
   */
  failed(socket: Socket): string[] {
    const tried = this.#tried(socket);
    for (const address of tried) this.#book.failed(this.#name, address, true);
    return tried;
  }

  /** Node keeps a list where it tries one after the other. */
  #tried({ autoSelectFamilyAttemptedAddresses: attempted }: Socket): string[] {
    if (attempted === undefined || attempted.length === 0) return this.#given.slice(0, 1);
    return attempted.map((endpoint) => endpoint.slice(0, endpoint.lastIndexOf(':')));
  }
}
