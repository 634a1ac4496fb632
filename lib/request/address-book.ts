import type { NamedAddressHealth } from '../addresses/addresses.js';
import { Addresses } from '../addresses/addresses.js';
import { Resolver } from '../addresses/lookup/resolver.js';
import type { ResolvedClient } from '../config/resolved.js';
import { publishAddress } from '../transport/channels.js';
import type { AddressBook, AddressStats } from '../transport/peer.js';

/** The addresses of the names that one policy connects to, by its configuration. */
export class PolicyAddresses extends Addresses implements AddressBook {
  readonly #resolver: Resolver;

  constructor({ dns, eject, given, randomizeAddresses: randomize }: ResolvedClient) {
    const now = () => performance.now();
    super({ randomize, eject, now, random: Math.random, onChange: publishAddress });
    const cache = dns && { ttlMs: dns.cacheTtlMs || 0, staleMs: dns.staleOnErrorMs || 0 };
    this.#resolver = new Resolver({ cache, cachesOwn: given.has('dns'), now }, this);
  }

  lookupFor(wish: Parameters<AddressBook['lookupFor']>[0]): ReturnType<AddressBook['lookupFor']> {
    return this.#resolver.lookupFor(wish);
  }

  stats(): AddressStats[] {
    return this.snapshot().map(statsOf);
  }
}

function statsOf({ name: host, ...health }: NamedAddressHealth): AddressStats {
  return { host, ...health };
}
