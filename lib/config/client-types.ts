/** Options for connections and deadlines, as a user writes them. */
import type { SecureVersion } from 'node:tls';
import type { BooleanLike, Duration, IntegerLike } from './value-types.js';

/** PEM text or DER bytes, one or several. */
export type TlsBlob = string | Buffer | ReadonlyArray<string | Buffer>;

/** TLS material for the connection to the origin, and for an `https://` proxy. Meanings are those of `node:tls`. */
export interface TlsConfig {
  /** Certificate authorities to trust instead of the ones Node ships. */
  readonly ca?: TlsBlob | undefined;
  /** Client certificate chain. */
  readonly cert?: TlsBlob | undefined;
  /** Private key of `cert`. */
  readonly key?: TlsBlob | undefined;
  /** Client certificate and key as PKCS#12. */
  readonly pfx?: TlsBlob | undefined;
  /** Passphrase of `key` or `pfx`. */
  readonly passphrase?: string | undefined;
  /** Server name for SNI and for the certificate's check, instead of the host of the URL. */
  readonly servername?: string | undefined;
  /** Cipher list in OpenSSL's format. */
  readonly ciphers?: string | undefined;
  /** Lowest TLS version to speak. */
  readonly minVersion?: SecureVersion | undefined;
  /** Highest TLS version to speak. */
  readonly maxVersion?: SecureVersion | undefined;
  /** Certificate authorities to trust for an `https://` proxy. */
  readonly proxyCa?: TlsBlob | undefined;
}

/** How names are looked up. */
export interface DnsConfig {
  /**
   * How long an answer is used. `false` or 0 = only for connections that are made at the same time.
   * @defaultValue `'10s'`
   */
  readonly cacheTtl?: Duration | false | undefined;
  /**
   * How much longer it is used while look-ups fail or do not answer. `false` or 0 = not at all.
   * @defaultValue `'1m'`
   */
  readonly staleOnError?: Duration | false | undefined;
}

/** When an address of a name that has several gets no requests. */
export interface EjectConfig {
  /**
   * Failures in a row, at least 1.
   * @defaultValue `5`
   */
  readonly failures?: IntegerLike | undefined;
  /**
   * For how long, times the number of ejections in a row; at most 5 minutes, or this if it is longer.
   * @defaultValue `'30s'`
   */
  readonly for?: Duration | undefined;
  /**
   * How many of a name's addresses at most, in percent. The last one is never left out.
   * @defaultValue `50`
   */
  readonly maxPercent?: IntegerLike | undefined;
}

/**
 * Options for making, keeping and bounding connections. The names and meanings are those of object_store's `ClientConfig`,
 * in camelCase.
 */
export interface ClientConfig {
  /**
   * Allows requests to `http://` URLs, also by redirect, by `baseURL` or through a unix socket. Otherwise they
   * are refused before a byte is sent, with code `ERR_POLICY_HTTP_NOT_ALLOWED`, never retried. A list allows the hosts
   * in it alone, in the grammar of NO_PROXY: `['localhost', '.svc', '10.0.0.0/8']`. The scheme of `proxyUrl` is not
   * affected.
   * @defaultValue `false`
   */
  readonly allowHttp?: BooleanLike | readonly string[] | undefined;

  /**
   * Skips the checks of a certificate's chain, expiry and host name, for the origin and for an `https://` proxy.
   * Emits one process warning when the policy is attached.
   * @defaultValue `false`
   */
  readonly allowInvalidCertificates?: BooleanLike | undefined;

  /**
   * Give a connection no new request from this age on: it is closed as soon as it is idle, and an HTTP/2 session when its
   * last request has ended. So a change of DNS, or of the servers behind a balancer, is followed. Each connection gets
   * between 80 and 100 % of it, so that those of a fleet do not end in one instant. `false` = no limit; 0 is refused.
   * @defaultValue `'5m'`
   */
  readonly connectionMaxAge?: Duration | false | undefined;

  /**
   * Longest time to a usable new connection: DNS, TCP (all addresses), proxy CONNECT, every TLS handshake and the
   * HTTP/2 preface together. Nothing was sent by then, so it is retried for every method. `false` = no limit; 0 is
   * refused.
   * @defaultValue `'5s'`
   */
  readonly connectTimeout?: Duration | false | undefined;

  /**
   * Content-Type of a request body that nobody gave one. Not for FormData, URLSearchParams, typed Blobs, JSON
   * objects, or a request with its own header.
   * @defaultValue none
   */
  readonly defaultContentType?: string | undefined;

  /**
   * Headers for every request that does not have them itself, from its own headers or those of the instance. They win
   * over `userAgent`, `defaultContentType`, and the `User-Agent`, `Accept` and `Content-Type` that axios sends by default.
   * Values may be bytes, of which each is a character. They are never shown.
   * @defaultValue none
   */
  readonly defaultHeaders?: Readonly<Record<string, string | Uint8Array | undefined>> | undefined;

  /**
   * Trust `rootCertificate` (and `tls.ca`) alone, and no authority of the system or of Node.
   * @defaultValue `false`
   */
  readonly disableSystemCertificates?: BooleanLike | undefined;

  /**
   * How names are looked up: connections that are made at a time share one look-up, and its answer is kept. A `lookup` of
   * your own is asked for each connection, unless this is set. `false` = every connection asks Node.
   * @defaultValue for 10s, and 1m longer while look-ups fail
   */
  readonly dns?: DnsConfig | false | undefined;

  /**
   * Leaves out an address of a name that has several, after failures in a row (a 5xx, a lost connection, a timeout, no
   * connection). When its time is over, one connection tries it. `false` = every address is always tried.
   * @defaultValue after 5 failures, for 30s, at most 50 % of them
   */
  readonly eject?: EjectConfig | false | undefined;

  /**
   * Speak HTTP/1.1 only.
   * @defaultValue `true`
   */
  readonly http1Only?: BooleanLike | undefined;

  /**
   * Speak HTTP/2 only, by prior knowledge: ALPN `h2` over TLS, h2c over `http://` (which needs `allowHttp`). Beats
   * the default of `http1Only`; both explicitly true is an error. With both false the server picks by ALPN.
   * @defaultValue `false`
   */
  readonly http2Only?: BooleanLike | undefined;

  /**
   * Send an HTTP/2 PING when no frame arrived on a connection for this long. `false` = no pings.
   * @defaultValue `false`
   */
  readonly http2KeepAliveInterval?: Duration | false | undefined;

  /**
   * Close an HTTP/2 connection whose PING is not acknowledged within this time; its requests fail as timeouts.
   * @defaultValue `'20s'`
   */
  readonly http2KeepAliveTimeout?: Duration | undefined;

  /**
   * Send PINGs also while no stream is open.
   * @defaultValue `false`
   */
  readonly http2KeepAliveWhileIdle?: BooleanLike | undefined;

  /**
   * Largest frame that the server may send over HTTP/2, in bytes: 16384 to 16777215.
   * @defaultValue Node's, 16384
   */
  readonly http2MaxFrameSize?: IntegerLike | undefined;

  /**
   * Close a connection that was idle for this long. A shorter `Keep-Alive: timeout=N` hint of the server wins
   * (N − 1 s; 1 s or less: not pooled). `false` = keep until the server closes it; 0 = no reuse.
   *
   * object_store keeps connections for 90 s; common servers close idle ones after 20–75 s, and losing that race is
   * the most reported failure of the field.
   * @defaultValue `'15s'`
   */
  readonly poolIdleTimeout?: Duration | false | undefined;

  /**
   * Idle connections kept per origin; more are closed when they become idle. 0 = no reuse. Never limits concurrency.
   * @defaultValue `Infinity`
   */
  readonly poolMaxIdlePerHost?: IntegerLike | undefined;

  /**
   * An `http://` or `https://` proxy, credentials (percent-encoded) in the URL; a missing scheme means `http://`.
   * `false` = no proxy at all, whatever the environment says.
   * @defaultValue the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` in either case
   */
  readonly proxyUrl?: string | URL | false | undefined;

  /**
   * Hosts to reach without `proxyUrl`, in the grammar of NO_PROXY: domain suffix, `*`, IP, CIDR, optional port. One
   * string of them is separated by commas.
   * @defaultValue `[]`
   */
  readonly proxyExcludes?: readonly string[] | (string & {}) | undefined;

  /**
   * Certificate authorities to trust for an `https://` proxy, in PEM: the reference's name for `tls.proxyCa`.
   * @defaultValue none
   */
  readonly proxyCaCertificate?: TlsBlob | undefined;

  /**
   * Whether each new connection tries the addresses of a name in another order, so that all of them get their share. The
   * order of families (IPv4, IPv6) stays.
   * @defaultValue `true`
   */
  readonly randomizeAddresses?: BooleanLike | undefined;

  /**
   * Longest silence while waiting for response headers or for the next piece of the body. A timeout like `timeout`.
   * `false` = no limit; 0 is refused.
   * @defaultValue `false`
   */
  readonly readTimeout?: Duration | false | undefined;

  /**
   * Certificate authorities to trust as well as the system's (`tls.ca` replaces these), in PEM, one or several.
   * @defaultValue none
   */
  readonly rootCertificate?: TlsBlob | undefined;

  /**
   * Longest time of one attempt: from when it has a connection, or begins to make one, until the response body has ended,
   * uploads and redirects included. The wait for a connection of one's own pool (`maxSockets`) does not count;
   * `retryTimeout` bounds that.
   *
   * A `timeout` of axios that is not 0 wins, and means the same. For a stream it keeps axios' meaning: until the headers,
   * and then as the longest silence. At its default, a stream is bounded until its headers, and then by 30 s of silence.
   *
   * `false` = no limit. 0 is refused, because axios and object_store read it as opposites.
   * @defaultValue `'30s'`
   */
  readonly timeout?: Duration | false | undefined;

  /**
   * TLS material. Values here win over the ones adopted from the instance's own `httpsAgent`.
   * @defaultValue what the instance's `httpsAgent` carries
   */
  readonly tls?: TlsConfig | undefined;

  /**
   * Default `User-Agent`; a request's own header wins. Sent on CONNECT too.
   * @defaultValue axios' own
   */
  readonly userAgent?: string | undefined;
}
