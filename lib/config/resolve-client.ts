/** `ClientConfig` to `ResolvedClient`. */
import { allowHttp } from './allow-http.js';
import { CLIENT_DEFAULTS as DEFAULTS } from './defaults.js';
import { durationToMs } from './duration.js';
import {
  booleanLike,
  duration,
  durationOrFalse,
  headerValue,
  integerOrInfinity,
  limit,
  listOf,
  ok,
  type Parser,
} from './fields.js';
import { proxyUrl } from './proxy-url.js';
import { resolveTls } from './resolve-tls.js';
import type { ResolvedClient } from './resolved.js';
import type { Section } from './section.js';
import { givenFields } from './socket-fields.js';
import type { ClientConfig } from './types.js';

type ClientSection = Section<keyof ClientConfig>;

const NO_PINGS = 'use http2KeepAliveInterval: false to switch it off';
const pingTimeout = duration({ zero: NO_PINGS, never: NO_PINGS });

const EXCLUDES =
  "an array of host names, IPs or CIDRs, or one comma-separated string of them, such as '.internal,10.0.0.0/8'";

function excludesOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** obstore has one string for it, as NO_PROXY is. */
const excludes: Parser<readonly string[]> = (value) => {
  if (typeof value !== 'string') return listOf(EXCLUDES, excludesOf)(value);
  const entries = value.split(',').map((entry) => entry.trim());
  return ok(Object.freeze(entries.filter((entry) => entry !== '')));
};

function resolveHttpVersions(client: ClientSection): Pick<ResolvedClient, 'http1Only' | 'http2Only'> {
  const http1Only = client.read('http1Only', booleanLike, undefined);
  const http2Only = client.read('http2Only', booleanLike, DEFAULTS.http2Only);
  if (http1Only === true && http2Only) {
    client.conflict(
      'http2Only',
      'http1Only',
      'at most one of http1Only and http2Only to be true',
      'both true',
    );
  }
  return { http1Only: !http2Only && (http1Only ?? DEFAULTS.http1Only), http2Only };
}

/** Completes a client section; every problem is noted there. The result is frozen. */
export function resolveClient(client: ClientSection): ResolvedClient {
  const resolved = {
    ...resolveHttpVersions(client),
    allowHttp: client.read('allowHttp', allowHttp, DEFAULTS.allowHttp),
    allowInvalidCertificates: client.read(
      'allowInvalidCertificates',
      booleanLike,
      DEFAULTS.allowInvalidCertificates,
    ),
    connectTimeoutMs: client.read('connectTimeout', limit, durationToMs(DEFAULTS.connectTimeout)),
    defaultContentType: client.read('defaultContentType', headerValue, DEFAULTS.defaultContentType),
    http2KeepAliveIntervalMs: client.read('http2KeepAliveInterval', limit, DEFAULTS.http2KeepAliveInterval),
    http2KeepAliveTimeoutMs: client.read(
      'http2KeepAliveTimeout',
      pingTimeout,
      durationToMs(DEFAULTS.http2KeepAliveTimeout),
    ),
    http2KeepAliveWhileIdle: client.read(
      'http2KeepAliveWhileIdle',
      booleanLike,
      DEFAULTS.http2KeepAliveWhileIdle,
    ),
    poolIdleTimeoutMs: client.read(
      'poolIdleTimeout',
      durationOrFalse(),
      durationToMs(DEFAULTS.poolIdleTimeout),
    ),
    poolMaxIdlePerHost: client.read('poolMaxIdlePerHost', integerOrInfinity, DEFAULTS.poolMaxIdlePerHost),
    proxyUrl: client.read('proxyUrl', proxyUrl, DEFAULTS.proxyUrl),
    proxyExcludes: client.read('proxyExcludes', excludes, DEFAULTS.proxyExcludes),
    readTimeoutMs: client.read('readTimeout', limit, DEFAULTS.readTimeout),
    timeoutMs: client.read('timeout', limit, durationToMs(DEFAULTS.timeout)),
    timeoutIsDefault: client.raw('timeout') === undefined,
    tls: resolveTls(client),
    userAgent: client.read('userAgent', headerValue, DEFAULTS.userAgent),
  };
  return Object.freeze({ ...resolved, given: givenFields(client, resolved) });
}
