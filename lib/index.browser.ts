/**
 * Deadlines and retries for an axios instance in a browser, with one call: what the export condition `browser` leads to.
 * @packageDocumentation
 */

export * from './index.shared.js';
export { attachPolicy } from './request/browser.js';
