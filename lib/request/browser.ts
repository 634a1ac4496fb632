import { describePolicy, resolvePolicy, resolveRequestPolicy } from '../config/browser-options.js';
import type { PolicyConfig } from '../config/types.js';
import { attach } from './attach.js';
import type { AxiosLike } from './axios.js';
import { browserAdapterName } from './axios.js';
import type { Connections, Platform } from './platform.js';
import type { Policy } from './policy.js';

/** The browser makes the connections, and lets nobody look. */
const WITHOUT_SOCKETS: Connections = {
  loading: undefined,
  connectionsFor: () => ({}),
  stats: () => ({ pools: [], http2: [], addresses: [] }),
  addresses: undefined,
  close: () => Promise.resolve(),
  direct: undefined,
};

const BROWSER: Platform = {
  channels: {
    attempts: { hasSubscribers: false },
    retries: { hasSubscribers: false },
    publishAttempt: () => () => undefined,
    publishRetry: () => undefined,
    publishGiveUp: () => undefined,
  },
  resolvePolicy,
  resolveRequestPolicy,
  describePolicy,
  makeSameConnections: () => true,
  connect: () => WITHOUT_SOCKETS,
  adapterName: browserAdapterName,
  downloadOf: () => undefined,
  whenEnded: (body, callback) => {
    // Of a mock: axios' own adapters make no such streams here.
    for (const event of ['end', 'error', 'close']) body.once(event, callback);
  },
  afterPendingIo: (callback) => void setTimeout(callback, 0),
};

/**
 * Gives an existing axios instance retries that are safe for the server and for the data, and a deadline that covers the
 * body. What a browser keeps to itself (connections, proxies, TLS, the User-Agent) cannot be set here.
 *
 * The instance's `defaults` and the order of its interceptors stay as they are. Attach right after `create()`:
 * response interceptors registered before run once per attempt, those registered after once per request.
 *
 * @param instance any axios instance, or axios itself, of axios >= 1.7.9.
 * @param config everything has a default.
 * @returns the handle to detach, close and observe the policy.
 * @throws {PolicyConfigError} before the instance is touched, with everything that is wrong with `config`, fields that
 * are not available in a browser included, or if `instance` is no axios instance or has a policy already.
 */
export function attachPolicy(instance: AxiosLike, config: PolicyConfig = {}): Policy {
  return attach(instance, config, BROWSER);
}
