import type { NamedAddressHealth } from '../addresses/addresses.js';
import { Addresses } from '../addresses/addresses.js';
import { Resolver } from '../addresses/lookup/resolver.js';
import type { ResolvedClient } from '../config/resolved.js';
import { publishAddress } from '../transport/channels.js';
import type { AddressBook, AddressStats } from '../transport/peer.js';

/** The addresses of the names that one policy connects to, by its configuration. */
export class PolicyAddresses implements AddressBook {
  readonly #addresses: Addresses;
  readonly #resolver: Resolver;

  constructor({ dns, eject, given, randomizeAddresses: randomize }: ResolvedClient) {
    const now = () => performance.now();
    const onChange = publishAddress;
    this.#addresses = new Addresses({ randomize, eject, now, random: Math.random, onChange });
    const cache = dns && { ttlMs: dns.cacheTtlMs || 0, staleMs: dns.staleOnErrorMs || 0 };
    const cachesOwn = given.has('dns');
    this.#resolver = new Resolver({ cache, cachesOwn, now }, this.#addresses);
  }

  get isQuiet(): boolean {
    return this.#addresses.isQuiet;
  }

  lookupFor(wish: Parameters<AddressBook['lookupFor']>[0]): ReturnType<AddressBook['lookupFor']> {
    return this.#resolver.lookupFor(wish);
  }

  hasSeveral(name: string): boolean {
    return this.#addresses.hasSeveral(name);
  }

  hasOthers(name: string, addresses: ReadonlySet<string>): boolean {
    return this.#addresses.hasOthers(name, addresses);
  }

  isHeldBack(name: string, address: string): boolean {
    return this.#addresses.isHeldBack(name, address);
  }

  takeProbe(name: string): boolean {
    return this.#addresses.takeProbe(name);
  }

  succeeded(name: string, address: string): void {
    this.#addresses.succeeded(name, address);
  }

  failed(name: string, address: string, isUnreachable: boolean): void {
    this.#addresses.failed(name, address, isUnreachable);
  }

  stats(): AddressStats[] {
    return this.#addresses.snapshot().map(statsOf);
  }
}

function statsOf({ name: host, ...health }: NamedAddressHealth): AddressStats {
  return { host, ...health };
}
