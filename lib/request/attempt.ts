import type { ClientRequest, IncomingMessage } from 'node:http';
import { PolicyConfigError } from '../errors.js';
import { Attempt } from '../transport/exchange.js';
import type { ConnectionChoice, QueueObserver } from '../transport/observe.js';
import type { AxiosError, AxiosErrors, AxiosResponse, RequestConfig } from './axios.js';
import type { BodyOwner, GuardedBody } from './body-watch.js';
import { guardBody } from './body-watch.js';
import type { Call } from './call.js';
import type { AttemptLimits, DeadlineOwner, ExpiredLimit } from './deadline.js';
import { AttemptSignal, Deadline, expiryMessage, limitsOf } from './deadline.js';
import type { DirectAttempt } from './direct/exchange.js';
import { hasOwnBody, MadeBody } from './made-body.js';
import { mayChangeConnection, noteAnswer, noteFailure, observationOf, partOf } from './outcome.js';
import type { AttemptEnd, PolicyContext } from './platform.js';
import { QueueWait, queueLimitMs } from './queue-wait.js';
import type { SentAttempt } from './send.js';
import { finishThroughAxios, refuse, sendThroughAdapter, showCallersConfig } from './send.js';
import { releaseBody } from './streams.js';

/** One attempt under its deadline: has it sent, and maps what comes back to the caller's config. */
export class AttemptRun implements SentAttempt, DirectAttempt, QueueObserver, DeadlineOwner, BodyOwner {
  readonly call: Call;
  readonly config: RequestConfig;
  readonly observed: Attempt;
  readonly signal: AttemptSignal;
  restoreConfig: (() => void) | undefined;
  readonly limits: AttemptLimits;
  readonly deadline: Deadline;
  #made: MadeBody | undefined;
  #timeoutMessage = '';
  #body: GuardedBody | undefined;
  #queueWait: QueueWait | undefined;
  #resolve: (response: AxiosResponse | Promise<AxiosResponse>) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  #isSettled = false;
  /** No adapter of axios has had a copy of its config. */
  #isDirect = false;
  readonly #spentMs: number;
  readonly #onCancel = () => this.signal.abort();
  #publishEnd: ((end: AttemptEnd) => void) | undefined;

  /** @param spentMs of the attempt's time, by a request that it sends again. */
  constructor(call: Call, config: RequestConfig, connection: ConnectionChoice, spentMs = 0) {
    this.call = call;
    this.config = config;
    this.observed = new Attempt(connection, call.failedPlaces);
    this.signal = new AttemptSignal(config.signal);
    this.limits = limitsOf(config, call.settings, call.context.client);
    this.deadline = new Deadline(this);
    this.#spentMs = spentMs;
  }

  get context(): PolicyContext {
    return this.call.context;
  }

  get errors(): AxiosErrors {
    return this.call.context.errors;
  }

  /** {@inheritDoc DirectAttempt.mayResume} */
  get mayResume(): boolean {
    return this.call.download !== undefined;
  }

  /** Resolves or rejects as axios would, and leaves nothing running when the response body has ended. */
  start(): Promise<AxiosResponse> {
    const { call, config, context, observed, signal } = this;
    const { timeoutMs, readTimeoutMs } = this.limits;
    if (call.cancelled) signal.abort();
    call.onCancel = this.#onCancel;
    observed.queueObserver = this;
    context.activity.add(this);
    if (call.body?.make !== undefined && !hasOwnBody(config, call.sends === 0))
      this.#made = new MadeBody(call.body, config, context.errors);
    call.sends += 1;
    observed.availableMs = this.deadline.limitWhole(timeoutMs, this.#spentMs);
    if (readTimeoutMs !== false)
      this.deadline.limitSilence(readTimeoutMs, 'readTimeout', () => observed.exchange);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      // Not awaited without need: axios hands a request to Node in the tick of the call.
      if (this.#made === undefined) this.#send();
      else
        this.#made.make(signal).then(
          () => this.#send(),
          (error: unknown) => this.#refuse(error),
        );
    });
  }

  #send(): void {
    if (this.#isSettled) return;
    const { channels } = this.context.platform;
    if (channels.attempts.hasSubscribers) this.#publishEnd = channels.publishAttempt(this.call, this.config);
    try {
      this.#isDirect = true;
      if (!this.#sendDirectly()) this.startOver();
    } catch (error) {
      this.#isDirect = false;
      this.fail(error);
    }
  }

  /** @returns whether it is the attempt of a simple request, which needs no adapter of axios. */
  #sendDirectly(): boolean {
    const { call, context, errors } = this;
    const { direct } = context.connections;
    if (direct === undefined || context.platform.adapterName(call.adapter) !== 'http') return false;
    if (call.download?.isUnderWay || call.body?.snapshot !== undefined || !errors.isReady) return false;
    return direct.send(this);
  }

  /** {@inheritDoc DeadlineOwner.isConnecting} */
  get isConnecting(): boolean {
    return this.observed.exchange?.phase === 'connect';
  }

  /** {@inheritDoc DeadlineOwner.afterPendingIo} */
  get afterPendingIo() {
    return this.context.platform.afterPendingIo;
  }

  /** {@inheritDoc QueueObserver.onQueued} */
  onQueued(): void {
    this.#queueWait ??= new QueueWait(
      this.call.record,
      this.deadline,
      queueLimitMs(this.call.settings, this.limits),
    );
    this.#queueWait.onQueued();
  }

  /** {@inheritDoc QueueObserver.onDequeued} */
  onDequeued(): void {
    this.observed.availableMs = this.#queueWait?.onDequeued() ?? this.observed.availableMs;
  }

  /** {@inheritDoc DirectAttempt.receive} */
  receive(response: AxiosResponse): void {
    if (this.#isSettled) releaseBody(response?.data)();
    else this.#resolve(this.#success(response));
  }

  /** {@inheritDoc DirectAttempt.fail} */
  fail(error: unknown): void {
    // A proxy that is none: a bad option like any other, and nobody's answer.
    const isAnswer = partOf(error, 'response') !== undefined;
    if (!isAnswer && error instanceof PolicyConfigError) this.#await(refuse(this, error));
    // What the transport saw is complete only when Node has told all about it, which it does in one go.
    else queueMicrotask(() => this.#refuse(error));
  }

  /** {@inheritDoc DirectAttempt.passToAdapter} */
  passToAdapter(request: ClientRequest, response: IncomingMessage): void {
    this.#isDirect = false;
    this.#await(finishThroughAxios(this, request, response));
  }

  /** {@inheritDoc DirectAttempt.startOver} */
  startOver(): void {
    this.#isDirect = false;
    try {
      this.#await(sendThroughAdapter(this));
    } catch (error) {
      this.fail(error);
    }
  }

  #await(response: Promise<AxiosResponse>): void {
    response.then(
      (received) => this.receive(received),
      (error: unknown) => this.#refuse(error),
    );
  }

  #refuse(cause: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const error = this.#failure(cause);
    if (this.deadline.expired === undefined && mayChangeConnection(this, error)) this.#sendAgain();
    else {
      const response = partOf(error, 'response');
      if (response !== undefined && !this.#isDirect) showCallersConfig(this, response);
      this.#guardBody(response);
      this.#reject(error);
    }
  }

  /** RFC 9112 section 9.3.1: an idle connection may be closed at any time, so this is no failure of the server. */
  #sendAgain(): void {
    const { call, config, deadline } = this;
    this.#end();
    call.record.resent();
    this.#resolve(new AttemptRun(call, config, 'new', deadline.spentMs).start());
  }

  /** Ends the attempt, and lets the call know that this is no failure. */
  cancel(): void {
    this.call.cancel();
    this.#onCancel();
    // axios no longer listens for the body of a response that it rejected.
    this.#body?.destroy();
    // Nor do all adapters settle, and whoever closes the policy waits for them.
    this.afterPendingIo(() => this.#refuse(this.errors.canceled(this.config, undefined)));
  }

  #success(response: AxiosResponse): AxiosResponse {
    this.#isSettled = true;
    this.restoreConfig?.();
    if (!this.#isDirect) showCallersConfig(this, response);
    this.#made?.takeOff(response);
    this.call.answered(this.observed, this.config.responseType === 'stream');
    // A response that axios accepts may yet say that the server failed; an adapter of the caller's may give anything.
    const hasFailed = (response?.status ?? 0) >= 500;
    if (hasFailed || this.context.connections.addresses?.isQuiet === false) noteAnswer(this, hasFailed);
    this.#publishEnd?.({ response });
    this.#guardBody(response);
    return response;
  }

  #failure(cause: unknown): unknown {
    this.restoreConfig?.();
    if (!this.#isDirect) showCallersConfig(this, cause);
    this.#made?.takeOff(cause);
    const { expired } = this.deadline;
    const error = expired === undefined ? cause : this.#timeoutError(partOf(cause, 'request'));
    this.#observe(cause);
    if (expired !== undefined || !this.signal.aborted) noteFailure(this);
    this.#publishEnd?.({ error });
    return error;
  }

  /** Takes note of what was seen, for the decision about a retry and for the connection of the next attempt. */
  #observe(cause?: unknown): void {
    const { expired, spentMs } = this.deadline;
    const observation = observationOf(this.observed.report(), this.config, expired, cause);
    const isGivenUp = expired === undefined && this.signal.aborted;
    const distrustsIdle =
      !isGivenUp && this.observed.distrustIdle(performance.now() - spentMs, expired !== undefined);
    this.call.observed(observation, distrustsIdle, this.observed);
  }

  /** The attempt ends here, unless its response has a body that is streamed. */
  #guardBody(response: AxiosResponse | undefined): void {
    // Text, most often.
    if (typeof response?.data === 'object') this.#body = guardBody(this, response);
    if (this.#body === undefined) this.#end();
    else this.#body.follow();
  }

  /** {@inheritDoc BodyOwner.bodyEnded} */
  bodyEnded(): void {
    this.#observe();
    this.#end();
  }

  /** {@inheritDoc DeadlineOwner.onExpire} */
  onExpire(limit: ExpiredLimit, limitMs: number): void {
    this.#timeoutMessage = expiryMessage(limit, limitMs);
    this.observed.exchange?.onExpired();
    // The body first: axios would end it with a CanceledError, and a size-limited stream only when its source moves.
    this.#body?.destroy(this.#timeoutError(undefined));
    this.signal.abort();
    // An adapter that does not care for its signal would keep the caller waiting.
    this.afterPendingIo(() => this.#refuse(undefined));
  }

  #timeoutError(request: unknown): AxiosError {
    return this.errors.ofTimeout(this.#timeoutMessage, this.config, request);
  }

  /** {@inheritDoc BodyOwner.stopClocks} */
  stopClocks(): void {
    this.deadline.stop();
    this.#body?.stop();
    this.#queueWait?.stop();
    this.#made?.destroy();
    this.context.activity.delete(this);
  }

  #end(): void {
    this.stopClocks();
    this.observed.letGo();
    this.signal.release();
    // A body may outlast its attempt, and the request sleep before the next.
    if (this.call.onCancel === this.#onCancel) this.call.onCancel = undefined;
  }
}

function ignore(): void {}
