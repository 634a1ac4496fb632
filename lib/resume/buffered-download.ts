import type { AxiosResponse } from 'axios';
import type { ResponseMessage } from './download.js';
import { Download, lengthOf } from './download.js';

/** The first response's, which the caller sees, whichever brought the last byte. */
type Head = Pick<AxiosResponse, 'status' | 'statusText' | 'headers'>;

/** A body that is gathered for the caller (`responseType: 'arraybuffer'`). */
export class BufferedDownload extends Download {
  /** The very chunks that axios gathers, too, so that they cost no memory. */
  #chunks: Buffer[] = [];
  #received = 0;
  #receivedBefore = 0;
  /** Bytes of the response under way that are known from before. */
  #known = 0;
  #head: Head | undefined;

  protected get offset(): number {
    return this.extent.start + this.#received;
  }

  protected begin(message: ResponseMessage): void {
    const { statusCode: status, statusMessage: statusText, headers } = message;
    this.#head = { status, statusText, headers: { ...headers } as AxiosResponse['headers'] };
    this.proceed(message, 0);
  }

  protected proceed(message: ResponseMessage, skip: number): void {
    this.#known = skip;
    message.on('data', (chunk: Buffer) => {
      const fresh = chunk.subarray(this.#known);
      this.#known -= chunk.length - fresh.length;
      this.#keep(fresh);
    });
  }

  received(response: AxiosResponse): AxiosResponse {
    if (!this.isCut) {
      this.forget();
      return response;
    }
    // A part that is shorter than what is missing: the rest of the rest is to be asked for.
    if (!this.#isWhole) throw this.cut;
    const data = Buffer.concat(this.#chunks);
    this.forget();
    return { ...response, ...this.#head, data };
  }

  override failed(error: unknown): unknown {
    const failure = super.failed(error);
    if (this.plan === undefined) return failure;
    if (this.#received > this.#receivedBefore) this.cut = error;
    this.#receivedBefore = this.#received;
    // Nothing came, or all of it and no end: the whole is asked for anew.
    if (this.#received === 0 || this.#missing === 0) this.forget();
    return failure;
  }

  protected override forget(): void {
    super.forget();
    this.#chunks = [];
    this.#received = 0;
  }

  get #isWhole(): boolean {
    const kind = this.continuation?.kind;
    return kind === 'whole' || (kind === 'piece' && this.#known === 0 && this.#missing <= 0);
  }

  /** Bytes that are wanted still; negative if nobody knows. */
  get #missing(): number {
    return (lengthOf(this.extent) ?? -1) - this.#received;
  }

  #keep(chunk: Buffer): void {
    const missing = this.#missing;
    const wanted = missing < 0 ? chunk : chunk.subarray(0, missing);
    if (wanted.length === 0) return;
    this.#chunks.push(wanted);
    this.#received += wanted.length;
  }
}
