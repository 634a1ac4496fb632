import { finished } from 'node:stream';
import { setImmediate } from 'node:timers';
import { resolvePolicy, resolveRequestPolicy } from '../config/resolve.js';
import type { ResolvedClient } from '../config/resolved.js';
import type { PolicyConfig } from '../config/types.js';
import { Transport } from '../transport/transport.js';
import type { AxiosInstance, AxiosLike } from './axios.js';
import { adapterName } from './axios.js';
import { publishAttempt, publishGiveUp, publishRetry } from './channels.js';
import { AdapterHeaders } from './direct/adapter-headers.js';
import { requestDirectly } from './direct/exchange.js';
import { requestOverHttp2 } from './direct/http2-exchange.js';
import { downloadOf } from './downloads.js';
import type { Platform, Wire } from './platform.js';
import type { Policy } from './policy.js';
import { attach } from './policy.js';

const NODE: Platform = {
  channels: { publishAttempt, publishRetry, publishGiveUp },
  resolvePolicy,
  resolveRequestPolicy,
  wire: overSockets,
  adapterName,
  downloadOf,
  whenEnded: (body, callback) => void finished(body, { writable: false }, callback),
  soon: (callback) => void setImmediate(callback),
};

function overSockets(client: ResolvedClient, instance: AxiosInstance, bare: AxiosInstance): Wire {
  const transport = new Transport(client, instance);
  return {
    get loading() {
      return transport.loading;
    },
    connectionsFor: (attempt, given) => transport.connectionsFor(attempt, given),
    stats: () => transport.stats(),
    close: (abort) => transport.close(abort),
    direct: {
      transport,
      adapterHeaders: new AdapterHeaders(bare),
      request: requestDirectly,
      requestHttp2: requestOverHttp2,
    },
  };
}

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
