/**
 * Timeouts, keep-alive pools, proxies, HTTP/2 and retries for an axios instance, with one call.
 * @packageDocumentation
 */
export { attachPolicy } from './attach/node.js';
export * from './index.shared.js';
