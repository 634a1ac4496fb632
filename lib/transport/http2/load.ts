type Http2 = typeof import('./client.js');

let loaded: Http2 | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads what speaks HTTP/2: a quarter of the package, which most policies never need.
 *
 * @returns `undefined` if it is there by now.
 */
export function loadHttp2(): Promise<void> | undefined {
  if (loaded !== undefined) return undefined;
  loading ??= import('./client.js').then((module) => {
    loaded = module;
  });
  return loading;
}

/** What {@link loadHttp2} has loaded. */
export function http2Module(): Http2 {
  if (loaded === undefined) throw new Error('HTTP/2 was not loaded');
  return loaded;
}
