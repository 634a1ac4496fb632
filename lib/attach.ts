import { AdapterHeaders } from './attach/adapter-headers.js';
import { AxiosErrors } from './attach/axios-errors.js';
import {
  type AxiosInstance,
  type AxiosLike,
  asAxios,
  bareSibling,
  type RequestConfig,
} from './attach/axios-like.js';
import { Call, forgetCall } from './attach/call.js';
import { addContentType } from './attach/content-type.js';
import { Counters } from './attach/counters.js';
import { InFlight } from './attach/in-flight.js';
import { PriorInterceptors } from './attach/prior-interceptors.js';
import { Retrier } from './attach/retrier.js';
import { AttemptRunner } from './attach/runner.js';
import type { PolicyStats } from './attach/stats.js';
import { resolvePolicy, resolveRequestPolicy } from './config/resolve.js';
import type { ResolvedPolicy, ResolvedRetry } from './config/resolved.js';
import type { PolicyConfig } from './config/types.js';
import { describePolicy, type PolicyView } from './config/view.js';
import { PolicyConfigError } from './errors.js';
import { createBudget, type TrackingBudget, UNLIMITED_BUDGET } from './retry/budget.js';
import { CallRecord } from './retry/metadata.js';
import { Transport } from './transport/transport.js';

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
  /** What the policy holds and has done so far. */
  stats(): PolicyStats;
}

// Kept on globalThis, because the CommonJS and the ES module copy of this package may both be loaded.
const ATTACHED = Symbol.for('axios-policy.attached');

function attachedInstances(): WeakSet<object> {
  const holder = globalThis as { [ATTACHED]?: WeakSet<object> };
  holder[ATTACHED] ??= new WeakSet();
  return holder[ATTACHED];
}

/**
 * Gives an existing axios instance the network manners of object_store: keep-alive pools, a connect timeout, a deadline
 * that covers the body, proxies, HTTP/2, and retries that are safe for the server and for the data.
 *
 * The instance's `defaults` and the order of its interceptors stay as they are. Attach right after `create()`:
 * response interceptors registered before run once per attempt, those registered after once per request.
 *
 * @param instance any axios instance, or axios itself, of axios >= 1.7.9.
 * @param config everything has a default.
 * @returns the handle to detach, close and observe the policy.
 * @throws {PolicyConfigError} before the instance is touched, with everything that is wrong with `config`, or if
 * `instance` is no axios instance or has a policy already.
 */
export function attachPolicy(instance: AxiosLike, config: PolicyConfig = {}): Policy {
  const axios = asAxios(instance);
  if (attachedInstances().has(axios)) {
    throw new PolicyConfigError([
      {
        path: 'instance',
        expected: 'an instance without a policy',
        received: 'one that has a policy already',
      },
    ]);
  }
  const policy = resolvePolicy(config);
  const transport = new Transport(policy.client, axios.defaults);
  return new AttachedPolicy(axios, policy, transport);
}

class AttachedPolicy implements Policy {
  readonly config: PolicyView;
  readonly #instance: AxiosInstance;
  readonly #policy: ResolvedPolicy;
  readonly #transport: Transport;
  readonly #counters = new Counters();
  readonly #inFlight = new InFlight();
  readonly #prior: PriorInterceptors;
  readonly #runner: AttemptRunner;
  readonly #requestId: number;
  readonly #responseId: number;
  /** The built-in budget, shared by all requests that do not do without it or bring one of their own. */
  #budget: TrackingBudget | undefined;
  #detached = false;

  constructor(instance: AxiosInstance, policy: ResolvedPolicy, transport: Transport) {
    this.config = describePolicy(policy);
    this.#instance = instance;
    this.#policy = policy;
    this.#transport = transport;
    this.#budgetFor(policy.retry);

    const bare = bareSibling(instance);
    const shared = { bare, inFlight: this.#inFlight, counters: this.#counters };
    this.#runner = new AttemptRunner({
      ...shared,
      transport,
      client: policy.client,
      errors: new AxiosErrors(bare),
      adapterHeaders: new AdapterHeaders(bare),
      resume: (call, cut) => retrier.resume(call, cut),
    });
    const onFulfilled: Retrier['onFulfilled'] = (response) => retrier.onFulfilled(response);
    this.#prior = new PriorInterceptors(instance, onFulfilled);
    const retrier = new Retrier({
      ...shared,
      adapter: this.#runner.adapter,
      prior: this.#prior,
      random: Math.random,
    });

    const { request, response } = instance.interceptors;
    // axios goes on with the request when a synchronous interceptor throws and has no one to take the error.
    const rethrow = (error: unknown) => {
      throw error;
    };
    this.#requestId = request.use((requested) => this.#onRequest(requested), rethrow, { synchronous: true });
    this.#responseId = response.use(onFulfilled, (error: unknown) => retrier.onRejected(error));
    attachedInstances().add(instance);
    if (policy.client.allowInvalidCertificates) warnOfInvalidCertificates();
  }

  detach(options: { readonly abort?: boolean } = {}): void {
    if (!this.#detached) {
      this.#detached = true;
      this.#prior.remember();
      this.#instance.interceptors.request.eject(this.#requestId);
      this.#instance.interceptors.response.eject(this.#responseId);
      attachedInstances().delete(this.#instance);
    }
    if (options.abort) this.#inFlight.cancelAll();
  }

  async close(options: { readonly abort?: boolean } = {}): Promise<void> {
    this.detach(options);
    await Promise.all([this.#transport.close(options.abort), this.#inFlight.whenIdle()]);
    // A request that was between two attempts has opened a connection since.
    await this.#transport.close(options.abort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): PolicyStats {
    return {
      ...this.#transport.stats(),
      ...this.#counters.snapshot(),
      budget: this.#budget?.snapshot?.() ?? [],
    };
  }

  #onRequest(config: RequestConfig): RequestConfig {
    // An aborted request ends before it is sent, in old versions of axios without a word to response interceptors.
    if (config.policy === false || config.signal?.aborted) {
      forgetCall(config);
      return config;
    }
    const settings = resolveRequestPolicy(config.policy, this.#policy);
    const record = new CallRecord({
      startedAt: new Date(),
      nowMs: now,
      retryTimeoutMs: settings.retry === false ? 0 : settings.retry.retryTimeoutMs,
    });
    record.attemptStarted();
    const own = this.#runner.adapter;
    const adapter = config.adapter === own ? this.#instance.defaults.adapter : config.adapter;
    const budget = this.#budgetFor(settings.retry);
    const call = new Call({ settings, record, budget, adapter, transformRequest: config.transformRequest });
    const { defaultContentType } = this.#policy.client;
    const { body, retry } = settings;
    const mayReplaceBody = body !== undefined || (retry !== false && retry.onRetry !== undefined);
    if (defaultContentType !== undefined || mayReplaceBody) addContentType(call, defaultContentType);
    call.stamp(config);
    config.adapter = own;
    config.transformRequest = call.encoding;
    return config;
  }

  #budgetFor(retry: ResolvedRetry | false): TrackingBudget {
    if (retry === false) return UNLIMITED_BUDGET;
    const { budget } = retry;
    if (budget === false || 'withdraw' in budget) return createBudget(budget, now);
    this.#budget ??= createBudget(budget, now);
    return this.#budget;
  }
}

function now(): number {
  return performance.now();
}

function warnOfInvalidCertificates(): void {
  process.emitWarning('client.allowInvalidCertificates is on: TLS certificates are not checked', {
    type: 'AxiosPolicyWarning',
    code: 'AXIOS_POLICY_INVALID_CERTIFICATES',
  });
}
