import { withoutPrototype } from '../config/own.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import type { Call } from './call.js';
import { axiosTimeoutMs } from './deadline.js';
import type { Ending } from './outcome.js';
import { wasRead } from './sent-streams.js';

type Changes = Readonly<Partial<RequestConfig>>;

/**
 * The config of one attempt through one of axios' own adapters: the caller's, with our agents and signal, and with its
 * clock switched off.
 *
 * @param own our agents and signal.
 */
export function copyForAttempt(
  { bodySnapshot }: Pick<Call, 'bodySnapshot'>,
  config: RequestConfig,
  adapter: RequestConfig['adapter'],
  own: Changes,
): RequestConfig {
  // Read by us as well as by axios, and holding what the caller said alone.
  return withoutPrototype({
    ...config,
    ...own,
    data: bodySnapshot ?? config.data,
    adapter,
    policy: undefined,
    // One that is no number is left for axios to complain of.
    timeout: Number.isNaN(axiosTimeoutMs(config)) ? config.timeout : 0,
    // The outer dispatch has done the one and will do the other.
    transformRequest: undefined,
    transformResponse: undefined,
  } as RequestConfig);
}

/**
 * Puts our agents and signal on the config that a caller's own adapter (a mock, a cache) gets, which is the very one it
 * would get without us.
 *
 * @returns takes them off again.
 */
export function lend({ bodySnapshot, sends }: Call, config: RequestConfig, own: Changes): () => void {
  const target = config as object as Record<string, unknown>;
  const lent: Record<string, unknown> = own;
  const keys = Object.keys(lent);
  const before: Record<string, unknown> = {};
  const { data } = config;
  if (bodySnapshot !== undefined && (sends > 1 || wasRead(data))) config.data = bodySnapshot;
  for (const key of keys) {
    if (Object.hasOwn(config, key)) before[key] = target[key];
    target[key] = lent[key];
  }
  return () => {
    if (data !== undefined) config.data = data;
    for (const key of keys) {
      if (Object.hasOwn(before, key)) target[key] = before[key];
      else delete target[key];
    }
  };
}

/** A plain copy of the config of one attempt, for the next: for the rest of a body that was cut, or for all of it. */
export function configOfNext(call: Call, { config, response }: Ending): RequestConfig {
  // What mergeConfig returns is a dictionary, and weighs more while a request sleeps.
  const next = { ...config };
  const { download } = call;
  const { data } = (response ?? {}) as Partial<AxiosResponse>;
  // A stream that `shouldRetry` refused may be cut, too, but nobody wants its rest.
  const isRefused = data !== undefined && data === download?.delivered;
  if (isRefused || !download?.request(next)) call.download = undefined;
  return next;
}
