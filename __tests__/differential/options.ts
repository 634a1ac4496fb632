import type { AxiosRequestConfig, CreateAxiosDefaults } from 'axios';
import { COMMON, INSTANCES, OF_INSTANCE } from './common-options.js';
import { LIMITS, UNCOMMON } from './uncommon-options.js';
import type { Choice, World } from './world.js';

type Config = AxiosRequestConfig & Record<string, unknown>;

/** Options whose values are several options at once. */
const SPREAD = new Set([
  'baseURL',
  'paramsSerializer',
  'formSerializer',
  'progress',
  'formDataHeaderPolicy',
  'env',
  'limit',
  'data of its own length',
  'xsrf',
]);
const NAMES: Readonly<Record<string, string>> = {
  'headers of a type': 'headers',
  'data of a kind': 'data',
  'url with credentials': 'url',
  'url that is odd': 'url',
};

/** What an instance is created with. */
export function defaultsOf(options: readonly Choice[]): CreateAxiosDefaults {
  const [, name] = options.find(([option]) => option === OF_INSTANCE) ?? [];
  return name === undefined ? {} : { ...INSTANCES[name] };
}

/** Puts one option on the config of a request. */
export function choose(config: Config, option: string, name: string, world: World): void {
  if (option === OF_INSTANCE) return;
  const values = { ...COMMON[option], ...UNCOMMON[option], ...LIMITS[option] };
  const value = values[name]?.(world);
  const key = NAMES[option] ?? option;
  if (option === 'xsrf') config[name] = value;
  else if (SPREAD.has(option)) Object.assign(config, value);
  else if (key === 'headers') config.headers = { ...config.headers, ...(value as object) };
  else config[key] = value;
}
