import type { ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { authorityOf, bracketed } from '../../config/host.js';
import { define } from '../../config/own.js';
import type { ProxyAddress } from '../../config/resolved.js';
import type { PoolAgent } from '../agents.js';
import { PoolHttpAgent, PoolHttpsAgent } from '../agents.js';
import type { ConnectionOptions } from '../connect.js';
import type { OnConnection, WrittenRequest } from '../node-internals.js';
import { rewriteHead } from '../node-internals.js';
import type { PoolOptions } from '../pool-options.js';
import type { TlsSettings } from '../tls.js';

/** Where a request was to go, as Node has completed it by the time an agent is asked. */
interface ForwardTarget {
  /** Without the brackets of an IPv6 literal. */
  readonly host: string;
  readonly port: number | string;
}

/**
 * Makes a request that was meant for an origin one for a proxy: its target becomes a whole URL (RFC 9112, section
 * 3.2.2), and it gets the proxy's credentials. `request` is the native one, made for this hop alone, so nothing of it
 * reaches an origin after a redirect.
 *
 * The authority is the one of the URL. A `Host` header of the caller's, which may differ, stays as it is.
 */
function addressToProxy(request: WrittenRequest, target: ForwardTarget, proxy: ProxyAddress): void {
  const authorization = proxy.authorization?.reveal();
  const credentials = authorization === undefined ? {} : { 'Proxy-Authorization': authorization };
  request.path = `http://${originOf(target)}${request.path === '*' ? '' : request.path}`;
  if (!rewriteHead(request, credentials) && authorization !== undefined)
    request.setHeader('Proxy-Authorization', authorization);
  if (authorization !== undefined)
    hideCredentials(request, () => ({ method: request.method, path: request.path }));
}

function originOf({ host, port }: ForwardTarget): string {
  return Number(port) === 80 ? bracketed(host) : authorityOf(host, port);
}

/**
 * Keeps a request or a socket that carries credentials from being printed in full. Node keeps what it is about to send
 * in several plain properties of both, and every error of axios leads to them.
 */
function hideCredentials(holder: ClientRequest | Socket, shown: () => object): void {
  const { name } = holder.constructor;
  const custom = (_depth: number, options: object) => `${name} ${inspect(shown(), options)}`;
  define(holder, inspect.custom, { value: custom, configurable: true });
  define(holder, 'toJSON', { value: shown, configurable: true });
}

/**
 * Sends `http://` requests to an `http://` proxy, in absolute form. CONNECT would be refused: proxies allow it to port
 * 443 and few others. Any connection to the proxy serves any origin, so there is one pool for all of them.
 */
class ForwardHttpAgent extends PoolHttpAgent {
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
    return concealed(super.createConnection(options, onCreated), this.#proxy);
  }
}

/** The same for an `https://` proxy: TLS to the proxy, and `http://` requests within. */
class SecureForwardHttpAgent extends PoolHttpsAgent {
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
    return concealed(super.createConnection(options, onCreated), this.#proxy);
  }
}

/** An agent for `http://` requests through this proxy. */
export function forwardAgent(pool: PoolOptions, tls: TlsSettings, proxy: ProxyAddress): PoolAgent {
  return proxy.protocol === 'https:'
    ? new SecureForwardHttpAgent(pool, tls, proxy)
    : new ForwardHttpAgent(pool, proxy);
}

function endpointOf({ hostname, port }: ProxyAddress): { host: string; hostname: string; port: number } {
  return { host: hostname, hostname, port };
}

function concealed(socket: Socket, proxy: ProxyAddress): Socket {
  if (proxy.authorization === undefined) return socket;
  hideCredentials(socket, () => ({ proxy: proxy.origin, destroyed: socket.destroyed }));
  return socket;
}
