import { finished, type Readable } from 'node:stream';
import { HttpNotAllowedError } from '../errors.js';
import type { Attempt } from '../transport/attempt.js';
import { Deadline } from '../transport/deadline.js';
import type { AttemptConnections, GivenConnections } from '../transport/transport.js';
import { adapterName } from './adapter-name.js';
import { AttemptSignal } from './attempt-signal.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios-like.js';
import { isReplayable } from './body.js';
import { type Call, rememberCall } from './call.js';
import { publishAttempt } from './channels.js';
import { requestDirectly } from './direct-request.js';
import { type AttemptLimits, axiosTimeoutMs, limitsOf } from './limits.js';
import { isReadable, releaseBody } from './release.js';
import type { ResponseMessage } from './resume/download.js';
import type { RunnerParts } from './runner.js';
import { addressOf, isPlainHttp } from './url.js';

/** The request died on a kept-alive connection before a byte of an answer came, and may be sent again. */
export class LostKeepAliveRace extends Error {}

/** One attempt under its deadline: hands a copy of the config to axios, and maps what comes back to the original. */
export class AttemptRun {
  readonly #parts: RunnerParts;
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #attempt: Attempt;
  readonly #limits: AttemptLimits;
  readonly #signal: AttemptSignal;
  readonly #deadline = new Deadline((limit, limitMs) => this.#expire(limit, limitMs));
  #timeoutMessage = '';
  #body: Readable | undefined;
  #abandon: (() => void) | undefined;
  readonly #onCancel = () => this.#signal.abort();
  #publishEnd: ReturnType<typeof publishAttempt>;

  constructor(parts: RunnerParts, call: Call, config: RequestConfig, attempt: Attempt) {
    this.#parts = parts;
    this.#call = call;
    this.#config = config;
    this.#attempt = attempt;
    this.#limits = limitsOf(config, call.settings, parts.client);
    this.#signal = new AttemptSignal(config.signal);
  }

  /** Resolves or rejects as axios would, and leaves nothing running when the response body has ended. */
  start(): Promise<AxiosResponse> {
    if (this.#call.cancelled) this.#signal.abort();
    this.#call.onCancel = this.#onCancel;
    this.#parts.inFlight.add(this);
    this.#call.sends += 1;
    this.#publishEnd = publishAttempt(this.#call, this.#config);
    this.#deadline.limitWhole(this.#limits.timeoutMs);
    this.#deadline.limitSilence(this.#limits.readTimeoutMs, 'readTimeout', () => this.#attempt.exchange);
    return new Promise((resolve, reject) => {
      this.#abandon = () => reject(this.#failure(undefined));
      this.#send().then(
        (response) => {
          if (this.#abandon === undefined) releaseBody(response?.data)();
          else resolve(this.#success(response));
        },
        (error: unknown) => {
          if (this.#abandon !== undefined) reject(this.#failure(error));
        },
      );
    });
  }

  /** Ends the attempt, and lets the call know that this is no failure. */
  cancel(): void {
    this.#call.cancelled = true;
    this.#onCancel();
  }

  async #send(): Promise<AxiosResponse> {
    const { adapter } = this.#call;
    const { adapterHeaders, errors, client, bare } = this.#parts;
    const named = adapterName(adapter);
    // The agents would refuse it too, as they do after a redirect; but mocks and fetch know nothing of agents.
    if (!client.allowHttp && isPlainHttp(this.#config)) {
      await errors.ready;
      throw errors.wrap(new HttpNotAllowedError(originless(this.#config)), this.#config);
    }
    const direct = named === 'http' ? this.#sendDirectly() : undefined;
    if (direct !== undefined) return direct;
    const attemptConfig = this.#attemptConfig(named);
    if (typeof adapter === 'function') return adapter(attemptConfig);
    const learn = named === 'http' ? adapterHeaders.watch(this.#config.headers) : undefined;
    const response = await bare.request(attemptConfig);
    learn?.(response.config.headers);
    return response;
  }

  /** Makes a request of the common kind without axios' adapter, if it is one. */
  #sendDirectly(): Promise<AxiosResponse> | undefined {
    const { errors, transport, adapterHeaders, bare } = this.#parts;
    const config = this.#config;
    if (this.#call.download !== undefined || this.#call.bodySnapshot !== undefined || !errors.isReady)
      return undefined;
    const plain = adapterHeaders.plainRequest(config);
    const chosen = plain && transport.agentFor(plain.protocol, config as GivenConnections);
    if (plain === undefined || chosen === undefined) return undefined;
    return requestDirectly(plain, {
      config,
      attempt: this.#attempt,
      chosen,
      signal: this.#signal,
      errors,
      hasResponseOfCut: adapterHeaders.hasResponseOfCut,
      handOver: (request, response) => {
        const attemptConfig = this.#attemptConfig('http');
        const replay = transport.replay(attemptConfig as AttemptConnections, request, response);
        return bare.request({ ...attemptConfig, transport: replay } as RequestConfig);
      },
    });
  }

  /** The config for one attempt: the caller's, with our agents and signal, and with its clock switched off. */
  #attemptConfig(named: RequestConfig['adapter']): RequestConfig {
    const config = this.#config;
    const { signal } = this.#signal;
    const { transport } = this.#parts;
    const connections =
      named === 'fetch' ? {} : transport.connectionsFor(this.#attempt, config as GivenConnections);
    // A function is the caller's own adapter (a mock, a cache): it gets the config as it is but for the connections.
    const { bodySnapshot, sends } = this.#call;
    if (named === undefined) {
      const data = sends > 1 ? (bodySnapshot ?? config.data) : config.data;
      return { ...config, ...connections, data, signal } as RequestConfig;
    }
    return {
      ...config,
      ...connections,
      ...this.#watchDownload(named),
      data: bodySnapshot ?? config.data,
      adapter: named,
      policy: undefined,
      signal,
      // One that is no number is left for axios to complain of.
      timeout: Number.isNaN(axiosTimeoutMs(config)) ? config.timeout : 0,
      // The outer dispatch has done the one and will do the other.
      transformRequest: undefined,
      transformResponse: undefined,
    } as RequestConfig;
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
    this.#abandon = undefined;
    this.#adopt(response);
    this.#call.observation = { ...this.#attempt.report(), expired: undefined };
    this.#publishEnd?.({ response });
    if (isReadable(response?.data)) this.#guard(response.data);
    else this.#end();
    return response;
  }

  #failure(cause: unknown): unknown {
    this.#abandon = undefined;
    this.#adopt(cause);
    const { expired } = this.#deadline;
    const error =
      expired === undefined ? cause : this.#timeoutError((cause as AxiosError | undefined)?.request);
    this.#call.observation = { ...this.#attempt.report(), expired };
    this.#publishEnd?.({ error });
    if (expired === undefined && this.#mayRunAgain()) {
      this.#end();
      return new LostKeepAliveRace();
    }
    const response = (error as AxiosError | undefined)?.response;
    if (response !== undefined) this.#adopt(response);
    if (isReadable(response?.data)) this.#guard(response.data);
    else this.#end();
    return error;
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
  #guard(body: Readable): void {
    this.#body = body;
    const { timeoutMs, readTimeoutMs, wholeBody } = this.#limits;
    if (!wholeBody && readTimeoutMs === false) {
      this.#deadline.limitWhole(false);
      this.#deadline.limitSilence(timeoutMs, 'timeout', () => this.#attempt.exchange);
    } else if (!wholeBody) {
      this.#deadline.limitWhole(false);
    }
    finished(body, { writable: false }, () => {
      this.#call.observation = { ...this.#attempt.report(), expired: this.#deadline.expired };
      this.#end();
    });
  }

  #expire(limit: 'timeout' | 'readTimeout', limitMs: number): void {
    this.#timeoutMessage =
      limit === 'timeout' ? `timeout of ${limitMs}ms exceeded` : `readTimeout of ${limitMs}ms exceeded`;
    // The body first: axios would end it with a CanceledError, and a size-limited stream only when its source moves.
    this.#body?.destroy(this.#timeoutError(undefined));
    this.#signal.abort();
    // An adapter that does not care for its signal would keep the caller waiting.
    setImmediate(() => this.#abandon?.());
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

function originless(config: RequestConfig): string {
  return addressOf(config).replace(/^http:\/\/(?:[^/?#]*@)?([^/?#]*).*$/is, '$1');
}
