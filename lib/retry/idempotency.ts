import { IDEMPOTENCY_KEY_HEADER } from '../config/retry-parsers.js';
import { headerGetter } from './headers.js';

/**
 * How far a second delivery of a request is harmless. `declared`: the caller says so, by setting or by key; `safe`: the
 * method only reads; `by-method`: PUT or DELETE, whose repetition HTTP calls idempotent; `none`: it may do harm.
 */
export type Idempotency = 'declared' | 'safe' | 'by-method' | 'none';

/** A request, when it comes to sending it again. */
interface IdempotencyRequest<C extends object = object> {
  /** In any case; none means GET, as in axios. */
  readonly method: string | undefined;
  /** As the request holds them. */
  readonly headers: unknown;
  /** Given to the policy's function. */
  readonly config: C;
}

/** `retry.idempotent`, resolved. */
type IdempotentSetting<C extends object = object> =
  | boolean
  | ((config: C) => boolean | undefined)
  | undefined;

// RFC 9110 section 9.2.1, and QUERY of draft-ietf-httpbis-safe-method-w-body.
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']);
/** Methods by which a second delivery does no harm, upper case: RFC 9110 section 9.2.2. */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set([...SAFE_METHODS, 'PUT', 'DELETE']);

/** Whether a method, in any case, only reads. */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method.toUpperCase());
}

/**
 * How far the request may be delivered twice: by `policy.idempotent`, else by an Idempotency-Key, else by
 * `retry.idempotent`, else by its method.
 *
 * @param requestSetting `policy.idempotent` of the request.
 * @param policySetting `retry.idempotent`; a function that gives no boolean leaves it to the method.
 * @param keyHeader another name of the key's header.
 * @throws what the function in `policySetting` throws.
 */
export function idempotencyOf<C extends object>(
  request: IdempotencyRequest<C>,
  requestSetting: boolean | undefined,
  policySetting: IdempotentSetting<C>,
  keyHeader: string | false = false,
): Idempotency {
  if (requestSetting !== undefined) return declared(requestSetting);
  if (hasKey(request.headers, keyHeader)) return 'declared';
  const setting: unknown =
    typeof policySetting === 'function' ? policySetting(request.config) : policySetting;
  if (typeof setting === 'boolean') return declared(setting);
  return byMethod(request.method ?? 'GET');
}

/**
 * Whether a second delivery would do no harm, in one word.
 *
 * @remarks A timeout of a PUT or DELETE is nevertheless not retried: see `decide`.
 */
export function isIdempotent(idempotency: Idempotency): boolean {
  return idempotency !== 'none';
}

function declared(setting: boolean): Idempotency {
  return setting ? 'declared' : 'none';
}

function hasKey(headers: unknown, keyHeader: string | false): boolean {
  const get = headerGetter(headers);
  return Boolean(get(IDEMPOTENCY_KEY_HEADER) || (keyHeader && get(keyHeader)));
}

function byMethod(method: string): Idempotency {
  if (isSafeMethod(method)) return 'safe';
  return IDEMPOTENT_METHODS.has(method.toUpperCase()) ? 'by-method' : 'none';
}
