import type { ClientRequest, IncomingMessage } from 'node:http';
import { fieldOf } from '../config/own.js';
import { UNOBSERVED } from '../retry/classify.js';
import { isIdempotent } from '../retry/idempotency.js';
import type { Attempt } from '../transport/exchange.js';
import type { QueueObserver } from '../transport/observe.js';
import { AttemptSignal } from './attempt-signal.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios.js';
import { isReplayable } from './body.js';
import { MadeBody } from './body-factory.js';
import type { Call } from './call.js';
import { rememberCall } from './call.js';
import type { AttemptLimits, DeadlineOwner, ExpiredLimit } from './deadline.js';
import { bodyLimitsOf, Deadline, expiryMessage, limitsOf, queueLimitMs } from './deadline.js';
import type { Http2Receiver } from './direct/http2-exchange.js';
import { idempotencyOfCall } from './idempotency-key.js';
import { observe } from './observe.js';
import type { Channels } from './platform.js';
import { QueueWait } from './queue-wait.js';
import type { Destroyable, StreamedBody } from './response-body.js';
import { BodyWatch, isReadable, isWebStream, ReadableBody, releaseBody, WebBody } from './response-body.js';
import type { RunnerParts } from './runner.js';
import { Dispatch } from './send.js';

/** The request died on a kept-alive connection before a byte of an answer came, and may be sent again. */
export class LostKeepAliveRace extends Error {
  /** @param spentMs what it took of the attempt's time. */
  constructor(readonly spentMs: number) {
    super();
  }
}

/** One attempt under its deadline: has it sent, and maps what comes back to the caller's config. */
export class AttemptRun implements Http2Receiver, QueueObserver, DeadlineOwner {
  readonly #parts: RunnerParts;
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #attempt: Attempt;
  readonly #limits: AttemptLimits;
  readonly #signal: AttemptSignal;
  readonly #dispatch: Dispatch;
  readonly #deadline: Deadline;
  #made: MadeBody | undefined;
  #timeoutMessage = '';
  #body: Destroyable | undefined;
  #watch: BodyWatch | undefined;
  #queueWait: QueueWait | undefined;
  #resolve: (response: AxiosResponse) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  #isSettled = false;
  readonly #spentMs: number;
  readonly #onCancel = () => this.#signal.abort();
  #publishEnd: ReturnType<Channels['publishAttempt']>;

  /** @param spentMs of the attempt's time, by a request that it sends again. */
  constructor(parts: RunnerParts, call: Call, config: RequestConfig, attempt: Attempt, spentMs = 0) {
    this.#parts = parts;
    this.#deadline = new Deadline(this);
    this.#call = call;
    this.#config = config;
    this.#attempt = attempt;
    this.#spentMs = spentMs;
    this.#limits = limitsOf(config, call.settings, parts.client);
    this.#signal = new AttemptSignal(config.signal);
    this.#dispatch = new Dispatch(parts, call, config, attempt, this.#signal);
  }

  /** Resolves or rejects as axios would, and leaves nothing running when the response body has ended. */
  start(): Promise<AxiosResponse> {
    if (this.#call.cancelled) this.#signal.abort();
    this.#call.onCancel = this.#onCancel;
    this.#attempt.queueObserver = this;
    this.#parts.inFlight.add(this);
    this.#made = MadeBody.of(this.#call, this.#config, this.#parts);
    this.#call.sends += 1;
    this.#deadline.limitWhole(this.#limits.timeoutMs, this.#spentMs);
    if (this.#limits.readTimeoutMs !== false)
      this.#deadline.limitSilence(this.#limits.readTimeoutMs, 'readTimeout', () => this.#attempt.exchange);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      // Not awaited without need: axios hands a request to Node in the tick of the call.
      if (this.#made === undefined) this.#launch();
      else
        this.#made.make(this.#signal).then(
          () => this.#launch(),
          (error: unknown) => this.#refuse(error),
        );
    });
  }

  #launch(): void {
    if (this.#isSettled) return;
    this.#publishEnd = this.#parts.platform.channels.publishAttempt(this.#call, this.#config);
    try {
      if (!this.#dispatch.sendDirectly(this)) this.#send();
    } catch (error) {
      this.fail(error);
    }
  }

  /** {@inheritDoc DeadlineOwner.isConnecting} */
  get isConnecting(): boolean {
    return this.#attempt.exchange?.phase === 'connect';
  }

  /** {@inheritDoc DeadlineOwner.soon} */
  get soon() {
    return this.#parts.platform.soon;
  }

  /** {@inheritDoc QueueObserver.onQueued} */
  onQueued(): void {
    this.#queueWait ??= new QueueWait(this.#call, this.#deadline, queueLimitMs(this.#call, this.#limits));
    this.#queueWait.onQueued();
  }

  /** {@inheritDoc QueueObserver.onDequeued} */
  onDequeued(): void {
    this.#queueWait?.onDequeued();
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

  /** {@inheritDoc Http2Receiver.passToAdapter} */
  passToAdapter(request: ClientRequest, response: IncomingMessage): void {
    this.#await(this.#dispatch.passToAdapter(request, response));
  }

  /** {@inheritDoc Http2Receiver.startOver} */
  startOver(): void {
    try {
      this.#send();
    } catch (error) {
      this.fail(error);
    }
  }

  #send(): void {
    this.#await(this.#dispatch.send());
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
    // Nor do all adapters settle, and whoever closes the policy waits for them.
    this.#parts.platform.soon(() => this.#refuse(this.#parts.errors.canceled(this.#config, undefined)));
  }

  #success(response: AxiosResponse): AxiosResponse {
    this.#isSettled = true;
    this.#dispatch.takeBack();
    this.#adopt(response);
    this.#made?.takeOff(response);
    this.#call.observation = UNOBSERVED;
    this.#publishEnd?.({ response });
    this.#guardBody(response);
    return response;
  }

  #failure(cause: unknown): unknown {
    this.#isSettled = true;
    this.#dispatch.takeBack();
    this.#adopt(cause);
    this.#made?.takeOff(cause);
    const { expired } = this.#deadline;
    const error = expired === undefined ? cause : this.#timeoutError(partOf(cause, 'request'));
    this.#learn(cause);
    this.#publishEnd?.({ error });
    if (expired === undefined && this.#mayRunAgain()) {
      this.#end();
      return new LostKeepAliveRace(this.#deadline.spentMs);
    }
    const response = partOf(error, 'response');
    if (response !== undefined) this.#adopt(response);
    this.#guardBody(response);
    return error;
  }

  /** Takes note of what was seen, for the decision about a retry and for the connection of the next attempt. */
  #learn(cause?: unknown): void {
    const { expired, spentMs } = this.#deadline;
    this.#call.observation = observe(this.#attempt.report(), this.#config, expired, cause);
    const isGivenUp = expired === undefined && this.#signal.aborted;
    this.#call.distrustsIdle =
      !isGivenUp && this.#attempt.distrustIdle(performance.now() - spentMs, expired !== undefined);
  }

  /** Whether the race is lost that any idle connection may lose, and a second delivery harmless or impossible. */
  #mayRunAgain(): boolean {
    const call = this.#call;
    if (!this.#attempt.lostKeepAliveRace || this.#signal.aborted) return false;
    if (!isReplayable(call, this.#config.data)) return false;
    return call.observation.neverProcessed || isIdempotent(idempotencyOfCall(call, this.#config));
  }

  /** Makes a result of axios point to the caller's config, with the headers that were really sent. */
  #adopt(result: unknown): void {
    if (typeof result !== 'object' || result === null) return;
    const holder = result as { config?: RequestConfig };
    const config = fieldOf(holder, 'config');
    if (config !== undefined && this.#signal.isOf(config)) {
      this.#config.headers = config.headers;
      holder.config = this.#config;
    } else if (config !== this.#config && result instanceof Error) {
      rememberCall(result, this.#call);
    }
  }

  /** Keeps the clocks of a streamed body running until it has ended. */
  #guardBody(response: AxiosResponse | undefined): void {
    const data: unknown = response?.data;
    const { exchange } = this.#attempt;
    if (isReadable(data)) {
      this.#guard(data, exchange && new ReadableBody(data, exchange));
      this.#parts.platform.whenEnded(data, () => this.#endBody());
      // An unread body never ends, also if all of it is there and its connection gone.
      exchange?.whenOver(() => this.#stopClocks());
    } else if (response !== undefined && this.#config.responseType === 'stream' && isWebStream(data)) {
      const body = new WebBody(data, () => this.#endBody());
      this.#guard(body, body);
      this.#signal.onAbort = () => body.destroy(this.#parts.errors.canceled(this.#config, response.request));
      response.data = body.stream;
    } else {
      this.#end();
    }
  }

  #guard(body: Destroyable, streamed: StreamedBody | undefined): void {
    this.#body = body;
    const limits = bodyLimitsOf(this.#limits);
    this.#deadline.followBody(limits.whole, () => streamed?.isWhole === true);
    if (this.#attempt.exchange === undefined) this.#parts.inFlight.leave(this);
    if (streamed !== undefined) this.#watch = new BodyWatch(streamed, limits, this.#deadline, this.soon);
  }

  #endBody(): void {
    this.#learn();
    this.#end();
  }

  /** {@inheritDoc DeadlineOwner.onExpire} */
  onExpire(limit: ExpiredLimit, limitMs: number): void {
    this.#timeoutMessage = expiryMessage(limit, limitMs);
    this.#attempt.exchange?.onExpired();
    // The body first: axios would end it with a CanceledError, and a size-limited stream only when its source moves.
    this.#body?.destroy(this.#timeoutError(undefined));
    this.#signal.abort();
    // An adapter that does not care for its signal would keep the caller waiting.
    this.#parts.platform.soon(() => this.#refuse(undefined));
  }

  #timeoutError(request: unknown): AxiosError {
    return this.#parts.errors.ofTimeout(this.#timeoutMessage, this.#config, request);
  }

  #stopClocks(): void {
    this.#deadline.stop();
    this.#watch?.stop();
    this.#queueWait?.stop();
    this.#made?.destroy();
    this.#parts.inFlight.delete(this);
  }

  #end(): void {
    this.#stopClocks();
    this.#attempt.letGo();
    this.#signal.release();
    // A body may outlast its attempt, and the request sleep before the next.
    if (this.#call.onCancel === this.#onCancel) this.#call.onCancel = undefined;
  }
}

function ignore(): void {}

/** Of an error of axios; of other errors nothing. */
function partOf<K extends 'request' | 'response'>(error: unknown, key: K): AxiosError[K] | undefined {
  return typeof error === 'object' && error !== null ? fieldOf(error as AxiosError, key) : undefined;
}
