/** The way from client to server; `none`: there is no server, an adapter of axios answers at once. */
export type Wire = 'http' | 'https' | 'proxy' | 'http2' | 'none';

/** A kind of request. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly wire: Wire;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly expects: 'json' | 'bytes';
  /** Requests under way at once. */
  readonly concurrencies: readonly number[];
  /**
   * Requests before the clock starts. Node compiles in earnest only what has run a few thousand times; until then a
   * request of axios takes several times as long.
   */
  readonly warmUp: number;
}

const get = { method: 'GET', path: '/small', expects: 'json', concurrencies: [1, 50], warmUp: 4000 } as const;
// The process is warm from the first scenario; this is for what is different.
const later = { ...get, warmUp: 1500 } as const;
const post = { ...later, method: 'POST' } as const;
const large = { ...later, path: '/large', expects: 'bytes', warmUp: 200 } as const;
const core = { wire: 'none', concurrencies: [1], warmUp: 5000 } as const;

/** The standard set. */
export const SCENARIOS: readonly Scenario[] = [
  { ...get, name: 'get', title: 'GET 100 B', wire: 'http' },
  { ...post, name: 'post', title: 'POST 1 KB JSON', wire: 'http' },
  { ...large, name: 'large', title: 'GET 1 MB', wire: 'http' },
  { ...later, name: 'https', title: 'GET 100 B, https', wire: 'https' },
  { ...later, name: 'proxy', title: 'GET 100 B, https by CONNECT', wire: 'proxy' },
  { ...get, name: 'http2', title: 'GET 100 B, HTTP/2', wire: 'http2' },
  { ...get, ...core, name: 'core-get', title: 'GET, an adapter that answers at once' },
  { ...post, ...core, name: 'core-post', title: 'POST, an adapter that answers at once' },
];

/** What a subject is to do over and over. */
export interface Target extends Pick<Scenario, 'wire' | 'method' | 'expects'> {
  readonly url: string;
  readonly proxyUrl: string;
}
