import type { ClientRequest } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { define } from '../config/own.js';
import type { ProxyAddress } from '../config/resolved.js';

/** The parts of Node's request that its types leave out. */
interface RequestInternals {
  /** The head as text, once it is made. */
  _header: string | null;
  /** What waits for a connection. */
  outputData: Array<{ data: unknown }>;
}

/** Where a request was to go, as Node has completed it by the time an agent is asked. */
export interface ForwardTarget {
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
export function addressToProxy(request: ClientRequest, target: ForwardTarget, proxy: ProxyAddress): void {
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
export function hideCredentials(holder: ClientRequest | Socket, shown: () => object): void {
  const { name } = holder.constructor;
  const custom = (_depth: number, options: object) => `${name} ${inspect(shown(), options)}`;
  define(holder, inspect.custom, { value: custom, configurable: true });
  define(holder, 'toJSON', { value: shown, configurable: true });
}
