import { fieldOf } from '../config/own.js';
import type { Outcome, OutcomeKind } from '../config/types.js';
import { classify } from '../retry/classify.js';
import { causeChain } from '../retry/error-predicates.js';
import type { Idempotency } from '../retry/idempotency.js';
import { isIdempotent } from '../retry/idempotency.js';
import { redactUrl } from '../retry/redact.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import type { Call } from './call.js';
import { idempotencyOfCall } from './idempotency-key.js';
import { urlOf } from './url.js';

/** What leads to credentials: the headers of the request, and whatever else holds the config. */
export interface Hidden {
  readonly config: object;
  readonly error?: unknown;
  readonly response?: unknown;
}

/** Node's `util.inspect.custom`, which other platforms have no use for. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * An event or a message that may be logged as it is: `config`, `error` and `response` are there for who asks for them,
 * and in no rendering, nor in a copy.
 */
class Discreet implements Hidden {
  readonly #hidden: Hidden;

  constructor(shown: object, hidden: Hidden) {
    Object.assign(this, shown);
    this.#hidden = hidden;
  }

  get config(): object {
    return this.#hidden.config;
  }

  get error(): unknown {
    return this.#hidden.error;
  }

  get response(): unknown {
    return this.#hidden.response;
  }

  // A debugger's `showHidden` and `getters` would look behind the accessors.
  [INSPECT](): object {
    return { ...this };
  }
}

/** Makes an event of what is to be seen of it and what is not. */
export function discreet<T extends object>(shown: T, hidden: Hidden): T & Hidden {
  return new Discreet(shown, hidden) as Hidden as T & Hidden;
}

/** What axios made of an attempt: a response it accepted, or an error. */
export type Settled = { readonly response: AxiosResponse } | { readonly error: unknown };

/** Whether an attempt brought a response that axios accepts. */
export function hasResponse(settled: object): settled is { readonly response: AxiosResponse } {
  return Object.hasOwn(settled, 'response');
}

/** An attempt that ended, with everything a decision about it needs. */
export interface Ending {
  readonly settled: Settled;
  readonly kind: OutcomeKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly response: unknown;
  /** Of the response, also where the error has none. */
  readonly headers: unknown;
  readonly config: RequestConfig;
  readonly method: string;
  readonly idempotency: Idempotency;
}

// Of an error that was thrown before there was an attempt, and tells of its request by nothing but the call.
const NO_CONFIG = {} as RequestConfig;

/** Looks at how an attempt ended. */
export function endingOf(call: Call, settled: Settled): Ending {
  const seen = hasResponse(settled) ? succeeded(settled.response) : failed(call, settled.error);
  const config = call.sent ?? configOf(hasResponse(settled) ? settled.response : settled.error) ?? NO_CONFIG;
  const method = (config.method ?? 'get').toUpperCase();
  const idempotency = idempotencyOfCall(call, config);
  return { settled, ...seen, config, method, idempotency };
}

function succeeded(response: AxiosResponse | undefined) {
  // An interceptor in front of ours may have made anything of the response.
  const status = typeof response?.status === 'number' ? response.status : undefined;
  return { kind: 'ok', status, code: undefined, response, headers: response?.headers } as const;
}

function failed(call: Call, error: unknown) {
  const seen = classify(error, call.observation);
  // The attempt was answered well; a transform or an interceptor in front of ours did not like the answer. Or there was
  // nothing to send, of which the network knows nothing.
  const isSettled = call.succeeded || call.bodyFailed || call.download?.hasChanged === true;
  return isSettled && seen.kind !== 'cancelled' ? ({ ...seen, kind: 'permanent' } as const) : seen;
}

/** The config of a response, or of an error, also one that wraps an axios error as its `cause`. */
export function configOf(holder: unknown): RequestConfig | undefined {
  const configs = causeChain(holder).map((link) => fieldOf(link, 'config'));
  return configs.find((config) => typeof config === 'object' && config !== null) as RequestConfig | undefined;
}

/** What hooks are given and may be seen. */
export function outcomeOf(call: Call, ending: Ending): Omit<Outcome, keyof Hidden> {
  const { record, settings } = call;
  const { config } = ending;
  return {
    kind: ending.kind,
    status: ending.status,
    code: ending.code,
    method: ending.method,
    url: redactUrl(urlOf(config), settings.sensitive),
    attempt: record.attempts,
    retries: record.retries,
    elapsedMs: record.elapsedMs,
    remainingMs: record.remainingMs,
    idempotent: isIdempotent(ending.idempotency),
  };
}

/** What they are given and is not to be seen. */
export function hiddenOf({ settled, config, response }: Ending): Hidden {
  return { config, error: !hasResponse(settled) ? settled.error : undefined, response };
}
