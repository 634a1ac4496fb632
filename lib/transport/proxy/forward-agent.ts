import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { isIP, isIPv6 } from 'node:net';
import { inspect } from 'node:util';
import { define } from '../../config/own.js';
import type { ProxyAddress } from '../../config/resolved.js';
import type { ConnectionOptions, OnConnection, PoolOptions } from '../agents.js';
import { PoolHttpAgent, PoolHttpsAgent } from '../agents.js';
import type { TlsSettings } from '../tls.js';

/** The parts of Node's request that its types leave out. */
interface RequestInternals {
  /** The head as text, once it is made. */
  _header: string | null;
  /** What waits for a connection. */
  outputData: Array<{ data: unknown }>;
}

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
function addressToProxy(request: ClientRequest, target: ForwardTarget, proxy: ProxyAddress): void {
  const authorization = proxy.authorization?.reveal();
  const internals = request as ClientRequest & RequestInternals;
  const oldHead = internals._header;
  // A head that is not made yet will be made of these.
  request.path = `http://${authorityOf(target)}${request.path === '*' ? '' : request.path}`;
  if (oldHead === null) {
    if (authorization !== undefined) request.setHeader('Proxy-Authorization', authorization);
  } else {
    // With `Expect: 100-continue` or headers in an array, Node makes the head before any agent sees the request.
    rewriteHead(internals, oldHead, authorization);
  }
  if (authorization !== undefined)
    hideCredentials(request, () => ({ method: request.method, path: request.path }));
}

function authorityOf({ host, port }: ForwardTarget): string {
  const bracketed = isIPv6(host) ? `[${host}]` : host;
  return Number(port) === 80 ? bracketed : `${bracketed}:${port}`;
}

function rewriteHead(
  request: ClientRequest & RequestInternals,
  oldHead: string,
  authorization: string | undefined,
): void {
  const credentials = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  const rest = oldHead.slice(oldHead.indexOf('\r\n') + 2);
  const head = `${request.method} ${request.path} HTTP/1.1\r\n${credentials}${rest}`;
  request._header = head;
  const first = request.outputData[0];
  if (typeof first?.data === 'string' && first.data.startsWith(oldHead)) {
    first.data = head + first.data.slice(oldHead.length);
  }
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
    return guarded(super.createConnection(options, onCreated), this.#proxy);
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
