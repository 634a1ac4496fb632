import { fieldOf } from '../config/own.js';
import type { ResolvedPolicy, ResolvedRequestPolicy, ResolvedRetry } from '../config/resolved.js';
import type { PolicyConfig } from '../config/types.js';
import type { PolicyView } from '../config/view.js';
import { describePolicy } from '../config/view.js';
import { PolicyConfigError } from '../errors.js';
import type { TrackingBudget } from '../retry/budget.js';
import { createBudget, UNLIMITED_BUDGET } from '../retry/budget.js';
import { Patience } from '../retry/patience.js';
import { CallRecord } from '../retry/record.js';
import type { PolicyStats } from './activity.js';
import { Counters, InFlight } from './activity.js';
import { remarkOn, UnsupportedOptions, unsupportedBy } from './attach-warnings.js';
import type { AxiosInstance, AxiosLike, RequestConfig } from './axios.js';
import { asAxios, bareSibling, isMockedAxios } from './axios.js';
import { AxiosErrors } from './axios-errors.js';
import { addContentType } from './body.js';
import { Call, forgetCall } from './call.js';
import { warnDeveloper } from './call-hook.js';
import type { Platform, Wire } from './platform.js';
import { PriorInterceptors } from './prior-interceptors.js';
import { ReplacedErrors } from './replaced-errors.js';
import { Retrier } from './retry-loop.js';
import { AttemptRunner } from './runner.js';

/**
 * The key of what `await using` calls. Where the symbol is missing, it comes from a compiler, whose helper looks for this
 * one.
 */
const ASYNC_DISPOSE: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** A policy that is attached to nothing, and is detached and closed like any other. */
class InertPolicy implements Policy {
  constructor(readonly config: PolicyView) {}

  detach(): void {}

  async close(): Promise<void> {}

  async [ASYNC_DISPOSE](): Promise<void> {}

  stats(): PolicyStats {
    return { pools: [], http2: [], budget: [], ...new Counters().snapshot() };
  }
}

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
 * Attaches a policy to an axios instance.
 *
 * @param platform what the policy runs on: see `attach/node.ts` and `attach/browser.ts`.
 * @throws {PolicyConfigError} before the instance is touched.
 */
export function attach(instance: AxiosLike, config: PolicyConfig, platform: Platform): Policy {
  if (isMockedAxios(instance)) return attachToNothing(config, platform);
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
  const byAdapter = unsupportedBy(axios.defaults as Pick<RequestConfig, 'adapter'>);
  const policy = platform.resolvePolicy(config, byAdapter);
  const bare = bareSibling(axios);
  const wire = platform.wire(policy.client, axios, bare);
  return new AttachedPolicy({ axios, bare, policy, platform, wire });
}

/** What a test made of axios never asks its interceptors; the program that is tested shall start all the same. */
function attachToNothing(config: PolicyConfig, platform: Platform): Policy {
  const policy = platform.resolvePolicy(config);
  warnDeveloper(
    'AXIOS_POLICY_MOCKED_AXIOS',
    'attached to nothing, because this is a mock of axios: to test with a policy, keep axios and mock its adapter or ' +
      'the network (axios-mock-adapter, nock, msw; see docs/testing.md)',
  );
  return new InertPolicy(describePolicy(policy));
}

/** What a policy is made of. */
interface PolicyParts {
  readonly axios: AxiosInstance;
  readonly bare: AxiosInstance;
  readonly policy: ResolvedPolicy;
  readonly platform: Platform;
  readonly wire: Wire;
}

class AttachedPolicy implements Policy {
  readonly config: PolicyView;
  readonly #instance: AxiosInstance;
  readonly #policy: ResolvedPolicy;
  readonly #platform: Platform;
  readonly #wire: Wire;
  /** What holds for a request that says nothing of its policy. */
  readonly #usual: ResolvedRequestPolicy;
  readonly #counters = new Counters();
  readonly #inFlight: InFlight;
  readonly #prior: PriorInterceptors;
  readonly #runner: AttemptRunner;
  readonly #requestId: number;
  readonly #responseId: number;
  /** The built-in budget, shared by all requests that do not do without it or bring one of their own. */
  #budget: TrackingBudget | undefined;
  #detached = false;

  constructor({ axios: instance, bare, policy, platform, wire }: PolicyParts) {
    this.config = describePolicy(policy);
    this.#instance = instance;
    this.#policy = policy;
    this.#platform = platform;
    this.#wire = wire;
    this.#inFlight = new InFlight(platform.soon);
    this.#usual = this.#settingsOf(undefined);
    this.#budgetFor(policy.retry);

    const replaced = new ReplacedErrors(platform.soon);
    const errors = new AxiosErrors(bare);
    const shared = { bare, platform, errors, inFlight: this.#inFlight, counters: this.#counters, replaced };
    this.#runner = new AttemptRunner({
      ...shared,
      wire,
      client: policy.client,
      unsupported: new UnsupportedOptions(policy.client),
      resume: (call, cut) => retrier.resume(call, cut),
    });
    const onFulfilled: Retrier['onFulfilled'] = (response) => retrier.onFulfilled(response);
    this.#prior = new PriorInterceptors(instance, onFulfilled);
    const retrier = new Retrier({
      ...shared,
      adapter: this.#runner.adapter,
      prior: this.#prior,
      patience: new Patience(now),
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
    remarkOn(policy, instance.defaults, bare);
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
    await Promise.all([this.#wire.close(options.abort), this.#inFlight.whenIdle()]);
    // A request that was between two attempts has opened a connection since.
    await this.#wire.close(options.abort);
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }

  stats(): PolicyStats {
    return {
      ...this.#wire.stats(),
      ...this.#counters.snapshot(),
      budget: this.#budget?.snapshot?.() ?? [],
    };
  }

  #onRequest(config: RequestConfig): RequestConfig {
    // An aborted request ends before it is sent, in old versions of axios without a word to response interceptors.
    const policy = fieldOf(config, 'policy');
    if (policy === false || fieldOf(config, 'signal')?.aborted) {
      forgetCall(config);
      return config;
    }
    const settings = policy === undefined ? this.#usual : this.#settingsOf(policy);
    const record = new CallRecord({
      startedAtMs: Date.now(),
      nowMs: now,
      retryTimeoutMs: settings.retry === false ? 0 : settings.retry.retryTimeoutMs,
    });
    record.attemptStarted();
    const own = this.#runner.adapter;
    const adapter = config.adapter === own ? this.#instance.defaults.adapter : config.adapter;
    const budget = this.#budgetFor(settings.retry);
    const call = new Call({ settings, record, budget, adapter, transformRequest: config.transformRequest });
    const { defaultContentType } = this.#policy.client;
    if (defaultContentType !== undefined || call.mayReplaceBody) addContentType(call, defaultContentType);
    call.stamp(config);
    config.adapter = own;
    config.transformRequest = call.encoding;
    return config;
  }

  #settingsOf(input: unknown): ResolvedRequestPolicy {
    return this.#platform.resolveRequestPolicy(input, this.#policy);
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
