import { Writable } from 'node:stream';

/** A request that fails before anything is done for it, in the manner of `ClientRequest`: later, by an event. */
export class FailedRequest extends Writable {
  readonly aborted = false;
  readonly res = null;

  constructor(error: Error) {
    super({
      // Whatever is written goes nowhere.
      write: (_chunk, _encoding, callback) => callback(),
    });
    process.nextTick(() => this.destroy(error));
  }

  abort(): void {
    this.destroy();
  }

  getHeader(): undefined {
    return undefined;
  }

  setHeader(): this {
    return this;
  }

  removeHeader(): void {}

  setTimeout(): this {
    return this;
  }
}
