import type { RequestConfig } from './axios-like.js';

/**
 * The one of axios' named adapters to use: `http` wherever it may be chosen, as only it has connections to shape;
 * `undefined` for a function, the caller's own adapter.
 */
export function adapterName(adapter: RequestConfig['adapter']): RequestConfig['adapter'] {
  if (typeof adapter === 'function') return undefined;
  if (adapter === undefined) return 'http';
  return Array.isArray(adapter) && adapter.includes('http') ? 'http' : adapter;
}
