/** Options of `ClientConfig` that need sockets, and with them all that Node has. */

import { excludes } from './client-parsers.js';
import type { OptionTable, Reader, Values, View } from './option.js';
import { defaultsOf, optionTable, readOptions, viewOf } from './option.js';
import type { RowsOf } from './options.js';
import { isOn, PORTABLE_OPTIONS, shownKeys } from './options.js';
import type { Parser } from './parsers.js';
import {
  booleanLike,
  booleanOf,
  duration,
  durationOrFalse,
  integerOrInfinity,
  integerWithin,
  isObject,
  limit,
  ok,
  wrong,
} from './parsers.js';
import type { ProxyAddress } from './proxy-url.js';
import { readProxyUrl } from './proxy-url.js';
import { REDACTED, renderValue, Secret } from './render.js';
import type { Section } from './section.js';
import { keySet } from './section.js';
import { readCertificates, readTls } from './tls-options.js';
import type { ClientConfig, TlsBlob, TlsConfig } from './types.js';

const NO_EJECTION = 'use eject: false to switch it off';

/** Options of `DnsConfig`. */
export const DNS_OPTIONS = optionTable({
  cacheTtl: { parse: durationOrFalse(), unit: 'ms', default: 10_000 },
  staleOnError: { parse: durationOrFalse(), unit: 'ms', default: 60_000 },
});

/** How long answers to look-ups are used. */
type ResolvedDns = Values<typeof DNS_OPTIONS>;

/** Options of `EjectConfig`. */
export const EJECT_OPTIONS = optionTable({
  failures: { parse: integerWithin(1, 1_000_000), default: 5 },
  for: { parse: duration({ zero: NO_EJECTION, never: NO_EJECTION }), unit: 'ms', default: 30_000 },
  maxPercent: { parse: integerWithin(0, 100), default: 50 },
});

/** When an address gets no requests. */
type ResolvedEject = Values<typeof EJECT_OPTIONS>;

const switchOrObject: Parser<boolean | object> = (value) => {
  const read = isObject(value) ? value : booleanOf(value);
  return read === undefined ? wrong('an object, or false to switch it off', renderValue(value)) : ok(read);
};

/** Reads an object of options that may be `false` as a whole. */
function switchable<T extends OptionTable>(table: T): Reader<Values<T> | false> {
  const keys = keySet(table);
  const defaults = defaultsOf(table);
  return (section, key, fallback) => {
    const value = section.read(key, switchOrObject, undefined);
    if (value === undefined) return fallback;
    if (typeof value === 'boolean') return value && defaults;
    const values = readOptions(section.child(key, keys), table, defaults);
    Object.freeze(values);
    return values;
  };
}

/** Reads `client.dns`. */
const readDns = switchable(DNS_OPTIONS);

/** Reads `client.eject`. */
const readEject = switchable(EJECT_OPTIONS);

/** What `policy.config` shows of them. */
const shownDns = (dns: ResolvedDns | false): View<typeof DNS_OPTIONS> | false =>
  dns && viewOf(DNS_OPTIONS, dns);
const shownEject = (eject: ResolvedEject | false): View<typeof EJECT_OPTIONS> | false =>
  eject && viewOf(EJECT_OPTIONS, eject);

const NO_REUSE = 'use poolIdleTimeout: 0 for a connection per request';
const NO_PINGS = 'use http2KeepAliveInterval: false to switch it off';
const NO_HOSTS: readonly string[] = Object.freeze([]);
const NO_TLS: Secret<TlsConfig> = new Secret(Object.freeze({}));

function shownProxy(proxy: ProxyAddress | false | undefined): string | false | undefined {
  if (!proxy) return proxy;
  return proxy.authorization ? proxy.origin.replace('//', `//${REDACTED}@`) : proxy.origin;
}

const shownSecret = (secret: object | undefined) => (secret === undefined ? undefined : REDACTED);

// Calls, because the code behind them is loaded for who has such options.
const proxyUrl: Parser<ProxyAddress | false> = (value) => readProxyUrl(value);
const certificates: Parser<Secret<TlsBlob>> = (value) => readCertificates(value);
const tls: Reader<Secret<TlsConfig>> = (section, key, fallback) => readTls(section, key, fallback);

/** Options of `ClientConfig`. */
export const CLIENT_OPTIONS = optionTable({
  ...PORTABLE_OPTIONS,
  allowInvalidCertificates: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  connectionMaxAge: { parse: durationOrFalse(NO_REUSE), unit: 'ms', default: 300_000, needs: 'sockets' },
  connectTimeout: { parse: limit, unit: 'ms', default: 5_000, needs: 'sockets', asks: isOn },
  disableSystemCertificates: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  dns: { read: readDns, default: defaultsOf(DNS_OPTIONS), needs: 'sockets', asks: isOn, show: shownDns },
  eject: {
    read: readEject,
    default: defaultsOf(EJECT_OPTIONS),
    needs: 'sockets',
    asks: isOn,
    show: shownEject,
  },
  http1Only: { parse: booleanLike, default: true, needs: 'sockets', asks: (only: boolean) => !only },
  http2Only: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  http2KeepAliveInterval: { parse: limit, unit: 'ms', default: false, needs: 'sockets', asks: isOn },
  http2KeepAliveTimeout: {
    parse: duration({ zero: NO_PINGS, never: NO_PINGS }),
    unit: 'ms',
    default: 20_000,
    needs: 'sockets',
  },
  http2KeepAliveWhileIdle: { parse: booleanLike, default: false, needs: 'sockets', asks: isOn },
  // RFC 9113 section 6.5.2.
  http2MaxFrameSize: { parse: integerWithin(16_384, 16_777_215), default: undefined, needs: 'sockets' },
  poolIdleTimeout: { parse: durationOrFalse(), unit: 'ms', default: 15_000, needs: 'sockets' },
  poolMaxIdlePerHost: { parse: integerOrInfinity, default: Number.POSITIVE_INFINITY, needs: 'sockets' },
  proxyUrl: { parse: proxyUrl, default: undefined, needs: 'sockets', secret: true, show: shownProxy },
  proxyExcludes: {
    parse: excludes,
    default: NO_HOSTS,
    needs: 'sockets',
    asks: (hosts: readonly string[]) => hosts.length > 0,
  },
  proxyCaCertificate: {
    parse: certificates,
    default: undefined,
    needs: 'sockets',
    secret: true,
    show: shownSecret,
  },
  randomizeAddresses: { parse: booleanLike, default: true, needs: 'sockets', asks: isOn },
  readTimeout: { parse: limit, unit: 'ms', default: false, needs: 'sockets', asks: isOn },
  rootCertificate: {
    parse: certificates,
    default: undefined,
    needs: 'sockets',
    secret: true,
    show: shownSecret,
  },
  tls: {
    read: tls,
    default: NO_TLS,
    needs: 'sockets',
    asks: (tls: Secret<TlsConfig>) => shownKeys(tls) !== undefined,
    secret: true,
    show: shownKeys<TlsConfig>,
  },
}) satisfies RowsOf<ClientConfig>;

/** Keys of `ClientConfig`. */
export const CLIENT_KEYS = keySet(CLIENT_OPTIONS);

type ClientValues = Values<typeof CLIENT_OPTIONS>;
type ClientSection = Section<keyof ClientConfig>;

/** HTTP/2 alone beats the default of `http1Only`, but not an explicit one. */
function httpVersions(client: ClientSection, { http1Only, http2Only }: ClientValues) {
  if (http2Only && http1Only && client.raw('http1Only') !== undefined) {
    const expected = 'at most one of http1Only and http2Only to be true';
    client.conflict('http2Only', 'http1Only', expected, 'both true');
  }
  return { http1Only: http1Only && !http2Only, http2Only };
}

/** `proxyCaCertificate` is the reference's name for `tls.proxyCa`. */
function tlsOf(client: ClientSection, { proxyCaCertificate, tls }: ClientValues): ClientValues['tls'] {
  if (proxyCaCertificate === undefined) return tls;
  if (tls.reveal().proxyCa !== undefined) {
    const expected = 'at most one of proxyCaCertificate and tls.proxyCa, which are the same';
    client.conflict('proxyCaCertificate', 'tls', expected, 'both');
  }
  return new Secret(Object.freeze({ ...tls.reveal(), proxyCa: proxyCaCertificate.reveal() }));
}

/** What options that need sockets say together. */
export function completeClient(client: ClientSection, values: ClientValues): ClientValues {
  return { ...values, ...httpVersions(client, values), tls: tlsOf(client, values) };
}
