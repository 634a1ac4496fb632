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
  /** Why a spelling that is no key yet cannot be had, if it is going to be one. */
  reserved(spelling: string): string | undefined;
}

/** `poolMaxIdlePerHost` as the reference writes it: `pool_max_idle_per_host`. */
export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Looks a key up in either spelling. */
function finder<K extends string>(
  keys: readonly K[],
  aliases: ReadonlyMap<string, K> = new Map(),
): (spelling: string) => K | undefined {
  const camel = new Map<string, K>(keys.map((key) => [key, key]));
  const snake = new Map<string, K>([...keys.map((key) => [toSnakeCase(key), key] as const), ...aliases]);
  // obstore lower-cases a key before it looks it up, so `ALLOW_HTTP` is right too.
  return (spelling) => camel.get(spelling) ?? snake.get(spelling.toLowerCase());
}

interface Spellings<K extends string> {
  /** Other names of keys, in lower case. */
  readonly aliases?: ReadonlyMap<string, K>;
  readonly reserved?: ReadonlyMap<string, string>;
}

function keySet<K extends string>(
  table: Readonly<Record<K, unknown>>,
  { aliases, reserved = new Map() }: Spellings<K> = {},
): KeySet<K> {
  const keys = Object.keys(table) as K[];
  const findReserved = finder([...reserved.keys()]);
  return {
    keys,
    find: finder(keys, aliases),
    reserved: (spelling) => reserved.get(findReserved(spelling) ?? ''),
  };
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

const LATER = 'not available yet';

/** Keys that are going to be, so that nobody takes them for settings that hold. */
function later(keys: string, advice: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> {
  const reserved = keys.split(' ').map((key) => [key, LATER] as const);
  const advised = Object.entries(advice).map(([key, what]) => [key, `${LATER}; ${what}`] as const);
  return new Map([...reserved, ...advised]);
}

/** Keys of `PolicyConfig`, with obstore's names for its two halves. */
export const POLICY_KEYS = keySet<'client' | 'retry' | 'name'>(
  { client: true, retry: true, name: true },
  {
    aliases: new Map([
      ['client_options', 'client'],
      ['retry_config', 'retry'],
    ] as const),
    reserved: later('admission hedge limit'),
  },
);
/** Keys of `ClientConfig`. */
export const CLIENT_KEYS = keySet<keyof ClientConfig>(CLIENT_DEFAULTS, {
  reserved: later('http2MaxFrameSize randomizeAddresses dns connectionMaxAge eject', {
    defaultHeaders: 'set them on the axios instance',
    rootCertificate: "did you mean client.tls.ca, which replaces the system's roots?",
    proxyCaCertificate: 'did you mean client.tls.proxyCa?',
    disableSystemCertificates: "client.tls.ca replaces the system's roots",
  }),
});
/** Keys of `TlsConfig`. */
export const TLS_KEYS = keySet<keyof TlsConfig>(TLS);
/** Keys of `RetryConfig`. */
export const RETRY_KEYS = keySet<keyof RetryConfig>(RETRY_DEFAULTS, { reserved: later('elsewhere') });
/** Keys of `BackoffConfig`. */
export const BACKOFF_KEYS = keySet<keyof BackoffConfig>(BACKOFF_DEFAULTS);
/** Keys of `BudgetConfig`. */
export const BUDGET_KEYS = keySet<keyof BudgetConfig>(BUDGET_DEFAULTS);
/** Keys of `RequestPolicy`. */
export const REQUEST_KEYS = keySet<keyof RequestPolicy>(REQUEST, {
  aliases: new Map([['retry_config', 'retry']] as const),
  reserved: later('hedge'),
});
