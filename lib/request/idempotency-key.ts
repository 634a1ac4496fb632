import type { Idempotency } from '../retry/idempotency.js';
import { idempotencyOf, isIdempotent, isIdempotentMethod } from '../retry/idempotency.js';
import type { ConnectionChoice } from '../transport/observe.js';
import type { RequestConfig } from './axios.js';
import type { Call } from './call.js';
import { ask } from './call-hook.js';

/** How far a second delivery of a request is harmless, by all that was said about it. */
export function idempotencyOfCall({ settings }: Call, config: RequestConfig): Idempotency {
  const { idempotent = undefined, idempotencyKeyHeader = false } = settings.retry || {};
  const request = { method: config.method ?? 'get', headers: config.headers, config };
  return ask(
    'idempotent',
    () => idempotencyOf(request, settings.idempotent, idempotent, idempotencyKeyHeader),
    'none',
  );
}

/** Which connection the next attempt of a request may have. */
export function connectionFor(call: Call, config: RequestConfig): ConnectionChoice {
  if (call.distrustsIdle) return 'new';
  return mayBeSentTwice(call, config) ? 'any' : 'checked';
}

function mayBeSentTwice(call: Call, config: RequestConfig): boolean {
  const { idempotent, retry } = call.settings;
  const isByMethod = idempotent === undefined && (retry === false || retry.idempotent === undefined);
  // No header makes such a request harmful; asked first, because this is before every attempt.
  if (isByMethod && isIdempotentMethod(config.method ?? 'get')) return true;
  return isIdempotent(idempotencyOfCall(call, config));
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
