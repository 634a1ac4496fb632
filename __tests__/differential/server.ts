import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TcpServer } from '../helpers/tcp.js';
import { type Step, stepsOf } from './answers.js';
import type { AnswerSpec } from './world.js';

/** Long enough for what was sent before to be read on its own. */
const PAUSE_MS = 3;

/** Two origins that answer by one list, byte for byte, and note what they are asked, byte for byte. */
export class TwoOrigins {
  /** Everything that was asked, in order. */
  received: string[] = [];
  answers: readonly AnswerSpec[] = [];
  /** Called when a request has arrived that gets no answer, or no whole one. */
  onArrival = (): void => {};
  readonly #one = new TcpServer((socket) => this.#serve(socket));
  readonly #other = new TcpServer((socket) => this.#serve(socket));

  async start(): Promise<this> {
    await Promise.all([this.#one.start(), this.#other.start()]);
    return this;
  }

  get url(): string {
    return `http://${this.#one.host}`;
  }

  get otherUrl(): string {
    return `http://${this.#other.host}`;
  }

  /** Forgets the last case, with its connections. */
  begin(answers: readonly AnswerSpec[]): void {
    for (const server of [this.#one, this.#other]) server.dropConnections();
    this.received = [];
    this.answers = answers;
    this.onArrival = () => {};
  }

  async close(): Promise<void> {
    await Promise.all([this.#one.close(), this.#other.close()]);
  }

  #serve(socket: Socket): void {
    let unread = '';
    let answering = Promise.resolve();
    const host = `127.0.0.1:${socket.localPort}`;
    socket.on('data', (chunk: Buffer) => {
      unread += chunk.toString('latin1');
      for (let length = lengthOfRequest(unread); length > 0; length = lengthOfRequest(unread)) {
        const request = unread.slice(0, length);
        unread = unread.slice(length);
        const answer = this.answers[Math.min(this.received.length, this.answers.length - 1)];
        this.received.push(host === this.#one.host ? request : `elsewhere: ${request}`);
        if (answer === undefined) continue;
        const steps = stepsOf(answer, request.split(' ')[0] ?? '', host, this.#other.host);
        answering = answering.then(() => this.#play(socket, steps));
      }
    });
  }

  async #play(socket: Socket, steps: readonly Step[]): Promise<void> {
    const { onArrival } = this;
    for (const step of steps) {
      if (step === 'pause') await delay(PAUSE_MS);
      else if (step === 'arrived') onArrival();
      else if (step === 'reset') socket.resetAndDestroy();
      else if (socket.destroyed) return;
      else if (step === 'end') socket.end();
      else if (step !== '') socket.write(step, 'latin1');
    }
  }
}

/** The length of the first request of what was received; 0 if it is not whole yet. */
function lengthOfRequest(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n') + 4;
  if (headEnd < 4) return 0;
  const head = text.slice(0, headEnd);
  if (/^transfer-encoding: *chunked/im.test(head)) {
    const end = text.indexOf('0\r\n\r\n', headEnd - 2);
    return end < 0 ? 0 : end + 5;
  }
  const length = headEnd + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  return text.length < length ? 0 : length;
}
