import { Readable } from 'node:stream';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { MAX_TIMER_MS } from '../config/duration.js';
import type { DownloadOwner, ResponseMessage } from './download.js';
import { Download, lengthOf } from './download.js';
import type { Piece } from './resumable-body.js';
import { ResumableBody } from './resumable-body.js';

/** A body that the caller reads as it comes (`responseType: 'stream'`). */
export class StreamedDownload extends Download {
  readonly #owner: DownloadOwner;
  #message: ResponseMessage | undefined;
  #skip = 0;
  #body: ResumableBody | undefined;
  #isRecovering = false;

  constructor(config: InternalAxiosRequestConfig, owner: DownloadOwner) {
    super(config);
    this.#owner = owner;
  }

  protected get offset(): number {
    return this.extent.start + (this.#body?.delivered ?? 0);
  }

  override get delivered(): Readable | undefined {
    return this.#body;
  }

  override request(config: InternalAxiosRequestConfig): boolean {
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
    const message = this.#message;
    if (this.#body !== undefined || this.plan === undefined || message === undefined) return response;
    if (!(response.data instanceof Readable)) return response;
    const body: ResumableBody = new ResumableBody(this.#pieceOf(message, response.data), {
      onCut: (error) => {
        void this.#recover(body, error);
      },
      onClosed: () => {
        if (this.#isRecovering) this.#owner.cancel();
      },
    });
    this.#body = body;
    response.data = body;
    return response;
  }

  #pieceOf(message: ResponseMessage, source: Readable): Piece {
    return { source, message, skip: this.#skip, length: lengthOf(this.extent) };
  }

  async #recover(body: ResumableBody, cut: Error): Promise<void> {
    const owner = this.#owner;
    this.cut = cut;
    this.#isRecovering = true;
    owner.reopen();
    if (!body.isWanted && owner.mayRecover(cut)) await this.#demand(body);
    // The response was refused by `shouldRetry`, and will not be the caller's.
    if (!owner.wants(this)) {
      this.#isRecovering = false;
      body.destroy(cut);
      return;
    }
    try {
      const { data } = await owner.resume(cut);
      this.#isRecovering = false;
      this.#goOn(body, data, cut);
    } catch (error) {
      this.#isRecovering = false;
      body.destroy(error instanceof Error ? error : cut);
    }
  }

  /**
   * Waits until the consumer has read what there is, for a server may cut a connection on which nothing moves, and would
   * do so again; but not longer than there could be another attempt.
   */
  #demand(body: ResumableBody): Promise<void> {
    const owner = this.#owner;
    return owner.waitFor((wake) => {
      const stopTimer = whenOver(owner, wake);
      const stop = body.whenWanted(wake);
      return () => {
        stopTimer();
        stop();
      };
    });
  }

  #goOn(body: ResumableBody, source: Readable, cut: Error): void {
    const kind = this.continuation?.kind;
    if (kind === 'piece' && this.#message !== undefined && !body.destroyed) {
      body.attach(this.#pieceOf(this.#message, source));
      return;
    }
    source.destroy();
    if (kind === 'whole') body.finish();
    else body.destroy(cut);
  }
}

/**
 * Calls back when the time for retries is over, and not earlier: a timer is early by as long as the event loop had been
 * busy when it was set.
 */
function whenOver(owner: Pick<DownloadOwner, 'remainingMs'>, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const look = () => {
    const { remainingMs } = owner;
    if (remainingMs <= 0) return callback();
    // A stream that nobody reads keeps no process alive.
    timer = setTimeout(look, Math.min(Math.ceil(remainingMs), MAX_TIMER_MS)).unref();
  };
  timer = setTimeout(look).unref();
  return () => clearTimeout(timer);
}
