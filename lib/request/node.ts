import { finished } from 'node:stream';
import { setImmediate } from 'node:timers';
import type { NamedAddressHealth } from '../addresses/addresses.js';
import { Addresses } from '../addresses/addresses.js';
import { Resolver } from '../addresses/lookup/resolver.js';
import { describePolicy, resolvePolicy, resolveRequestPolicy } from '../config/resolve.js';
import type { ResolvedClient } from '../config/resolved.js';
import { makeSameConnections } from '../config/resolved.js';
import type { PolicyConfig } from '../config/types.js';
import { BufferedDownload } from '../resume/buffered-download.js';
import { StreamedDownload } from '../resume/streamed-download.js';
import type { Owner } from '../transport/channels.js';
import { publishAddress } from '../transport/channels.js';
import { LeaveLimit } from '../transport/elsewhere.js';
import type { AddressBook, AddressStats } from '../transport/peer.js';
import { Transport } from '../transport/transport.js';
import { attach } from './attach.js';
import type { AxiosLike } from './axios.js';
import { adapterName } from './axios.js';
import { ATTEMPTS, publishAttempt, publishGiveUp, publishRetry, RETRIES } from './channels.js';
import { DirectClient } from './direct/client.js';
import { goesElsewhere } from './generation.js';
import type { Platform } from './platform.js';
import type { Policy } from './policy.js';

/** The addresses of the names that one policy connects to, by its configuration. */
class PolicyAddresses extends Addresses implements AddressBook {
  readonly #resolver: Resolver;

  constructor({ dns, eject, given, randomizeAddresses: randomize }: ResolvedClient, owner: Owner) {
    const now = () => performance.now();
    super({
      randomize,
      eject,
      now,
      random: Math.random,
      onChange: (health) => publishAddress(owner, health),
    });
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

const NODE: Platform = {
  channels: { attempts: ATTEMPTS, retries: RETRIES, publishAttempt, publishRetry, publishGiveUp },
  resolvePolicy,
  resolveRequestPolicy,
  describePolicy,
  makeSameConnections,
  connect: (policy, instance, bare, owner) => {
    const { client } = policy;
    const leaves = goesElsewhere(policy) ? new LeaveLimit() : undefined;
    const addresses = new PolicyAddresses(client, owner);
    const transport = new Transport(client, instance, { addresses, leaves, owner });
    return Object.assign(transport, { direct: new DirectClient(transport, client.allowHttp, bare) });
  },
  adapterName,
  downloadOf: (config, owner) =>
    config.responseType === 'stream' ? new StreamedDownload(config, owner()) : new BufferedDownload(config),
  whenEnded: (body, callback) => void finished(body, { writable: false }, callback),
  afterPendingIo: (callback) => void setImmediate(callback),
};

/**
 * Gives an existing axios instance the network manners of object_store: keep-alive pools, a connect timeout, a deadline
 * that covers the body, proxies, HTTP/2, and retries that are safe for the server and for the data.
 *
 * The instance's `defaults` and the order of its interceptors stay as they are. Attach right after `create()`:
 * response interceptors registered before run once per attempt, those registered after once per request.
 *
 * @param instance any axios instance, or axios itself, of axios >= 1.7.9.
 * @param config everything has a default.
 * @returns the handle to detach, close and observe the policy.
 * @throws {PolicyConfigError} before the instance is touched, with everything that is wrong with `config`, or if
 * `instance` is no axios instance or has a policy already.
 */
export function attachPolicy(instance: AxiosLike, config: PolicyConfig = {}): Policy {
  return attach(instance, config, NODE);
}
