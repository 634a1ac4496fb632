import { isIP, type LookupFunction, type Socket } from 'node:net';

/** Wishes of one new connection about the addresses of its name. */
export interface AddressWish {
  /** Addresses to go to only if there are no others. */
  readonly avoid?: ReadonlySet<string> | undefined;
  /** Whether its request may find out if an address that was out of order works again. */
  readonly mayProbe?: boolean | undefined;
}

/** Finds the addresses of names, and hears how they do. A name is `host:port`. */
export interface AddressBook {
  /** The option `lookup` for one new connection; `lookup` is the caller's own. */
  lookupFor(wish: AddressWish & { readonly name: string; readonly lookup?: LookupFunction }): LookupFunction;
  /** Whether the name is known to have several addresses. */
  hasSeveral(name: string): boolean;
  /** Whether it has addresses besides these that a connection may be made to. */
  hasOthers(name: string, addresses: ReadonlySet<string>): boolean;
  /** Whether no address of any name failed lately. */
  readonly isQuiet: boolean;
  /** Whether an address gets no requests for now. */
  isHeldBack(name: string, address: string): boolean;
  /** Whether a connection is to be made to find out if an address works again; `true` for one of those who ask. */
  takeProbe(name: string): boolean;
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
  const name = book && nameToLookUp(options);
  if (book === undefined || name === undefined) return options;
  const { lookup } = options;
  const found = book.lookupFor({ ...wish, name, ...(lookup === undefined ? {} : { lookup }) });
  return Object.assign({}, options, { lookup: found });
}

/** The addresses that a connection in the making tries, for what is learned of them by its end. */
export class DialledAddresses {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #book: AddressBook;
  #given: string[] = [];
  readonly #onLookup = (_error: Error | null, address: string | undefined) => {
    if (address !== undefined) this.#given.push(address);
  };

  constructor(socket: Socket, name: string, book: AddressBook) {
    this.#socket = socket;
    this.#name = name;
    this.#book = book;
    socket.on('lookup', this.#onLookup);
  }

  /** There is a connection: those tried before its address did not answer. */
  reached(): Peer | undefined {
    this.#stop();
    const { remoteAddress: address } = this.#socket;
    if (address === undefined || !this.#book.hasSeveral(this.#name)) return undefined;
    for (const other of this.#tried) if (other !== address) this.#book.failed(this.#name, other, true);
    return { name: this.#name, address };
  }

  /**
   * There is none.
   *
   * @returns the addresses that were tried.
   */
  failed(): string[] {
    this.#stop();
    const tried = this.#tried;
    for (const address of tried) this.#book.failed(this.#name, address, true);
    return tried;
  }

  /** It was given up by its request. */
  givenUp(): void {
    this.#stop();
  }

  /** Node keeps a list where it tries one after the other. */
  get #tried(): string[] {
    const { autoSelectFamilyAttemptedAddresses: attempted } = this.#socket;
    if (attempted === undefined || attempted.length === 0) return this.#given.slice(0, 1);
    return attempted.map((endpoint) => endpoint.slice(0, endpoint.lastIndexOf(':')));
  }

  #stop(): void {
    this.#socket.removeListener('lookup', this.#onLookup);
  }
}
