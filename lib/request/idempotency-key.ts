import type { RequestConfig } from './axios.js';

/** Mints an idempotency key for a POST or PATCH that has none. */
export function addIdempotencyKey(header: string, config: RequestConfig): void {
  if (/^(?:post|patch)$/i.test(config.method ?? '')) config.headers.set(header, randomUuid(), false);
}

/** A random UUID, version 4. */
export function randomUuid(): string {
  const { crypto } = globalThis;
  // Pages that were not loaded over https have no randomUUID.
  return crypto.randomUUID?.() ?? fromRandomBytes(crypto.getRandomValues(new Uint8Array(16)));
}

/** https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4 */
function fromRandomBytes(bytes: Uint8Array): string {
  const [version = 0, variant = 0] = [bytes[6], bytes[8]];
  bytes.set([(version & 0x0f) | 0x40], 6);
  bytes.set([(variant & 0x3f) | 0x80], 8);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
