import dns, { type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Addresses, ConnectionWish } from '../addresses.js';
import type { CacheLimits } from '../answer-cache.js';
import { ask, type LookupError, type OnAnswer, SharedLookups } from './shared-lookups.js';

/** What a look-up is for. */
interface LookupWish extends ConnectionWish {
  /** `host:port`, the name under which {@link Addresses} hears how its addresses do. */
  readonly name: string;
  /** The caller's own, asked instead of Node's. */
  readonly lookup?: LookupFunction | undefined;
  /** Told of the addresses, in the order in which they are tried. */
  readonly onAddresses?: ((addresses: readonly string[]) => void) | undefined;
}

/** How names are looked up. */
export interface ResolverOptions {
  /** `false` = each connection asks by itself. */
  readonly cache: CacheLimits | false;
  /** Whether the answers of a caller's own look-up are shared and kept, too. */
  readonly cachesOwn: boolean;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/** Looks names up for new connections. */
export class Resolver {
  readonly #cachesOwn: boolean;
  readonly #addresses: Addresses;
  readonly #shared: SharedLookups | undefined;

  /** @param addresses puts answers in order. */
  constructor({ cache, cachesOwn, now }: ResolverOptions, addresses: Addresses) {
    this.#cachesOwn = cachesOwn;
    this.#addresses = addresses;
    this.#shared = cache === false ? undefined : new SharedLookups(cache, now);
  }

  /**
   * The option `lookup` for one new connection: has the signature of `dns.lookup`, its errors, and its answers in the
   * order in which this connection is to try them.
   */
  lookupFor(wish: LookupWish): LookupFunction {
    return (hostname, options, callback) => {
      this.#find(hostname, options, wish.lookup, (error, answer) => {
        // An error comes alone, which the types do not know.
        if (error) return (callback as (error: LookupError) => void)(error);
        if ('raw' in answer) return callback(null, ...answer.raw);
        const ordered = this.#addresses.forConnection(wish.name, answer, wish);
        const [first] = ordered;
        wish.onAddresses?.(ordered.map(({ address }) => address));
        if (options.all === true || first === undefined) return callback(null, ordered);
        return callback(null, first.address, first.family);
      });
    };
  }

  #find(hostname: string, asked: LookupOptions, own: LookupFunction | undefined, onAnswer: OnAnswer): void {
    // Node's is read at each use, for it may be patched; a single address is the first of its list. What another one
    // makes of the options, only that one knows.
    const lookup = own ?? (dns.lookup as LookupFunction);
    const options = own === undefined ? { ...asked, all: true } : asked;
    const question = { hostname, options, lookup };
    if (this.#shared !== undefined && (own === undefined || this.#cachesOwn)) {
      this.#shared.find(question, onAnswer);
      return;
    }
    ask(question, onAnswer);
  }
}
