type Http2 = typeof import('./client.js');

let loaded: Http2 | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads the code for HTTP/2: a quarter of the package, which most policies never need.
 *
 * @returns `undefined` if it is there by now.
 * @throws what the import failed with, be it for want of a file descriptor; the next call tries again.
 */
export function loadHttp2(): Promise<void> | undefined {
  if (loaded !== undefined) return undefined;
  loading ??= load();
  return loading;
}

/**
 * Begins to load it for a request that is still to come, which learns of a failure by its own call of
 * {@link loadHttp2}.
 */
export function preloadHttp2(): void {
  loadHttp2()?.catch(() => undefined);
}

/** The module that {@link loadHttp2} has loaded. */
export function http2Module(): Http2 {
  if (loaded === undefined) throw new Error('HTTP/2 was not loaded');
  return loaded;
}

async function load(): Promise<void> {
  try {
    loaded = await import('./client.js');
  } finally {
    loading = undefined;
  }
}
