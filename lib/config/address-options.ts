/** How the addresses of names are found, and which are left out. The reference has no such options. */

import type { OptionTable, Reader, Values, View } from './option.js';
import { defaultsOf, optionTable, readOptions, viewOf } from './option.js';
import type { Parser } from './parsers.js';
import { booleanOf, duration, durationOrFalse, integerWithin, isObject, ok, wrong } from './parsers.js';
import { renderValue } from './render.js';
import { keySet } from './section.js';

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
export const readDns = switchable(DNS_OPTIONS);

/** Reads `client.eject`. */
export const readEject = switchable(EJECT_OPTIONS);

/** What `policy.config` shows of them. */
export const shownDns = (dns: ResolvedDns | false): View<typeof DNS_OPTIONS> | false =>
  dns && viewOf(DNS_OPTIONS, dns);
export const shownEject = (eject: ResolvedEject | false): View<typeof EJECT_OPTIONS> | false =>
  eject && viewOf(EJECT_OPTIONS, eject);
