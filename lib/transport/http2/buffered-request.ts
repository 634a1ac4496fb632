import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeader } from 'node:http';
import type { Socket } from 'node:net';
import type { BufferedExchange } from './buffered-exchange.js';
import type { BufferedResponse } from './buffered-response.js';

/** What is looked up on the `request` of a response or an error, for an exchange that has no such thing. */
export class BufferedRequest extends EventEmitter {
  readonly #exchange: BufferedExchange;

  constructor(exchange: BufferedExchange) {
    super();
    this.#exchange = exchange;
  }

  get method(): string {
    return this.#exchange.method;
  }

  get path(): string {
    return this.#exchange.path;
  }

  get host(): string {
    return this.#exchange.target.hostname;
  }

  get protocol(): string {
    return this.#exchange.target.protocol;
  }

  /** Whether the body was given to the request. */
  get finished(): boolean {
    return true;
  }

  get writableEnded(): boolean {
    return true;
  }

  get aborted(): boolean {
    return this.#exchange.isAborted;
  }

  get destroyed(): boolean {
    return this.#exchange.isOver;
  }

  /** Whether it went out on a session that had served another request before. */
  get reusedSocket(): boolean {
    return this.#exchange.isReused;
  }

  /** The response, once its head has arrived. */
  get res(): BufferedResponse | null {
    return this.#exchange.response ?? null;
  }

  /** The connection, for information; what could end it is out of reach. `undefined` before the response. */
  get socket(): Socket | undefined {
    return this.#exchange.socket;
  }

  get connection(): Socket | undefined {
    return this.socket;
  }

  getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.#exchange.head.get(name);
  }

  abort(): void {
    this.#exchange.cancel();
  }

  destroy(): this {
    this.#exchange.cancel();
    return this;
  }
}
