import type { ClientRequest, IncomingMessage } from 'node:http';
import { allowsHttp } from '../config/allow-http.js';
import type { PolicyError } from '../errors.js';
import { BodyConsumedError, HttpNotAllowedError } from '../errors.js';
import type { ResponseMessage } from '../resume/download.js';
import type { Attempt } from '../transport/exchange.js';
import type { AttemptConnections, GivenConnections } from '../transport/transport.js';
import { copyForAttempt, lend } from './attempt-config.js';
import type { AttemptSignal } from './attempt-signal.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios.js';
import { makesOwnConnections } from './axios.js';
import { isStreamLike } from './body.js';
import type { Call } from './call.js';
import type { Http2Receiver } from './direct/http2-exchange.js';
import type { PlainRequest } from './direct/simple-request.js';
import type { DirectClient } from './platform.js';
import type { RunnerParts } from './runner.js';
import { noteSent, wasRead } from './sent-streams.js';
import { plainHttpUrl, urlOf } from './url.js';

/** How one attempt is sent: directly, through one of axios' adapters, or through the caller's own. */
export class Dispatch {
  readonly #parts: RunnerParts;
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #attempt: Attempt;
  readonly #signal: AttemptSignal;
  #takeBack: (() => void) | undefined;

  constructor(
    parts: RunnerParts,
    call: Call,
    config: RequestConfig,
    attempt: Attempt,
    signal: AttemptSignal,
  ) {
    this.#parts = parts;
    this.#call = call;
    this.#config = config;
    this.#attempt = attempt;
    this.#signal = signal;
    const { retry } = call.settings;
    if (retry !== false && retry.idempotencyKeyHeader !== false)
      attempt.keyHeader = retry.idempotencyKeyHeader;
  }

  /**
   * Makes a request of the common kind without axios' adapter.
   *
   * @returns whether it is of that kind, and the receiver will be told.
   */
  sendDirectly(receiver: Http2Receiver): boolean {
    const { client, errors, platform, wire } = this.#parts;
    const { adapter, download, bodySnapshot } = this.#call;
    const { direct } = wire;
    const config = this.#config;
    if (direct === undefined || platform.adapterName(adapter) !== 'http') return false;
    if (download?.isUnderWay || bodySnapshot !== undefined || !errors.isReady) return false;
    const { transport, adapterHeaders } = direct;
    const plain = adapterHeaders.plainRequest(config);
    if (plain === undefined) return false;
    const isPlainHttp = plain.protocol === 'http:';
    if (isPlainHttp && !allowsHttp(client.allowHttp, plain.hostname, plain.port)) return false;
    const chosen = transport.agentFor(plain, config as GivenConnections);
    if (chosen === undefined) return this.#sendOverHttp2(plain, direct, receiver);
    const parts = {
      config,
      attempt: this.#attempt,
      chosen,
      signal: this.#signal,
      errors,
      adapterHeaders,
      mayResume: download !== undefined,
    };
    direct.request(plain, parts, receiver);
    return true;
  }

  #sendOverHttp2(plain: PlainRequest, direct: DirectClient, receiver: Http2Receiver): boolean {
    const { adapterHeaders, requestHttp2, transport } = direct;
    const config = this.#config;
    const client = transport.http2For(plain, config as GivenConnections);
    if (client === undefined || this.#call.download !== undefined) return false;
    const { errors } = this.#parts;
    const parts = { config, attempt: this.#attempt, client, signal: this.#signal, errors, adapterHeaders };
    return requestHttp2(plain, parts, receiver);
  }

  /**
   * Sends it through the adapter that was chosen for it.
   *
   * @throws at once what the caller's own adapter does.
   */
  send(): Promise<AxiosResponse> {
    const { adapter } = this.#call;
    const { bare, client, platform } = this.#parts;
    const named = platform.adapterName(adapter);
    // The agents would refuse it too, as they do after a redirect; but mocks and fetch know nothing of agents.
    const plain = client.allowHttp === true ? undefined : plainHttpUrl(this.#config, bare);
    if (plain !== undefined && !allowsHttp(client.allowHttp, plain.hostname, plain.port)) {
      return this.#refuse(new HttpNotAllowedError(plain.host, typeof client.allowHttp === 'object'));
    }
    if (typeof adapter !== 'function') {
      const attemptConfig = this.#attemptConfig(named);
      return this.#read(attemptConfig.data) ? this.#sendByAxios(named, attemptConfig) : this.#refuseRead();
    }
    const own: Partial<RequestConfig> = this.#connections(named) as object;
    own.signal = this.#signal.signal;
    this.#takeBack = lend(this.#call, this.#config, own);
    return this.#read(this.#config.data) ? adapter(this.#config) : this.#refuseRead();
  }

  /** @returns whether a body may be read by this attempt: of a stream that another one read, only a part is left. */
  #read(data: unknown): boolean {
    if (!isStreamLike(data)) return true;
    if (wasRead(data)) return false;
    if (!this.#signal.aborted) noteSent(data, this.#call.bodySnapshot);
    return true;
  }

  #refuseRead(): Promise<never> {
    return this.#refuse(new BodyConsumedError());
  }

  async #refuse(error: PolicyError): Promise<never> {
    const { errors } = this.#parts;
    await errors.load();
    throw errors.wrap(error, this.#config);
  }

  async #sendByAxios(named: RequestConfig['adapter'], attemptConfig: RequestConfig): Promise<AxiosResponse> {
    const { bare, wire } = this.#parts;
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

  /** Lets axios' adapter make something of a response to a request that was sent directly. */
  async passToAdapter(request: ClientRequest, response: IncomingMessage): Promise<AxiosResponse> {
    const { wire, bare } = this.#parts;
    const attemptConfig = this.#attemptConfig('http');
    this.#call.download?.onResponse(response as ResponseMessage);
    const replay = wire.direct?.transport.replay(attemptConfig as AttemptConnections, request, response);
    try {
      return await bare.request({ ...attemptConfig, transport: replay } as RequestConfig);
    } catch (error) {
      // Where no redirects are followed, an error has the request of the transport, which is a stand-in here.
      const failed = error as { request?: { readonly sent?: unknown } } | undefined;
      if (failed?.request?.sent === request) failed.request = request as object;
      throw error;
    }
  }

  /** Takes off the config what a caller's own adapter needed on it. */
  takeBack(): void {
    this.#takeBack?.();
  }

  /** The config for one attempt through one of axios' own adapters. */
  #attemptConfig(named: RequestConfig['adapter']): RequestConfig {
    const own = { ...this.#connections(named), ...this.#watchDownload(named), signal: this.#signal.signal };
    return copyForAttempt(this.#call, this.#config, named, own as Partial<RequestConfig>);
  }

  #connections(named: RequestConfig['adapter']): Partial<AttemptConnections> {
    const { wire, unsupported } = this.#parts;
    if (named === 'http' || !makesOwnConnections(named)) {
      const attempt = this.#attempt;
      const { retry } = this.#call.settings;
      attempt.url = urlOf(this.#config);
      if (retry !== false) attempt.keyHeader = retry.idempotencyKeyHeader || undefined;
      return wire.connectionsFor(attempt, this.#config as GivenConnections);
    }
    unsupported.note(named, this.#call.settings);
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
}
