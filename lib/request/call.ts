import { fieldOf, hasField, withoutPrototype } from '../config/own.js';
import type { ResolvedRequestPolicy } from '../config/resolved.js';
import type { Download } from '../resume/download.js';
import type { TrackingBudget } from '../retry/budget.js';
import type { Observation } from '../retry/classify.js';
import { UNOBSERVED } from '../retry/classify.js';
import type { CallRecord, RequestMetadata } from '../retry/record.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import type { KeptEnding } from './kept-ending.js';
import { originOf } from './url.js';

/**
 * The key under which a logical request's state travels on its config, from our request interceptor to our response
 * interceptor. A string key with a class instance as value is what every axios since 1.7.9 carries along untouched:
 * symbol keys are dropped before axios 1.19, plain objects are cloned.
 */
const CALL_KEY = 'axiosPolicyCall';

/** What a {@link Call} is made of. */
export type CallParts = Pick<Call, 'settings' | 'record' | 'budget' | 'adapter' | 'transformRequest'>;

/** One logical request: everything from the caller's `axios.get()` to its outcome, however many attempts it takes. */
export class Call {
  readonly settings: ResolvedRequestPolicy;
  readonly record: CallRecord;
  readonly budget: TrackingBudget;
  /** The adapter and transforms as the caller set them; the config shows these again when axios is done with it. */
  adapter: RequestConfig['adapter'];
  transformRequest: RequestConfig['transformRequest'];
  /** The transforms that are applied: the caller's, and the policy's own behind them. */
  encoding: RequestConfig['transformRequest'];
  /** Whether the transforms left the body with a Content-Type; axios puts one of its own on what has none. */
  hasContentType = true;
  /** The Content-Length that the caller gave, not axios; known only where a body may be replaced. */
  declaredLength: ReturnType<RequestConfig['headers']['get']> | undefined;
  /** What the transport saw of the latest attempt. */
  observation: Observation = UNOBSERVED;
  /** The config as the latest attempt sent it; from the decision for a retry on, as the next is to send it. */
  sent: RequestConfig | undefined;
  /** Whether the latest attempt gave reason not to send the next one on an idle connection. */
  distrustsIdle = false;
  /** What goes to the caller in the end, from the first failure on. */
  outcome: Promise<AxiosResponse> | undefined;
  /** Settles `outcome`. */
  deliver: ((outcome: AxiosResponse | Promise<never>) => void) | undefined;
  /** Wakes it from the sleep before a retry. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** How the latest attempt ended, while the request sleeps before the next. */
  kept: KeptEnding | undefined;
  /** The delay before the next attempt. */
  delayMs = 0;
  /** Gives up on what is left of the latest response, before the next attempt. */
  discard: (() => void) | undefined;
  /** Whether the latest attempt brought a response that axios accepts. */
  succeeded = false;
  /** Whether it was the body that failed: `policy.body`, or the stream that it made. */
  bodyFailed = false;
  /** Whether its outcome went to the caller. Who sees it again sees the cause of another request's failure. */
  ended = false;
  /** The origin of the latest attempt, for which the budget keeps an account. */
  origin = '';
  /** How often it was sent, re-sends after a lost keep-alive race included. */
  sends = 0;
  /** The latest delay that was drawn; a server may have asked for a longer one. */
  backoffMs: number | undefined;
  /** Makes the body of each attempt anew, until `onRetry` replaces it by one of its own. */
  makeBody: (() => unknown) | undefined;
  /** Bytes of a form-data body, kept from before it was streamed out. */
  bodySnapshot: Buffer | undefined;
  /** Whether `detach({ abort: true })` cancelled the request. */
  cancelled = false;
  /** The body that may come in several responses, if it is one. */
  download: Download | undefined;
  /** Retries of which the budget has its tokens back; `undefined` before the first success. */
  refunded: number | undefined;
  /** Ends what the request waits for: a response, or the end of the sleep before a retry. */
  onCancel: (() => void) | undefined;

  constructor({ settings, record, budget, adapter, transformRequest }: CallParts) {
    this.settings = settings;
    this.record = record;
    this.budget = budget;
    this.adapter = adapter;
    this.transformRequest = transformRequest;
    this.encoding = transformRequest;
    this.makeBody = settings.body;
  }

  /** Whether an attempt may have another body than the one before. */
  get mayReplaceBody(): boolean {
    const { body, retry } = this.settings;
    return body !== undefined || (retry !== false && retry.onRetry !== undefined);
  }

  /** Whether a response that axios accepts may still be retried. */
  get asksAboutSuccess(): boolean {
    const { retry } = this.settings;
    return retry !== false && retry.shouldRetry !== undefined;
  }

  cancel(): void {
    this.cancelled = true;
    this.onCancel?.();
  }

  /** Puts this call on a config, where mergeConfig and spreading interceptors keep it. */
  stamp(config: RequestConfig): void {
    // Assigning is much cheaper than defining, and the same unless there is a hidden call of an earlier request.
    (config as { [CALL_KEY]?: Call })[CALL_KEY] = this;
    if (!isEnumerable.call(config, CALL_KEY)) defineCall(config, this, true);
  }

  /** Shows the adapter and the transforms as the caller set them. */
  unveil(config: RequestConfig): void {
    giveBack(config, 'adapter', this.adapter);
    giveBack(config, 'transformRequest', this.transformRequest);
  }

  /**
   * Makes a config look as the caller left it. The call stays findable on it, but not enumerable: a request the caller
   * makes again from this config (`axios(error.config)`) is a new one.
   */
  restore(config: RequestConfig): void {
    this.unveil(config);
    defineCall(config, this, false);
  }

  /** Takes over what an interceptor behind ours did to the transforms. */
  noteTransforms({ transformRequest }: RequestConfig): void {
    if (transformRequest === this.encoding) return;
    this.transformRequest = transformRequest;
    this.encoding = transformRequest;
  }

  /** Takes over an attempt that an interceptor behind ours sent through an adapter of its own choice. */
  noteBypass(config: RequestConfig): void {
    this.noteTransforms(config);
    this.adapter = config.adapter;
    this.sent = config;
    this.origin = originOf(config);
  }

  metadata(): RequestMetadata {
    return this.record.snapshot();
  }

  toJSON(): RequestMetadata {
    return this.metadata();
  }
}

const isEnumerable = Object.prototype.propertyIsEnumerable;

// One for all requests: nothing inherited turns it into an accessor's, and nothing is made anew.
const descriptor: PropertyDescriptor = withoutPrototype({
  value: undefined,
  enumerable: false,
  configurable: true,
  writable: true,
});

function defineCall(config: RequestConfig, value: Call, enumerable: boolean): void {
  descriptor.value = value;
  descriptor.enumerable = enumerable;
  Object.defineProperty(config, CALL_KEY, descriptor);
  descriptor.value = undefined;
}

/** What a config did not have (an instance made with `new Axios()` has no defaults), it shall not have either. */
function giveBack<K extends keyof RequestConfig>(
  config: RequestConfig,
  key: K,
  value: RequestConfig[K],
): void {
  if (value === undefined) delete config[key];
  else config[key] = value;
}

/** Takes the call of an earlier request off a config that is sent again without a policy. */
export function forgetCall(config: RequestConfig): void {
  delete (config as { [CALL_KEY]?: Call })[CALL_KEY];
}

/** Calls of errors that carry no config: what a caller's own adapter threw. */
const callsOfErrors = new WeakMap<object, Call>();

/** Lets {@link callOf} find the call of an error that has no config of ours. */
export function rememberCall(error: Error, call: Call): void {
  // A cancel token's reason is one object for all requests that share the token.
  if (!hasField(error, '__CANCEL__')) callsOfErrors.set(error, call);
}

/** How deep an error may be wrapped (`new Error('api', { cause })`) and still be recognised. */
const MAX_CAUSES = 5;

/** The call of a response, an error (also one that wraps an axios error as its `cause`) or a config. */
export function callOf(target: unknown): Call | undefined {
  try {
    return findCall(target);
  } catch {
    // A getter of whatever was thrown did.
    return undefined;
  }
}

function findCall(target: unknown): Call | undefined {
  let current = target;
  for (let depth = 0; depth <= MAX_CAUSES && typeof current === 'object' && current !== null; depth += 1) {
    const link = current as { config?: unknown; cause?: unknown };
    const config = fieldOf(link, 'config');
    const found =
      ownCall(current) ??
      (typeof config === 'object' && config !== null ? ownCall(config) : undefined) ??
      callsOfErrors.get(current);
    if (found !== undefined) return found;
    current = fieldOf(link, 'cause');
  }
  return undefined;
}

function ownCall(holder: object): Call | undefined {
  // Not instanceof: the CommonJS and the ES module copy of this package may meet in one process.
  return fieldOf(holder as { [CALL_KEY]?: Call }, CALL_KEY);
}
