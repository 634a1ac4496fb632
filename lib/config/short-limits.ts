/**
 * Limits that are too short to be meant. Python counts seconds where we count milliseconds, so its `5.0` means 5 ms here;
 * that is no error, for somebody may mean it, but it is told.
 */
import { formatDuration } from './duration.js';
import type { ResolvedClient, ResolvedRetry } from './resolved.js';
import type { Section } from './section.js';
import type { ClientConfig, RetryConfig } from './types.js';

/** A limit below {@link SHORT_MS}. */
export interface ShortLimit {
  /** As the user spelled it. */
  readonly path: string;
  readonly ms: number;
  /** What it would be in seconds, if it was given as a number without a unit. */
  readonly inSeconds: string | undefined;
}

/** A round trip to the other side of the world takes longer. */
const SHORT_MS = 100;

function look<K extends string>(section: Section<K>, key: K, ms: number | false): ShortLimit[] {
  const raw = section.raw(key);
  if (raw === undefined || ms === false || ms === 0 || ms >= SHORT_MS) return [];
  const inSeconds = typeof raw === 'number' ? formatDuration(raw * 1000) : undefined;
  return [Object.freeze({ path: section.pathOf(key), ms, inSeconds })];
}

/** The limits of connections and attempts that are set, and shorter than 100 ms. */
export function shortClientLimits(
  section: Section<keyof ClientConfig>,
  client: ResolvedClient,
): ShortLimit[] {
  return [
    ...look(section, 'connectTimeout', client.connectTimeoutMs),
    ...look(section, 'timeout', client.timeoutMs),
    ...look(section, 'readTimeout', client.readTimeoutMs),
    ...look(section, 'poolIdleTimeout', client.poolIdleTimeoutMs),
    ...look(section, 'http2KeepAliveInterval', client.http2KeepAliveIntervalMs),
    ...look(section, 'http2KeepAliveTimeout', client.http2KeepAliveTimeoutMs),
  ];
}

/** The same for the limit of retries. */
export function shortRetryLimits(section: Section<keyof RetryConfig>, retry: ResolvedRetry): ShortLimit[] {
  return look(section, 'retryTimeout', retry.retryTimeoutMs);
}

/** `client.timeout is 5ms (for seconds write '5s')`. */
export function describeShortLimit({ path, ms, inSeconds }: ShortLimit): string {
  const hint = inSeconds === undefined ? '' : ` (for seconds write '${inSeconds}')`;
  return `${path} is ${formatDuration(ms)}${hint}`;
}
