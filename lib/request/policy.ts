import { fieldOf } from '../config/own.js';
import type { PolicyView, ResolvedPolicy, ResolvedRequestPolicy } from '../config/resolved.js';
import type { PolicyConfig } from '../config/types.js';
import { Budgets, type TrackingBudget } from '../retry/budget.js';
import { CallRecord } from '../retry/record.js';
import type { PolicyStats } from './activity.js';
import { joinStats } from './activity.js';
import type { AdapterParts } from './adapter.js';
import { runThroughPolicy } from './adapter.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import { responseHandlersOf } from './axios.js';
import { RequestBody } from './body.js';
import { Call, callOf, forgetCall } from './call.js';
import { addDefaultHeaders } from './default-headers.js';
import type { Surroundings } from './generation.js';
import { Generation } from './generation.js';
import { resultOfError, resultOfResponse } from './outcome.js';
import { configOf } from './pending-retry.js';
import type { Connections, PolicyContext } from './platform.js';
import { PriorInterceptors } from './prior-interceptors.js';
import { RetryLoop } from './retry-loop.js';
import { AttachWarnings, guardedBudget, unsupportedBy } from './warnings.js';

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
   * Puts another configuration in force, whole and at once. What it does not say is the default, not what was before.
   *
   * The policy keeps its place among the interceptors, its budgets and counters, and its connections if nothing that they
   * depend on has changed; otherwise new requests get new ones, and the old ones close as they become idle. Requests under
   * way end under the configuration that they were made under.
   * After `detach` and `close` it checks `config`, and changes nothing.
   * @throws {PolicyConfigError} with everything that is wrong with `config`; the configuration in force stays.
   */
  update(config: PolicyConfig): void;
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

/** The policy of one axios instance: its interceptors and its adapter. */
export class AttachedPolicy implements Policy {
  readonly #surroundings: Surroundings;
  readonly #budgets = new Budgets(now, guardedBudget);
  readonly #warnings = new AttachWarnings();
  readonly #prior: PriorInterceptors;
  readonly #loop: RetryLoop;
  readonly #adapterParts: AdapterParts;
  readonly #requestId: number;
  readonly #responseId: number;
  #current: Generation;
  /** Those before it, until their last request is done and their connections are closed. */
  readonly #former = new Set<Generation>();
  /** Of requests that have no settings of their own. */
  #defaultBudget: TrackingBudget | undefined;
  #detached = false;

  constructor(surroundings: Surroundings, policy: ResolvedPolicy) {
    const { axios, platform } = surroundings;
    this.#surroundings = surroundings;
    this.#current = new Generation(surroundings, policy);
    this.#defaultBudget = this.#budgets.for(policy.retry);
    this.#prior = new PriorInterceptors(axios, this.#onFulfilled, platform.afterPendingIo);
    // Most often ours is the first.
    const prior = () =>
      responseHandlersOf(axios)[0]?.fulfilled === this.#onFulfilled ? undefined : this.#prior;
    this.#loop = new RetryLoop({
      adapter: this.#adapter,
      prior,
      nowMs: now,
      random: Math.random,
    });
    this.#adapterParts = {
      context: () => this.#current.context,
      prior,
      resume: (call, cut) => this.#loop.resume(call, cut),
    };

    const { request, response } = axios.interceptors;
    // axios goes on with the request when a synchronous interceptor throws and has no one to take the error.
    const rethrow = (error: unknown) => {
      throw error;
    };
    this.#requestId = request.use((requested) => this.#onRequest(requested), rethrow, { synchronous: true });
    this.#responseId = response.use(this.#onFulfilled, (error: unknown) => this.#onRejected(error));
    attachedInstances().add(axios);
    this.#warn();
  }

  get config(): PolicyView {
    return this.#current.view;
  }

  update(config: PolicyConfig): void {
    const { axios, platform } = this.#surroundings;
    const policy = platform.resolvePolicy(config, unsupportedBy(axios.defaults.adapter));
    // Nothing would be made under it any more.
    if (this.#detached) return;
    const before = this.#current;
    this.#current = new Generation(this.#surroundings, policy, before);
    this.#budgets.configure(policy.retry);
    this.#defaultBudget = this.#budgets.for(policy.retry);
    this.#former.add(before);
    void this.#retire(before);
    this.#warn();
  }

  /** Has the connections of a former configuration closed, if no other uses them, when nothing needs them any more. */
  async #retire(former: Generation): Promise<void> {
    const { connections } = former;
    if (this.#current.connections !== connections) void connections.close();
    await former.whenIdle();
    if (this.#current.connections !== connections) await connections.close();
    this.#former.delete(former);
  }

  detach(options: { readonly abort?: boolean } = {}): void {
    if (!this.#detached) {
      this.#detached = true;
      this.#prior.remember();
      const { axios } = this.#surroundings;
      axios.interceptors.request.eject(this.#requestId);
      axios.interceptors.response.eject(this.#responseId);
      attachedInstances().delete(axios);
    }
    if (options.abort) for (const { context } of this.#generations()) context.activity.cancelAll();
  }

  async close(options: { readonly abort?: boolean } = {}): Promise<void> {
    this.detach(options);
    const generations = this.#generations();
    const connections = this.#connections();
    const closing = () => connections.map((each) => each.close(options.abort));
    await Promise.all([...closing(), ...generations.map((each) => each.whenIdle())]);
    // A request that was between two attempts has opened a connection since.
    await Promise.all(closing());
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }

  stats(): PolicyStats {
    const held = this.#connections().map((connections) => connections.stats());
    return {
      name: this.#current.context.name,
      ...joinStats(held),
      ...this.#current.context.activity.counters,
      budget: this.#budgets.snapshot(),
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
    const { context, defaultSettings } = this.#current;
    const settings = policy === undefined ? defaultSettings : this.#current.settingsOf(policy);
    const budget = policy === undefined ? this.#defaultBudget : this.#budgets.for(settings.retry);
    const record = new CallRecord({
      startedAtMs: Date.now(),
      nowMs: now,
      retryTimeoutMs: settings.retry === false ? 0 : settings.retry.retryTimeoutMs,
    });
    record.attemptStarted();
    const { defaults } = this.#surroundings.axios;
    const adapter = config.adapter === this.#adapter ? defaults.adapter : config.adapter;
    const { defaultHeaders } = context.client;
    if (defaultHeaders !== undefined) addDefaultHeaders(config.headers, defaultHeaders);
    const { transformRequest } = config;
    const body = bodyFor(context, settings, adapter, transformRequest);
    const call = new Call({ context, settings, record, budget, adapter, transformRequest, body });
    // An interceptor behind ours may have frozen it.
    const own = Object.isExtensible(config) ? config : { ...config };
    call.stamp(own);
    own.adapter = this.#adapter;
    if (body !== undefined) own.transformRequest = body.transforms;
    return own;
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
    if (this.#prior.underWay !== undefined) this.#prior.errorArrived(call);
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
    call.context.activity.countAttempt();
    return true;
  }

  #generations(): Generation[] {
    return [this.#current, ...this.#former];
  }

  /** Those of now first. */
  #connections(): Connections[] {
    return [...new Set(this.#generations().map(({ connections }) => connections))];
  }

  #warn(): void {
    const { axios, bare } = this.#surroundings;
    const { context, policy } = this.#current;
    this.#warnings.tell(policy, context.name, axios.defaults, bare);
  }
}

/** What is known of a request's body beyond its data, if it may be replaced or get a default type. */
function bodyFor(
  { client, platform }: PolicyContext,
  { body: make, retry }: ResolvedRequestPolicy,
  adapter: RequestConfig['adapter'],
  transforms: RequestConfig['transformRequest'],
): RequestBody | undefined {
  const mayBeReplaced = make !== undefined || (retry !== false && retry.onRetry !== undefined);
  if (!mayBeReplaced && client.defaultContentType === undefined) return undefined;
  const body = new RequestBody(transforms, platform.adapterName(adapter) === 'http', make);
  body.addContentType(client.defaultContentType);
  return body;
}

function now(): number {
  return performance.now();
}
