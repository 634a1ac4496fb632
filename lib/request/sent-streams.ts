import type { Readable } from 'node:stream';

/** Streams that requests of ours have begun to read. What is left of one is not the body that the caller means. */

type Sent = WeakMap<object, Buffer | undefined>;

// On globalThis, because the CommonJS and the ES module copy of this package may meet the same stream.
const SENT = Symbol.for('axios-policy.sentStreams');

function sentStreams(): Sent {
  const holder = globalThis as { [SENT]?: Sent };
  holder[SENT] ??= new WeakMap();
  return holder[SENT];
}

/**
 * Remembers that a stream is handed to an adapter.
 *
 * @param bytes all of it, if it is a form that is in memory.
 */
export function noteSent(stream: object, bytes?: Buffer): void {
  sentStreams().set(stream, bytes);
}

/** Whether a request has read of a body, so that it is not whole any more, or somebody has read all of it. */
export function wasRead(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if ((body as Partial<Readable>).readableEnded === true) return true;
  return sentStreams().has(body) && !isUntouched(body);
}

/** All of a form that was sent, if it was in memory. */
export function bytesOfSent(form: object): Buffer | undefined {
  return sentStreams().get(form);
}

/** A request may fail before anybody looks at its body. Only Node's own streams tell. */
function isUntouched(stream: object): boolean {
  const { readableDidRead, readableFlowing, destroyed } = stream as Partial<Readable>;
  return readableDidRead === false && readableFlowing === null && destroyed === false;
}
