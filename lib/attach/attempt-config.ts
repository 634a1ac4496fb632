import type { RequestConfig } from './axios-like.js';
import type { Call } from './call.js';
import { axiosTimeoutMs } from './limits.js';

type Changes = Readonly<Partial<RequestConfig>>;

/**
 * The config of one attempt through one of axios' own adapters: the caller's, with our agents and signal, and with its
 * clock switched off.
 *
 * @param own our agents and signal.
 */
export function copyForAttempt(
  { bodySnapshot }: Call,
  config: RequestConfig,
  adapter: RequestConfig['adapter'],
  own: Changes,
): RequestConfig {
  return {
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
  } as RequestConfig;
}

/**
 * Puts our agents and signal on the config that a caller's own adapter (a mock, a cache) gets, which is the very one it
 * would get without us.
 *
 * @returns takes them off again.
 */
export function lend({ bodySnapshot, sends }: Call, config: RequestConfig, own: Changes): () => void {
  const target: Record<string, unknown> = config as object as Record<string, unknown>;
  const { data } = config;
  if (sends > 1 && bodySnapshot !== undefined) config.data = bodySnapshot;
  const before: [key: string, had: boolean, value: unknown][] = [];
  for (const [key, value] of Object.entries(own)) {
    before.push([key, Object.hasOwn(config, key), target[key]]);
    target[key] = value;
  }
  return () => {
    config.data = data;
    for (const [key, had, value] of before) {
      if (had) target[key] = value;
      else delete target[key];
    }
  };
}
