import { type Idempotency, idempotencyOf, isIdempotent, isIdempotentMethod } from '../retry/idempotency.js';
import type { ConnectionChoice } from '../transport/connection-choice.js';
import type { RequestConfig } from './axios-like.js';
import type { Call } from './call.js';
import { ask } from './hooks.js';

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
