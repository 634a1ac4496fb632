import type { ClientRequest, IncomingMessage } from 'node:http';
import { HttpNotAllowedError } from '../errors.js';
import { type Observation, UNOBSERVED } from '../retry/classify.js';
import type { Attempt } from '../transport/attempt.js';
import { Deadline, type ProgressSource } from '../transport/deadline.js';
import type { AttemptConnections, GivenConnections } from '../transport/transport.js';
import { makesOwnConnections } from './adapter-name.js';
import { copyForAttempt, lend } from './attempt-config.js';
import { AttemptSignal } from './attempt-signal.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios-like.js';
import { isReplayable } from './body.js';
import { type Call, rememberCall } from './call.js';
import type { Http2Receiver } from './direct-http2.js';
import { type AttemptLimits, limitsOf } from './limits.js';
import type { PlainRequest } from './plain-request.js';
import type { Channels, DirectClient } from './platform.js';
import { isReadable, releaseBody } from './release.js';
import type { ResponseMessage } from './resume/download.js';
import type { RunnerParts } from './runner.js';
import { plainHttpHost } from './url.js';
import { isWebStream, WebBody } from './web-body.js';

/** The request died on a kept-alive connection before a byte of an answer came, and may be sent again. */
export class LostKeepAliveRace extends Error {
  /** @param spentMs what it took of the attempt's time. */
  constructor(readonly spentMs: number) {
    super();
  }
}

interface Destroyable {
  destroy(error?: Error): unknown;
}

/** One attempt under its deadline: hands a copy of the config to axios, and maps what comes back to the original. */
export class AttemptRun implements Http2Receiver {
  readonly #parts: RunnerParts;
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #attempt: Attempt;
  readonly #limits: AttemptLimits;
  readonly #signal: AttemptSignal;
  readonly #deadline = new Deadline((limit, limitMs) => this.#expire(limit, limitMs));
  #timeoutMessage = '';
  #body: Destroyable | undefined;
  #resolve: (response: AxiosResponse) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  /** Takes off the config what a caller's own adapter needed on it. */
  #takeBack: () => void = ignore;
  #isSettled = false;
  readonly #startedMs = performance.now();
  readonly #spentMs: number;
  readonly #onCancel = () => this.#signal.abort();
  #publishEnd: ReturnType<Channels['publishAttempt']>;

  /** @param spentMs of the attempt's time, by a request that it sends again. */
  constructor(parts: RunnerParts, call: Call, config: RequestConfig, attempt: Attempt, spentMs = 0) {
    this.#parts = parts;
    this.#call = call;
    this.#config = config;
    this.#attempt = attempt;
    this.#spentMs = spentMs;
    this.#limits = limitsOf(config, call.settings, parts.client);
    this.#signal = new AttemptSignal(config.signal);
  }

  /** Resolves or rejects as axios would, and leaves nothing running when the response body has ended. */
  start(): Promise<AxiosResponse> {
    if (this.#call.cancelled) this.#signal.abort();
    this.#call.onCancel = this.#onCancel;
    this.#parts.inFlight.add(this);
    this.#call.sends += 1;
    this.#publishEnd = this.#parts.platform.channels.publishAttempt(this.#call, this.#config);
    this.#deadline.limitWhole(this.#limits.timeoutMs, this.#spentMs);
    if (this.#limits.readTimeoutMs !== false)
      this.#deadline.limitSilence(this.#limits.readTimeoutMs, 'readTimeout', () => this.#attempt.exchange);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      try {
        if (!this.#sendDirectly()) this.#await(this.#send());
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /** {@inheritDoc Http2Receiver.receive} */
  receive(response: AxiosResponse): void {
    if (this.#isSettled) releaseBody(response?.data)();
    else this.#resolve(this.#success(response));
  }

  /** {@inheritDoc Http2Receiver.fail} */
  fail(error: unknown): void {
    // What the transport saw is complete only when Node has told all about it, which it does in one go.
    queueMicrotask(() => this.#refuse(error));
  }

  /** {@inheritDoc Http2Receiver.handOver} */
  handOver(request: ClientRequest, response: IncomingMessage): void {
    const { wire, bare } = this.#parts;
    const attemptConfig = this.#attemptConfig('http');
    const replay = wire.direct?.transport.replay(attemptConfig as AttemptConnections, request, response);
    this.#await(bare.request({ ...attemptConfig, transport: replay } as RequestConfig));
  }

  /** {@inheritDoc Http2Receiver.giveBack} */
  giveBack(): void {
    this.#await(this.#send());
  }

  #await(response: Promise<AxiosResponse>): void {
    response.then(
      (received) => this.receive(received),
      (error: unknown) => this.#refuse(error),
    );
  }

  #refuse(error: unknown): void {
    if (!this.#isSettled) this.#reject(this.#failure(error));
  }

  /** Ends the attempt, and lets the call know that this is no failure. */
  cancel(): void {
    this.#call.cancelled = true;
    this.#onCancel();
    // axios no longer listens for the body of a response that it rejected.
    this.#body?.destroy();
  }

  async #send(): Promise<AxiosResponse> {
    const { adapter } = this.#call;
    const { wire, errors, client, bare, platform } = this.#parts;
    const named = platform.adapterName(adapter);
    // The agents would refuse it too, as they do after a redirect; but mocks and fetch know nothing of agents.
    const refused = client.allowHttp ? undefined : plainHttpHost(this.#config);
    if (refused !== undefined) {
      await errors.ready;
      throw errors.wrap(new HttpNotAllowedError(refused), this.#config);
    }
    if (typeof adapter === 'function') {
      const own = { ...this.#connections(named), signal: this.#signal.signal };
      this.#takeBack = lend(this.#call, this.#config, own as Partial<RequestConfig>);
      return adapter(this.#config);
    }
    const attemptConfig = this.#attemptConfig(named);
    const learn = named === 'http' ? wire.direct?.adapterHeaders.watch(this.#config.headers) : undefined;
    if (learn === undefined) return bare.request(attemptConfig);
    try {
      const response = await bare.request(attemptConfig);
      learn(response.config);
      return response;
    } catch (error) {
      learn((error as AxiosError | undefined)?.config);
      throw error;
    }
  }

  /** Makes a request of the common kind without axios' adapter, if it is one. */
  #sendDirectly(): boolean {
    const { client, errors, platform, wire } = this.#parts;
    const { adapter, download, bodySnapshot } = this.#call;
    const { direct } = wire;
    const config = this.#config;
    if (direct === undefined || platform.adapterName(adapter) !== 'http') return false;
    if (download !== undefined || bodySnapshot !== undefined || !errors.isReady) return false;
    if (!client.allowHttp && plainHttpHost(config) !== undefined) return false;
    const { transport, adapterHeaders } = direct;
    const plain = adapterHeaders.plainRequest(config);
    if (plain === undefined) return false;
    const chosen = transport.agentFor(plain, config as GivenConnections);
    if (chosen === undefined) return this.#sendOverHttp2(plain, direct);
    const parts = {
      config,
      attempt: this.#attempt,
      chosen,
      signal: this.#signal,
      errors,
      adapterHeaders,
    };
    direct.request(plain, parts, this);
    return true;
  }

  #sendOverHttp2(plain: PlainRequest, { adapterHeaders, requestHttp2, transport }: DirectClient): boolean {
    const config = this.#config;
    const client = transport.http2For(plain, config as GivenConnections);
    if (client === undefined) return false;
    const attempt = this.#attempt;
    const parts = {
      config,
      attempt,
      client,
      signal: this.#signal,
      errors: this.#parts.errors,
      adapterHeaders,
    };
    return requestHttp2(plain, parts, this);
  }

  /** The config for one attempt through one of axios' own adapters. */
  #attemptConfig(named: RequestConfig['adapter']): RequestConfig {
    const own = { ...this.#connections(named), ...this.#watchDownload(named), signal: this.#signal.signal };
    return copyForAttempt(this.#call, this.#config, named, own as Partial<RequestConfig>);
  }

  #connections(named: RequestConfig['adapter']): Partial<AttemptConnections> {
    const { wire, unheld } = this.#parts;
    if (named === 'http' || !makesOwnConnections(named))
      return wire.connectionsFor(this.#attempt, this.#config as GivenConnections);
    unheld.note(named, this.#call.settings);
    return {};
  }

  /** Lets a download see the responses before axios does. Other adapters than `http` have none to see. */
  #watchDownload(named: RequestConfig['adapter']): Partial<RequestConfig> {
    const { download } = this.#call;
    if (named !== 'http' || download === undefined) return {};
    this.#attempt.onResponse = (message) => {
      if (!download.onResponse(message as ResponseMessage)) this.#signal.abort();
    };
    return download.overrides();
  }

  #success(response: AxiosResponse): AxiosResponse {
    this.#isSettled = true;
    this.#takeBack();
    this.#adopt(response);
    this.#call.observation = UNOBSERVED;
    this.#publishEnd?.({ response });
    this.#guardBody(response);
    return response;
  }

  #failure(cause: unknown): unknown {
    this.#isSettled = true;
    this.#takeBack();
    this.#adopt(cause);
    const { expired } = this.#deadline;
    const error =
      expired === undefined ? cause : this.#timeoutError((cause as AxiosError | undefined)?.request);
    this.#call.observation = this.#observe();
    this.#publishEnd?.({ error });
    if (expired === undefined && this.#mayRunAgain()) {
      this.#end();
      return new LostKeepAliveRace(performance.now() - this.#startedMs);
    }
    const response = (error as AxiosError | undefined)?.response;
    if (response !== undefined) this.#adopt(response);
    this.#guardBody(response);
    return error;
  }

  #observe(): Observation {
    const { phase, neverProcessed, truncated } = this.#attempt.report();
    return { phase, neverProcessed, truncated, expired: this.#deadline.expired };
  }

  #mayRunAgain(): boolean {
    const call = this.#call;
    return (
      this.#attempt.lostKeepAliveRace &&
      !this.#signal.aborted &&
      call.settings.idempotent !== false &&
      isReplayable(call, this.#config.data)
    );
  }

  /** Makes a result of axios point to the caller's config, with the headers that were really sent. */
  #adopt(result: unknown): void {
    if (typeof result !== 'object' || result === null) return;
    const holder = result as { config?: RequestConfig };
    if (this.#signal.isOf(holder.config)) {
      this.#config.headers = (holder.config as RequestConfig).headers;
      holder.config = this.#config;
    } else if (holder.config !== this.#config && result instanceof Error) {
      rememberCall(result, this.#call);
    }
  }

  /** Keeps the clocks of a streamed body running until it has ended. */
  #guardBody(response: AxiosResponse | undefined): void {
    const data: unknown = response?.data;
    if (isReadable(data)) {
      this.#guard(data, () => this.#attempt.exchange);
      this.#parts.platform.whenEnded(data, () => this.#endBody());
    } else if (response !== undefined && this.#config.responseType === 'stream' && isWebStream(data)) {
      const body = new WebBody(data, () => this.#endBody());
      this.#guard(body, () => body);
      this.#signal.onAbort = () => body.destroy(this.#parts.errors.canceled(this.#config, response.request));
      response.data = body.stream;
    } else {
      this.#end();
    }
  }

  #guard(body: Destroyable, source: () => ProgressSource | undefined): void {
    this.#body = body;
    const { timeoutMs, readTimeoutMs, wholeBody } = this.#limits;
    if (!wholeBody && readTimeoutMs === false) {
      this.#deadline.limitWhole(false);
      this.#deadline.limitSilence(timeoutMs, 'timeout', source);
    } else if (!wholeBody) {
      this.#deadline.limitWhole(false);
    }
  }

  #endBody(): void {
    this.#call.observation = this.#observe();
    this.#end();
  }

  #expire(limit: 'timeout' | 'readTimeout', limitMs: number): void {
    this.#timeoutMessage =
      limit === 'timeout' ? `timeout of ${limitMs}ms exceeded` : `readTimeout of ${limitMs}ms exceeded`;
    // The body first: axios would end it with a CanceledError, and a size-limited stream only when its source moves.
    this.#body?.destroy(this.#timeoutError(undefined));
    this.#signal.abort();
    // An adapter that does not care for its signal would keep the caller waiting.
    this.#parts.platform.soon(() => this.#refuse(undefined));
  }

  #timeoutError(request: unknown): AxiosError {
    const { timeoutErrorMessage, transitional } = this.#config;
    const code = transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED';
    return this.#parts.errors.create(
      timeoutErrorMessage || this.#timeoutMessage,
      code,
      this.#config,
      request,
    );
  }

  #end(): void {
    this.#deadline.stop();
    this.#signal.release();
    this.#parts.inFlight.delete(this);
    // A body may outlast its attempt, and the request sleep before the next.
    if (this.#call.onCancel === this.#onCancel) this.#call.onCancel = undefined;
  }
}

function ignore(): void {}
