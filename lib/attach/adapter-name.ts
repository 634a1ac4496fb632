import type { RequestConfig } from './axios-like.js';

type Adapter = RequestConfig['adapter'];

/**
 * The one of axios' named adapters to use in Node: `http` wherever it may be chosen, as only it has connections to shape;
 * `undefined` for a function, the caller's own adapter.
 */
export function adapterName(adapter: Adapter): Adapter {
  if (typeof adapter === 'function') return undefined;
  if (adapter === undefined) return 'http';
  return Array.isArray(adapter) && adapter.includes('http') ? 'http' : adapter;
}

/** axios' named adapters to choose from in a browser, where there is no `http`. */
export function browserAdapterName(adapter: Adapter): Adapter {
  if (typeof adapter === 'function') return undefined;
  return adapter ?? ['xhr', 'fetch'];
}

const WITHOUT_SOCKETS: ReadonlySet<unknown> = new Set(['xhr', 'fetch']);

/** Whether requests can only go through adapters of axios that make connections of their own. */
export function makesOwnConnections(adapter: Adapter): boolean {
  const names: readonly unknown[] = Array.isArray(adapter) ? adapter : [adapter];
  return names.length > 0 && names.every(isWithoutSockets);
}

function isWithoutSockets(name: unknown): boolean {
  // axios takes names in any case.
  return typeof name === 'string' && WITHOUT_SOCKETS.has(name.toLowerCase());
}
