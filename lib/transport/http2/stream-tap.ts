import type { ClientHttp2Stream } from 'node:http2';

/** Who is told of a stream. */
export interface StreamTap {
  /** An event of the stream, before its listeners hear of it; an `error` is for nobody else. */
  onEvent(event: string, argument: unknown): void;
  /** A piece of the body arrived. @returns whether it was taken; else the stream keeps it for who reads it. */
  takes(chunk: Buffer): boolean;
  /** The readable side ends. */
  onEnding(): void;
}

/**
 * Lets somebody know what becomes of a stream, by taking the place of its methods `emit` and `push`.
 *
 * Without `push` nothing tells whether a server ended a stream in order: a RST_STREAM with NO_ERROR in the middle of a
 * body looks exactly like the body's end (https://github.com/nodejs/node/blob/v20.x/lib/internal/http2/core.js,
 * `onStreamClose`), except that the stream is closed already when Node ends its readable side. And listeners, each of
 * which Node announces by an event, with the buffer in between, are a tenth of what a small request costs.
 */
export function tapStream(stream: ClientHttp2Stream, tap: StreamTap): void {
  const { emit, push } = stream;
  // No event of a stream has more arguments; gathered in an array, they would cost more than the event.
  stream.emit = (event: string, first?: unknown, second?: unknown, third?: unknown) => {
    tap.onEvent(event, first);
    return event === 'error' || emit.call(stream, event, first, second, third);
  };
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null) tap.onEnding();
    else if (tap.takes(chunk as Buffer)) return true;
    return push.call(stream, chunk, encoding);
  };
}
