/** Which keys each section of the configuration has, and how they may be spelled. */
import { BACKOFF_DEFAULTS, BUDGET_DEFAULTS, CLIENT_DEFAULTS, RETRY_DEFAULTS } from './defaults.js';
import type {
  BackoffConfig,
  BudgetConfig,
  ClientConfig,
  RequestPolicy,
  RetryConfig,
  TlsConfig,
} from './types.js';

/** The keys of one section of the configuration. */
export interface KeySet<K extends string> {
  readonly keys: readonly K[];
  /** The key that a spelling stands for, if it is one. */
  find(spelling: string): K | undefined;
}

/** `poolMaxIdlePerHost` as the reference writes it: `pool_max_idle_per_host`. */
export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function keySet<K extends string>(
  table: Readonly<Record<K, unknown>>,
  aliases = new Map<string, K>(),
): KeySet<K> {
  const keys = Object.keys(table) as K[];
  const camel = new Map<string, K>(keys.map((key) => [key, key]));
  const snake = new Map<string, K>([...keys.map((key) => [toSnakeCase(key), key] as const), ...aliases]);
  // obstore lower-cases a key before it looks it up, so `ALLOW_HTTP` is right too.
  return { keys, find: (spelling) => camel.get(spelling) ?? snake.get(spelling.toLowerCase()) };
}

type Table<T> = Readonly<Record<keyof T & string, unknown>>;

const TLS: Table<TlsConfig> = {
  ca: true,
  cert: true,
  key: true,
  pfx: true,
  passphrase: true,
  servername: true,
  ciphers: true,
  minVersion: true,
  maxVersion: true,
  proxyCa: true,
};

const REQUEST: Table<RequestPolicy> = {
  retry: true,
  timeout: true,
  readTimeout: true,
  idempotent: true,
  sensitive: true,
  body: true,
};

/** Keys of `PolicyConfig`, with obstore's names for its two halves. */
export const POLICY_KEYS = keySet<'client' | 'retry'>(
  { client: true, retry: true },
  new Map([
    ['client_options', 'client'],
    ['retry_config', 'retry'],
  ] as const),
);
/** Keys of `ClientConfig`. */
export const CLIENT_KEYS = keySet<keyof ClientConfig>(CLIENT_DEFAULTS);
/** Keys of `TlsConfig`. */
export const TLS_KEYS = keySet<keyof TlsConfig>(TLS);
/** Keys of `RetryConfig`. */
export const RETRY_KEYS = keySet<keyof RetryConfig>(RETRY_DEFAULTS);
/** Keys of `BackoffConfig`. */
export const BACKOFF_KEYS = keySet<keyof BackoffConfig>(BACKOFF_DEFAULTS);
/** Keys of `BudgetConfig`. */
export const BUDGET_KEYS = keySet<keyof BudgetConfig>(BUDGET_DEFAULTS);
/** Keys of `RequestPolicy`. */
export const REQUEST_KEYS = keySet<keyof RequestPolicy>(
  REQUEST,
  new Map([['retry_config', 'retry']] as const),
);
