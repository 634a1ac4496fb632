/** The one reader of what users write. Everything behind it sees a policy that is complete, checked and frozen. */
import { booleanLike, callback, label, limit, ok, type Parser, wrong } from './fields.js';
import { CLIENT_KEYS, POLICY_KEYS, REQUEST_KEYS, RETRY_KEYS } from './keys.js';
import { renderValue } from './render.js';
import { resolveClient } from './resolve-client.js';
import { DEFAULT_RETRY, resolveRetry } from './resolve-retry.js';
import type { ResolvedPolicy, ResolvedRequestPolicy, ResolvedRetry } from './resolved.js';
import { Problems, Section } from './section.js';
import { shortClientLimits, shortRetryLimits } from './short-limits.js';
import type { Unavailable } from './socket-fields.js';
import type { RetryConfig } from './types.js';

const objectOrFalse: Parser<object | false> = (value) =>
  value === false || (typeof value === 'object' && value !== null && !Array.isArray(value))
    ? ok(value)
    : wrong('an object, or false for no retries', renderValue(value));

type RetrySection = Section<keyof RetryConfig>;

/** The section of retries; `false` for none, `undefined` if nothing is said of them. */
function retrySectionOf<K extends string>(section: Section<K | 'retry'>): RetrySection | false | undefined {
  const value = section.read('retry', objectOrFalse, undefined);
  return value && section.child('retry', RETRY_KEYS);
}

function retryOf(
  section: RetrySection | false | undefined,
  base: ResolvedRetry | false,
): ResolvedRetry | false {
  if (section === undefined) return base;
  return section && resolveRetry(section, base === false ? DEFAULT_RETRY : base);
}

/**
 * Parses, checks and completes the configuration of a policy. Never changes it.
 * @param unavailable fields that cannot be had where the policy is to be attached.
 * @returns the policy, frozen at every level.
 * @throws PolicyConfigError with every problem at once.
 */
export function resolvePolicy(config: unknown, unavailable?: Unavailable): ResolvedPolicy {
  const problems = new Problems();
  const section = new Section(config, '', POLICY_KEYS, problems);
  const name = section.read('name', label, undefined);
  const clientSection = section.child('client', CLIENT_KEYS);
  const client = resolveClient(clientSection);
  const retrySection = retrySectionOf(section);
  const retry = retryOf(retrySection, DEFAULT_RETRY);
  for (const { key, path, received } of client.given) refuse(problems, unavailable, key, path, received);
  problems.throwIfAny(name);
  const short = [
    ...shortClientLimits(clientSection, client),
    ...(retrySection && retry ? shortRetryLimits(retrySection, retry) : []),
  ];
  return Object.freeze({
    name,
    client,
    retry,
    shortLimits: short.length > 0 ? Object.freeze(short) : undefined,
  });
}

function refuse(
  problems: Problems,
  unavailable: Unavailable | undefined,
  key: string,
  path: string,
  received: string,
): void {
  if (unavailable?.keys.has(key)) problems.add(path, `no value (${unavailable.reason})`, received);
}

function withoutPolicy(base: ResolvedPolicy): ResolvedRequestPolicy {
  return Object.freeze({
    retry: base.retry,
    timeoutMs: undefined,
    readTimeoutMs: undefined,
    idempotent: undefined,
    sensitive: false,
    body: undefined,
  });
}

/**
 * Resolves what one request says about its own policy, over the policy of the instance. A request may also ask for
 * retries where the instance has none; what it leaves open is then the default.
 * @param unavailable fields that cannot be had where the policy is attached.
 * @returns the request's policy, frozen.
 * @throws PolicyConfigError with every problem at once, under paths such as `policy.retry.maxRetries`.
 */
export function resolveRequestPolicy(
  input: unknown,
  base: ResolvedPolicy,
  unavailable?: Unavailable,
): ResolvedRequestPolicy {
  if (input === undefined) return withoutPolicy(base);
  const problems = new Problems();
  const section = new Section(input, 'policy', REQUEST_KEYS, problems);
  const resolved: ResolvedRequestPolicy = {
    retry: retryOf(retrySectionOf(section), base.retry),
    timeoutMs: section.read('timeout', limit, undefined),
    readTimeoutMs: section.read('readTimeout', limit, undefined),
    idempotent: section.read('idempotent', booleanLike, undefined),
    sensitive: section.read('sensitive', booleanLike, false),
    body: section.read('body', callback<() => unknown>(), undefined),
  };
  const { readTimeoutMs } = resolved;
  if (readTimeoutMs !== undefined && readTimeoutMs !== false) {
    const received = renderValue(section.raw('readTimeout'));
    refuse(problems, unavailable, 'readTimeout', section.pathOf('readTimeout'), received);
  }
  problems.throwIfAny(base.name);
  return Object.freeze(resolved);
}
