import { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import { validateHeaderValue } from 'node:http';
import type { OnReadOpts, Socket, TcpNetConnectOpts } from 'node:net';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import { authorityOf, unbracketed } from '../../config/host.js';
import { keepOut } from '../../config/own.js';
import type { ProxyAddress } from '../../config/resolved.js';
import { PolicyError, ProxyAuthError, ProxyConnectionError, ProxyTunnelError } from '../../errors.js';
import { DIAL_OPTIONS } from '../inherited-options.js';
import type { AddressBook } from '../peer.js';
import { withLookup } from '../peer.js';
import type { Target } from '../target.js';
import { UNSET_TLS } from '../unset-options.js';

/** As much as Node accepts of any other response (`http.maxHeaderSize`), interim ones included. */
const MAX_HEAD_BYTES = 16 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** RFC 9110, section 15.2: any number of them may come first. 101 is none, nobody asked for another protocol. */
const INTERIM = /^HTTP\/1\.\d 1(?!01)\d\d[ \r]/;
/** As much of a head as tells whether it is one. */
const STATUS_BYTES = 'HTTP/1.1 100 '.length;

/** Keeps the bytes behind a proxy's reply to CONNECT, see {@link guardConnectReply}. */
interface ConnectReplyGuard {
  /** To be given to `net.connect` or `tls.connect`. */
  readonly onread: OnReadOpts;
  /** Ends the guard: what came behind the head is put into the socket's own buffer, and all that follows flows there. */
  release(socket: Socket): void;
}

/** The head of a reply to CONNECT as it arrives, and the bytes behind it. */
class ReplyHead {
  /** Bytes taken until the head was whole, interim responses among them. */
  bytes = 0;
  /** The bytes behind the head; `undefined` until that is whole. */
  tail: Buffer | undefined;
  /** Of the head, the part that has arrived, and how much of that was shown. */
  #seen: Buffer = Buffer.alloc(0);
  #shown = 0;
  #isFinal = false;

  /** @returns what there is to be shown by now; nothing of an interim response. */
  take(chunk: Buffer): Buffer | undefined {
    this.bytes += chunk.length;
    this.#seen = Buffer.concat([this.#seen, chunk]);
    if (!this.#isFinal) this.#skipInterim();
    if (!this.#isFinal) return undefined;
    const end = this.#seen.indexOf(END_OF_HEAD);
    const start = this.#shown;
    this.#shown = end === -1 ? this.#seen.length : end + END_OF_HEAD.length;
    if (end !== -1) this.tail = this.#seen.subarray(this.#shown);
    return this.#seen.subarray(start, this.#shown);
  }

  /** Drops the interim responses that have arrived whole, and looks whether the next one is the final one. */
  #skipInterim(): void {
    for (;;) {
      const end = this.#seen.indexOf(END_OF_HEAD);
      if (end === -1 && this.#seen.length < STATUS_BYTES) return;
      this.#isFinal = !INTERIM.test(this.#seen.toString('latin1', 0, STATUS_BYTES));
      if (this.#isFinal || end === -1) return;
      this.#seen = this.#seen.subarray(end + END_OF_HEAD.length);
    }
  }
}

/**
 * Lets a reader of the reply to CONNECT see its head and nothing more: no interim response before, nothing behind.
 *
 * https-proxy-agent reads all that has arrived and drops what follows the head. That may be the first bytes of the
 * origin: a server that speaks first, as one of HTTP/2 does, often has them in the segment of the proxy's reply. It also
 * collects a head of any length. `onread` is the one documented place to stand in front of a reader, for TCP and TLS
 * alike.
 */
export function guardConnectReply(): ConnectReplyGuard {
  let head: ReplyHead | undefined = new ReplyHead();

  // Called on the socket, as Node calls `push` where there is no `onread`; its answer means the same: read on?
  function onData(this: Socket, length: number, buffer: Uint8Array): boolean {
    const chunk = Buffer.from(buffer.subarray(0, length));
    if (head === undefined) return this.push(chunk);
    if (head.tail !== undefined) {
      head.tail = Buffer.concat([head.tail, chunk]);
      return true;
    }
    const shown = head.take(chunk);
    if (head.tail === undefined && head.bytes > MAX_HEAD_BYTES) {
      this.destroy(new Error('the head of the reply to CONNECT is too long'));
      return false;
    }
    return shown === undefined || this.push(shown);
  }

  return {
    onread: { buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES), callback: onData },
    release: (socket) => {
      const tail = head?.tail;
      head = undefined;
      // `unshift`, because the origin may already have closed its side.
      if (tail?.length) socket.unshift(tail);
    },
  };
}

/**
 * Whether a reader can be guarded: Deno cannot put TLS on a socket with `onread`, and Bun does not say which socket has
 * read. Without a guard nothing is lost where TLS follows, for then the client speaks first.
 */
const GUARDS_READERS = process.versions.bun === undefined && process.versions.deno === undefined;

/** TLS of the connection to an `https://` proxy. */
export type ProxyTlsOptions = Pick<TlsConnectionOptions, 'ca' | 'secureContext' | 'rejectUnauthorized'>;

/** Options of `net.connect` that are as true of a proxy as of an origin. */
export type DialOptions = Pick<TcpNetConnectOpts, Exclude<(typeof DIAL_OPTIONS)[number], 'blockList'>> & {
  readonly blockList?: unknown;
};

/**
 * Those of `options` that are {@link DialOptions}, for a connection to a proxy.
 *
 * @param addresses where the name of the proxy is looked up.
 */
export function dialOptions(
  options: DialOptions,
  { hostname: host, port }: ProxyAddress,
  addresses: AddressBook | undefined,
): DialOptions {
  const { lookup } = withLookup({ host, port, lookup: options.lookup }, addresses, {});
  const complete: DialOptions = { ...options, lookup };
  // To Node, an option that is there and undefined is not always the same as none.
  return Object.fromEntries(
    DIAL_OPTIONS.flatMap((key) => (complete[key] === undefined ? [] : [[key, complete[key]]])),
  );
}

/** How a tunnel is opened. */
export interface TunnelOptions {
  /** Destroys the connection to the proxy while the tunnel is being opened; without effect once it stands. */
  readonly signal: AbortSignal;
  readonly tls?: ProxyTlsOptions | undefined;
  readonly userAgent?: string | undefined;
  /** How to reach the proxy. */
  readonly dial?: DialOptions | undefined;
}

/** What https-proxy-agent tells of the proxy's reply, in its event `proxyConnect`. */
interface ConnectReply {
  statusCode: number;
}

/**
 * Opens a tunnel to `target` through `proxy` with CONNECT (RFC 9110, section 9.3.6).
 *
 * @returns the raw connection to the target. TLS to the origin is up to the caller, so that it is done, verified and
 * pooled as for a direct connection. The caller owns the socket from here on.
 * @throws {ProxyAuthError} the proxy answered 407.
 * @throws {ProxyTunnelError} the proxy answered anything else but a 2xx.
 * @throws {ProxyConnectionError} the proxy closed the connection before it answered.
 * @throws the reason of `signal`, if that was aborted.
 * @throws errors of DNS, TCP (`ECONNREFUSED`) and of the TLS to the proxy as they are.
 */
export async function openTunnel(
  proxy: ProxyAddress,
  target: Target,
  options: TunnelOptions,
): Promise<Socket> {
  const { signal } = options;
  signal.throwIfAborted();
  const host = unbracketed(target.hostname);
  const authority = authorityOf(host, target.port);
  assertAuthority(authority);

  const attempt = new AbortController();
  const abort = () => attempt.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const socket = await connect(proxy, { host, port: target.port }, authority, {
      ...options,
      signal: attempt.signal,
    });
    signal.throwIfAborted();
    return socket;
  } catch (error) {
    signal.throwIfAborted();
    throw describe(error, proxy, authority);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function connect(
  proxy: ProxyAddress,
  endpoint: { host: string; port: number },
  authority: string,
  { signal, tls, userAgent, dial }: TunnelOptions,
): Promise<Socket> {
  const guard = GUARDS_READERS ? guardConnectReply() : undefined;
  const reply = new EventEmitter();
  let status = Number.NaN;
  // Emitted before the agent looks at the status. To RFC 9110 every 2xx is a tunnel, to the agent only 200.
  reply.once('proxyConnect', (head: ConnectReply) => {
    status = head.statusCode;
    if (status >= 200 && status <= 299) head.statusCode = 200;
  });

  // Loaded with the first tunnel, which most processes do not need.
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  // One agent per tunnel, since the signal that can end a stalled CONNECT has to be among its socket options. The
  // credentials are not in the URL, which the agent prints when it is debugged.
  const agent = new HttpsProxyAgent(proxy.origin, {
    ...keepOut(UNSET_TLS),
    ...tls,
    ...dial,
    noDelay: true,
    signal,
    ...(guard === undefined ? {} : { onread: guard.onread }),
    headers: connectHeaders(proxy, userAgent),
  });
  // The agent emits one event on the request and waits for its socket; it wants nothing else of it.
  const socket = await agent.connect(reply as ClientRequest, { ...endpoint, secureEndpoint: false });
  if (!(status >= 200 && status <= 299)) {
    socket.destroy();
    throw refusal(status, proxy, authority);
  }
  guard?.release(socket);
  return socket;
}

/** The headers of CONNECT, besides `Host`; none of the request that travels through the tunnel. */
function connectHeaders(proxy: ProxyAddress, userAgent: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'Proxy-Connection': 'keep-alive' };
  if (userAgent !== undefined) headers['User-Agent'] = userAgent;
  if (proxy.authorization !== undefined) headers['Proxy-Authorization'] = proxy.authorization.reveal();
  // The agent writes them as they are.
  for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
  return headers;
}

function assertAuthority(authority: string): void {
  if (!/[\s\p{Cc}/?#@\\]/u.test(authority)) return;
  throw Object.assign(new TypeError('Invalid character in the host name of a tunnel'), {
    code: 'ERR_INVALID_CHAR',
  });
}

function refusal(status: number, proxy: ProxyAddress, authority: string): PolicyError {
  if (status === 407) return new ProxyAuthError(proxy.origin, authority);
  const isStatus = Number.isInteger(status) && status >= 100 && status <= 999;
  return new ProxyTunnelError(proxy.origin, authority, { status: isStatus ? status : undefined });
}

function describe(error: unknown, proxy: ProxyAddress, authority: string): unknown {
  if (error instanceof PolicyError) return error;
  // Not `instanceof Error`: Node's errors are of another realm than ours where tests run in a `node:vm` context.
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (message.startsWith('Proxy connection ended')) {
    return new ProxyConnectionError(proxy.origin, authority, { code: 'ECONNRESET', cause: error });
  }
  if ((code === 'ECONNRESET' || code === 'EPIPE') && syscall !== 'connect') {
    return new ProxyConnectionError(proxy.origin, authority, { code, cause: error });
  }
  if (code === undefined) return new ProxyTunnelError(proxy.origin, authority, { cause: error });
  return error;
}
