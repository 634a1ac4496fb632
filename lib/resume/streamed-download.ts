import type { Readable } from 'node:stream';
import { MAX_TIMER_MS } from '../config/duration.js';
import { hasField } from '../config/own.js';
import type { InFlight } from '../request/activity.js';
import type { AxiosError, AxiosResponse, RequestConfig } from '../request/axios.js';
import type { Call } from '../request/call.js';
import { rememberCall } from '../request/call.js';
import { isReadable, releaseBody } from '../request/response-body.js';
import { waitFor } from '../request/sleep.js';
import { classify } from '../retry/classify.js';
import type { ResponseMessage } from './download.js';
import { Download, lengthOf } from './download.js';
import type { Piece } from './resumable-body.js';
import { ResumableBody } from './resumable-body.js';

/** What the rest of a body is asked for with. */
export interface ResumeParts {
  /**
   * Asks for the rest of a body after the error that cut it, as often as it takes.
   *
   * @returns the response with the rest.
   * @throws what the last attempt failed with.
   */
  readonly resume: (call: Call, cut: unknown) => Promise<AxiosResponse>;
  readonly inFlight: InFlight;
}

/** A body that the caller reads as it comes (`responseType: 'stream'`). */
export class StreamedDownload extends Download {
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #parts: ResumeParts;
  #message: ResponseMessage | undefined;
  #skip = 0;
  #body: ResumableBody | undefined;
  #isRecovering = false;

  constructor(call: Call, config: RequestConfig, parts: ResumeParts) {
    super(config);
    this.#call = call;
    this.#config = config;
    this.#parts = parts;
  }

  protected get offset(): number {
    return this.extent.start + (this.#body?.delivered ?? 0);
  }

  override get delivered(): Readable | undefined {
    return this.#body;
  }

  override request(config: RequestConfig): boolean {
    const isAsked = super.request(config);
    // What the caller makes of a response was made of the first.
    if (isAsked) config.transformResponse = undefined;
    return isAsked;
  }

  protected begin(message: ResponseMessage): void {
    this.proceed(message, 0);
  }

  protected proceed(message: ResponseMessage, skip: number): void {
    this.#message = message;
    this.#skip = skip;
  }

  received(response: AxiosResponse): AxiosResponse {
    if (this.#body !== undefined || this.plan === undefined || !isReadable(response.data)) return response;
    const body: ResumableBody = new ResumableBody(this.#pieceOf(response.data), {
      onCut: (error) => {
        void this.#recover(body, error);
      },
      onClosed: () => {
        if (this.#isRecovering) this.#call.cancel();
      },
    });
    this.#body = body;
    response.data = body;
    return response;
  }

  #pieceOf(source: Readable): Piece {
    const message = this.#message as ResponseMessage;
    return { source, message, skip: this.#skip, length: lengthOf(this.extent) };
  }

  async #recover(body: ResumableBody, cut: Error): Promise<void> {
    const call = this.#call;
    this.cut = cut;
    this.#isRecovering = true;
    call.record.reopened();
    if (!body.isWanted && isPassing(cut, call)) await this.#demand(body);
    // The response was refused by `shouldRetry`, and will not be the caller's.
    if (call.download !== this) {
      this.#isRecovering = false;
      body.destroy(cut);
      return;
    }
    try {
      const { data } = await this.#parts.resume(call, cut);
      this.#isRecovering = false;
      this.#goOn(body, data);
    } catch (error) {
      this.#isRecovering = false;
      // Nobody else gets to see that response.
      releaseBody((error as Partial<AxiosError>).response?.data);
      // What went wrong with the rest, the consumer did not ask for; that its stream was cancelled, it did.
      const failure = isCancel(error) ? error : cut;
      rememberCall(failure, call);
      body.destroy(failure);
    }
  }

  /**
   * Waits until the consumer has read what there is, for a server may cut a connection on which nothing moves, and would
   * do so again; but not longer than there could be another attempt.
   */
  async #demand(body: ResumableBody): Promise<void> {
    const call = this.#call;
    const { inFlight } = this.#parts;
    inFlight.add(call);
    await waitFor(
      (wake) => {
        const stopTimer = whenOver(call, wake);
        const stop = body.whenWanted(wake);
        return () => {
          stopTimer();
          stop();
        };
      },
      this.#config,
      call,
    );
    inFlight.delete(call);
  }

  #goOn(body: ResumableBody, source: Readable): void {
    const kind = this.continuation?.kind;
    if (kind === 'piece' && !body.destroyed) {
      body.attach(this.#pieceOf(source));
      return;
    }
    source.destroy();
    if (kind === 'whole') body.finish();
    else body.destroy(this.cut as Error);
  }
}

/**
 * Calls back when the time for retries is over, and not earlier: a timer is early by as long as the event loop had been
 * busy when it was set.
 */
function whenOver({ record }: Call, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const look = () => {
    const { remainingMs } = record;
    if (remainingMs <= 0) return callback();
    // A stream that nobody reads keeps no process alive.
    timer = setTimeout(look, Math.min(Math.ceil(remainingMs), MAX_TIMER_MS)).unref();
  };
  timer = setTimeout(look).unref();
  return () => clearTimeout(timer);
}

/** Whether another attempt may do better. */
function isPassing(error: Error, call: Call): boolean {
  const { kind } = classify(error, call.observation);
  return kind !== 'cancelled' && kind !== 'permanent';
}

function isCancel(error: unknown): error is Error {
  return error instanceof Error && hasField(error, '__CANCEL__');
}
