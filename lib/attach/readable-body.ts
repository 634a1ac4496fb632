import type { Readable } from 'node:stream';
import type { Exchange } from '../transport/exchange.js';
import type { StreamedBody } from './body-watch.js';

/** A body of Node's kind, and the exchange that brings it. */
export class ReadableBody implements StreamedBody {
  readonly #stream: Readable;
  readonly #exchange: Exchange;

  constructor(stream: Readable, exchange: Exchange) {
    this.#stream = stream;
    this.#exchange = exchange;
  }

  get progress(): number {
    return this.#exchange.progress;
  }

  get waitingForPeer(): boolean {
    return this.#exchange.waitingForPeer;
  }

  get isWhole(): boolean {
    return this.#exchange.phase === 'complete';
  }

  get isBegun(): boolean {
    return this.#stream.readableFlowing !== null || this.#stream.readableDidRead;
  }

  get unread(): number {
    return this.#stream.readableLength;
  }

  release(): void {
    this.#exchange.release();
  }
}
