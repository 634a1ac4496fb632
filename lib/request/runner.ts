import type { ResolvedClient } from '../config/resolved.js';
import type { Download } from '../resume/download.js';
import type { ResumeParts } from '../resume/streamed-download.js';
import { Attempt } from '../transport/exchange.js';
import type { GivenConnections } from '../transport/transport.js';
import type { Counters, InFlight } from './activity.js';
import type { UnsupportedOptions } from './attach-warnings.js';
import { AttemptRun, LostKeepAliveRace } from './attempt.js';
import type { AxiosInstance, AxiosResponse, RequestConfig } from './axios.js';
import type { AxiosErrors } from './axios-errors.js';
import { keepForm } from './body.js';
import type { Call } from './call.js';
import { callOf } from './call.js';
import { ask } from './call-hook.js';
import { addDefaultHeaders } from './default-headers.js';
import { connectionFor, randomUuid } from './idempotency-key.js';
import type { Platform, Wire } from './platform.js';
import type { ReplacedErrors } from './replaced-errors.js';
import { succeed } from './success.js';
import { originOf, urlOf } from './url.js';

/** What attempts are run with. */
export interface RunnerParts extends ResumeParts {
  /** Dispatches a complete config through axios' own adapters, without interceptors. */
  readonly bare: AxiosInstance;
  readonly client: ResolvedClient;
  readonly platform: Platform;
  readonly wire: Wire;
  readonly unsupported: UnsupportedOptions;
  readonly errors: AxiosErrors;
  readonly inFlight: InFlight;
  readonly counters: Counters;
  readonly replaced: ReplacedErrors;
}

/** Runs attempts: its {@link AttemptRunner.adapter} is what the policy puts in front of the caller's own adapter. */
export class AttemptRunner {
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** One function for every request of the policy. */
  readonly adapter = (config: RequestConfig): Promise<AxiosResponse> => {
    const { loading } = this.#parts.wire;
    // Not awaited without need: axios hands a request to Node in the tick of the call.
    return loading === undefined ? this.#begin(config) : loading.then(() => this.#begin(config));
  };

  #begin(config: RequestConfig): Promise<AxiosResponse> {
    const call = callOf(config);
    // An interceptor that rebuilt the config without unknown keys has taken the request out of the policy.
    if (call === undefined) return this.#runAlone(config);
    this.#prepare(call, config);
    const { download } = call;
    const result = download === undefined ? this.#run(call, config) : this.#download(download, call, config);
    return result.then(
      (response) => this.#book(call, response),
      (error: unknown) => this.#rethrow(call, config, error),
    );
  }

  #book(call: Call, response: AxiosResponse): AxiosResponse {
    call.succeeded = true;
    // Here and not in the response interceptor: one registered before ours may have made something else of it.
    if (!call.asksAboutSuccess) succeed(call);
    return response;
  }

  #rethrow(call: Call, config: RequestConfig, error: unknown): never {
    // The reason of a cancel token is one object for all requests that share it: by it nobody will find this call again.
    if (call.record.attempts === 1 && isShared(error)) {
      call.restore(config);
      call.record.gaveUp('cancelled');
      this.#parts.counters.giveUp('cancelled');
    }
    this.#parts.replaced.failed(call, error);
    throw error;
  }

  /** Without retries and deadlines, but still over the policy's connections, and no plain http if that is off. */
  #runAlone(config: RequestConfig): Promise<AxiosResponse> {
    const { bare, platform, wire } = this.#parts;
    const attempt = new Attempt();
    attempt.url = urlOf(config);
    return bare.request({
      ...config,
      ...wire.connectionsFor(attempt, config as GivenConnections),
      adapter: platform.adapterName(undefined),
      transformRequest: undefined,
      transformResponse: undefined,
    } as RequestConfig);
  }

  async #download(download: Download, call: Call, config: RequestConfig): Promise<AxiosResponse> {
    try {
      return download.received(await this.#run(call, config));
    } catch (error) {
      throw download.failed(error);
    } finally {
      download.restore(config);
    }
  }

  #run(call: Call, config: RequestConfig): Promise<AxiosResponse> {
    const attempt = new AttemptRun(this.#parts, call, config, new Attempt(connectionFor(call, config)));
    return attempt.start().catch((error: unknown) => this.#runAgain(call, config, error));
  }

  #runAgain(call: Call, config: RequestConfig, error: unknown): Promise<AxiosResponse> {
    if (!(error instanceof LostKeepAliveRace)) throw error;
    call.record.resent();
    // RFC 9112 section 9.3.1: an idle connection may be closed at any time, so this says nothing of the server.
    return new AttemptRun(this.#parts, call, config, new Attempt('new'), error.spentMs).start();
  }

  #prepare(call: Call, config: RequestConfig): void {
    const isFirst = call.record.attempts === 1;
    if (isFirst) call.noteTransforms(config);
    // mergeConfig clones what interceptors put on the config, and in old versions drops what is under a symbol.
    else Object.assign(config, call.sent, { headers: config.headers });
    call.unveil(config);
    call.stamp(config);
    call.sent = config;
    call.origin = originOf(config);
    call.succeeded = false;
    call.bodyFailed = false;
    this.#parts.counters.attempt();
    if (isFirst) this.#prepareFirst(call, config);
    call.download ??= this.#parts.platform.downloadOf(call, config, this.#parts);
  }

  #prepareFirst(call: Call, config: RequestConfig): void {
    const { client, errors } = this.#parts;
    void errors.load();
    ask('budget', () => call.budget.request?.(call.origin), undefined);
    if (call.mayReplaceBody) call.declaredLength = config.headers.get('Content-Length');
    addDefaultHeaders(config.headers, client);
    const { retry } = call.settings;
    if (retry === false) return;
    if (retry.maxRetries > 0) keepForm(call, config, this.#parts.platform);
    if (retry.idempotencyKeyHeader !== false && /^(?:post|patch)$/i.test(config.method ?? '')) {
      config.headers.set(retry.idempotencyKeyHeader, randomUuid(), false);
    }
  }
}

function isShared(error: unknown): boolean {
  const { __CANCEL__: isCancel, config } = (error ?? {}) as { __CANCEL__?: unknown; config?: unknown };
  return isCancel === true && config === undefined;
}
