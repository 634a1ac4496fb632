/**
 * Timeouts, keep-alive pools, proxies, HTTP/2 and retries for an axios instance, with one call.
 * @packageDocumentation
 */

export * from './index.shared.js';
export { attachPolicy } from './request/node.js';
