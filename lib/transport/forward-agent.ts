import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { ProxyAddress } from '../config/resolved.js';
import {
  type ConnectionOptions,
  type OnConnection,
  PoolHttpAgent,
  PoolHttpsAgent,
  type PoolOptions,
} from './agents.js';
import { addressToProxy, type ForwardTarget, hideCredentials } from './forwarded-request.js';
import type { TlsSettings } from './tls.js';

/**
 * Sends `http://` requests to an `http://` proxy, in absolute form. CONNECT would be refused: proxies allow it to port
 * 443 and few others. Any connection to the proxy serves any origin, so there is one pool for all of them.
 */
export class ForwardHttpAgent extends PoolHttpAgent {
  readonly #proxy: ProxyAddress;

  constructor(pool: PoolOptions, proxy: ProxyAddress) {
    super(pool);
    this.#proxy = proxy;
  }

  override addRequest(request: ClientRequest, options: RequestOptions & ForwardTarget): void {
    addressToProxy(request, options, this.#proxy);
    super.addRequest(request, { ...options, ...endpointOf(this.#proxy) });
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    return guarded(super.createConnection(options, onCreated), this.#proxy);
  }
}

/** The same for an `https://` proxy: TLS to the proxy, and `http://` requests within. */
export class SecureForwardHttpAgent extends PoolHttpsAgent {
  readonly #proxy: ProxyAddress;

  /** @param tls TLS of the connections to the proxy. */
  constructor(pool: PoolOptions, tls: TlsSettings, proxy: ProxyAddress) {
    super(pool, tls);
    this.#proxy = proxy;
    // Of the requests it takes: Node compares them with the URL's.
    Object.assign(this, { protocol: 'http:', defaultPort: 80 });
  }

  override addRequest(request: ClientRequest, options: RequestOptions & ForwardTarget): void {
    addressToProxy(request, options, this.#proxy);
    const servername = isIP(this.#proxy.hostname) === 0 ? this.#proxy.hostname : '';
    // Node would take the name for TLS from the Host header, which is the origin's.
    super.addRequest(request, {
      ...options,
      ...endpointOf(this.#proxy),
      servername,
    } as RequestOptions);
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    return guarded(super.createConnection(options, onCreated), this.#proxy);
  }
}

/** An agent for `http://` requests through this proxy. */
export function forwardAgent(pool: PoolOptions, tls: TlsSettings, proxy: ProxyAddress): Agent {
  return proxy.protocol === 'https:'
    ? new SecureForwardHttpAgent(pool, tls, proxy)
    : new ForwardHttpAgent(pool, proxy);
}

function endpointOf({ hostname, port }: ProxyAddress): { host: string; hostname: string; port: number } {
  return { host: hostname, hostname, port };
}

function guarded(socket: Socket, proxy: ProxyAddress): Socket {
  if (proxy.authorization === undefined) return socket;
  hideCredentials(socket, () => ({ proxy: proxy.origin, destroyed: socket.destroyed }));
  return socket;
}
