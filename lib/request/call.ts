import { fieldOf, withoutPrototype } from '../config/own.js';
import type { ResolvedRequestPolicy } from '../config/resolved.js';
import type { Download } from '../resume/download.js';
import type { TrackingBudget } from '../retry/budget.js';
import type { Observation } from '../retry/classify.js';
import { UNOBSERVED } from '../retry/classify.js';
import { firstInChain, isCancel } from '../retry/error-predicates.js';
import type { CallRecord, RequestMetadata } from '../retry/record.js';
import type { AttemptTimes } from '../retry/timings.js';
import type { Place } from '../transport/elsewhere.js';
import { FailedPlaces } from '../transport/elsewhere.js';
import type { RequestConfig } from './axios.js';
import type { RequestBody } from './body.js';
import type { Cancellable, PendingRetry } from './pending-retry.js';
import type { PolicyContext } from './platform.js';
import { isStreamLike } from './streams.js';
import { originOf } from './url.js';
import { nameOf } from './warnings.js';

/**
 * The key under which a logical request's state travels on its config, from our request interceptor to our response
 * interceptor. A string key with a class instance as value is what every axios since 1.7.9 carries along untouched:
 * symbol keys are dropped before axios 1.19, plain objects are cloned.
 */
const CALL_KEY = 'axiosPolicyCall';

/** The beginning of a {@link Call}. */
type CallParts = Pick<
  Call,
  'context' | 'settings' | 'record' | 'budget' | 'adapter' | 'transformRequest' | 'body'
>;

/** One logical request: everything from the caller's `axios.get()` to its outcome, however many attempts it takes. */
export class Call implements Cancellable {
  /** The configuration in force when it was made, and what goes with it. */
  readonly context: PolicyContext;
  readonly settings: ResolvedRequestPolicy;
  readonly record: CallRecord;
  /** `undefined` where retries are not limited by one. */
  readonly budget: TrackingBudget | undefined;
  /** The adapter and transforms as the caller set them; the config shows these again when axios is done with it. */
  adapter: RequestConfig['adapter'];
  transformRequest: RequestConfig['transformRequest'];
  /** Where there is more to its body than `config.data`. */
  body: RequestBody | undefined;
  /** Its outcome and the sleep before the next attempt, from the first failure on. */
  pending: PendingRetry | undefined;
  /** The body that may come in several responses, if it is one. */
  download: Download | undefined;
  /** The config as the latest attempt sent it; from the decision for a retry on, as the next is to send it. */
  sent: RequestConfig | undefined;
  /** The origin of the latest attempt, for which the budget keeps an account. */
  origin = '';
  /** Times it was sent, re-sends after a lost keep-alive race included. */
  sends = 0;
  /** The latest delay that was drawn; a server may have asked for a longer one. */
  backoffMs: number | undefined;
  /** Whether the latest attempt brought a response that axios accepts. */
  succeeded = false;
  /** Whether its outcome went to the caller. Who sees it again sees the cause of another request's failure. */
  ended = false;
  /** Whether `detach({ abort: true })` cancelled the request. */
  cancelled = false;
  /** {@inheritDoc Cancellable.onCancel} */
  onCancel: (() => void) | undefined;
  /** The transport's evidence of the latest attempt. */
  observation: Observation = UNOBSERVED;
  /** Whether the latest attempt gave reason not to send the next one on an idle connection. */
  distrustsIdle = false;
  /** Where its attempts failed, for the next one to keep away from. */
  failedPlaces: FailedPlaces | undefined;
  #refunded: number | undefined;

  constructor({ context, settings, record, budget, adapter, transformRequest, body }: CallParts) {
    this.context = context;
    this.settings = settings;
    this.record = record;
    this.budget = budget;
    this.adapter = adapter;
    this.transformRequest = transformRequest;
    this.body = body;
  }

  /**
   * Takes note of a connection that an attempt failed on.
   *
   * @param when `always`: also if retries may go there again; `again`: only if it failed there the last time, too.
   */
  failedAt(place: Place, when?: 'always' | 'again'): void {
    const { retry } = this.settings;
    if (when !== 'always' && (retry === false || !retry.elsewhere)) return;
    this.failedPlaces ??= new FailedPlaces();
    if (when !== 'again' || this.failedPlaces.isLatest(place)) this.failedPlaces.add(place);
  }

  /** Whether a response that axios accepts may still be retried. */
  get asksAboutSuccess(): boolean {
    const { retry } = this.settings;
    return retry !== false && retry.shouldRetry !== undefined;
  }

  /**
   * Whether a body can be sent a second time, byte for byte. A stream cannot, unless `policy.body` makes it anew: what
   * was read from it is gone, and sending the rest would upload a wrong body with a success for an answer.
   */
  isReplayable(data: unknown): boolean {
    return (
      this.body?.make !== undefined ||
      this.body?.snapshot !== undefined ||
      typeof data !== 'object' ||
      !isStreamLike(data)
    );
  }

  cancel(): void {
    this.cancelled = true;
    this.onCancel?.();
  }

  /** An attempt begins, with a config of its own. */
  beginAttempt(config: RequestConfig): void {
    if (this.record.attempts === 1) this.#noteTransforms(config);
    // mergeConfig clones what interceptors put on the config, and in old versions drops what is under a symbol.
    else Object.assign(config, this.sent, { headers: config.headers });
    this.#unveil(config);
    this.stamp(config);
    this.sent = config;
    this.origin = originOf(config);
    this.succeeded = false;
    if (this.body !== undefined) this.body.failed = false;
  }

  /** Takes note of what the transport saw of the attempt, for the decision about a retry and for the next connection. */
  observed(observation: Observation, distrustsIdle: boolean, times: Omit<AttemptTimes, 'endedMs'>): void {
    this.observation = observation;
    this.distrustsIdle = distrustsIdle;
    this.record.attemptTimed(times, performance.now());
  }

  /**
   * Takes note of an attempt that was answered well.
   *
   * @param isStream whether its body goes on.
   */
  answered(times: Omit<AttemptTimes, 'endedMs'>, isStream: boolean): void {
    this.forgetObservation();
    // If it may still be called a failure, the request does not end with it.
    const endedMs = this.asksAboutSuccess ? performance.now() : undefined;
    this.record.attemptTimed(times, isStream ? Number.POSITIVE_INFINITY : endedMs);
  }

  /** Forgets what the transport saw: the attempt went well, or another one is to come. */
  forgetObservation(): void {
    this.observation = UNOBSERVED;
  }

  /** An attempt brought a response that axios accepts; `shouldRetry` may still refuse it. */
  accepted(): void {
    this.succeeded = true;
    if (!this.asksAboutSuccess) this.markSucceeded();
  }

  /** It goes on after its response: the body of that was cut. */
  reopen(): void {
    this.succeeded = false;
    this.record.reopened();
  }

  /** A retry was decided. */
  retryWith(next: RequestConfig): void {
    this.sent = next;
    this.forgetObservation();
  }

  /** An attempt brought a response that axios accepts, and nobody may refuse it any more. */
  markSucceeded(): void {
    const { sent, budget, record } = this;
    record.finished();
    if (sent === undefined) return;
    // The body of a response that counted may be cut, and take more retries.
    if (this.#refunded !== record.retries)
      budget?.deposit(this.origin, record.retries - (this.#refunded ?? 0));
    this.#refunded = record.retries;
    this.restore(sent);
  }

  /** Puts this call on a config, where mergeConfig and spreading interceptors keep it. */
  stamp(config: RequestConfig): void {
    // Assigning is much cheaper than defining, and the same unless there is a hidden call of an earlier request.
    (config as { [CALL_KEY]?: Call })[CALL_KEY] = this;
    if (!isEnumerable.call(config, CALL_KEY)) defineCall(config, this, true);
  }

  /** Shows the adapter and the transforms as the caller set them. */
  #unveil(config: RequestConfig): void {
    restoreField(config, 'adapter', this.adapter);
    restoreField(config, 'transformRequest', this.transformRequest);
  }

  /**
   * Makes a config look as the caller left it. The call stays findable on it, but not enumerable: a request the caller
   * makes again from this config (`axios(error.config)`) is a new one.
   */
  restore(config: RequestConfig): void {
    this.#unveil(config);
    defineCall(config, this, false);
  }

  /** An interceptor behind ours may have changed the transforms. */
  #noteTransforms({ transformRequest }: RequestConfig): void {
    const applied = this.body === undefined ? this.transformRequest : this.body.transforms;
    if (transformRequest === applied) return;
    this.transformRequest = transformRequest;
    if (this.body !== undefined) this.body.transforms = transformRequest;
  }

  /** Takes note of an attempt that an interceptor behind ours sent through an adapter of its own choice. */
  noteBypass(config: RequestConfig): void {
    this.#noteTransforms(config);
    this.adapter = config.adapter;
    this.sent = config;
    this.origin = originOf(config);
  }

  metadata(): RequestMetadata {
    const name = nameOf(this);
    return name === undefined ? this.record.snapshot() : Object.freeze({ name, ...this.record.snapshot() });
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

/** A field that a config did not have (an instance made with `new Axios()` has no defaults) is taken off it again. */
function restoreField<K extends keyof RequestConfig>(
  config: RequestConfig,
  key: K,
  value: RequestConfig[K],
): void {
  if (value === undefined) delete config[key];
  else config[key] = value;
}

/** Takes the call of an earlier request off a config that is sent again without a policy. */
export function forgetCall(config: RequestConfig): void {
  Reflect.deleteProperty(config, CALL_KEY);
}

/** Calls of errors that carry no config: what a caller's own adapter threw. */
const callsOfErrors = new WeakMap<object, Call>();

/** Lets {@link callOf} find the call of an error that has no config of ours. */
export function rememberCall(error: Error, call: Call): void {
  // A cancel token's reason is one object for all requests that share the token.
  if (!isCancel(error)) callsOfErrors.set(error, call);
}

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
  if (typeof target !== 'object' || target === null) return undefined;
  return callAt(target) ?? firstInChain(target, callAt);
}

function callAt(holder: object): Call | undefined {
  const config: unknown = fieldOf(holder as { config?: unknown }, 'config');
  const isObject = typeof config === 'object' && config !== null;
  return ownCall(holder) ?? (isObject ? ownCall(config) : undefined) ?? callsOfErrors.get(holder);
}

function ownCall(holder: object): Call | undefined {
  // Not instanceof: the CommonJS and the ES module copy of this package may meet in one process.
  return fieldOf(holder as { [CALL_KEY]?: Call }, CALL_KEY);
}
