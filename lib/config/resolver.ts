/** The one reader of what users write. Everything behind it sees a policy that is complete, checked and frozen. */
import { formatDuration } from './duration.js';
import type { OptionTable, Unsupported, Values } from './option.js';
import { defaultsOf, givenOptions, readOptions, refuseUnsupported } from './option.js';
import type { RowsOf } from './options.js';
import {
  POLICY_KEYS,
  POLICY_OPTIONS,
  REQUEST_KEYS,
  REQUEST_OPTIONS,
  RETRY_KEYS,
  RETRY_OPTIONS,
} from './options.js';
import type { Parser } from './parsers.js';
import { isObject, ok, wrong } from './parsers.js';
import { renderValue } from './render.js';
import type {
  ResolvedClient,
  ResolvedPolicy,
  ResolvedRequestPolicy,
  ResolvedRetry,
  ShortLimit,
} from './resolved.js';
import type { KeyAdviser, KeySet } from './section.js';
import { Problems, Section } from './section.js';
import type { CLIENT_OPTIONS } from './socket-options.js';
import type { ClientConfig, RetryConfig } from './types.js';

/** The options of `client` that a platform has. */
export interface ClientTable {
  readonly options: RowsOf<ClientConfig>;
  readonly keys: KeySet<keyof ClientConfig>;
  /** The values of all options; those of options that nobody set are their defaults. */
  read(section: ClientSection): Values<typeof CLIENT_OPTIONS>;
}

/** Parts of the reader that depend on the platform. */
interface Reading {
  readonly client: ClientTable;
  readonly adviseOnKey?: KeyAdviser | undefined;
  readonly unsupported?: Unsupported | undefined;
}

type ClientSection = Section<keyof ClientConfig>;
type RetrySection = Section<keyof RetryConfig>;
function resolveClient(client: ClientSection, { options, read }: ClientTable): ResolvedClient {
  const values = read(client);
  return Object.freeze({
    ...values,
    timeoutIsDefault: client.raw('timeout') === undefined,
    given: givenOptions(client, options, values),
  });
}

function completeRetry({ statuses, ...values }: Values<typeof RETRY_OPTIONS>): ResolvedRetry {
  if (typeof statuses === 'function') return Object.freeze({ ...values, isRetryableStatus: statuses });
  const set = new Set(statuses);
  return Object.freeze({ ...values, statuses, isRetryableStatus: (status: number) => set.has(status) });
}

/** Retries of a policy whose configuration does not mention them. */
const DEFAULT_RETRY: ResolvedRetry = completeRetry(defaultsOf(RETRY_OPTIONS));

const objectOrFalse: Parser<object | false> = (value) =>
  value === false || isObject(value)
    ? ok(value)
    : wrong('an object, or false for no retries', renderValue(value));

/** The section of retries; `false` for none, `undefined` if nothing is said of them. */
function retrySectionOf<K extends string>(section: Section<K | 'retry'>): RetrySection | false | undefined {
  const value = section.read('retry', objectOrFalse, undefined);
  return value && section.child('retry', RETRY_KEYS);
}

/** @param base what holds where the section is silent; of a policy without retries that is the default. */
function resolveRetry(
  section: RetrySection | false | undefined,
  base: ResolvedRetry | false,
): ResolvedRetry | false {
  if (section === undefined) return base;
  if (section === false) return false;
  const { isRetryableStatus, ...rest } = base === false ? DEFAULT_RETRY : base;
  const fallbacks = { ...rest, statuses: rest.statuses ?? isRetryableStatus };
  const values = readOptions(section, RETRY_OPTIONS, fallbacks);
  // The list that a request inherits has its function already.
  const isInherited = section.raw('statuses') === undefined;
  const resolved = completeRetry(values);
  return isInherited ? Object.freeze({ ...resolved, isRetryableStatus }) : resolved;
}

// Python counts seconds where we count milliseconds, so its `5.0` means 5 ms here; that is no error, for somebody may mean
// it, but it is told. A round trip to the other side of the world takes longer.
const SHORT_MS = 100;

/** The lengths of time of a section that are set, and shorter than 100 ms. */
function shortLimitsOf<K extends string>(
  section: Section<K>,
  table: OptionTable & Readonly<Record<K, unknown>>,
  values: object,
): ShortLimit[] {
  const limits: ShortLimit[] = [];
  for (const key of section.presentKeys()) {
    const ms: unknown = table[key]?.unit === 'ms' && Reflect.get(values, `${key}Ms`);
    if (typeof ms !== 'number' || ms === 0 || ms >= SHORT_MS) continue;
    const raw = section.raw(key);
    const inSeconds = typeof raw === 'number' ? formatDuration(raw * 1000) : undefined;
    limits.push(Object.freeze({ path: section.pathOf(key), ms, inSeconds }));
  }
  return limits;
}

/** `client.timeout is 5ms (for seconds write '5s')`. */
export function describeShortLimit({ path, ms, inSeconds }: ShortLimit): string {
  const hint = inSeconds === undefined ? '' : ` (for seconds write '${inSeconds}')`;
  return `${path} is ${formatDuration(ms)}${hint}`;
}

/**
 * Parses, checks and completes the configuration of a policy. Never changes it.
 * @returns the policy, frozen at every level.
 * @throws PolicyConfigError with every problem at once.
 */
export function readPolicy(
  config: unknown,
  { client: table, adviseOnKey, unsupported }: Reading,
): ResolvedPolicy {
  const problems = new Problems(adviseOnKey);
  const section = new Section(config, '', POLICY_KEYS, problems);
  const { name } = readOptions(section, POLICY_OPTIONS, {});
  const clientSection = section.child('client', table.keys);
  const client = resolveClient(clientSection, table);
  const retrySection = retrySectionOf(section);
  const retry = resolveRetry(retrySection, DEFAULT_RETRY);
  refuseUnsupported(problems, unsupported, client.given);
  problems.throwIfAny(name);
  const shortLimits = [
    ...shortLimitsOf(clientSection, table.options, client),
    ...(retrySection && retry ? shortLimitsOf(retrySection, RETRY_OPTIONS, retry) : []),
  ];
  return Object.freeze({
    name,
    client,
    retry,
    shortLimits: shortLimits.length > 0 ? Object.freeze(shortLimits) : undefined,
  });
}

const NO_WISHES = defaultsOf(REQUEST_OPTIONS);

/**
 * Resolves what one request says about its own policy, over the policy of the instance. A request may also ask for
 * retries where the instance has none; what it leaves open is then the default.
 * @returns the request's policy, frozen.
 * @throws PolicyConfigError with every problem at once, under paths such as `policy.retry.maxRetries`.
 */
export function readRequestPolicy(
  input: unknown,
  base: ResolvedPolicy,
  { adviseOnKey, unsupported }: Omit<Reading, 'client'>,
): ResolvedRequestPolicy {
  if (input === undefined) return Object.freeze({ retry: base.retry, ...NO_WISHES });
  const problems = new Problems(adviseOnKey);
  const section = new Section(input, 'policy', REQUEST_KEYS, problems);
  const retry = resolveRetry(retrySectionOf(section), base.retry);
  const values = readOptions(section, REQUEST_OPTIONS, NO_WISHES);
  refuseUnsupported(problems, unsupported, givenOptions(section, REQUEST_OPTIONS, values));
  problems.throwIfAny(base.name);
  return Object.freeze({ retry, ...values });
}
