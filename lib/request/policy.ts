import { fieldOf } from '../config/own.js';
import type { ResolvedPolicy, ResolvedRequestPolicy, ResolvedRetry } from '../config/resolved.js';
import type { PolicyView } from '../config/view.js';
import { describePolicy } from '../config/view.js';
import type { TrackingBudget } from '../retry/budget.js';
import { createBudget } from '../retry/budget.js';
import { Patience } from '../retry/patience.js';
import { CallRecord } from '../retry/record.js';
import type { PolicyStats } from './activity.js';
import { Activity } from './activity.js';
import type { AdapterParts } from './adapter.js';
import { runThroughPolicy } from './adapter.js';
import type { AxiosInstance, AxiosResponse, RequestConfig } from './axios.js';
import { AxiosErrors } from './axios.js';
import { RequestBody } from './body.js';
import { Call, callOf, forgetCall } from './call.js';
import { addDefaultHeaders } from './default-headers.js';
import { resultOfError, resultOfResponse } from './outcome.js';
import { configOf } from './pending-retry.js';
import type { Connections, Platform, PolicyContext } from './platform.js';
import { PriorInterceptors } from './prior-interceptors.js';
import { RetryLoop } from './retry-loop.js';
import { callHook, UnsupportedOptions, warnAtAttach } from './warnings.js';

// The road of a request: `#onRequest` makes a Call of it and puts it on the config, with the policy's adapter; axios runs
// the other interceptors, and the adapter (adapter.ts) one attempt (attempt.ts), which is sent in one of three ways
// (send.ts). `#onFulfilled` lets a success through; `#onRejected` gives a failure to the retry loop (retry-loop.ts), which
// sends the next attempt to the same adapter, below the interceptors.

/**
 * The key of what `await using` calls. Where the symbol is missing, it comes from a compiler, whose helper looks for this
 * one.
 */
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** A policy attached to an axios instance. */
export interface Policy extends AsyncDisposable {
  /** The resolved configuration, frozen, durations in milliseconds; secrets are redacted in every rendering. */
  readonly config: PolicyView;
  /**
   * Stops intercepting new requests and restores what was changed. Requests under way finish under the policy.
   * @param options `abort: true` cancels requests under way, as the caller's own abort would.
   */
  detach(options?: { readonly abort?: boolean }): void;
  /**
   * Detaches, closes idle connections, and resolves when the connections of requests under way are closed as well.
   * @param options `abort: true` cancels requests under way.
   */
  close(options?: { readonly abort?: boolean }): Promise<void>;
  /** Its connections and totals at this moment. */
  stats(): PolicyStats;
}

// Kept on globalThis, because the CommonJS and the ES module copy of this package may both be loaded.
const ATTACHED = Symbol.for('axios-policy.attached');

function attachedInstances(): WeakSet<object> {
  const holder = globalThis as { [ATTACHED]?: WeakSet<object> };
  holder[ATTACHED] ??= new WeakSet();
  return holder[ATTACHED];
}

/** Whether an instance has a policy. */
export function isAttached(instance: object): boolean {
  return attachedInstances().has(instance);
}

/** The parts of a policy that depend on the instance and the machine. */
interface PolicyParts {
  readonly axios: AxiosInstance;
  /** A sibling of the instance without interceptors and defaults. */
  readonly bare: AxiosInstance;
  readonly policy: ResolvedPolicy;
  readonly platform: Platform;
  readonly connections: Connections;
}

/** The policy of one axios instance: its interceptors and its adapter. */
export class AttachedPolicy implements Policy {
  #view: PolicyView | undefined;
  readonly #instance: AxiosInstance;
  readonly #policy: ResolvedPolicy;
  readonly #context: PolicyContext;
  readonly #prior: PriorInterceptors;
  readonly #loop: RetryLoop;
  readonly #adapterParts: AdapterParts;
  /** Settings of a request that has none of its own. */
  readonly #defaultSettings: ResolvedRequestPolicy;
  readonly #defaultBudget: TrackingBudget | undefined;
  readonly #requestId: number;
  readonly #responseId: number;
  /** The built-in budget, shared by all requests that do not do without it or bring one of their own. */
  #budget: TrackingBudget | undefined;
  #detached = false;

  constructor({ axios: instance, bare, policy, platform, connections }: PolicyParts) {
    this.#instance = instance;
    this.#policy = policy;
    this.#context = {
      bare,
      errors: new AxiosErrors(bare),
      client: policy.client,
      platform,
      connections,
      activity: new Activity(platform.afterPendingIo),
      unsupported: new UnsupportedOptions(policy.client),
    };
    this.#defaultSettings = this.#settingsOf(undefined);
    this.#defaultBudget = this.#budgetFor(policy.retry);
    this.#prior = new PriorInterceptors(instance, this.#onFulfilled, platform.afterPendingIo);
    this.#loop = new RetryLoop({
      context: this.#context,
      adapter: this.#adapter,
      prior: this.#prior,
      patience: new Patience(now),
      random: Math.random,
    });
    this.#adapterParts = {
      context: this.#context,
      prior: this.#prior,
      resume: (call, cut) => this.#loop.resume(call, cut),
    };

    const { request, response } = instance.interceptors;
    // axios goes on with the request when a synchronous interceptor throws and has no one to take the error.
    const rethrow = (error: unknown) => {
      throw error;
    };
    this.#requestId = request.use((requested) => this.#onRequest(requested), rethrow, { synchronous: true });
    this.#responseId = response.use(this.#onFulfilled, (error: unknown) => this.#onRejected(error));
    attachedInstances().add(instance);
    warnAtAttach(policy, instance.defaults, bare);
  }

  get config(): PolicyView {
    this.#view ??= describePolicy(this.#policy);
    return this.#view;
  }

  detach(options: { readonly abort?: boolean } = {}): void {
    if (!this.#detached) {
      this.#detached = true;
      this.#prior.remember();
      this.#instance.interceptors.request.eject(this.#requestId);
      this.#instance.interceptors.response.eject(this.#responseId);
      attachedInstances().delete(this.#instance);
    }
    if (options.abort) this.#context.activity.cancelAll();
  }

  async close(options: { readonly abort?: boolean } = {}): Promise<void> {
    this.detach(options);
    const { activity, connections } = this.#context;
    await Promise.all([connections.close(options.abort), activity.whenIdle()]);
    // A request that was between two attempts has opened a connection since.
    await connections.close(options.abort);
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }

  stats(): PolicyStats {
    const { activity, connections } = this.#context;
    return {
      ...connections.stats(),
      ...activity.counters,
      budget: this.#budget?.snapshot?.() ?? [],
    };
  }

  /** One function for every request of the policy. */
  readonly #adapter = (config: RequestConfig): Promise<AxiosResponse> =>
    runThroughPolicy(this.#adapterParts, config);

  #onRequest(config: RequestConfig): RequestConfig {
    // An aborted request ends before it is sent, in old versions of axios without a word to response interceptors.
    const policy = fieldOf(config, 'policy');
    if (policy === false || fieldOf(config, 'signal')?.aborted) {
      forgetCall(config);
      return config;
    }
    const settings = policy === undefined ? this.#defaultSettings : this.#settingsOf(policy);
    const budget = policy === undefined ? this.#defaultBudget : this.#budgetFor(settings.retry);
    const record = new CallRecord({
      startedAtMs: Date.now(),
      nowMs: now,
      retryTimeoutMs: settings.retry === false ? 0 : settings.retry.retryTimeoutMs,
    });
    record.attemptStarted();
    const adapter = config.adapter === this.#adapter ? this.#instance.defaults.adapter : config.adapter;
    const { defaultHeaders } = this.#policy.client;
    if (defaultHeaders !== undefined) addDefaultHeaders(config.headers, defaultHeaders);
    const { transformRequest } = config;
    const body = this.#bodyFor(settings, adapter, transformRequest);
    const call = new Call({ settings, record, budget, adapter, transformRequest, body });
    call.stamp(config);
    config.adapter = this.#adapter;
    if (body !== undefined) config.transformRequest = body.transforms;
    return config;
  }

  /** Of a first attempt that axios resolved; only `shouldRetry` could make a failure of it. */
  readonly #onFulfilled = (response: AxiosResponse): AxiosResponse | Promise<AxiosResponse> => {
    const call = callOf(response);
    if (this.#prior.underWay !== undefined) this.#prior.responseArrived(call);
    if (call === undefined || call.ended) return response;
    const isBypass = call.sent === undefined && this.#noteBypass(call, response);
    if (call.asksAboutSuccess) return this.#loop.drive(call, resultOfResponse(call, response));
    if (isBypass) call.markSucceeded();
    return response;
  };

  /** Of a first attempt that axios rejected. */
  #onRejected(error: unknown): Promise<AxiosResponse> {
    const call = callOf(error);
    this.#prior.errorArrived(call);
    if (call === undefined || call.ended) return Promise.reject(error);
    // A cache that sends equal requests but once tells all who wait of the one failure.
    if (call.pending !== undefined) return call.pending.outcome;
    if (call.sent === undefined) this.#noteBypass(call, error);
    return this.#loop.drive(call, resultOfError(call, error));
  }

  /** @returns whether an interceptor behind ours sent the attempt through an adapter of its own choice. */
  #noteBypass(call: Call, result: unknown): boolean {
    const config = configOf(result);
    if (config === undefined || config.adapter === this.#adapter) return false;
    call.noteBypass(config);
    this.#context.activity.countAttempt();
    return true;
  }

  #settingsOf(input: unknown): ResolvedRequestPolicy {
    return this.#context.platform.resolveRequestPolicy(input, this.#policy);
  }

  #bodyFor(
    { body: make, retry }: ResolvedRequestPolicy,
    adapter: RequestConfig['adapter'],
    transforms: RequestConfig['transformRequest'],
  ): RequestBody | undefined {
    const { client, platform } = this.#context;
    const mayBeReplaced = make !== undefined || (retry !== false && retry.onRetry !== undefined);
    if (!mayBeReplaced && client.defaultContentType === undefined) return undefined;
    const body = new RequestBody(transforms, platform.adapterName(adapter) === 'http', make);
    body.addContentType(client.defaultContentType);
    return body;
  }

  #budgetFor(retry: ResolvedRetry | false): TrackingBudget | undefined {
    if (retry === false || retry.budget === false) return undefined;
    if ('withdraw' in retry.budget) return guardedBudget(retry.budget);
    this.#budget ??= createBudget(retry.budget, now);
    return this.#budget;
  }
}

/** A budget of the caller's own, whose errors are reported and end no request. */
function guardedBudget(budget: TrackingBudget): TrackingBudget {
  return {
    request: (origin) => callHook('budget', () => budget.request?.(origin), undefined),
    withdraw: (origin) => callHook('budget', () => budget.withdraw(origin), false),
    deposit: (origin, retries) => callHook('budget', () => budget.deposit(origin, retries), undefined),
  };
}

function now(): number {
  return performance.now();
}
