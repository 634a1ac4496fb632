/** The fields of a policy, one by one: their values in words, where they come from, and why their defaults are so. */

import { BACKOFF_KEYS, POLICY_KEYS, RETRY_KEYS } from '../config/options.js';
import { describePolicy, resolvePolicy } from '../config/resolve.js';
import type { ClientView, LimitMs, PolicyView, RetryView } from '../config/resolved.js';
import { BUDGET_KEYS } from '../config/retry-parsers.js';
import type { KeySet } from '../config/section.js';
import { Problems, Section } from '../config/section.js';
import { CLIENT_KEYS } from '../config/socket-options.js';
import { BACKOFF_REASONS, BUDGET_REASONS, CLIENT_REASONS, RETRY_REASONS } from './reasons.js';
import { limitText, rangesText } from './text.js';
import type { ExplainedField, ExplainedValue } from './types.js';

type Shown = Pick<ExplainedField, 'value' | 'text'>;
type Entry = Shown & Pick<ExplainedField, 'key' | 'why'>;

const FUNCTION: Shown = { value: 'function', text: 'your function' };

function plain(value: Exclude<ExplainedValue, null>): Shown {
  return { value, text: String(value) };
}

function none(text: string): Shown {
  return { value: null, text };
}

function time(ms: LimitMs): Shown {
  return { value: ms, text: limitText(ms) };
}

function list(items: readonly string[] | undefined, empty: string): Shown {
  return items === undefined || items.length === 0 ? none(empty) : { value: items, text: items.join(', ') };
}

function optional(value: string | undefined, absent: string): Shown {
  return value === undefined ? none(absent) : plain(value);
}

function hook(value: object | undefined): Shown {
  return value === undefined ? none('none') : FUNCTION;
}

function onOff(value: boolean): Shown {
  return { value, text: value ? 'on' : 'off' };
}

function settings(values: object, text: string): Shown {
  return { value: Object.entries(values).map(([key, value]) => `${key}: ${value}`), text };
}

function proxy(url: ClientView['proxyUrl']): Shown {
  return url === false ? { value: false, text: 'none' } : optional(url, 'environment');
}

function hidden(value: string | undefined): Shown {
  return value === undefined ? none('none') : { value, text: '(not shown)' };
}

/** Of what holds secrets, the keys. */
function hiddenKeys(keys: object | undefined): Shown {
  if (keys === undefined) return none('none');
  const names = Object.keys(keys);
  return { value: names, text: `${names.join(', ')} (not shown)` };
}

const CLIENT: { readonly [K in keyof ClientView]: (value: ClientView[K]) => Shown } = {
  allowHttp: (allowed) => (typeof allowed === 'boolean' ? plain(allowed) : list(allowed, 'none')),
  allowInvalidCertificates: plain,
  connectTimeout: time,
  timeout: time,
  readTimeout: time,
  poolIdleTimeout: time,
  connectionMaxAge: time,
  dns: (dns) =>
    dns === false
      ? onOff(false)
      : settings(dns, `${limitText(dns.cacheTtl)}, stale ${limitText(dns.staleOnError)}`),
  randomizeAddresses: onOff,
  eject: (eject) =>
    eject === false
      ? onOff(false)
      : settings(eject, `${eject.failures}, ${limitText(eject.for)}, ${eject.maxPercent} %`),
  poolMaxIdlePerHost: (most) => (most === Number.POSITIVE_INFINITY ? none('unlimited') : plain(most)),
  proxyUrl: proxy,
  proxyExcludes: (hosts) => list(hosts, 'none'),
  rootCertificate: hidden,
  disableSystemCertificates: plain,
  proxyCaCertificate: hidden,
  tls: hiddenKeys,
  http1Only: plain,
  http2Only: plain,
  http2KeepAliveInterval: time,
  http2KeepAliveTimeout: time,
  http2KeepAliveWhileIdle: plain,
  http2MaxFrameSize: (bytes) => (bytes === undefined ? none("Node's, 16384") : plain(bytes)),
  userAgent: (value) => optional(value, "axios' own"),
  defaultContentType: (value) => optional(value, 'none'),
  defaultHeaders: hiddenKeys,
};

function statuses(value: RetryView['statuses'], isDefault: boolean): Shown {
  if (isDefault) return plain('5xx, 429, 408');
  if (typeof value === 'function') return FUNCTION;
  return value.length === 0 ? { value, text: 'none' } : { value, text: rangesText(value) };
}

function idempotent(value: RetryView['idempotent']): Shown {
  if (value === undefined) return none('by method');
  return typeof value === 'function' ? FUNCTION : plain(value);
}

function clientEntries(client: ClientView): Entry[] {
  const entryOf = <K extends keyof ClientView>(key: K): Entry => ({
    key: `client.${key}`,
    ...CLIENT[key](client[key]),
    why: CLIENT_REASONS[key],
  });
  return (Object.keys(CLIENT) as Array<keyof ClientView>).map(entryOf);
}

function backoffEntries({ backoff }: RetryView): Entry[] {
  const { initBackoff, maxBackoff, base } = backoff;
  const prefix = 'retry.backoff';
  return [
    { key: `${prefix}.initBackoff`, ...time(initBackoff), why: BACKOFF_REASONS.initBackoff },
    { key: `${prefix}.maxBackoff`, ...time(maxBackoff), why: BACKOFF_REASONS.maxBackoff },
    { key: `${prefix}.base`, ...plain(base), why: BACKOFF_REASONS.base },
  ];
}

function budgetEntries({ budget }: RetryView): Entry[] {
  const key = 'retry.budget';
  const why = RETRY_REASONS.budget;
  if (budget === false) return [{ key, ...onOff(false), why }];
  if (budget === 'custom') return [{ key, value: budget, text: 'your own', why }];
  const tuning = (Object.keys(BUDGET_REASONS) as Array<keyof typeof budget>).map((name) => ({
    key: `${key}.${name}`,
    ...plain(budget[name]),
    why: BUDGET_REASONS[name],
  }));
  return [{ key, value: true, text: 'adaptive', why }, ...tuning];
}

function retryEntries(retry: RetryView, defaults: RetryView): Entry[] {
  const entry = (key: keyof typeof RETRY_REASONS, shown: Shown): Entry => ({
    key: `retry.${key}`,
    ...shown,
    why: RETRY_REASONS[key],
  });
  return [
    entry('maxRetries', plain(retry.maxRetries)),
    entry('retryTimeout', time(retry.retryTimeout)),
    ...backoffEntries(retry),
    entry('statuses', statuses(retry.statuses, retry.statuses === defaults.statuses)),
    entry('methods', list(retry.methods, retry.methods === undefined ? 'all' : 'none')),
    entry('idempotent', idempotent(retry.idempotent)),
    entry('idempotencyKey', retry.idempotencyKey === false ? onOff(false) : plain(retry.idempotencyKey)),
    entry('retryAfter', onOff(retry.retryAfter)),
    entry('elsewhere', onOff(retry.elsewhere)),
    ...budgetEntries(retry),
    entry('resume', onOff(retry.resume)),
    entry('shouldRetry', hook(retry.shouldRetry)),
    entry('onRetry', hook(retry.onRetry)),
    entry('onGiveUp', hook(retry.onGiveUp)),
  ];
}

function sourceOf({ key, text }: Entry, given: ReadonlySet<string>, defaultText: string) {
  if (given.has(key)) return 'given';
  return text === defaultText ? 'default' : 'derived';
}

/**
 * Explains every field of a policy.
 *
 * @param given paths of the fields that somebody set.
 */
export function explainFields(
  policy: PolicyView,
  given: ReadonlySet<string>,
): { readonly client: readonly ExplainedField[]; readonly retry: readonly ExplainedField[] | false } {
  const defaults = describePolicy(resolvePolicy(undefined));
  const defaultRetry = defaults.retry as RetryView;
  const explained = (entries: readonly Entry[], standard: readonly Entry[]): ExplainedField[] => {
    const texts = new Map(standard.map(({ key, text }) => [key, text]));
    return entries.map((entry) => {
      const defaultText = texts.get(entry.key) ?? '';
      const { why, ...shown } = entry;
      return { ...shown, source: sourceOf(entry, given, defaultText), defaultText, why };
    });
  };
  return {
    client: explained(clientEntries(policy.client), clientEntries(defaults.client)),
    retry:
      policy.retry &&
      explained(retryEntries(policy.retry, defaultRetry), retryEntries(defaultRetry, defaultRetry)),
  };
}

function present<K extends string>(section: Section<K>, path: string, { keys }: KeySet<K>): string[] {
  return keys.filter((key) => section.raw(key) !== undefined).map((key) => `${path}.${key}`);
}

/**
 * The fields that a configuration sets, in either spelling, as paths in camelCase: `retry.backoff.initBackoff`.
 *
 * @param config one that `resolvePolicy` has accepted.
 */
export function explicitFields(config: unknown): ReadonlySet<string> {
  // What a section says against `retry: false` or `budget: true` is of no interest: the resolver has accepted them.
  const ignored = new Problems();
  const policy = new Section(config, '', POLICY_KEYS, ignored);
  const retry = policy.child('retry', RETRY_KEYS);
  return new Set([
    ...present(policy.child('client', CLIENT_KEYS), 'client', CLIENT_KEYS),
    ...present(retry, 'retry', RETRY_KEYS),
    ...present(retry.child('backoff', BACKOFF_KEYS), 'retry.backoff', BACKOFF_KEYS),
    ...present(retry.child('budget', BUDGET_KEYS), 'retry.budget', BUDGET_KEYS),
  ]);
}
